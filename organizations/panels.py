"""How apps above add to pages and rules of apps below, which do not know them.

An app below names a place and shows what it collects there; an app above registers a provider in its
`AppConfig.ready`. A provider gets the arguments of its place and returns a list (possibly empty). Example:

    panels.register("project.actions", project_actions)   # project_actions(membership, project) -> [Action]
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import NoReverseMatch, reverse

PLACES = {
    "origins": "provider(module, ids) -> [{id: Origin}]: rows that another system owns",
    "project.actions": "provider(membership, project) -> [Action]: buttons of the project's header",
    "project.tabs": "provider(membership, project) -> [Tab]",
    "project.blocks": "provider(membership, project) -> [Block]: parts of the overview",
    "project.activity": "provider(membership, project) -> [Event]: further events, newest first, at most 100",
    "project.dependents": "provider(project) -> [sentence]: why it cannot be deleted",
    "project.locks": "provider(project) -> [{field: reason}]: fields fixed by documents",
    "customer.actions": "provider(membership, customer) -> [Action]",
    "customer.blocks": "provider(membership, customer) -> [Block]",
    "customer.dependents": "provider(customer) -> [sentence]: why it cannot be deleted",
    "customer.locks": "provider(customer) -> [{field: reason}]: fields fixed by documents",
    "entry.locks": "provider(ids of time entries) -> [{id: reason}]: entries fixed by documents",
    "timesheets.actions": "provider(membership) -> [Action]: get the ticked entries as POST `entry`, repeated",
    "radar.stakes": "provider(membership) -> [Stake]: hours that are not ready to bill",
}
_providers: dict[str, list[Callable[..., list[Any]]]] = {place: [] for place in PLACES}


@dataclass(frozen=True)
class Action:
    """A button. `menu` names the drop-down it stands in ('' for none); lower `order` comes first."""

    key: str
    label: str
    url: str
    menu: str = ""
    primary: bool = False
    order: int = 100


@dataclass(frozen=True)
class Tab:
    """A tab; `context(request, subject)` gives what its template shows."""

    key: str
    label: str
    template: str
    context: Callable[[Any, Any], dict[str, Any]]
    order: int = 100


@dataclass(frozen=True)
class Block:
    """A part of a page: a template and what it shows (`context` is `block` there)."""

    template: str
    context: dict[str, Any]
    order: int = 100


@dataclass(frozen=True)
class Event:
    """Something that happened, for an activity list."""

    at: datetime
    text: str
    user: str = ""
    url: str = ""
    changes: tuple[tuple[str, str, str], ...] = ()
    key: str = ""  # which row it is, such as "comment:7", where somebody can change it


@dataclass(frozen=True)
class Stake:
    """Hours that are at stake: `kind` is waiting, blocked or cutoff. `minutes` None where nobody knows.

    `project_id` is ours, None where the project did not come in; then `project_name` says which it is.
    """

    kind: str
    project_id: int | None
    project_name: str
    count: int
    minutes: int | None
    url: str
    note: str = ""


@dataclass(frozen=True)
class Origin:
    """Where a row of ours comes from. `locked`: {field here: why it is read-only}; `url`: its page there."""

    label: str
    url: str = ""
    last_synced_at: datetime | None = None
    reason: str = ""
    remark: str = ""
    locked: dict[str, str] = field(default_factory=dict)


def register(place, provider):
    """Add a provider to a place (KeyError for a place that does not exist); registering twice counts once."""
    if provider not in _providers[place]:
        _providers[place].append(provider)


def collect(place, *args):
    """What all providers of the place return for these arguments, in their `order` where they have one."""
    found = [item for provider in _providers[place] for item in provider(*args)]
    return sorted(found, key=lambda item: getattr(item, "order", 0))


def merged(place, *args):
    """One dict of all dicts that the providers of the place return; the first provider wins."""
    found: dict[Any, Any] = {}
    for item in collect(place, *args):
        found = {**item, **found}
    return found


def origins(module, ids):
    """{id: Origin} for those rows of a module (`projects`, `tasks`, …) that another system owns."""
    ids = [pk for pk in ids if pk is not None]
    return merged("origins", module, ids) if ids else {}


def origin(module, pk):
    """The Origin of one row, None for a row of our own."""
    return origins(module, [pk]).get(pk)


def address(name, *args, query=""):
    """The address of a named page with its query string; '' when no such page exists (so no dead links)."""
    try:
        found = reverse(name, args=args)
    except NoReverseMatch:
        return ""
    return f"{found}?{query}" if query else found
