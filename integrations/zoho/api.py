"""Where each entity is read from (API reference 3, 5 and 7): listings, and the few calls that are no listing.

Functions that take `project_id` list the whole portal without it, one project with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from .client import ZohoClient
from .entities import clients as client_parser
from .entities import fields as field_parser
from .entities.clients import primary_of
from .errors import BadAnswer, NoAccess, NotFound, WrongAddress
from .listing import Listing, Page
from .records import Field, ProjectClient, parse_page

__all__ = [
    "LOG_MODULES",
    "bin",
    "bugs",
    "changed_since",
    "clients",
    "clients_in",
    "clients_of",
    "contacts",
    "criteria",
    "fields",
    "milestones",
    "portal_logs_cover_window",
    "primary_of",
    "project_clients",
    "project_users",
    "projects",
    "record",
    "task_lists",
    "tasks",
    "timelogs",
    "users",
    "windows",
]

# the three passes of time logs: ours → the name the `module` parameter takes ('bug' is refused there)
LOG_MODULES = {"task": "task", "bug": "issue", "general": "general"}
LONGEST_WINDOW_DAYS = 180
OVERLAP_DAYS = 2
LOG_PAGE_LIMIT = 2000

_FIELD_MODULES = {
    "projects": ("projects",),
    "milestones": ("milestones", "phases"),
    "task_lists": ("tasklists",),
    "tasks": ("tasks",),
    "bugs": ("issues", "bugs"),
    "timesheets": ("timelogs",),
    "customers": ("clients",),
    "users": ("users",),
}
_ONE = {
    "projects": ("/projects/{id}", ("projects", "project")),
    "milestones": ("/projects/{project}/milestones/{id}", ("milestones", "milestone", "phases", "phase")),
    "task_lists": ("/projects/{project}/tasklists/{id}", ("tasklists", "tasklist")),
    "tasks": ("/projects/{project}/tasks/{id}", ("tasks", "task")),
    "bugs": ("/projects/{project}/issues/{id}", ("issues", "issue", "bugs", "bug")),
    "timesheets": ("/projects/{project}/logs/{id}", ("time_logs", "time_log", "log_details")),
    "customers": ("/clients/{id}", ("clients", "client")),
    "users": ("/users/{id}", ("users", "user")),
}


def criteria(*wanted: tuple[str, str, Sequence[str]], pattern: str = "") -> str:
    """A `filter` parameter: (field, condition, values) each; joined by AND unless `pattern` says
    otherwise.
    """
    parts = [
        {"field_name": field, "criteria_condition": condition, "value": [str(value) for value in given]}
        for field, condition, given in wanted
    ]
    pattern = pattern or " AND ".join(str(number) for number in range(1, len(parts) + 1))
    return json.dumps({"criteria": parts, "pattern": pattern}, separators=(",", ":"), ensure_ascii=False)


def changed_since(day: date, overlap_days: int = OVERLAP_DAYS) -> str:
    """A `filter` for tasks and issues changed since `day`, going back further by `overlap_days`.

    Zoho's filter knows whole days only and its zone is not documented, hence the overlap.
    """
    start = day - timedelta(days=overlap_days)
    return criteria(("last_updated_time", "greater_than", [start.isoformat()]))


def windows(start: date, end: date, days: int = LONGEST_WINDOW_DAYS) -> Iterator[tuple[date, date]]:
    """Cut `start`…`end` (both included) into windows of at most `days` days, in order. Zoho refuses over 6
    months.
    """
    while start <= end:
        last = min(start + timedelta(days=days - 1), end)
        yield start, last
        start = last + timedelta(days=1)


def projects() -> list[Listing]:
    """All projects: one plain pass, one for archived ones in case the plain one hides them; no project
    twice.
    """
    return [
        Listing(path="/projects", keys=("projects",)),
        Listing(path="/projects", keys=("projects",), params={"status": "archived"}, continues=True),
    ]


def users(inactive: bool = True) -> list[Listing]:
    """All users with client users, active ones first; `inactive` adds those who are left out otherwise."""
    listing = Listing(path="/users", keys=("users",), id_key="zpuid", params={"type": 0})
    if not inactive:
        return [listing]
    params = {"type": 0, "view_type": "inactive"}
    return [
        listing,
        Listing(path="/users", keys=("users",), id_key="zpuid", params=params, continues=True),
    ]


def project_users(project_id: str) -> list[Listing]:
    """The members of one project; the tag is the project's id."""
    return [
        Listing(path=f"/projects/{project_id}/users", keys=("users",), id_key="zpuid", tag=project_id),
    ]


def clients() -> list[Listing]:
    """All customers; the older API where V3 does not know them."""
    return [
        Listing(
            path="/clients",
            keys=("clients",),
            fallback=Listing(path="/clients/", keys=("clients",), legacy=True),
        )
    ]


def contacts() -> list[Listing]:
    """All contacts of customers. Raises WrongAddress in the stream where V3 does not know them."""
    return [Listing(path="/contacts", keys=("contacts",))]


def milestones(project_id: str = "") -> list[Listing]:
    """Phases, the "None" phase among them."""
    keys = ("milestones", "phases")
    if not project_id:
        return [Listing(path="/phases", keys=keys)]
    given: dict[str, Any] = {"keys": keys, "tag": project_id, "defaults": _project(project_id)}
    return [
        Listing(
            path=f"/projects/{project_id}/milestones",
            fallback=Listing(path=f"/projects/{project_id}/phases", **given),
            **given,
        )
    ]


def task_lists(project_id: str = "") -> list[Listing]:
    """Task lists."""
    return [_listing("/all-tasklists", "tasklists", ("tasklists",), project_id, {})]


