"""Descriptions of lines from a pattern such as "{project}: {hours} h, {from} – {to}": names, no format language."""

import re

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

from transactions.errors import TransactionRefused

PLACEHOLDERS = {
    "project": "name of the project",
    "code": "code of the project",
    "customer": "name of the customer",
    "task": "names of the tasks, bugs or titles",
    "person": "names of the people",
    "date": "the day, or the first and the last",
    "from": "first day of the hours",
    "to": "last day of the hours",
    "month": "month and year of the last day",
    "hours": "hours and minutes billed",
    "notes": "notes of the hours",
}
_NAME = re.compile(r"\{([^{}]*)\}")
MOST_NAMES = 5


def check_pattern(pattern, field="description_pattern"):
    """Raise TransactionRefused for a placeholder that does not exist or a pattern of more than 500 characters."""
    if len(pattern) > 500:
        raise TransactionRefused("too_long", "The description can have 500 characters at most.", field)
    for name in _NAME.findall(pattern):
        if name not in PLACEHOLDERS:
            known = ", ".join(f"{{{each}}}" for each in PLACEHOLDERS)
            raise TransactionRefused(
                "unknown_placeholder",
                f"There is no placeholder {{{name[:40]}}}. Possible are: {known}.",
                field,
            )


def fill(pattern, values):
    """The pattern with each known placeholder replaced by its text; what the texts contain is not looked at again."""
    return _NAME.sub(lambda found: values.get(found[1], found[0]), pattern).strip()


def day_text(day, language):
    """A date in the formats of a language, such as "31 Mar 2026"."""
    return format_date(day, "medium", locale=_locale(language))


def month_text(day, language):
    """Month and year, such as "March 2026"."""
    return format_date(day, "LLLL y", locale=_locale(language))


def names_text(names):
    """A few names in a row, and how many more there are."""
    names = list(dict.fromkeys(name for name in names if name))
    shown = ", ".join(names[:MOST_NAMES])
    return f"{shown} +{len(names) - MOST_NAMES}" if len(names) > MOST_NAMES else shown


def _locale(language):
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")
