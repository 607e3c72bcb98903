"""Tables of the integration with Zoho Projects."""

from integrations.models.connection import Connection
from integrations.models.field_mapping import FieldMapping
from integrations.models.request_budget import RequestBudget
from integrations.models.run import ModuleRun, SeenChunk, SyncRun
from integrations.models.synced_record import Module, SyncedRecord

__all__ = [
    "Connection",
    "FieldMapping",
    "Module",
    "ModuleRun",
    "RequestBudget",
    "SeenChunk",
    "SyncRun",
    "SyncedRecord",
]
