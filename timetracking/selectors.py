"""Which projects, people and hours a visitor may see, and how lists narrow and order them."""

import datetime

from django.db.models import F, Q
from django.db.models.lookups import Exact, In
from django.utils import timezone
from django.utils.dateparse import parse_date

from organizations.current import sees_everything
from organizations.ids import whole
from organizations.paging import Opaque
from timetracking.models import Project, ProjectStaff, StaffUser, Task, TimeEntry

PROJECT_ORDERS = {
    "name": ("name", "id"),
    "-name": ("-name", "-id"),
    "customer": ("customer__display_name", "name", "id"),
    "-id": ("-id",),
}
STAFF_ORDERS = {"name": ("name", "id"), "-name": ("-name", "-id"), "-id": ("-id",)}
ENTRY_ORDERS = {"-date": ("-date", "-id"), "date": ("date", "id")}
SHOWN_SUBTASKS = 2000
MANY = 5000
PERIODS = (
    ("this_week", "This week"),
    ("this_month", "This month"),
    ("last_month", "Last month"),
    ("this_year", "This year"),
)


def visible_projects(membership):
    """Projects of the organization; roles that see their own work only get the projects they are staff of."""
    rows = Project.objects.filter(organization=membership.organization)
    if not sees_everything(membership):
        own = ProjectStaff.objects.filter(staff_user__membership=membership).values("project_id")
        rows = rows.filter(pk__in=own)
    return rows


def visible_staff(membership):
    """People of the organization; only themselves for roles that see their own work only."""
    rows = StaffUser.objects.filter(organization=membership.organization)
    return rows if sees_everything(membership) else rows.filter(membership=membership)


def visible_entries(membership, own=None):
    """Hours of the organization; only their own for roles that see their own work only.

    `own`: another way to say which organization's.
    """
    rows = TimeEntry.objects.filter(own if own is not None else Q(organization=membership.organization))
    if not sees_everything(membership):
        rows = rows.filter(staff_user__in=visible_staff(membership).values("pk"))
    return rows


def _words(params):
    return params.get("q", "").strip().replace("\0", "")


def filtered_projects(membership, params):
    """Visible projects after search (`q`: name, code, customer) and the filter `status`."""
    rows = visible_projects(membership)
    if words := _words(params):
        found = (
            Q(name__icontains=words) | Q(code__icontains=words) | Q(customer__display_name__icontains=words)
        )
        rows = rows.filter(found)
    if params.get("status") in Project.Status.values:
        rows = rows.filter(status=params["status"])
    return rows


def filtered_staff(membership, params):
    """Visible people after search (`q`: name, e-mail) and the filters `status` and `role`."""
    rows = visible_staff(membership)
    if words := _words(params):
        rows = rows.filter(Q(name__icontains=words) | Q(email__icontains=words))
    if params.get("status") == "invited":
        rows = rows.filter(membership__invitation__isnull=False, membership__invitation__accepted_at=None)
    if params.get("status") in StaffUser.Status.values:
        rows = rows.filter(status=params["status"])
    if params.get("role") in StaffUser.Role.values:
        rows = rows.filter(role=params["role"])
    return rows


def filtered_entries(membership, params, **fixed):
    """Visible hours after search (`q`: project or person) and filters; `fixed` narrows to a project or person.

    The search looks at the few names of projects and people, not at a million notes. Filters: `billing`,
    `kind`, `customer`, `project`, `person` (ids), `period` (see PERIODS), `from` and `to` (days, both included).
    Filters that cannot be understood are ignored.
    """
    return _filtered_entries(membership, params, _is_one_of, fixed)


def walked_entries(membership, params):
    """The same for `keyset_page(walked=…)`; None where every filter has an index in the order of the list."""
    if not _has_names(params):
        return None
    return _filtered_entries(membership, params, _is_seen_as_one_of, {})


def _has_names(params):
    return bool(_words(params) or whole(params.get("customer")))


