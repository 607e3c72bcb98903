"""What is done with time entries. A refusal is a ValidationError with sentences; then nothing has changed."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Sum

from organizations import panels
from organizations.activity import record
from timetracking import entry_rules
from timetracking.costs import cost_rate_of
from timetracking.durations import hours_text
from timetracking.models import Project, StaffUser, TimeEntry

Status = TimeEntry.BillingStatus
AT_ONCE = 500


def save_entry(membership, entry):
    """Store a new or changed entry for this member, after every rule; returns it.

    It is unbilled or non-billable as `is_billable` says: see `as_it_stands` for changes of something else.
    """
    with transaction.atomic():
        stored = None
        if entry.pk is not None:
            stored = TimeEntry.objects.select_for_update().filter(pk=entry.pk).first()
            if stored is None:
                raise ValidationError("This entry was deleted meanwhile.")
            if refusal := entry_rules.change_refusal(membership, stored):
                raise ValidationError(refusal)
        refusal = (
            entry_rules.logging_refusal(membership)
            or entry_rules.project_refusal(entry.project)
            or entry_rules.person_refusal(membership, entry.staff_user, entry.project)
        )
        if refusal:
            raise ValidationError(refusal)
        StaffUser.objects.select_for_update().get(
            pk=entry.staff_user_id
        )  # one day is filled by one at a time
        if problems := entry_rules.entry_problems(entry):
            raise ValidationError(problems)
        entry.organization_id = entry.project.organization_id
        if entry.pk is None or entry.billing_status != Status.INVOICED:
            billable = entry.is_billable and entry.timer_started_at is None
            entry.billing_status = Status.UNBILLED if billable else Status.NON_BILLABLE
        who = (entry.project_id, entry.staff_user_id)
        if stored is None or who != (stored.project_id, stored.staff_user_id):
            entry.cost_rate = cost_rate_of(*who)
        entry.save()
    return entry


def as_it_stands(entry):
    """Let a change that says nothing about billing leave it: hours that somebody set aside stay aside. Not saved."""
    entry.is_billable = entry.is_billable and entry.billing_status != Status.NON_BILLABLE
    return entry


def delete_entry(membership, entry):
    """Delete an entry of one's own that nothing has fixed."""
    with transaction.atomic():
        stored = TimeEntry.objects.select_for_update().filter(pk=entry.pk).first()
        if stored is None:
            return
        if refusal := entry_rules.change_refusal(membership, stored):
            raise ValidationError(refusal)
        stored.delete()
        record(
            entry.project,
            membership.user,
            f"Deleted {hours_text(stored.minutes)} of {entry.staff_user.name} on {stored.date:%Y-%m-%d}.",
        )


def mark(membership, entries, billable):
    """Make unbilled entries non-billable, or those billable again. Returns (changed, left alone).

    `entries`: a queryset. What is invoiced or stands on a document is left alone, whatever happens meanwhile:
    the change itself asks for the state it starts from.
    """
    start, end = (
        (Status.NON_BILLABLE, Status.UNBILLED) if billable else (Status.UNBILLED, Status.NON_BILLABLE)
    )
    asked = changed = 0
    ids = list(entries.order_by("pk").values_list("pk", flat=True))
    with transaction.atomic():
        projects = {}
        for begin in range(0, len(ids), AT_ONCE):
            some = ids[begin : begin + AT_ONCE]
            asked += len(some)
            fixed = panels.merged("entry.locks", some)
            free = [pk for pk in some if pk not in fixed]
            rows = TimeEntry.objects.select_for_update().filter(
                pk__in=free, billing_status=start, timer_started_at=None
            )
            free = list(rows.order_by("pk").values_list("pk", flat=True))
            rows = TimeEntry.objects.filter(pk__in=free, billing_status=start)
            for project_id, minutes, count in (
                rows.order_by().values_list("project_id").annotate(Sum("minutes"), Count("pk"))
            ):
                before = projects.get(project_id, (0, 0))
                projects[project_id] = (before[0] + minutes, before[1] + count)
            # an hour that was not to be billed at its source is, once somebody says so
            also = {"is_billable": True} if billable else {}
            changed += rows.update(billing_status=end, **also)
        _note(membership, projects, "billable again" if billable else "non-billable")
    return changed, asked - changed


def _note(membership, projects, what):
    for project in Project.objects.filter(pk__in=projects):
        minutes, count = projects[project.pk]
        entries = "1 entry" if count == 1 else f"{count:,} entries"
        record(project, membership.user, f"Marked {entries} ({hours_text(minutes)} hours) {what}.")
