"""A real record of the portal for the Map Field page: what Zoho gives, and what would stand here."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import msgspec

from integrations.field_map import DEFAULT_PAIRS, Pair
from integrations.gateway import client_for
from integrations.models import Connection, Module, SyncedRecord
from integrations.zoho import api, records
from integrations.zoho.client import ZohoClient
from integrations.zoho.entities import (
    bugs,
    clients,
    milestones,
    projects,
    task_lists,
    tasks,
    time_logs,
    users,
)
from integrations.zoho.errors import InvalidRecord, NotFound, WrongAddress, ZohoError
from integrations.zoho.listing import Listing, Reader
from integrations.zoho.records import Field

AT_ONCE = 20  # records one can page through
READ_SECONDS = 6
PROJECTS_ASKED = 3
SHOWN = 200  # characters of a value
_PARSERS: dict[str, Any] = {
    Module.CUSTOMERS: clients.parse,
    Module.USERS: users.parse,
    Module.PROJECTS: projects.parse,
    Module.MILESTONES: milestones.parse,
    Module.TASK_LISTS: task_lists.parse,
    Module.TASKS: tasks.parse,
    Module.BUGS: bugs.parse,
    Module.TIMESHEETS: time_logs.parse,
}
_ZONED = (Module.TASKS, Module.BUGS)
# our field → the typed record's attribute, where it is not simply its name
_ATTRIBUTES = {
    "display_name": "name",
    "company_name": "name",
    "currency": "currency_code",
    "billing_street": "address",
    "billing_city": "city",
    "billing_state": "state",
    "billing_postal_code": "zip_code",
    "billing_country": "country",
    "code": "key",
    "manager": "owner",
    "staff_user": "owner",
}
# what the source gives under other names than the pair's
_ELSEWHERE = {
    "total work": ("owners_and_work", "work", "duration"),
    "primary customer": (),
    "client users": (),
    "contacts": (),
    "milestone": ("milestone", "phase"),
    "parent": ("parental_info", "parent"),
    "due_date": ("due_date", "end_date"),
    "owner": ("owner", "owners_and_work", "owner_name"),
}


@dataclass
class Sample:
    """One record, or the sentence why there is none. `position` counts from 0; `number` records were read.

    `values`: {source of a pair or api name: (what Zoho gives, what would stand here)}.
    """

    module: str
    position: int = 0
    number: int = 0
    name: str = ""
    problem: str = ""
    values: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def filled(self) -> int:
        """How many values would stand here."""
        return sum(1 for _, result in self.values.values() if result)

    @property
    def previous(self) -> int | None:
        """The position before, None at the first."""
        return self.position - 1 if self.position > 0 else None

    @property
    def following(self) -> int | None:
        """The position after, None at the last."""
        return self.position + 1 if self.position + 1 < self.number else None


def sample(connection: Connection, module: str, position: int | None, fields: list[Field]) -> Sample:
    """The record at `position` of the first ones that Zoho lists for a module; None: the one with most to show.

    Never raises for Zoho's trouble.
    """
    try:
        with client_for(connection, read_timeout=READ_SECONDS, retries=1) as client:
            raws = _records(client, connection, module)
    except ZohoError as error:
        return Sample(module, problem=f"No record can be shown at this moment. {error.message}")
    if not raws:
        return Sample(module, problem="Zoho Projects shows no record of this kind in this portal yet.")
    if position is None:
        found = [_judged(connection, module, raw, at, len(raws), fields) for at, raw in enumerate(raws)]
        return max(found, key=lambda one: (not one.problem, one.filled, -one.position))
    position = min(max(position, 0), len(raws) - 1)
    return _judged(connection, module, raws[position], position, len(raws), fields)


def _judged(
    connection: Connection, module: str, raw: Any, position: int, number: int, fields: list[Field]
) -> Sample:
    types = {field.api_name: field.data_type for field in fields}
    options = {"zone": connection.portal_time_zone} if module in _ZONED else {}
    record = records.parse_page(_PARSERS[module], [raw], types, **options)[0]
    found = Sample(module, position, number)
    given = raw if isinstance(raw, dict) else {}
    name = given.get("name") or given.get("full_name") or given.get("log_name") or given.get("id")
    found.name = unescape(show(name))
    if isinstance(record, InvalidRecord):
        found.problem = f"This record cannot come in as it is: {record.sentence}"
    for pair in DEFAULT_PAIRS[module]:
        result = "" if isinstance(record, InvalidRecord) else _result(module, pair, record, given)
        found.values[pair.source] = (_source(pair, given), result)
    for one in fields:
        value = given.get(one.api_name)
        result = "" if isinstance(record, InvalidRecord) else show(record.custom.get(one.api_name))
        if value not in (None, "", [], {}) and not result and not found.problem:
            result = "left out: the value does not fit the type"
        found.values[one.api_name] = (show(value), result)
    return found


def _records(client: ZohoClient, connection: Connection, module: str) -> list[Any]:
    single = {
        Module.CUSTOMERS: api.clients,
        Module.USERS: api.users,
        Module.PROJECTS: api.projects,
        Module.MILESTONES: api.milestones,
        Module.TASK_LISTS: api.task_lists,
        Module.TASKS: api.tasks,
        Module.BUGS: api.bugs,
    }
    if module in single:
        return _first_page(client, single[Module(module)]()[0])
    for project_id in _projects(client, connection):
        for kind in api.LOG_MODULES:
            if found := _first_page(client, api.timelogs(project_id, kind)[0]):
                return found
    return []


def _projects(client: ZohoClient, connection: Connection) -> list[str]:
    """Ids of some projects that may have time logs."""
    logs = connection.synced_records.filter(
        module=Module.TIMESHEETS, outcome=SyncedRecord.Outcome.SYNCED
    ).exclude(project_zoho_id="")
    known = list(logs.order_by("-id").values_list("project_zoho_id", flat=True)[:1])
    if known:
        return known
    found = records.parse_page(projects.parse, _first_page(client, api.projects()[0]))
    usable = [one.id for one in found if not isinstance(one, InvalidRecord) and not one.is_template]
    return usable[:PROJECTS_ASKED]


def _first_page(client: ZohoClient, listing: Listing) -> list[Any]:
    listing = msgspec.structs.replace(listing, per_page=AT_ONCE)
    try:
        data = client.get(listing.path, listing.query(1), legacy=listing.legacy)
    except (WrongAddress, NotFound):
        if listing.fallback is None:
            raise
        return _first_page(client, listing.fallback)
    return Reader(listing).page(1, data).raws[:AT_ONCE]


def _source(pair: Pair, raw: dict[str, Any]) -> str:
    for name in pair.source.split(", "):
        for key in _ELSEWHERE.get(name, (name,)):
            if raw.get(key) not in (None, "", [], {}):
                return show(raw[key])
    return ""


def _result(module: str, pair: Pair, record: Any, raw: dict[str, Any]) -> str:
    if pair.data_type == "people":
        return "read from the customer's people"
    if pair.data_type == "customer":
        return "its primary customer"
    texts: list[str] = []
    for target in pair.target.split(", "):
        text = _one_result(module, target, record, raw)
        if text and text not in texts:
            texts.append(text)
    return ", ".join(texts)


def _one_result(module: str, target: str, record: Any, raw: dict[str, Any]) -> str:
    if target == "status" and hasattr(record, "is_closed"):
        open_word, closed_word = ("active", "inactive") if module == Module.PROJECTS else ("open", "closed")
        return closed_word if record.is_closed else open_word
    if target == "minutes":
        return f"{record.minutes} min"
    if target == "budget_hours" and module == Module.TASKS:
        return f"{record.work_minutes / 60:.2f} h" if record.work_minutes is not None else ""
    if target == "currency" and module == Module.PROJECTS:
        return "that of its customer"
    if target in ("task_list", "milestone", "parent"):
        keys = {"task_list": ("tasklist",), "milestone": ("milestone", "phase"), "parent": ("parental_info",)}
        return next((show(raw[key]) for key in keys[target] if raw.get(key)), "")
    attribute = target if hasattr(record, target) else _ATTRIBUTES.get(target, target)
    return show(getattr(record, attribute, None))


def show(value: Any) -> str:
    """A value as people read it, cut to a length that fits beside a pair."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, records.UserRef):
        value = value.name or value.email
    if isinstance(value, list):
        value = ", ".join(filter(None, map(show, value)))
    if isinstance(value, dict):
        value = _of_object(value)
    text = " ".join(str(value).split())
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _of_object(value: dict[str, Any]) -> str:
    if "amount" in value:
        return f"{value['amount']} {value.get('currency_code', '')}".strip()
    for key in (
        "name",
        "full_name",
        "display_name",
        "value",
        "email",
        "total_work",
        "parent_task_name",
        "id",
    ):
        if value.get(key) not in (None, "", [], {}):
            return show(value[key])
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else text[:79] + "…"