def _filtered_entries(membership, params, one_of, fixed):
    rows = visible_entries(membership).filter(**fixed)
    if one_of is _is_one_of and _has_names(
        params
    ):  # by project or person, not by the index of the organization
        rows = visible_entries(membership, Exact(Opaque(F("organization_id")), membership.organization_id))
        rows = rows.filter(**fixed)
    if words := _words(params):
        found = Q()
        for name, model in (("project", Project), ("staff_user", StaffUser)):
            named = model.objects.filter(organization=membership.organization, name__icontains=words)
            if ids := _ids_of(named):
                found |= one_of(name, ids)
        rows = rows.filter(found) if found else rows.none()  # no name fits: a million rows need no look
    if params.get("billing") in TimeEntry.BillingStatus.values:
        rows = rows.filter(billing_status=params["billing"])
    if params.get("kind") in TimeEntry.Kind.values:
        rows = rows.filter(kind=params["kind"])
    if pk := whole(params.get("project")):
        rows = rows.filter(project=pk)
    if pk := whole(params.get("person")):
        rows = rows.filter(staff_user=pk)
    if pk := whole(params.get("customer")):
        rows = rows.filter(one_of("project", _ids_of(visible_projects(membership).filter(customer=pk))))
    first, last = period_days(params)
    if first:
        rows = rows.filter(date__gte=first)
    if last:
        rows = rows.filter(date__lte=last)
    return rows


def _ids_of(rows):
    """Their ids, by which the database sees how many hours there can be; of very many rows a subquery."""
    ids = list(rows.values_list("pk", flat=True)[: MANY + 1])
    return rows.values("pk") if len(ids) > MANY else ids


def _is_one_of(name, ids):
    return Q(**{f"{name}__in": ids})


def _is_seen_as_one_of(name, ids):
    """The same, looked at row by row, so that the database walks another index."""
    return Q(In(Opaque(F(f"{name}_id")), ids))


def period_days(params):
    """(first, last) day of the filter; None where it is open. `from` and `to` narrow a named period."""
    first, last = _day(params.get("from")), _day(params.get("to"))
    name = params.get("period")
    if name in dict(PERIODS):
        begin, end = _named_period(name, timezone.localdate())
        first, last = max(first or begin, begin), min(last or end, end)
    return first, last


def _named_period(name, today):
    month = today.replace(day=1)
    if name == "this_week":
        monday = today - datetime.timedelta(days=today.weekday())
        return monday, monday + datetime.timedelta(days=6)
    if name == "this_month":
        return month, (month + datetime.timedelta(days=31)).replace(day=1) - datetime.timedelta(days=1)
    if name == "last_month":
        end = month - datetime.timedelta(days=1)
        return end.replace(day=1), end
    return today.replace(month=1, day=1), today.replace(month=12, day=31)


def _day(text):
    try:
        return parse_date(text or "")
    except ValueError:
        return None


def with_names(entries):
    """Hours with all that a row of the list shows, in the same query; long notes stay out of it."""
    return entries.select_related("project", "staff_user", "task", "bug").defer(
        "project__description", "task__description", "bug__description"
    )


def filtered_items(rows, params):
    """Tasks, bugs or milestones of a project after search by name and the filter `status`."""
    if words := _words(params):
        rows = rows.filter(name__icontains=words)
    if params.get("status") in ("open", "closed"):
        rows = rows.filter(status=params["status"])
    return rows


def task_tree(roots):
    """The given top tasks, each followed by its subtasks: list of tasks with `.level` (0 at the top).

    One query, whatever the depth; at most 2,000 subtasks. Second value: whether there were more.
    """
    if not roots:
        return [], False
    holes = ", ".join(["%s"] * len(roots))
    below = list(
        Task.objects.raw(
            f"""WITH RECURSIVE below(id) AS (
                  SELECT id FROM timetracking_task WHERE parent_id IN ({holes})
                  UNION SELECT task.id FROM timetracking_task task JOIN below ON task.parent_id = below.id)
                SELECT task.id, task.parent_id, task.name, task.status, task.priority, task.is_billable,
                       task.start_date, task.due_date, task.percent_complete, task.project_id,
                       task.rate, task.budget_hours,
                       list.name AS list_name
                FROM timetracking_task task
                LEFT JOIN timetracking_tasklist list ON list.id = task.task_list_id
                WHERE task.id IN (SELECT id FROM below)
                ORDER BY task.name, task.id LIMIT {SHOWN_SUBTASKS + 1}""",
            [root.pk for root in roots],
        )
    )
    more, below = len(below) > SHOWN_SUBTASKS, below[:SHOWN_SUBTASKS]
    children = {}
    for task in below:
        children.setdefault(task.parent_id, []).append(task)
    ordered, waiting = [], [(root, 0) for root in reversed(roots)]
    while waiting:
        task, level = waiting.pop()
        task.level, task.indent = level, min(level, 5)
        ordered.append(task)
        waiting.extend((child, level + 1) for child in reversed(children.pop(task.pk, [])))
    return ordered, more
