"""Tables of the integration with Zoho Projects."""

from integrations.models.brake import Brake, HeldPage
from integrations.models.connection import Connection
from integrations.models.field_mapping import FieldMapping
from integrations.models.hint import HintAddress
from integrations.models.mark import SyncMark
from integrations.models.request_budget import RequestBudget
from integrations.models.run import ModuleRun, RunChange, SeenChunk, SyncRun
from integrations.models.settings_change import SettingsChange
from integrations.models.synced_record import IgnoredProblem, Module, SyncedRecord

__all__ = [
    "Brake",
    "Connection",
    "FieldMapping",
    "HeldPage",
    "HintAddress",
    "IgnoredProblem",
    "Module",
    "ModuleRun",
    "RequestBudget",
    "RunChange",
    "SeenChunk",
    "SettingsChange",
    "SyncMark",
    "SyncRun",
    "SyncedRecord",
]
