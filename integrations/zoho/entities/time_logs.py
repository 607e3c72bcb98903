"""Time logs: `GET /projects/{id}/timelogs` and `GET /timelogs` (Zoho Projects API V3, time logs)."""

from __future__ import annotations

from typing import Any, NoReturn

from .. import values
from ..custom_values import extract
from ..html_text import html_to_text
from ..kept import Head, Ref
from ..records import TimeLog
from .shared import person, refuse, require_object

MINUTES_OF_A_DAY = 24 * 60

_KINDS = {"task": "task", "issue": "bug", "bug": "bug", "general": "general"}
_BILLABLE = {"Billable": True, "Non Billable": False}
_BILLABLE_WORDS = {"billable": True, "nonbillable": False, "true": True, "false": False}
_APPROVALS = {"Approved": "approved", "Pending": "pending", "Rejected": "rejected", "Unapproved": "pending"}


class TimeLogHead(Head, total=False):
    """What a time log hangs on."""

    date: Any
    type: Any
    module_detail: Ref | None
    owner: Any


def parse(raw: Any, custom: dict[str, str]) -> TimeLog:
    """Read one record of `log_details` (its `date` filled in from the day group when it had none).

    Raises InvalidRecord without id, day, owner or kind, for an absurd day, and for 0 minutes or over 24
    hours.
    """
    require_object(raw, "time log")
    get = raw.get
    zoho_id = get("id")
    if zoho_id.__class__ is not str or not zoho_id.isdigit():
        zoho_id = values.text_id(zoho_id)
    if not zoho_id:
        _no_id(raw)

    item = get("module_detail")
    if item.__class__ is not dict:
        item = values.mapping(item)
    kind = _KINDS.get(get("type")) if get("type").__class__ is str else None
    if kind is None:
        kind = _kind(raw, item, zoho_id)
    if kind == "general":
        title = values.name(get("log_name") or get("name"))
        item_id, name = "", title or values.name(item.get("name"))
        title = name
    else:
        title = ""
        item_id = values.text_id(item.get("id"))
        name = values.name(item.get("name")) or values.name(get("log_name") or get("name"))

    day = values.day(get("date"))
    if day is None or not values.plausible(day):
        _bad_day(raw, zoho_id, name)
    minutes = values.duration(get("log_hour"))
    if minutes is None or not 0 < minutes <= MINUTES_OF_A_DAY:
        _bad_duration(raw, zoho_id, name)
    owner = person(get("owner"))
    if owner is None:
        refuse(raw, "owner", "The time log has no owner.", zoho_id, name)

    remarks: list[str] = []
    billing = get("billing_status")
    is_billable = _BILLABLE.get(billing) if billing.__class__ is str else None
    if is_billable is None:
        is_billable = _billable(billing, remarks)
    approval = get("approval")
    if approval is None:
        approval = get("approval_status")
    project = get("project")
    stamp = get("last_modified_time") or get("modified_time") or get("last_updated_time")
    notes = get("notes") or get("log_notes")
    invoice = get("invoice_id")
    rate = get("cost_rate_per_hour")
    return TimeLog(
        id=zoho_id,
        name=name,
        project_id=values.text_id(project.get("id") if project.__class__ is dict else get("project_id")),
        modified_at=values.timestamp(stamp) if stamp else None,
        custom=extract(raw, custom, remarks) if custom else {},
        remarks=remarks,
        kind=kind,
        item_id=item_id,
        title=title,
        date=day,
        minutes=minutes,
        owner=owner,
        is_billable=is_billable,
        approval="absent" if approval is None else _approval(approval),
        notes=html_to_text(notes) if notes else "",
        is_invoiced=bool(invoice) and values.word(str(invoice)) not in ("", "0", "null", "none"),
        cost_rate=values.money(rate) if rate is not None else None,
    )


def item_of(raw: dict[str, Any]) -> tuple[str, str]:
    """Kind and item id of a raw log of the usual shape, as `parse` reads them; ('', '') for any other shape."""
    kind, item = raw.get("type"), raw.get("module_detail")
    kind = _KINDS.get(kind, "") if kind.__class__ is str else ""
    if kind == "general":
        return kind, ""
    return (kind, values.text_id(item.get("id"))) if kind and item.__class__ is dict else ("", "")


def _kind(raw: dict[str, Any], item: dict[str, Any], zoho_id: str) -> str:
    """The kind when `type` itself is no help: as issues show, `module_detail.type` has its own words."""
    for word in (values.word(raw.get("type")), values.word(item.get("type"))):
        if word in _KINDS:
            return _KINDS[word]
    refuse(raw, "type", f"The time log's type “{values.shown(raw.get('type'))}” is not known.", zoho_id)


def _billable(value: Any, remarks: list[str]) -> bool:
    answer = _BILLABLE_WORDS.get(values.word(value))
    if answer is None:
        answer = value is True
        if value not in (None, "", True, False):
            remarks.append(
                f"The billing status “{values.shown(value)}” is not known and counts as not billable."
            )
    return answer


def _approval(value: Any) -> str:
    """Approved and rejected only when Zoho says exactly that; every other word means it is still pending."""
    if value.__class__ is not dict:
        status = values.mapping(value).get("status") if value.__class__ is list else value
    else:
        status = value.get("status")
    if status.__class__ is dict:
        status = status.get("name")
    if status.__class__ is not str:
        return "pending"
    known = _APPROVALS.get(status)
    if known:
        return known
    word = values.word(status)
    return word if word in ("approved", "rejected") else "pending"


def _no_id(raw: dict[str, Any]) -> NoReturn:
    value = raw.get("id")
    if value is None or value == "":
        refuse(raw, "id", "The time log has no id.")
    refuse(raw, "id", f"The time log's id “{values.shown(value)}” is not a whole number.")


def _bad_day(raw: dict[str, Any], zoho_id: str, name: str) -> NoReturn:
    value = raw.get("date")
    if value is None or value == "":
        refuse(raw, "date", "The time log has no date.", zoho_id, name)
    refuse(raw, "date", f"The time log's date “{values.shown(value)}” cannot be right.", zoho_id, name)


def _bad_duration(raw: dict[str, Any], zoho_id: str, name: str) -> NoReturn:
    value = raw.get("log_hour")
    minutes = values.duration(value)
    if value is None or value == "":
        sentence = "The time log has no duration."
    elif minutes is None:
        sentence = f"The time log's duration “{values.shown(value)}” cannot be read."
    elif minutes == 0:
        sentence = f"The time log's duration “{values.shown(value)}” is zero."
    else:
        sentence = f"The time log's duration “{values.shown(value)}” is more than 24 hours."
    refuse(raw, "log_hour", sentence, zoho_id, name)
