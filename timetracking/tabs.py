"""What each tab of a project's page shows."""

from django.db.models import Q, Sum

from organizations.current import edits_money, sees_money
from organizations.paging import keyset_page
from timetracking import selectors
from timetracking.activity import project_events

TABS = [
    ("overview", "Overview"),
    ("tasks", "Tasks"),
    ("bugs", "Bugs"),
    ("milestones", "Milestones"),
    ("timesheets", "Timesheets"),
    ("people", "People"),
    ("activity", "Activity"),
]
BY_NAME = ("name", "id")
SHOWN_LISTS = 200


def tab_context(tab, project, membership, params):
    """Template context of one tab: at least `page`. Rates of people only for roles that see them."""
    return {
        "tasks": _tasks,
        "bugs": _bugs,
        "milestones": _milestones,
        "timesheets": _timesheets,
        "people": _people,
        "activity": _activity,
    }[tab](project, membership, params)


def _tasks(project, membership, params):
    rows = project.tasks.select_related("task_list", "parent").defer("description", "parent__description")
    found = selectors.filtered_items(rows, params)
    if params.get("q", "").strip() or params.get("status") in ("open", "closed"):
        page = keyset_page(found, BY_NAME, params)  # found tasks stand flat, each naming its parent
        return {"page": page, "tasks": _with_hours(page.rows, membership), "flat": True}
    page = keyset_page(rows.filter(parent=None), BY_NAME, params, count_from=project.tasks.all())
    tasks, more = selectors.task_tree(page.rows)
    return {"page": page, "tasks": _with_hours(tasks, membership), "more_subtasks": more}


def _with_hours(tasks, membership):
    """Give each task its `minutes` and `unbilled` (only the visitor's own for roles that see no others)."""
    rows = selectors.visible_entries(membership).filter(task__in=[task.pk for task in tasks])
    sums = {
        row[0]: row[1:]
        for row in rows.order_by()
        .values_list("task_id")
        .annotate(total=Sum("minutes"), unbilled=Sum("minutes", filter=Q(billing_status="unbilled")))
    }
    for task in tasks:
        task.minutes, task.unbilled = sums.get(task.pk, (0, 0))
    return tasks


def _bugs(project, membership, params):
    rows = project.bugs.select_related("reporter", "assignee").defer("description")
    return {"page": keyset_page(selectors.filtered_items(rows, params), BY_NAME, params)}


def _milestones(project, membership, params):
    page = keyset_page(selectors.filtered_items(project.milestones.all(), params), BY_NAME, params)
    lists = project.task_lists.select_related("milestone").order_by("milestone__name", "name", "id")
    return {"page": page, "task_lists": list(lists[:SHOWN_LISTS])}


def _timesheets(project, membership, params):
    rows = selectors.filtered_entries(membership, params, project=project)
    return {
        "page": keyset_page(selectors.with_names(rows), ("-date", "-id"), params, count_from=rows),
        "in_project": True,
    }


def _people(project, membership, params):
    rows = project.staff.select_related("staff_user")
    page = keyset_page(rows, ("staff_user__name", "id"), params)
    shown = selectors.visible_entries(membership).filter(
        project=project, staff_user__in=[row.staff_user_id for row in page.rows]
    )
    sums = dict(shown.order_by().values_list("staff_user_id").annotate(Sum("minutes")))
    for row in page.rows:
        row.minutes = sums.get(row.staff_user_id, 0)
    return {
        "page": page,
        "show_rates": sees_money(membership),
        "may_edit": edits_money(membership),
    }


def _activity(project, membership, params):
    return {"events": project_events(membership, project)}
