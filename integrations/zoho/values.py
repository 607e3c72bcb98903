"""Tolerant readers: one raw JSON value in, one clean Python value (or None) out.

They never raise for a bad value; the caller knows whether the value is required. Times logged are read a
million times in a large portal, so the common spelling of a value takes a short path without regular
expressions.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

EARLIEST_YEAR = 1970
YEARS_AHEAD = 5

_TRUE = frozenset({"true", "yes", "1", "y", "on"})
_FALSE = frozenset({"false", "no", "0", "n", "off"})
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BREAKS = re.compile(r"[\r\n\t\v\f\u0085\u2028\u2029]+")
_DURATION = re.compile(r"([0-9]{1,6}):([0-5]?[0-9])", re.ASCII)
_DECIMAL = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?", re.ASCII)
_CACHE_SIZE = 4096
_SURE_YEAR = time.gmtime().tm_year  # the program began in it


def text_id(value: Any) -> str:
    """Zoho's id as text; '' for anything that is no id. Floats are refused: their last digits are already
    lost.
    """
    if value.__class__ is str:
        if value.isdigit() and value.isascii() and len(value) <= 40:
            return value
        value = value.strip()
        return value if value.isdigit() and value.isascii() and len(value) <= 40 else ""
    if value.__class__ is int:
        return str(value) if value > 0 else ""
    return ""


def boolean(value: Any) -> bool | None:
    """True or False from JSON booleans, 1/0 and the usual words in any case; None for everything else."""
    if value is True or value is False:
        return value
    if value.__class__ is int:
        return bool(value) if value in (0, 1) else None
    if value.__class__ is str:
        word = value.strip().lower()
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
    return None


def word(value: Any) -> str:
    """A status-like word for comparison: lower case, only letters and digits ('Non-Billable' →
    'nonbillable').
    """
    if value.__class__ is not str:
        return ""
    return _word_text(value) if len(value) < 40 else _word_text.__wrapped__(value)


@lru_cache(_CACHE_SIZE)
def _word_text(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())


def decode_entities(text: str) -> str:
    """Decode HTML entities once. Only those closed by ';', so that 'R&notes' keeps its letters."""
    return _ENTITY.sub(lambda match: html.unescape(match[0]), text) if "&" in text else text


def name(value: Any) -> str:
    """A name: entities decoded once, NUL and line breaks out, trimmed, never cut; '' when nothing is
    visible.
    """
    if value.__class__ is str:
        if value.isprintable() and "&" not in value:
            return value.strip()
        return _slow_name(value)
    if value.__class__ is int:
        return str(value)
    return ""


def _slow_name(value: str) -> str:
    text = _SURROGATE.sub("\ufffd", decode_entities(value)).replace("\0", "")
    text = _BREAKS.sub(" ", text).strip()
    return text if any(c.isprintable() and not c.isspace() for c in text) else ""


def duration(value: Any) -> int | None:
    """Minutes from '130:45', '3:00', '3' (hours), '4.5' or 4.5 (hours); None when it is none of these.

    Hours can exceed 24 (totals); negative values and minutes over 59 are refused, never guessed.
    """
    if value.__class__ is str:
        return _duration_text(value) if len(value) < 40 else None
    if value.__class__ is int or value.__class__ is float:
        return _duration_text(repr(value))
    return None


@lru_cache(_CACHE_SIZE)
def _duration_text(text: str) -> int | None:
    text = text.strip()
    match = _DURATION.fullmatch(text)
    if match:
        return int(match[1]) * 60 + int(match[2])
    if _DECIMAL.fullmatch(text) and not text.startswith("-"):
        minutes = int(Decimal(text) * 60 + Decimal("0.5"))
        return minutes if minutes < 60_000_000 else None
    return None


def day(value: Any) -> date | None:
    """The calendar day of 'YYYY-MM-DD' or of an ISO timestamp's own date part; never shifted by a zone."""
    return _day_text(value) if value.__class__ is str and len(value) < 60 else None


@lru_cache(_CACHE_SIZE)
def _day_text(text: str) -> date | None:
    text = text.strip()
    if len(text) > 10 and text[10] not in "T ":
        return None
    try:
        return date.fromisoformat(text[:10]) if text[4:5] == "-" and text[7:8] == "-" else None
    except ValueError:
        return None


