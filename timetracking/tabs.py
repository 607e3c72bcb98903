"""What each tab of a project's page shows."""

from organizations.current import sees_everything
from organizations.paging import keyset_page
from timetracking import selectors

TABS = [
    ("overview", "Overview"),
    ("tasks", "Tasks"),
    ("bugs", "Bugs"),
    ("milestones", "Milestones"),
    ("timesheets", "Timesheets"),
    ("people", "People"),
]
BY_NAME = ("name", "id")


def tab_context(tab, project, membership, params):
    """Template context of one tab: at least `page`. Rates of people only for roles that see them."""
    return {
        "tasks": _tasks,
        "bugs": _bugs,
        "milestones": _milestones,
        "timesheets": _timesheets,
        "people": _people,
    }[tab](project, membership, params)


def _tasks(project, membership, params):
    rows = project.tasks.select_related("task_list", "parent").defer("description", "parent__description")
    found = selectors.filtered_items(rows, params)
    if params.get("q", "").strip() or params.get("status") in ("open", "closed"):
        page = keyset_page(found, BY_NAME, params)  # found tasks stand flat, each naming its parent
        return {"page": page, "tasks": page.rows, "flat": True}
    page = keyset_page(rows.filter(parent=None), BY_NAME, params, count_from=project.tasks.all())
    tasks, more = selectors.task_tree(page.rows)
    return {"page": page, "tasks": tasks, "more_subtasks": more}


def _bugs(project, membership, params):
    rows = project.bugs.select_related("reporter", "assignee").defer("description")
    return {"page": keyset_page(selectors.filtered_items(rows, params), BY_NAME, params)}


def _milestones(project, membership, params):
    return {"page": keyset_page(selectors.filtered_items(project.milestones.all(), params), BY_NAME, params)}


def _timesheets(project, membership, params):
    rows = selectors.filtered_entries(membership, params, project=project)
    return {
        "page": keyset_page(selectors.with_names(rows), ("-date", "-id"), params, count_from=rows),
        "in_project": True,
    }


def _people(project, membership, params):
    rows = project.staff.select_related("staff_user")
    return {
        "page": keyset_page(rows, ("staff_user__name", "id"), params),
        "show_rates": sees_everything(membership),
    }