def tasks(project_id: str = "", since: date | None = None) -> list[Listing]:
    """Tasks with subtasks, flat; with `since` those changed since that day (overlap included)."""
    params: dict[str, Any] = {"has_parents": "true"}
    if since is not None:
        params["filter"] = changed_since(since)
    return [_listing("/tasks", "tasks", ("tasks",), project_id, params)]


def bugs(project_id: str = "", since: date | None = None) -> list[Listing]:
    """Issues; with `since` those changed since that day (overlap included)."""
    params = {"filter": changed_since(since)} if since is not None else {}
    return [_listing("/issues", "issues", ("issues", "bugs"), project_id, params)]


def timelogs(
    project_id: str,
    kind: str,
    start: date | None = None,
    end: date | None = None,
    *,
    by_modified: bool = False,
) -> list[Listing]:
    """Time logs of one kind ('task', 'bug', 'general'); '' as `project_id` lists the whole portal.

    `start` to `end`, both included, at most about six months (see `windows`); without them everything, which
    only a project can give. `by_modified`: the window is about the day of the last change, not about the
    log's own day. The tag is (project_id, kind, start, end). Portal-wide lists may ignore the window:
    `portal_logs_cover_window`.
    """
    module = LOG_MODULES[kind]
    params: dict[str, Any] = {"module": json.dumps({"type": module}, separators=(",", ":"))}
    if start is not None and end is not None:
        params |= {
            "view_type": "customdate",
            "start_date": start.isoformat(),
            "end_date": end.isoformat(),
        }
        if by_modified:
            params["fetch_by_modified_time"] = "true"
    elif project_id:
        params["view_type"] = "projectspan"
    else:
        raise ValueError("time logs of the whole portal need a window")
    defaults: dict[str, Any] = {"type": module}
    if project_id:
        defaults |= _project(project_id)
    return [
        Listing(
            path=f"/projects/{project_id}/timelogs" if project_id else "/timelogs",
            keys=("time_logs", "timelogs"),
            params=params,
            nested="log_details",
            defaults=defaults,
            tag=(project_id, kind, start, end),
            max_pages=LOG_PAGE_LIMIT,
        )
    ]


def bin() -> list[Listing]:
    """Everything in the recycle bin."""
    return [Listing(path="/bin", keys=("trash", "bin"))]


def _project(project_id: str) -> dict[str, Any]:
    return {"project": {"id": project_id}}


def _listing(
    portal_path: str, name: str, keys: tuple[str, ...], project_id: str, params: dict[str, Any]
) -> Listing:
    if not project_id:
        return Listing(path=portal_path, keys=keys, params=params)
    return Listing(
        path=f"/projects/{project_id}/{name}",
        keys=keys,
        params=params,
        tag=project_id,
        defaults=_project(project_id),
    )


def project_clients(client: ZohoClient, project_id: str) -> list[ProjectClient]:
    """The customers of one project; `primary_of` names the primary one.

    Where V3 does not know the address, the older one is used, for the rest of the client's life once it
    worked. Raises NotFound when neither knows the project.
    """
    return [found for page in client.stream(clients_of(project_id)) for found in clients_in(page)]


def clients_of(project_id: str) -> list[Listing]:
    """The customers of one project as a listing, for `clients_in`; the tag is ("clients", the project's id)."""
    given: dict[str, Any] = {"keys": ("clients",), "tag": ("clients", project_id)}
    path = f"/projects/{project_id}/clients"
    return [Listing(path=path, fallback=Listing(path=f"{path}/", legacy=True, **given), **given)]


def clients_in(page: Page) -> list[ProjectClient]:
    """The readable customers on a page of `clients_of`."""
    found = map(client_parser.parse_project_client, page.raws)
    return [client for client in found if client is not None]


def fields(client: ZohoClient, module: str) -> list[Field]:
    """The fields of a module (our word); [] where Zoho has no metadata for it or does not allow reading
    it.
    """
    names = _FIELD_MODULES[module]
    for path, params in [(f"/modules/{name}/fields", {}) for name in names] + [
        ("/settings/fields", {"module": name, "page": 1, "per_page": 200}) for name in names
    ]:
        try:
            data = client.get(path, params)
        except (WrongAddress, NotFound, BadAnswer):
            continue
        except NoAccess:
            return []
        raws = data.get("fields") if data.__class__ is dict else data
        if raws.__class__ is list and raws:
            return [field for field in parse_page(field_parser.parse, raws) if isinstance(field, Field)]
    return []


def record(
    client: ZohoClient, module: str, zoho_id: str, project_id: str = "", kind: str = ""
) -> dict[str, Any]:
    """One raw record of a module (our word). `kind` ('task', 'bug', 'general') is needed for timesheets.

    Raises NotFound when it is gone, NoAccess when it is not visible any more.
    """
    template, keys = _ONE[module]
    path = template.format(id=zoho_id, project=project_id)
    if module == "timesheets":
        path += f"?type={LOG_MODULES[kind]}"
    return client.record(path, keys)


def portal_logs_cover_window(client: ZohoClient, kind: str, start: date, end: date) -> bool | None:
    """Whether portal-wide time logs honour a window, or only answer the week of its first day (API reference
    5).

    Ask with a past window of over 14 days. True when a log outside that week came, False when logs came but
    all from that week, None when none came at all.
    """
    monday = start - timedelta(days=start.weekday())
    week = {(monday + timedelta(days=offset)).isoformat() for offset in range(7)}
    listing = timelogs("", kind, start, end)[0]
    seen = False
    for page in client.stream([listing]):
        for raw in page.raws:
            day = str(raw.get("date") or "")[:10] if raw.__class__ is dict else ""
            if day and day not in week:
                return True
            seen = seen or bool(day)
    return False if seen else None