def plausible(value: date) -> bool:
    """Whether a day lies between 1970 and five years ahead of now."""
    year = value.year
    return year >= EARLIEST_YEAR and (year <= _SURE_YEAR or year <= time.gmtime().tm_year + YEARS_AHEAD)


def timestamp(value: Any) -> datetime | None:
    """An aware UTC datetime from ISO 8601 text (no zone: UTC) or epoch milliseconds; None when it is
    neither.
    """
    try:
        if value.__class__ is str:
            moment = datetime.fromisoformat(value if value[4:5] == "-" else value.strip())
            if moment.tzinfo is UTC:
                return moment
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        if value.__class__ is int and value > 100_000_000_000:
            return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=value)
    except (ValueError, OverflowError):
        pass
    return None


@lru_cache(64)
def iana_zone(zone: str) -> ZoneInfo | None:
    """The zone of an IANA name such as 'Europe/Berlin'; None for abbreviations ('PST', 'CET') and
    nonsense.
    """
    if "/" not in zone:
        return None
    try:
        return ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        return None


def calendar_day(value: Any, zone: str = "") -> date | None:
    """The day a task or issue date means in the portal's zone; the UTC day when the zone is no IANA name."""
    if value.__class__ is str:  # most dates of tasks are midnights, and many share one
        return (_calendar_text if len(value) < 60 else _calendar_text.__wrapped__)(value, zone)
    return _day_in(timestamp(value), zone)


@lru_cache(_CACHE_SIZE)
def _calendar_text(text: str, zone: str) -> date | None:
    return day(text) if len(text.strip()) == 10 else _day_in(timestamp(text), zone)


def _day_in(moment: datetime | None, zone: str) -> date | None:
    if moment is None:
        return None
    place = iana_zone(zone) if zone else None
    try:
        return moment.astimezone(place).date() if place else moment.date()
    except (OverflowError, ValueError):
        return None


def money(value: Any) -> Decimal | None:
    """A finite amount from {'amount': …}, a number or plain ASCII digits with a point; None for anything
    else.
    """
    if value.__class__ is dict:
        value = value.get("amount")
    if value.__class__ is int or value.__class__ is float:
        value = repr(value)
        if "e" in value:
            try:
                value = format(Decimal(value), "f")
            except InvalidOperation:
                return None
    if value.__class__ is str:
        value = value.strip()
        if _DECIMAL.fullmatch(value):
            return Decimal(value) + 0  # turns -0 into 0
    return None


def percent(value: Any) -> int | None:
    """A whole percentage 0…100 from 40, '40', '40%' or 40.0; None when outside or unreadable."""
    if value.__class__ is int:
        return value if 0 <= value <= 100 else None
    if value.__class__ is str:
        value = value.strip().removesuffix("%").strip()
    amount = money(value)
    if amount is None or not 0 <= amount <= 100:
        return None
    return int(amount + Decimal("0.5")) if amount < 100 else 100


def mapping(value: Any) -> dict[str, Any]:
    """The value when it is an object, or the first element of a list of objects; else an empty one."""
    if value.__class__ is dict:
        return value
    if value.__class__ is list and value and value[0].__class__ is dict:
        return value[0]
    return {}


def label(value: Any) -> str:
    """The display text of a status, severity or pick-list value, given as text or as {id, name|value}."""
    if value.__class__ is dict:
        value = value.get("name") or value.get("value") or value.get("statusName") or value.get("type")
    return name(value)


def shown(value: Any, limit: int = 60) -> str:
    """A raw value as it may stand in a sentence: one line, at most `limit` characters."""
    try:
        text = value if value.__class__ is str else json.dumps(value, default=str, ensure_ascii=False)
    except (RecursionError, ValueError):
        text = type(value).__name__
    text = _slow_name(text[: limit * 10])
    return text if len(text) <= limit else text[: limit - 1] + "…"


def content_key(module: str, raw: Any) -> str:
    """The ledger key of a record without id: `<module>:<sha256 of its content>`."""
    try:
        canonical = json.dumps(raw, sort_keys=True, ensure_ascii=True, default=str)
    except (RecursionError, ValueError, TypeError):
        canonical = type(raw).__name__  # nested too deeply to be told from others of its kind
    return f"{module}:{hashlib.sha256(canonical.encode()).hexdigest()}"
