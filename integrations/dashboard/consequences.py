"""What disabling, enabling or deleting the integration means, in numbers: for the dialogs that ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Sum

from integrations.models import Connection, Module, SyncedRecord
from integrations.words import counted
from timetracking.models import TimeEntry
from transactions.recurring_links import drawing_on

SAME_PORTAL = (
    "You can re-enable the integration only with the Zoho Projects portal that was previously connected."
)


@dataclass(frozen=True)
class Group:
    """A heading with its sentences."""

    title: str
    lines: list[str]


def numbers(connection: Connection) -> dict[str, Any]:
    """What is here because of the integration: rows per module, unbilled entries and their minutes."""
    rows = connection.synced_records.filter(outcome=SyncedRecord.Outcome.SYNCED, object_id__isnull=False)
    found: dict[str, Any] = dict(rows.values_list("module").annotate(Count("id")).order_by())
    logs = connection.synced_records.filter(module=Module.TIMESHEETS, object_id__isnull=False)
    unbilled = TimeEntry.objects.filter(
        pk__in=logs.values("object_id"), billing_status=TimeEntry.BillingStatus.UNBILLED
    ).aggregate(number=Count("id"), minutes=Sum("minutes"))
    found["unbilled"], found["unbilled_minutes"] = unbilled["number"], unbilled["minutes"] or 0
    return found


def _hours(minutes: int) -> str:
    return f"{minutes // 60:,}:{minutes % 60:02d} h"


def _kept(have: dict[str, Any]) -> list[str]:
    words = (
        (Module.PROJECTS, "project"),
        (Module.CUSTOMERS, "customer"),
        (Module.TASKS, "task"),
        (Module.BUGS, "bug"),
        (Module.USERS, "person", "people"),
        (Module.TIMESHEETS, "time entry", "time entries"),
    )
    parts = [counted(have[word[0]], *word[1:]) for word in words if have.get(word[0])]
    lines = [f"Here stay: {', '.join(parts)}."] if parts else ["Nothing has been synced yet."]
    if have["unbilled"]:
        entries = counted(have["unbilled"], "unbilled time entry", "unbilled time entries")
        lines.append(f"{entries} ({_hours(have['unbilled_minutes'])}) can still be billed.")
    lines.append("Quotes, invoices, recurring invoices and expenses stay as they are.")
    return lines


def _recurring(connection: Connection) -> list[str]:
    """Active recurring invoices that draw on hours of synced projects."""
    projects = connection.synced_records.filter(
        module=Module.PROJECTS, object_id__isnull=False, outcome=SyncedRecord.Outcome.SYNCED
    )
    names = drawing_on(connection.organization, projects.values("object_id"))
    if not names:
        return []
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    who = counted(len(names), "recurring invoice draws", "recurring invoices draw")
    return [f"{who} on hours of these projects and will find no new ones: {shown}."]


def _stops(connection: Connection) -> list[str]:
    lines = ["Nothing is fetched from Zoho Projects any more."]
    if connection.next_run_at:
        interval = connection.get_interval_minutes_display().lower()
        lines.append(f"The automatic sync ({interval}) stops, and Instant Sync is refused.")
    if connection.runs.filter(status__in=["queued", "running"]).exists():
        lines.append("A sync is under way; it is cancelled. What it has read so far stays.")
    return lines + _recurring(connection)


def of_disabling(connection: Connection) -> list[Group]:
    """What Disable means."""
    return [
        Group("What stops", _stops(connection)),
        Group("What stays", _kept(numbers(connection))),
        Group(
            "Later",
            ["Enable Integration continues from the last sync time.", SAME_PORTAL],
        ),
    ]


def of_deleting(connection: Connection) -> list[Group]:
    """What Delete means."""
    have = numbers(connection)
    if connection.status == Connection.Status.CONNECTING:
        lines = ["The choices made so far are discarded; our access to Zoho is revoked and erased."]
        return [Group("What happens", lines)]
    projects = have.get(Module.PROJECTS, 0)
    changes = []
    if projects:
        become = "becomes a standalone project" if projects == 1 else "become standalone projects"
        changes.append(
            f"{counted(projects, 'synced project')} {become}: no longer marked as from Zoho Projects, "
            "and editable here."
        )
    changes.append("Our access to Zoho Projects is revoked at Zoho and erased here.")
    if connection.restricted_by_sync:
        changes.append(
            "Projects can be created here again: the restriction set with the integration is lifted."
        )
    elif connection.organization.project_creation_restricted:
        changes.append("Creating projects stays restricted: somebody set that by hand.")
    links = connection.synced_records.count()
    again = ["Another Zoho Projects portal can be connected."]
    if links:
        known = counted(links, "record is", "records are")
        again.append(f"If this portal is connected again, its {known} found again, not doubled.")
    return [
        Group("What stops", _stops(connection)),
        Group("What changes", changes),
        Group("What stays", _kept(have)),
        Group("Later", [f"{SAME_PORTAL} That ends with Delete.", *again]),
    ]
