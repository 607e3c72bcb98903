"""Projects: listing, one, trash and restore, members, clients."""

from ..filters import read_filter
from ..messages import Answer, not_found
from . import sorting
from .paging import Plain, listing
from .shape import reshape


def list_projects(call):
    """GET /projects: a bare array of all projects except templates, unless `status` asks for one kind."""
    wanted = call.params.get("status") or call.params.get("project_type")
    match = read_filter(call, "projects")

    def fits(data):
        if wanted in {"active", "archived", "template"}:
            if data.get("project_type") != wanted:
                return False
        elif data.get("project_type") == "template":
            return False
        if call.switches.demoted and not call.is_mine(str(data.get("id"))):
            return False
        return match is None or match(data)

    rows = sorting.ordered(call, call.table("projects").rows(None, fits), "projects")
    return listing(call, "projects", rows, bare=not call.switches.projects_as_object)


def get_project(call, key):
    """GET /projects/{id}: the plain object."""
    return one(call, "projects", call.project(key))


def one(call, entity, record):
    """A single record as the plain object."""
    return Answer(200, reshape(call, entity, [record.raw])[0], headers=call.headers)


def trash_project(call, key):
    """POST /projects/{id}/trash."""
    call.project(key)
    me = call.portal.person_of(call.account) or {}
    call.portal.trash(
        "projects", key, call.state.clock.stamp(), {"zpuid": me.get("zpuid"), "name": me.get("name")}
    )
    return Answer(204, headers=call.headers)


def restore_project(call, key):
    """POST /projects/{id}/restore."""
    if key not in call.table("projects").records:
        raise not_found(call.request)
    call.portal.restore("projects", key)
    return Answer(204, headers=call.headers)


def list_user_projects(call, key):
    """GET /users/{zpuid}/projects."""
    ids = {p for p, members in call.portal.project_users.items() if key in members}
    rows = call.table("projects").rows(
        None, lambda d: d.get("id") in ids and d.get("project_type") != "template"
    )
    return listing(call, "projects", rows)


def list_client_projects(call, key):
    """GET /clients/{id}/projects."""
    ids = {p for p, clients in call.portal.project_clients.items() if any(c["id"] == key for c in clients)}
    return listing(call, "projects", call.table("projects").rows(None, lambda d: d.get("id") in ids))


def list_groups(call):
    """Project groups as a listing."""
    return listing(call, "projects", Plain(call.portal.groups), "project_groups")
