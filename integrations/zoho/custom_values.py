"""Values of custom fields, converted by the field's data type into what JSON can carry without loss."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from . import values
from .html_text import html_to_text

_EMPTY: tuple[Any, ...] = (None, "", [], {})
_SAFE_INTEGER = 2**53
_NUMBER = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?", re.ASCII)
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?( ?[AaPp][Mm])?", re.ASCII)
# smallest number of digits after the point where ISO 4217 has another one than two
_NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"
_DIGITS = dict.fromkeys(_NO_DIGITS.split(), 0) | dict.fromkeys(_THREE_DIGITS.split(), 3)


class Unreadable(ValueError):
    """A value that does not fit its data type."""


def extract(source: Any, custom: dict[str, str], remarks: list[str]) -> dict[str, Any]:
    """Read the custom fields named in `custom` (api name → data type) from an object.

    Empty values are left out silently; unreadable ones are left out with a sentence appended to `remarks`.
    """
    found: dict[str, Any] = {}
    if source.__class__ is not dict:
        return found
    for api_name, data_type in custom.items():
        value = source.get(api_name)
        if value in _EMPTY:
            continue
        try:
            found[api_name] = convert(data_type, value, remarks, api_name)
        except (Unreadable, ValueError, ArithmeticError):
            remarks.append(
                f"Custom field {values.shown(api_name)}: the value “{values.shown(value)}” is not a valid"
                f" {values.shown(data_type)} and was left out."
            )
    return {key: value for key, value in found.items() if value not in _EMPTY}


def convert(data_type: str, value: Any, remarks: list[str] | None = None, api_name: str = "") -> Any:
    """Convert one non-empty value; raises Unreadable (or ValueError) when it does not fit `data_type`."""
    kind = normal_type(data_type)
    if kind == "multi_userpicklist":
        people = value if value.__class__ is list else [value]
        emails = [email for email in map(_email, people) if email]
        if len(emails) < len(people):
            if not emails:
                raise Unreadable
            if remarks is not None:
                remarks.append(
                    f"Custom field {values.shown(api_name)}: people without an e-mail were left out."
                )
        return emails
    return _CONVERTERS.get(kind, _plain)(value)


def _email(value: Any) -> str:
    if value.__class__ is str:
        return values.name(value) if "@" in value else ""
    return values.name(values.mapping(value).get("email"))


def _user(value: Any) -> str:
    email = _email(value)
    if not email:
        raise Unreadable
    return email


def _text(value: Any) -> str:
    if value.__class__ is bool:
        return "true" if value else "false"
    if value.__class__ is float:
        return format(_decimal(value), "f")
    if value.__class__ is list and len(value) == 1:
        value = value[0]
    if value.__class__ in (str, int):
        return values.name(value)
    return _picked(value)


def _lines(value: Any) -> str:
    return html_to_text(value) if value.__class__ is str else _text(value)


def _picked(value: Any) -> str:
    text = values.label(value)
    if not text:
        raise Unreadable
    return text


def _choice(value: Any) -> str:
    return _picked(value) if value.__class__ is dict else _text(value)


def _choices(value: Any) -> list[str]:
    return [_choice(item) for item in (value if value.__class__ is list else [value])]


def _date(value: Any) -> str:
    day = values.day(value)
    if day is None or day < date(1, 1, 2):
        raise Unreadable
    return day.isoformat()


def _datetime(value: Any) -> str:
    moment = values.timestamp(value)
    if moment is None:
        raise Unreadable
    return moment.isoformat().replace("+00:00", "Z")


def _time(value: Any) -> str:
    if value.__class__ is not str or not _TIME.fullmatch(value.strip()):
        raise Unreadable
    return value.strip()


def _checkbox(value: Any) -> bool:
    answer = values.boolean(value)
    if answer is None:
        raise Unreadable
    return answer


def _decimal(value: Any) -> Decimal:
    if value.__class__ is float:
        number = Decimal(repr(value))
        if not number.is_finite():
            raise Unreadable
        return number
    if value.__class__ is int:
        return Decimal(value)
    if value.__class__ is str and _NUMBER.fullmatch(value.strip()):
        return Decimal(value.strip())
    raise Unreadable


def _number(value: Any) -> int | float | str:
    """A JSON number when one can carry the value exactly, else its digits as text."""
    if value.__class__ is str:
        value = value.strip().removesuffix("%").strip()
    number = _decimal(value)
    if number == number.to_integral_value() and abs(number) <= _SAFE_INTEGER:
        return int(number)
    text = format(number, "f")
    as_float = float(number)
    return as_float if Decimal(repr(as_float)) == number and abs(number) < _SAFE_INTEGER else text


def _currency(value: Any) -> dict[str, str]:
    source = value if value.__class__ is dict else {"amount": value}
    code = values.name(source.get("currency_code") or source.get("currency") or "").upper()
    if code and not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise Unreadable
    amount = values.money(source.get("amount"))
    if amount is None:
        raise Unreadable
    digits = max(-int(amount.as_tuple().exponent), _DIGITS.get(code, 2))
    return {"amount": f"{amount:.{digits}f}", "currency_code": code}


def _plain(value: Any) -> Any:
    """A type we do not know: texts and safe scalars pass, structures do not."""
    if value.__class__ is bool:
        return value
    if value.__class__ in (int, float):
        return _number(value)
    return _text(value)


_CONVERTERS = {
    "singleline": _text,
    "multiline": _lines,
    "picklist": _choice,
    "multi_picklist": _choices,
    "userpicklist": _user,
    "date": _date,
    "time": _time,
    "datetime": _datetime,
    "checkbox": _checkbox,
    "currency": _currency,
    "percentage": _number,
    "number": _number,
    "decimal": _number,
    "email": _text,
    "phone": _text,
    "url": _text,
}
_ALIASES = {
    "text": "singleline",
    "string": "singleline",
    "singlelinetext": "singleline",
    "textfield": "singleline",
    "textarea": "multiline",
    "multilinetext": "multiline",
    "richtext": "multiline",
    "dropdown": "picklist",
    "singleselect": "picklist",
    "radio": "picklist",
    "multipicklist": "multi_picklist",
    "multiselect": "multi_picklist",
    "multiselectpicklist": "multi_picklist",
    "user": "userpicklist",
    "userlookup": "userpicklist",
    "userpicklist": "userpicklist",
    "singleuser": "userpicklist",
    "multiuserpicklist": "multi_userpicklist",
    "multiuser": "multi_userpicklist",
    "multiuserlookup": "multi_userpicklist",
    "dateandtime": "datetime",
    "boolean": "checkbox",
    "bool": "checkbox",
    "decisionbox": "checkbox",
    "percent": "percentage",
    "integer": "number",
    "int": "number",
    "long": "number",
    "bigint": "number",
    "double": "decimal",
    "float": "decimal",
    "money": "currency",
    "mail": "email",
    "phonenumber": "phone",
    "link": "url",
    "website": "url",
}


def normal_type(data_type: Any) -> str:
    """A data type in the spelling of the API reference (3.12); unknown types come back trimmed and
    lower-case.
    """
    text = data_type.strip().lower() if data_type.__class__ is str else ""
    if text in _CONVERTERS or text == "multi_userpicklist":
        return text
    return _ALIASES.get(values.word(text), text)
