"""What may be done with time entries: who may log for whom and where, what is fixed and why."""

import datetime

from django.db.models import Sum

from organizations import panels
from organizations.models import Membership
from timetracking.durations import DAY, hours_text
from timetracking.models import ProjectStaff, StaffUser, TimeEntry

FIRST_DAY = datetime.date(1970, 1, 1)
YEARS_AHEAD = 5
_LOGGERS = (Membership.Role.ADMIN, Membership.Role.STAFF, Membership.Role.TIMESHEET_STAFF)
Status = TimeEntry.BillingStatus


TIMED = "This timesheet is being timed. Hence, it cannot be edited. Stop the timer first."


def logging_refusal(membership):
    """Why this member cannot log time at all; '' when they can."""
    if membership.role not in _LOGGERS:
        return "Your role does not log time here. Ask an administrator to make you timesheet staff."
    if membership.role != Membership.Role.ADMIN and own_staff(membership) is None:
        return "You are not on the staff list, so hours cannot be yours. Ask an administrator to add you under Staff."
    return ""


def own_staff(membership):
    """The active StaffUser of a member, None where there is none."""
    rows = StaffUser.objects.filter(
        organization_id=membership.organization_id, membership=membership, status=StaffUser.Status.ACTIVE
    )
    return rows.order_by("id").first()


def project_refusal(project):
    """Why no time is logged here on a project; '' when it can be."""
    if origin := panels.origin("projects", project.pk):
        return (
            f"{project.name} comes {origin.label}. Log its hours there; approved billable ones arrive here "
            "with the next sync."
        )
    if project.status != "active":
        return f"{project.name} is inactive. Mark it active first."
    return ""


def person_refusal(membership, staff_user, project):
    """Why this member cannot log for that person on the project; '' when they can."""
    if membership.role != Membership.Role.ADMIN:
        own = own_staff(membership)
        if own is None or own.pk != staff_user.pk:
            return "You log your own time only. Ask an administrator to log for somebody else."
    if staff_user.status != StaffUser.Status.ACTIVE:
        return f"{staff_user.name} is inactive and logs no time."
    if not ProjectStaff.objects.filter(project=project, staff_user=staff_user).exists():
        return f"{staff_user.name} does not work on {project.name}. Add the person there under People first."
    return ""


def locked_entries(entries):
    """{id: why it cannot be changed or deleted} for those of `entries` that are fixed; three queries at most."""
    ids = [entry.pk for entry in entries]
    if not ids:
        return {}
    locked = {
        entry.pk: "This hour is invoiced. Void or credit the invoice first."
        for entry in entries
        if entry.billing_status == Status.INVOICED
    }
    for entry in entries:
        if entry.timer_started_at is not None:
            locked[entry.pk] = TIMED
    for pk, origin in panels.origins("timesheets", ids).items():
        locked.setdefault(pk, f"This hour comes {origin.label}. Change it there.")
    return {**locked, **panels.merged("entry.locks", ids)}


def change_refusal(membership, entry):
    """Why this member cannot change or delete the entry; '' when they can."""
    if membership.role not in _LOGGERS:
        return "Your role does not log time here."
    if membership.role != Membership.Role.ADMIN:
        own = own_staff(membership)
        if own is None or own.pk != entry.staff_user_id:
            return "This is somebody else's hour. They or an administrator can change it."
    return locked_entries([entry]).get(entry.pk, "")


def entry_problems(entry):
    """What is wrong with an entry's values, whoever saves them: {field: sentence}.

    Call it inside a transaction that holds the person's row, or two people could fill one day twice.
    """
    problems = {}
    last = datetime.date.today().replace(month=12, day=31)
    last = last.replace(year=last.year + YEARS_AHEAD)
    if entry.date is None or not FIRST_DAY <= entry.date <= last:
        problems["date"] = f"The day has to be between {FIRST_DAY:%Y-%m-%d} and {last:%Y-%m-%d}."
    least = 0 if entry.timer_started_at is not None else 1
    if not least <= (entry.minutes or 0) <= DAY:
        problems["minutes"] = "The duration has to be between one minute and 24 hours."
    item = entry.task if entry.kind == "task" else entry.bug if entry.kind == "bug" else None
    if entry.kind != "general" and item is None:
        problems["item"] = "Choose what was worked on."
    elif item is not None and item.project_id != entry.project_id:
        problems["item"] = f"{item.name} does not belong to {entry.project.name}."
    if len(entry.title) > 1000:
        problems["title"] = "A title has at most 1,000 characters."
    if len(entry.notes) > 10_000:
        problems["notes"] = "Notes have at most 10,000 characters."
    if not problems and (over := _day_over(entry)):
        problems["minutes"] = over
    return problems


def _day_over(entry):
    rows = TimeEntry.objects.filter(staff_user_id=entry.staff_user_id, date=entry.date)
    before = rows.exclude(pk=entry.pk or 0).aggregate(total=Sum("minutes"))["total"] or 0
    if before + entry.minutes <= DAY:
        return ""
    return (
        f"{hours_text(before)} are logged for {entry.date:%Y-%m-%d} already; "
        f"with this it would be more than 24 hours. At most {hours_text(max(DAY - before, 0))} can be added."
    )
