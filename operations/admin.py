"""What the product notes about itself; only read here. It belongs to no organization and names none."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from operations.models import Heartbeat, Summary, Tally


class Noted(admin.ModelAdmin):
    """A table that only the product writes."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Heartbeat)
class HeartbeatAdmin(Noted):
    list_display = ["name", "seen_at"]
    list_filter = ["seen_at"]
    search_fields = ["name"]


@admin.register(Tally)
class TallyAdmin(Noted):
    list_display = ["name", "labels", "value"]
    list_filter = ["name"]
    search_fields = ["name", "labels"]


@admin.register(Summary)
class SummaryAdmin(Noted):
    list_display = ["name", "counted_at"]
    list_filter = ["counted_at"]
    search_fields = ["name"]
