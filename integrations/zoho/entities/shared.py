"""What the parsers of all entities share: identity, references to people, checked days, refusals."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NoReturn

from .. import values
from ..errors import InvalidRecord
from ..records import UserRef

_CACHE_SIZE = 10_000
_people: dict[tuple[Any, Any, Any, Any], UserRef] = {}


def refuse(raw: dict[str, Any], field: str, sentence: str, zoho_id: str = "", name: str = "") -> NoReturn:
    """Raise InvalidRecord for `raw`, naming the field and, as far as known, whose record it is."""
    project = raw.get("project")
    project_id = values.text_id(project.get("id") if project.__class__ is dict else raw.get("project_id"))
    zoho_id = zoho_id or values.text_id(raw.get("id"))
    raise InvalidRecord(zoho_id, name or values.label(raw.get("name")), project_id, field, sentence)


def require_object(raw: Any, what: str) -> None:
    """Refuse anything that is not a JSON object."""
    if raw.__class__ is not dict:
        raise InvalidRecord("", "", "", "", f"The {what} is not an object but “{values.shown(raw)}”.")


def identity(raw: Any, what: str, name_keys: tuple[str, ...] = ("name",)) -> tuple[str, str]:
    """Return id and name of a record; refuse records without a readable id or a visible name."""
    require_object(raw, what)
    zoho_id = values.text_id(raw.get("id"))
    name = ""
    for key in name_keys:
        name = values.name(raw.get(key))
        if name:
            break
    if not zoho_id:
        # the older API repeats its numbers as text
        zoho_id = values.text_id(raw.get("id_string"))
    if not zoho_id:
        refuse(raw, "id", _missing_id(what, raw.get("id")), name=name)
    if not name:
        refuse(raw, name_keys[0], f"The {what} has no name.", zoho_id)
    return zoho_id, name


def _missing_id(what: str, value: Any) -> str:
    if value is None or value == "":
        return f"The {what} has no id."
    return f"The {what}'s id “{values.shown(value)}” is not a whole number."


def project_of(raw: dict[str, Any]) -> str:
    """The id of the record's project, '' when it names none."""
    project = raw.get("project")
    if project.__class__ is dict:
        return values.text_id(project.get("id"))
    return values.text_id(raw.get("project_id"))


def reference(raw: dict[str, Any], key: str) -> str:
    """The id inside `{key: {id, name}}`, or of a flat `{key}_id`; '' when absent."""
    value = raw.get(key)
    if value.__class__ is dict:
        return values.text_id(value.get("id"))
    return values.text_id(raw.get(key + "_id"))


def modified(raw: dict[str, Any]) -> datetime | None:
    """The record's change stamp; its key differs from entity to entity (API reference 9, trap 19)."""
    stamp = (
        raw.get("last_modified_time")
        or raw.get("modified_time")
        or raw.get("last_updated_time")
        or raw.get("updated_time")
        or raw.get("last_modified_time_long")
    )
    return values.timestamp(stamp) if stamp else None


def person(value: Any) -> UserRef | None:
    """A user reference; None for an absent one and for Zoho's "Unassigned User"."""
    if value.__class__ is not dict:
        value = values.mapping(value)
        if not value:
            return None
    key = (value.get("zpuid"), value.get("zuid"), value.get("name"), value.get("email"))
    try:
        known = _people.get(key)
    except TypeError:  # a list or an object where a text should be
        return _read_person(value)
    if known is not None:
        return known
    found = _read_person(value)
    # without these the rest of the reference decides, which is no part of the key
    if found is not None and key[2] and (key[1] or "id" not in value):
        if len(_people) >= _CACHE_SIZE:
            _people.clear()
        _people[key] = found
    return found


def _read_person(value: dict[str, Any]) -> UserRef | None:
    name = full_name(value)
    email = values.name(value.get("email"))
    zpuid, zuid = values.text_id(value.get("zpuid")), values.text_id(value.get("zuid") or value.get("id"))
    if (
        not zpuid
        and not zuid
        and not email
        and (not name or name.casefold() in ("unassigned user", "unassigned"))
    ):
        return None
    return UserRef(zpuid, zuid, name, email)


def full_name(value: dict[str, Any]) -> str:
    """A person's name from `name`, `full_name`, or the parts."""
    name = values.name(value.get("name")) or values.name(value.get("full_name"))
    if not name:
        parts = (values.name(value.get("first_name")), values.name(value.get("last_name")))
        name = " ".join(part for part in parts if part)
    return name


def optional_day(raw: dict[str, Any], key: str, what: str, name: str, zone: str | None = None) -> date | None:
    """A day that may be absent but must make sense. `zone` None: a plain day; else a timestamp's day
    there.
    """
    value = raw.get(key)
    if value is None or value == "":
        return None
    day = values.day(value) if zone is None else values.calendar_day(value, zone)
    if day is None:
        refuse(raw, key, f"The {what}'s {_plain(key)} “{values.shown(value)}” is not a date.", name=name)
    if not values.plausible(day):
        refuse(raw, key, f"The {what}'s {_plain(key)} {day.isoformat()} cannot be right.", name=name)
    return day


def _plain(key: str) -> str:
    return key.replace("_", " ")


def is_none_phase(value: Any) -> bool:
    """Whether a phase (or a reference to one) is the "None" phase (API reference 3.6: its id ends in
    …073).
    """
    if value.__class__ is not dict:
        return False
    phase_id = values.text_id(value.get("id"))
    return phase_id.endswith("000000000073") or (
        phase_id.endswith("073") and values.name(value.get("name")).casefold() == "none"
    )


def milestone_of(raw: dict[str, Any]) -> str:
    """The id of the record's phase; '' for none and for the "None" phase."""
    value = raw.get("milestone")
    if value.__class__ is not dict:
        value = raw.get("phase")
    if value.__class__ is not dict or is_none_phase(value):
        return ""
    return values.text_id(value.get("id"))


def closed(raw: dict[str, Any]) -> bool:
    """Whether the record's status is of the closed kind, from whichever key says so."""
    status = raw.get("status")
    if status.__class__ is dict:
        for key in ("is_closed_type", "closed", "is_closed"):
            answer = values.boolean(status.get(key))
            if answer is not None:
                return answer
        kind = values.word(status.get("type"))
    else:
        kind = values.word(raw.get("status_type")) or values.word(status)
    if kind in ("closed", "completed", "archived"):
        return True
    return bool(values.boolean(raw.get("is_completed")) or values.boolean(raw.get("completed")))


def has_crm(raw: dict[str, Any]) -> bool:
    """Whether Zoho Projects itself has the record from Zoho CRM (`crm_account`, API reference 3.14)."""
    account = raw.get("crm_account")
    return bool(account) and account != "null"
