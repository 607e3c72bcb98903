"""Values on their way in and out: ids as texts, hours as HH:mm, times in the organization's zone."""

import datetime
import json
import re
from decimal import Decimal, InvalidOperation

import msgspec
from django.utils import timezone

from api.errors import BAD_JSON, Refused, bad_value
from organizations.zones import zone_of

LONGEST_NUMBER = 60
_SURROGATE = re.compile("[\ud800-\udfff]")
_encoder = msgspec.json.Encoder(decimal_format="number")


def encoded(data):
    """JSON bytes; Decimals become exact JSON numbers."""
    return _encoder.encode(data)


def _decimal(text):
    if len(text) > LONGEST_NUMBER:
        raise ValueError("too long")
    number = Decimal(text)
    if not -30 <= int(number.as_tuple().exponent) <= 30:  # 1e1000000 would become a million digits
        raise ValueError("too large")
    return number


def _int(text):
    if len(text) > LONGEST_NUMBER:
        raise ValueError("too long")
    return int(text)


def _constant(name):
    raise ValueError(name)


class _Twice(ValueError):
    """A name stands twice in one object: nobody knows which value is meant."""


def _object(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(next(name for name in names if names.count(name) > 1))
    return found


def decoded(text):
    """The object in a JSON text, numbers exact. Refused (1038) for what is no JSON object."""
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        found = json.loads(
            text, parse_float=_decimal, parse_int=_int, parse_constant=_constant, object_pairs_hook=_object
        )
    except _Twice as twice:
        detail = f"“{_clean(str(twice))[:100]}” stands twice in one object."
        raise Refused(400, BAD_JSON, "JSON is not well formed", detail=detail) from None
    except (ValueError, RecursionError, InvalidOperation):
        raise Refused(400, BAD_JSON, "JSON is not well formed") from None
    if not isinstance(found, dict):
        raise Refused(400, BAD_JSON, "JSON is not well formed", detail="An object is expected.")
    return _clean(found)


def _clean(value):
    """The same without NUL and lone surrogates, which no database takes."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value.replace("\0", ""))
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return value


def id_text(pk):
    """An id as a text; '' for none."""
    return "" if pk is None else str(pk)


def id_of(value, name="id"):
    """The number in an id of a body or query; None for nothing. Refused when it is no id at all."""
    if value is None or value == "":
        return None
    text = str(value)
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise bad_value(name)
    return int(text)


def path_id(text):
    """The number in an address, or None: then there is no such row."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def hours(minutes):
    """Minutes as HH:mm."""
    minutes = minutes or 0
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def moment(value, organization):
    """A timestamp in the organization's zone; '' for none."""
    if value is None:
        return ""
    return value.astimezone(zone_of(organization)).strftime("%Y-%m-%dT%H:%M:%S%z")


def day(value):
    """A date as text; '' for none."""
    return value.isoformat() if value else ""


def date_of(text, name):
    """The date of a query parameter."""
    try:
        if len(text) != 10:
            raise ValueError
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise bad_value(name) from None


def number_of(text, name):
    """The exact number of a query parameter."""
    try:
        if len(text) > LONGEST_NUMBER or not text.isascii():
            raise ValueError
        found = Decimal(text)
        if not found.is_finite() or abs(found) > Decimal(10) ** 12 or int(found.as_tuple().exponent) < -4:
            raise ValueError
        return found
    except (ValueError, InvalidOperation):
        raise bad_value(name) from None


def now():
    """This moment."""
    return timezone.now()


def flag(text, name):
    """True or False of a query parameter, however it is capitalised; None for nothing."""
    found = {"true": True, "false": False, "": None}
    if text.lower() not in found:
        raise bad_value(name, f"{name} is true or false.")
    return found[text.lower()]
