"""Task lists, tasks, phases and issues: of the portal, of a project, and single ones."""

from ..filters import read_filter
from ..messages import json_answer
from . import sorting
from .paging import listing
from .projects import one


def _rows(call, entity, project_id, extra=None, cache_key=None, filtered=True):
    if project_id:
        call.project(project_id)
    match = read_filter(call, entity) if filtered else None
    key = (call.params.get("filter", "") if match else "") + (cache_key or "")
    demoted = call.switches.demoted and not project_id

    def fits(data):
        if demoted and not call.is_mine(str((data.get("project") or {}).get("id"))):
            return False
        return (match is None or match(data)) and (extra is None or extra(data))

    if match is None and extra is None and not demoted:
        rows = call.table(entity).rows(project_id)
    else:
        fits.stamps_only = extra is None and not demoted and getattr(match, "stamps_only", False)
        rows = call.table(entity).rows(project_id, fits, f"{key}|{demoted and call.account}")
    return sorting.ordered(call, rows, entity)


def list_tasklists(call, project_id=None):
    """GET /all-tasklists and /projects/{id}/tasklists; no filter."""
    return listing(call, "tasklists", _rows(call, "tasklists", project_id, filtered=False))


def list_tasks(call, project_id=None):
    """GET /tasks and /projects/{id}/tasks: all tasks, flat, subtasks included."""
    top = call.switches.top_level_tasks_only and call.params.get("has_parents") != "true"
    rows = _rows(
        call,
        "tasks",
        project_id,
        (lambda d: not d.get("parental_info")) if top else None,
        "top" if top else "",
    )
    return listing(call, "tasks", rows)


def list_my_tasks(call):
    """GET /mytasks."""
    me = (call.portal.person_of(call.account) or {}).get("zpuid")
    rows = _rows(
        call,
        "tasks",
        None,
        lambda d: any(o.get("zpuid") == me for o in (d.get("owners_and_work") or {}).get("owners", ())),
        f"mine {me}",
    )
    return listing(call, "tasks", rows)


def list_phases(call, project_id=None):
    """GET /phases, /projects/{id}/milestones, /projects/{id}/phases; page_info is a one-element array."""
    ids = set(filter(None, call.params.get("milestone_ids", "").split(",")))
    rows = _rows(
        call,
        "milestones",
        project_id,
        (lambda d: d.get("id") in ids) if ids else None,
        call.params.get("milestone_ids", ""),
        filtered=False,
    )
    return listing(call, "milestones", rows, form="phases")


def list_issues(call, project_id=None):
    """GET /issues and /projects/{id}/issues; the description is not in lists."""
    return listing(call, "issues", _rows(call, "issues", project_id))


def list_bugs(call, project_id):
    """GET /projects/{id}/bugs: the same under the older name."""
    return listing(call, "issues", _rows(call, "issues", project_id), "bugs")


def get_tasklist(call, project_id, key):
    """GET /projects/{id}/tasklists/{tl}."""
    return one(call, "tasklists", call.record("tasklists", key, project_id))


def get_task(call, project_id, key):
    """GET /projects/{id}/tasks/{t}."""
    return one(call, "tasks", call.record("tasks", key, project_id))


def get_phase(call, project_id, key):
    """GET /projects/{id}/milestones/{m}."""
    return one(call, "milestones", call.record("milestones", key, project_id))


def get_issue(call, project_id, key):
    """GET /projects/{id}/issues/{i}."""
    return one(call, "issues", call.record("issues", key, project_id))


def get_issue_description(call, project_id, key):
    """GET /projects/{id}/issues/{i}/description."""
    issue = call.record("issues", key, project_id)
    return json_answer({"description": call.portal.descriptions.get(issue.key, "")}, headers=call.headers)


def get_bug(call, project_id, key):
    """GET /projects/{id}/bugs/{i}?is_desc_needed=true: `{"bugs": […]}`."""
    issue = call.record("issues", key, project_id)
    data = dict(issue.data)
    if call.params.get("is_desc_needed") == "true":
        data["description"] = call.portal.descriptions.get(issue.key, "")
    return json_answer({"bugs": [data]}, headers=call.headers)
