"""Where a record of the ledger is seen: in Zoho Projects and here; and which record a pasted address means."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote, urlencode

from django.conf import settings
from django.urls import NoReverseMatch, reverse

from integrations.models import Connection, Module, SyncedRecord
from integrations.zoho.data_centers import DATA_CENTERS
from timetracking.models import Bug, Milestone, Task, TaskList, TimeEntry

# What Zoho's own pages are called behind the portal's address.
_ZOHO_PLACES: dict[str, str] = {
    Module.PROJECTS: "#zp/projects/{id}/",
    Module.MILESTONES: "#zp/projects/{project}/milestone-detail/{id}",
    Module.TASK_LISTS: "#zp/projects/{project}/tasklist-detail/{id}",
    Module.TASKS: "#zp/task-detail/{id}",
    Module.BUGS: "#zp/projects/{project}/bug-detail/{id}",
    Module.TIMESHEETS: "#zp/projects/{project}/timesheet/",
}
_PAGES = {Module.CUSTOMERS: "customer", Module.PROJECTS: "project", Module.USERS: "staff_user"}
_TABS: dict[str, tuple[Any, str]] = {
    Module.MILESTONES: (Milestone, "milestones"),
    Module.TASK_LISTS: (TaskList, "tasks"),
    Module.TASKS: (Task, "tasks"),
    Module.BUGS: (Bug, "bugs"),
    Module.TIMESHEETS: (TimeEntry, "timesheets"),
}
# The part of an address before an id → the module it belongs to; the rightmost one in an address wins.
_WORDS = {
    "projects": Module.PROJECTS,
    "project": Module.PROJECTS,
    "task-detail": Module.TASKS,
    "taskdetail": Module.TASKS,
    "tasks": Module.TASKS,
    "bug-detail": Module.BUGS,
    "bugs": Module.BUGS,
    "bugs-detail": Module.BUGS,
    "issue-detail": Module.BUGS,
    "issues": Module.BUGS,
    "tasklist-detail": Module.TASK_LISTS,
    "tasklists": Module.TASK_LISTS,
    "milestone-detail": Module.MILESTONES,
    "milestones": Module.MILESTONES,
    "phases": Module.MILESTONES,
    "timesheet": Module.TIMESHEETS,
    "timelogs": Module.TIMESHEETS,
    "logs": Module.TIMESHEETS,
    "clients": Module.CUSTOMERS,
    "users": Module.USERS,
    "user-details": Module.USERS,
}
_PLACE = re.compile(r"([a-z][a-z-]*)/(\d{1,25})(?=[/?#&]|$)", re.IGNORECASE)


def web_host(connection: Connection) -> str:
    """Where Zoho's own pages are, by the data centre; '' over the practice portal, which has no pages."""
    if connection.web_url or settings.USING_PRACTICE_PORTAL:
        return connection.web_url
    center = DATA_CENTERS.get(connection.data_center)
    return center.web_url if center else ""


def zoho_url(connection: Connection, record: SyncedRecord) -> str:
    """Zoho's page of the record, on the web host of its data centre; '' where the address is not known."""
    place = _ZOHO_PLACES.get(record.module)
    project = record.zoho_id if record.module == Module.PROJECTS else record.project_zoho_id
    host = web_host(connection)
    if not place or not host or not project.isdigit():
        return ""
    if "{id}" in place and not record.zoho_id.isdigit():
        return ""
    return f"{host}/portal/{connection.portal_id}{place.format(id=record.zoho_id, project=project)}"


def our_urls(records: Iterable[SyncedRecord]) -> dict[int, str]:
    """{ledger id: our page of it} for those that stand here; children lead to their project's tab, found by name."""
    found: dict[int, str] = {}
    children: dict[str, list[SyncedRecord]] = {}
    for record in records:
        if not record.object_id:
            continue
        if record.module in _PAGES:
            found[record.pk] = _page(_PAGES[Module(record.module)], record.object_id)
        else:
            children.setdefault(record.module, []).append(record)
    for module, rows in children.items():
        model, tab = _TABS[module]
        ids = [row.object_id for row in rows]
        day = "date" if module == Module.TIMESHEETS else "name"
        places = {
            pk: rest for pk, *rest in model.objects.filter(pk__in=ids).values_list("pk", "project_id", day)
        }
        for row in rows:
            if row.object_id not in places:
                continue
            project, value = places[row.object_id]
            query = {"tab": tab}
            if module == Module.TIMESHEETS:
                query |= {"from": value.isoformat(), "to": value.isoformat()}
            elif module != Module.TASK_LISTS:
                query |= {"q": value[:200]}
            found[row.pk] = f"{_page('project', project)}?{urlencode(query)}"
    return {pk: url for pk, url in found.items() if url}


def _page(name: str, pk: int) -> str:
    try:
        return reverse(name, args=[pk])
    except NoReverseMatch:
        return ""


def named_by(text: str) -> tuple[str, str]:
    """(module, Zoho id) that a pasted address or id means.

    The module is '' when only the id is known; ('', '') when the text is neither.
    """
    text = unquote(text.strip())
    if re.fullmatch(r"\d{1,25}", text):
        return "", text
    if "/" not in text:
        return "", ""
    places = [(match[1].lower(), match[2]) for match in _PLACE.finditer(text)]
    known = [(_WORDS[word].value, number) for word, number in places if word in _WORDS]
    return known[-1] if known else ("", "")
