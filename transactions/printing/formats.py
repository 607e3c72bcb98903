"""Numbers, dates and names as a reader of the document's language expects them, and safe to print."""

from __future__ import annotations

import datetime
import re
import unicodedata
from decimal import Decimal

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, get_currency_precision

LONGEST_WORD = 22  # characters; longer ones may break anywhere
_BIDI_CONTROLS = dict.fromkeys([0x200E, 0x200F, 0x061C, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_LONG = re.compile(rf"\S{{{LONGEST_WORD + 1},}}")
_JOINED = re.compile(r"[\u0590-\u08ff\u0900-\u0dff\u0e00-\u0eff\u1000-\u109f\u200c\u200d\ufe00-\ufe0f]")


def clean(text: str) -> str:
    """User text without what no printer understands: control characters, half characters, direction overrides."""
    text = str(text).encode("utf-8", "replace").decode("utf-8").translate(_BIDI_CONTROLS)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cs", "Co"))


def wrapping(text: str) -> str:
    """Cleaned text in which very long words have invisible places to break (never inside joined scripts)."""
    return _LONG.sub(_with_breaks, clean(text))


def _with_breaks(match: re.Match[str]) -> str:
    word = match.group()
    if _JOINED.search(word):
        return word
    out = []
    for position, character in enumerate(word):
        if position and position % 8 == 0 and not unicodedata.combining(character):
            out.append("\u200b")
        out.append(character)
    return "".join(out)


def money(value: Decimal, currency: str, locale: Locale) -> str:
    """An amount with its currency, with as many decimals as the currency has."""
    return format_currency(value, currency, locale=locale, currency_digits=True)


def figure(value: Decimal, currency: str, locale: Locale) -> str:
    """An amount without its currency, for columns whose head names it."""
    return number(value, locale, places=get_currency_precision(currency))


def number(value: Decimal, locale: Locale, places: int = 0) -> str:
    """A number with at least `places` decimals and none cut off (a printed rate is never rounded)."""
    decimals = max(places, -int(value.normalize().as_tuple().exponent))
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return format_decimal(value, format=pattern, locale=locale)


def percent(value: Decimal, locale: Locale) -> str:
    """Such as "19 %" or "7.5 %"."""
    return f"{number(value, locale)} %"


def day(value: datetime.date, locale: Locale) -> str:
    """A date with its month in words, so that nobody confuses day and month."""
    return format_date(value, format="medium", locale=locale)


def hours(minutes: int, locale: Locale) -> str:
    """Minutes as hours and minutes, "7:05": exact, and the same in every language."""
    sign = "-" if minutes < 0 else ""
    return f"{sign}{abs(minutes) // 60}:{abs(minutes) % 60:02d}"
