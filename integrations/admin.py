"""Admin pages of the integration. Tokens are never shown; what the sync writes is only read here."""

from django.contrib import admin

from integrations.models import (
    Brake,
    Connection,
    FieldMapping,
    HeldPage,
    HintAddress,
    IgnoredProblem,
    ModuleRun,
    RequestBudget,
    RunChange,
    SeenChunk,
    SettingsChange,
    SyncedRecord,
    SyncMark,
    SyncRun,
)
from organizations.admin_base import ReadOnly, admin_organization_ids


@admin.register(Connection)
class ConnectionAdmin(ReadOnly):
    """Read-only: connecting, preferences and deletion have rules of their own under Settings → Zoho Apps."""

    list_display = ["portal_name", "organization", "status", "is_deleted", "last_synced_at", "next_run_at"]
    list_filter = ["status", "is_deleted", "data_center"]
    list_select_related = ["organization"]
    search_fields = ["portal_name", "portal_id", "organization__name"]
    exclude = ["refresh_token", "access_token"]

    def get_queryset(self, request):
        """The tokens are not even read."""
        return super().get_queryset(request).defer("refresh_token", "access_token")


@admin.register(FieldMapping)
class FieldMappingAdmin(ReadOnly):
    organization_path = "connection__organization"
    list_display = ["module", "source_field", "target_field", "data_type", "is_custom"]
    list_filter = ["module", "is_custom"]
    search_fields = ["source_field", "source_label", "target_field"]


@admin.register(SettingsChange)
class SettingsChangeAdmin(ReadOnly):
    list_display = ["at", "what", "user_name", "portal_name"]
    list_filter = ["at"]
    search_fields = ["what", "user_name", "portal_name"]


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnly):
    organization_path = "connection__organization"
    list_display = ["id", "connection", "trigger", "status", "started_at", "finished_at"]
    list_filter = ["status", "trigger"]
    list_select_related = ["connection"]
    search_fields = ["message", "connection__portal_name"]


@admin.register(ModuleRun)
class ModuleRunAdmin(ReadOnly):
    organization_path = "run__connection__organization"
    list_display = [
        "run",
        "module",
        "status",
        "seen",
        "created",
        "updated",
        "unchanged",
        "excluded",
        "failed",
    ]
    list_filter = ["module", "status"]
    list_select_related = ["run"]
    search_fields = ["message"]


@admin.register(SeenChunk)
class SeenChunkAdmin(ReadOnly):
    organization_path = "run__connection__organization"
    list_display = ["run", "module", "number"]
    list_filter = ["module"]
    list_select_related = ["run"]
    search_fields = ["run__connection__portal_name"]
    exclude = ["bits"]


@admin.register(SyncedRecord)
class SyncedRecordAdmin(ReadOnly):
    organization_path = "connection__organization"
    list_display = ["module", "zoho_id", "name", "outcome", "reason"]
    list_filter = ["module", "outcome", "reason"]
    search_fields = ["zoho_id", "name"]


@admin.register(RunChange)
class RunChangeAdmin(ReadOnly):
    organization_path = "run__connection__organization"
    list_display = ["run", "module", "kind", "record"]
    list_filter = ["kind", "module"]
    list_select_related = ["run", "record"]
    search_fields = ["record__zoho_id", "record__name"]


@admin.register(IgnoredProblem)
class IgnoredProblemAdmin(ReadOnly):
    organization_path = "connection__organization"
    list_display = ["module", "reason", "record", "note", "until", "created_by"]
    list_filter = ["module", "reason"]
    list_select_related = ["record", "created_by"]
    search_fields = ["note", "record__name"]


@admin.register(Brake)
class BrakeAdmin(ReadOnly):
    """Read-only: the question is answered on the integration's page, which notes who did."""

    organization_path = "connection__organization"
    list_display = ["connection", "module", "kind", "count", "total", "decision", "decided_by", "created_at"]
    list_filter = ["decision", "kind", "module"]
    list_select_related = ["connection", "decided_by"]
    search_fields = ["connection__portal_name"]


@admin.register(HeldPage)
class HeldPageAdmin(ReadOnly):
    organization_path = "run__connection__organization"
    list_display = ["run", "module", "count"]
    list_filter = ["module"]
    list_select_related = ["run"]
    search_fields = ["run__connection__portal_name"]

    def get_queryset(self, request):
        """Pages may be large, so the list does without what they hold."""
        return super().get_queryset(request).defer("raws")


@admin.register(SyncMark)
class SyncMarkAdmin(ReadOnly):
    """Read-only: a mark set by hand would leave records unread. "Read everything" starts over."""

    organization_path = "connection__organization"
    list_display = ["connection", "module", "read_until", "whole_at", "recent_at"]
    list_filter = ["module"]
    list_select_related = ["connection"]
    search_fields = ["connection__portal_name"]


@admin.register(RequestBudget)
class RequestBudgetAdmin(ReadOnly):
    list_display = ["portal_id", "pattern", "blocked_until"]
    list_filter = ["blocked_until"]
    search_fields = ["portal_id", "pattern"]

    def get_queryset(self, request):
        """Budgets of the portals of the visitor's organizations."""
        own = Connection.objects.filter(organization__in=admin_organization_ids(request))
        return admin.ModelAdmin.get_queryset(self, request).filter(portal_id__in=own.values("portal_id"))


@admin.register(HintAddress)
class HintAddressAdmin(ReadOnly):
    """Read-only, without the hash of the secret: the address is made anew on the integration's page."""

    organization_path = "connection__organization"
    list_display = ["connection", "made_at", "last_hint_at", "pending_at"]
    list_filter = ["made_at"]
    list_select_related = ["connection"]
    search_fields = ["connection__portal_name"]
    exclude = ["secret_hash"]
