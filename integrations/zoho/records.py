"""The typed records that leave this package. Values are cleaned; nothing here is raw JSON any more.

Ids are text, timestamps aware UTC, days `date`, durations whole minutes. Text that the source did not give is
'', everything else None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from .errors import InvalidRecord


class Record(msgspec.Struct, gc=False, kw_only=True):
    """What every synced record has. `remarks` are sentences about values that were dropped or repaired."""

    id: str
    name: str
    project_id: str = ""
    modified_at: datetime | None = None
    custom: dict[str, Any] = {}
    remarks: list[str] = []


class UserRef(msgspec.Struct, gc=False, frozen=True):
    """A person named inside another record. `id` is the zpuid, '' when Zoho left it out."""

    id: str
    zuid: str
    name: str
    email: str


class Portal(msgspec.Struct, gc=False, kw_only=True):
    """A portal the account can see. `is_owner`: the account owns it. `timezone` may be an abbreviation."""

    id: str
    name: str
    org_name: str
    timezone: str
    owner_email: str
    profile_name: str
    is_owner: bool
    currency_code: str
    crm: bool


class Client(Record):
    """A customer of the portal. `crm`: Zoho Projects itself has it from Zoho CRM."""

    email: str
    phone: str
    website: str
    address: str
    city: str
    state: str
    zip_code: str
    country: str
    currency_code: str
    crm: bool


class ProjectClient(msgspec.Struct, gc=False, kw_only=True):
    """One customer of one project. `is_primary` is None when Zoho says nothing about it."""

    id: str
    name: str
    is_primary: bool | None
    added_at: datetime | None
    crm: bool


class Contact(Record):
    """A person of a customer, without a login."""

    client_id: str
    first_name: str
    last_name: str
    email: str
    phone: str
    mobile: str


class User(Record):
    """A person of the portal; `id` is the zpuid, `zuid` the global account id."""

    zuid: str
    email: str
    first_name: str
    last_name: str
    role: str
    is_active: bool
    is_client: bool
    client_id: str
    client_name: str


class Project(Record):
    """`is_closed`: archived, or a status of the closed kind. Rate and budget only when the source gives
    them.
    """

    key: str
    description: str
    is_template: bool
    is_closed: bool
    owner: UserRef | None
    start_date: date | None
    end_date: date | None
    currency: str
    billing_method: str
    rate: Decimal | None
    budget_type: str
    budget_amount: Decimal | None
    budget_hours: Decimal | None
    crm: bool
    created_at: datetime | None = None


class Milestone(Record):
    """A phase. `is_none` marks the one that stands for "no phase"; `is_trashed` that it lies in the bin."""

    start_date: date | None
    end_date: date | None
    is_closed: bool
    is_none: bool
    is_trashed: bool


class TaskList(Record):
    """`milestone_id` is '' for the "no phase" phase."""

    milestone_id: str
    is_closed: bool


class Task(Record):
    """`priority` is 'none', 'low', 'medium', 'high' or the portal's own word; `work_minutes` the planned
    work.
    """

    task_list_id: str
    milestone_id: str
    parent_id: str
    description: str
    is_closed: bool
    priority: str
    start_date: date | None
    due_date: date | None
    percent_complete: int
    is_billable: bool
    work_minutes: int | None


class Bug(Record):
    """An issue. `description` is '' in listings: Zoho gives it only on request."""

    description: str
    is_closed: bool
    severity: str
    reporter: UserRef | None
    assignee: UserRef | None
    due_date: date | None


class TimeLog(Record):
    """One logged piece of work. `kind` is 'task', 'bug' or 'general'; `item_id` the task's or bug's id.

    `approval` is 'approved', 'pending', 'rejected' or 'absent' (no approval object at all). `name` is the
    item's name, or the log's own title; `title` is the title of a general log.
    """

    kind: str
    item_id: str
    title: str
    date: date
    minutes: int
    owner: UserRef
    is_billable: bool
    approval: str
    notes: str
    is_invoiced: bool
    cost_rate: Decimal | None


class Field(msgspec.Struct, gc=False, kw_only=True):
    """A field of a module. `data_type` is spelled as in section 3.12 of the API reference; `options` pick
    texts.
    """

    api_name: str
    label: str
    data_type: str
    is_custom: bool
    options: list[str]


class BinEntry(msgspec.Struct, gc=False, kw_only=True):
    """Something in the recycle bin. `module` is our word, '' for kinds that are not synced."""

    id: str
    module: str
    name: str
    project_id: str


def parse_page(
    parse: Callable[..., Any], raws: Iterable[Any], custom: dict[str, str] | None = None, **options: Any
) -> list[Any]:
    """Parse a page, one result per raw record in the same order: the record, or its InvalidRecord.

    `custom` maps api names of custom fields to their data types; `options` go to `parse` (e.g. `zone`). No
    record can spoil its page: whatever goes wrong inside one is reported for that one.
    """
    custom = custom or {}
    results: list[Any] = []
    for raw in raws:
        try:
            results.append(parse(raw, custom, **options))
        except InvalidRecord as error:
            results.append(error.with_traceback(None))
        except Exception as error:  # a shape nobody thought of must stay with its record
            results.append(_unforeseen(raw, error))
    return results


def _unforeseen(raw: Any, error: Exception) -> InvalidRecord:
    from . import values

    record = values.mapping(raw)
    project = values.text_id(values.mapping(record.get("project")).get("id"))
    sentence = f"The record has a shape that is not understood ({type(error).__name__})."
    return InvalidRecord(
        values.text_id(record.get("id")), values.name(record.get("name")), project, "", sentence
    )
