"""The preferences of the integration: what they are called, changing them, and what a change asks of the sync."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from integrations import timeline
from integrations.models import Connection
from organizations.models import Organization

PREFERENCES = (
    "sync_timesheets",
    "invoiced_before",
    "customer_duplication",
    "sync_users",
    "users_portal_access",
    "restrict_project_creation",
)
LABELS = {
    "sync_timesheets": "Timesheet",
    "invoiced_before": "Timesheets marked as Invoiced before",
    "customer_duplication": "Customer Duplication",
    "sync_users": "Automatic Users Sync",
    "users_portal_access": "Portal access of synced users",
    "restrict_project_creation": "Restrict project creation",
    "interval_minutes": "Automatic sync",
}
# preference → modules that must be read whole again when it changed: what is unchanged in Zoho Projects may
# now end differently here
FULL_PASS: dict[str, tuple[str, ...]] = {
    "sync_timesheets": ("users", "timesheets"),
    "invoiced_before": ("timesheets",),
    "customer_duplication": ("customers", "projects"),
    "sync_users": ("users", "projects", "timesheets"),
    "users_portal_access": ("users",),
}


class Stale(Exception):
    """The page was drawn before somebody else changed the same settings; `message` says so."""

    message = (
        "Somebody else changed these settings since this page was opened, so nothing was saved. "
        "Check what they are now and save again."
    )


def words(name: str, value: Any) -> str:
    """A preference's value as people read it."""
    if name == "interval_minutes":
        return str(Connection.Interval(value).label)
    if name == "customer_duplication":
        return str(Connection.Duplication(value).label)
    if name == "invoiced_before":
        return value.isoformat() if value else "no date (all as Unbilled)"
    if name == "users_portal_access":
        return "With portal access" if value else "Without portal access"
    return "On" if value else "Off"


def changed(connection: Connection, names: Iterable[str]) -> set[str]:
    """These preferences changed: note the modules that the next run must read whole, and return them."""
    modules = {module for name in names for module in FULL_PASS.get(name, ())}
    ask_for_full_pass(connection, modules)
    return modules


def ask_for_full_pass(connection: Connection, modules: Iterable[str]) -> None:
    """The next run reads these modules whole, however little changed in Zoho Projects."""
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        wanted = sorted({*row.full_pass_modules, *modules})
        if wanted != row.full_pass_modules:
            row.full_pass_modules = wanted
            row.save(update_fields=["full_pass_modules"])
        connection.full_pass_modules = wanted


def check_version(connection: Connection, version: str | int | None) -> None:
    """Raise Stale when a page shows settings that were changed since. `version` None or '': not asked."""
    if version in (None, ""):
        return
    if str(version) != str(connection.settings_version):
        raise Stale(Stale.message)


def bump(connection: Connection) -> None:
    """Pages drawn before this moment are stale from now on."""
    Connection.objects.filter(pk=connection.pk).update(settings_version=F("settings_version") + 1)
    connection.settings_version += 1


@transaction.atomic
def save(connection: Connection, user: Any, version: str | int | None = None, **chosen: Any) -> list[str]:
    """Store preferences by their field names; the names of those that changed.

    Raises TypeError for a name that is none, Stale when `version` is not the present one.
    """
    if unknown := chosen.keys() - set(PREFERENCES):
        raise TypeError(f"not a preference: {', '.join(sorted(unknown))}")
    row = Connection.objects.select_for_update().get(pk=connection.pk)
    check_version(row, version)
    names = [name for name, value in chosen.items() if getattr(row, name) != value]
    in_use = row.status != Connection.Status.CONNECTING
    for name in names:
        if in_use:  # choices within the set-up are told once, when it ends
            before, after = words(name, getattr(row, name)), words(name, chosen[name])
            timeline.record(row, user, LABELS[name], before, after)
        setattr(row, name, chosen[name])
    if names:
        row.save(update_fields=names)
        bump(row)
        if in_use:
            changed(row, names)
            if "restrict_project_creation" in names:
                restrict(row)
    connection.refresh_from_db()
    return names


def restrict(connection: Connection) -> None:
    """Make Restrict project creation true here, remembering whether it was so already by somebody's hand."""
    organization = Organization.objects.select_for_update().get(pk=connection.organization_id)
    if connection.restrict_project_creation:
        by_us = connection.restricted_by_sync or not organization.project_creation_restricted
        restricted = True
    else:
        by_us = False
        restricted = organization.project_creation_restricted and not connection.restricted_by_sync
    if organization.project_creation_restricted != restricted:
        organization.project_creation_restricted = restricted
        organization.save(update_fields=["project_creation_restricted"])
    if connection.restricted_by_sync != by_us:
        connection.restricted_by_sync = by_us
        connection.save(update_fields=["restricted_by_sync"])


def lift_restriction(connection: Connection) -> None:
    """Lift the restriction of project creation that the integration set; one set by hand stays."""
    if connection.restricted_by_sync:
        Organization.objects.filter(pk=connection.organization_id).update(project_creation_restricted=False)
        connection.restricted_by_sync = False


def next_run(minutes: int, anchor: datetime | None, now: datetime) -> datetime | None:
    """The first moment after `now` on the grid of `minutes` through `anchor`; None when there is no schedule.

    The hour of set-up is kept this way, and however many runs were missed, one makes up for them.
    """
    if not minutes:
        return None
    step = timedelta(minutes=minutes)
    if anchor is None:
        return now + step
    return anchor + ((now - anchor) // step + 1) * step


@transaction.atomic
def set_interval(connection: Connection, user: Any, minutes: Any) -> bool:
    """Choose how often the sync runs by itself; whether that is a change. Raises ValueError for another number."""
    wanted = Connection.Interval(int(minutes))
    row = Connection.objects.select_for_update().get(pk=connection.pk)
    before = row.interval_minutes
    if before == wanted:
        return False
    timeline.record(
        row,
        user,
        LABELS["interval_minutes"],
        words("interval_minutes", before),
        words("interval_minutes", wanted),
    )
    row.interval_minutes = wanted
    if row.status in (Connection.Status.ACTIVE, Connection.Status.NEEDS_RECONNECT):
        row.next_run_at = next_run(wanted, row.next_run_at, timezone.now())
    row.save(update_fields=["interval_minutes", "next_run_at"])
    connection.refresh_from_db()
    return True
