"""Time entries, which the finance API keeps below /projects."""

import datetime

from django.core.exceptions import ValidationError

from api.building import list_parameters, listed, operation, out, router
from api.crud import NOT_KEPT, body
from api.errors import BAD_VALUE, RULE, UNKNOWN_ROW, Refused, bad_value, no_row
from api.listing import Listing
from api.resources.projects import MISSING as MISSING_PROJECT
from api.values import date_of, hours, id_of, moment, now, path_id
from organizations.zones import today_in
from timetracking import entries, selectors, timers
from timetracking.durations import minutes_of
from timetracking.entry_rules import TIMED, own_staff
from timetracking.models import StaffUser, TimeEntry

MISSING = "Time entry does not exist"
NO_TASK = "This task does not exist in this project. Hence, this timesheet entry cannot be made"
UNUSED = ("cost_rate", "custom_fields", "timesheet_custom_fields")
ENTRY_IN = body(
    "TimeEntryIn", with_ids=False, not_kept=UNUSED, project_id=str, task_id=str, user_id=str, log_date=str,
    log_time=str, begin_time=str, end_time=str, is_billable=bool, notes=str,
    start_timer=bool,
)  # fmt: skip
ENTRY = out(
    "TimeEntry", time_entry_id=str, project_id=str, project_name=str, task_id=str, task_name=str, user_id=str,
    user_name=str, customer_id=str, customer_name=str, log_date=str, log_time=str, is_billable=bool,
    billed_status=str, invoice_id=str, notes=str, is_current_user=bool,
    begin_time=str, end_time=str, created_time=str,
    timer_started_at=str, timer_started_at_utc_time=str, timer_duration_in_minutes=str, timer_duration_in_seconds=str,
)  # fmt: skip


def _period(name):
    def narrow(rows, call):
        first, last = days_of(name, today_in(call.organization))
        return rows.filter(date__gte=first, date__lte=last)

    return narrow


def days_of(name, today):
    """First and last day of Today, PreviousMonth, ThisQuarter and the like."""
    previous, kind = name.startswith("Previous"), name.removeprefix("This").removeprefix("Previous")
    day = datetime.timedelta(days=1)
    if kind in ("Today", "Day"):
        found = today - day if previous else today
        return found, found
    if kind == "Week":
        first = today - datetime.timedelta(days=today.weekday() + (7 if previous else 0))
        return first, first + 6 * day
    months = {"Month": 1, "Quarter": 3, "Year": 12}[kind]
    start = today.year * 12 + (today.month - 1) // months * months - (months if previous else 0)
    end = start + months
    return datetime.date(start // 12, start % 12 + 1, 1), datetime.date(end // 12, end % 12 + 1, 1) - day


NAMED = (
    "Today", "ThisWeek", "ThisMonth", "ThisQuarter", "ThisYear", "PreviousDay", "PreviousWeek", "PreviousMonth",
    "PreviousQuarter", "PreviousYear",
)  # fmt: skip
LISTING = Listing(
    filters={
        "project_id": ("project_id", "id"), "user_id": ("staff_user_id", "id"), "task_id": ("task_id", "id"),
        "customer_id": ("project__customer_id", "id"), "log_date": ("date", "date"),
        "notes": ("notes", "text"),
    },
    by={
        "Date.All": None,
        **{f"Date.{name}": _period(name) for name in NAMED},
        "Date.CustomDate": None,
        "Status.Unbilled": lambda rows, call: rows.filter(billing_status="unbilled"),
        "Status.Invoiced": lambda rows, call: rows.filter(billing_status="invoiced"),
    },
    sorts={"log_date": "date", "project_name": "project__name", "user_name": "staff_user__name"},
    search=("project__name", "staff_user__name", "notes"),
    descending=True,
)  # fmt: skip


def _with_all(rows):
    return selectors.with_names(rows).select_related("project__customer").prefetch_related("billings__line")


def _shown(call, row):
    billed = next((item for item in row.billings.all() if item.released_at is None), None)
    return {
        "time_entry_id": str(row.pk),
        "project_id": str(row.project_id),
        "project_name": row.project.name,
        "task_id": "" if row.task_id is None else str(row.task_id),
        "task_name": row.task.name if row.task else row.bug.name if row.bug else row.title,
        "user_id": str(row.staff_user_id),
        "user_name": row.staff_user.name,
        "customer_id": str(row.project.customer_id),
        "customer_name": row.project.customer.display_name,
        "log_date": row.date.isoformat(),
        "log_time": hours(row.minutes),
        "is_billable": row.billing_status != "non_billable"
        or (row.timer_started_at is not None and row.is_billable),
        "billed_status": row.billing_status,
        "invoice_id": str(billed.line.invoice_id) if billed else "",
        "notes": row.notes,
        "is_current_user": row.staff_user.membership_id == call.membership.pk,
        **dict.fromkeys(UNKNOWN, ""),
        **_timer(call, row),
    }


def _timer(call, row):
    if row.timer_started_at is None:
        return dict.fromkeys(TIMER, "")
    seconds = int((now() - row.timer_started_at).total_seconds())
    return {
        "timer_started_at": moment(row.timer_started_at, call.organization),
        "timer_started_at_utc_time": row.timer_started_at.strftime("%Y-%m-%d %H:%M:%S"),
        "timer_duration_in_minutes": str(timers.minutes_of(row)),
        "timer_duration_in_seconds": str(max(0, seconds)),
    }


UNKNOWN = ("begin_time", "end_time", "created_time")  # minutes are kept, not when they were
TIMER = (
    "timer_started_at", "timer_started_at_utc_time", "timer_duration_in_minutes", "timer_duration_in_seconds",
)  # fmt: skip


def _list(call):
    rows, params = selectors.visible_entries(call.membership), call.request.GET
    for name, lookup in (("from_date", "date__gte"), ("to_date", "date__lte")):
        if params.get(name):
            rows = rows.filter(**{lookup: date_of(params[name], name)})
    return listed(call, rows, LISTING, lambda row: _shown(call, row), "Timesheets", _with_all)


def found(call, text):
    pk = path_id(text)
    rows = _with_all(selectors.visible_entries(call.membership))
    row = rows.filter(pk=pk).first() if pk is not None else None
    if row is None:
        raise no_row(MISSING)
    return row


def _get(call, entry_id):
    return "success", _shown(call, found(call, entry_id))


def _fill(call, entry, values):
    """Set what came in on an entry, not saved; Refused for what cannot be understood."""
    warnings = [NOT_KEPT.format(name) for name in UNUSED if values.get(name)]
    if "project_id" in values or entry.project_id is None:
        pk = id_of(values.get("project_id"), "project_id")
        project = selectors.visible_projects(call.membership).filter(pk=pk or 0).first()
        if project is None:
            raise Refused(400, UNKNOWN_ROW, MISSING_PROJECT, "project_id")
        entry.project = project
    if values.get("user_id") or entry.staff_user_id is None:
        pk = id_of(values.get("user_id"), "user_id")
        rows = StaffUser.objects.filter(organization=call.organization)
        person = rows.filter(pk=pk).first() if pk else own_staff(call.membership)
        if person is None:
            raise Refused(400, UNKNOWN_ROW, "User does not exist", "user_id")
        entry.staff_user = person
    if "task_id" in values:
        pk = id_of(values["task_id"], "task_id")
        entry.kind, entry.bug, entry.task = ("task" if pk else "general"), None, None
        if pk:
            entry.task = entry.project.tasks.filter(pk=pk).first()
            if entry.task is None:
                raise Refused(400, UNKNOWN_ROW, NO_TASK, "task_id")
    if "log_date" in values:
        entry.date = date_of(values["log_date"] or "", "log_date")
    _fill_time(entry, values)
    if values.get("is_billable") is not None:
        entry.is_billable = values["is_billable"]
    elif entry.pk is not None:
        entries.as_it_stands(entry)
    if "notes" in values:
        entry.notes = values["notes"] or ""
    return {"warnings": warnings} if warnings else {}


def _fill_time(entry, values):
    if values.get("begin_time") or values.get("end_time"):
        begin, end = (_clock(values.get(name), name) for name in ("begin_time", "end_time"))
        if end <= begin:
            raise bad_value("end_time", "end_time is not after begin_time.")
        entry.minutes = end - begin
    elif values.get("log_time"):
        try:
            entry.minutes = minutes_of(values["log_time"])
        except ValueError as error:
            raise Refused(400, BAD_VALUE, str(error), "log_time") from None


def _clock(text, name):
    try:
        found = datetime.time.fromisoformat(text or "")
    except ValueError:
        raise bad_value(name) from None
    return found.hour * 60 + found.minute


def _save(call, entry, values):
    starts = bool(values.pop("start_timer", None))
    warnings = _fill(call, entry, values)
    if starts and entry.pk is not None:
        raise bad_value("start_timer", "A timer of an entry is started with POST …/timer/start.")
    if starts and entry.date is None:
        entry.date = today_in(call.organization)
    try:
        save = timers.start if starts else entries.save_entry
        entry = save(call.membership, entry)
    except ValidationError as error:
        names = {"date": "log_date", "minutes": "log_time", "item": "task_id"}
        field = next(iter(error.message_dict), "") if hasattr(error, "error_dict") else ""
        text = " ".join(error.messages)
        code = 20054 if text == TIMED else RULE
        raise Refused(400, code, text, names.get(field, field)) from None
    return node_of(call, entry.pk), warnings


def node_of(call, pk):
    """The node of an entry read anew."""
    return _shown(call, _with_all(TimeEntry.objects.filter(pk=pk)).get())


def _new(call, values):
    entry = TimeEntry(organization=call.organization, kind="general")
    return "Your timesheet entry has been added.", *_save(call, entry, values)


def _change(call, entry_id, values):
    return "The timesheet's information has been updated.", *_save(call, found(call, entry_id), values)


def _delete(call, entry_id):
    entries.delete_entry(call.membership, found(call, entry_id))
    return "The time entry has been deleted.", None


def _delete_many(call):
    from django.db import transaction

    ids = [part for part in call.request.GET.get("time_entry_ids", "").split(",") if part]
    if not 1 <= len(ids) <= 200:
        raise bad_value("time_entry_ids", "Name 1 to 200 ids, with commas between them.")
    rows = [found(call, text) for text in ids]
    with transaction.atomic():
        for row in rows:
            entries.delete_entry(call.membership, row)
    return "The selected timesheet entries have been deleted", None


def make_router():
    """/projects/timeentries."""
    made, module = router("Time entries"), {"module": "projects"}
    one, root = "/projects/timeentries/{time_entry_id}", "/projects/timeentries"
    node = module | {"node": "time_entry", "kind": ENTRY}
    operation(made, "get", root, _list, verb="READ", name="list_time_entries", node="time_entries", kind=ENTRY,
              many=True, query=list_parameters(LISTING, "from_date", "to_date"), **module)  # fmt: skip
    operation(
        made, "post", root, _new, verb="CREATE", name="create_time_entry", body=ENTRY_IN, status=201, **node
    )
    operation(made, "delete", root, _delete_many, verb="DELETE", name="delete_time_entries",
              query=("time_entry_ids",), **module)  # fmt: skip
    operation(made, "get", one, _get, verb="READ", name="get_time_entry", **node)
    operation(made, "put", one, _change, verb="UPDATE", name="update_time_entry", body=ENTRY_IN, **node)
    operation(made, "delete", one, _delete, verb="DELETE", name="delete_time_entry", **module)
    return made
