"""Durations as people type them."""

import re
from decimal import Decimal

from organizations.money import half_up

DAY = 24 * 60
_CLOCK = re.compile(r"(\d{1,4}):(\d{1,2})", re.ASCII)
_DECIMAL = re.compile(r"(\d{1,4}(?:[.,]\d{1,6})?|[.,]\d{1,6})\s*h?", re.ASCII)
_WORDS = re.compile(
    r"(?:(\d{1,4}(?:[.,]\d{1,6})?)\s*h(?:ours?)?)?\s*(?:(\d{1,5})\s*m(?:in(?:utes)?)?)?", re.ASCII
)
HOW = "Write hours like 1:30, 1.5, 1h 30m or 90m."


def minutes_of(text):
    """Whole minutes of "1:30", "1.5", "1,5", "2h", "90m" or "1h 30m"; ValueError with a sentence otherwise.

    Between 1 minute and 24 hours. Hours that are no whole minutes are rounded half up (0.33 → 20).
    """
    typed = str(text).strip().lower()
    if match := _CLOCK.fullmatch(typed):
        hours, minutes = int(match[1]), int(match[2])
        if minutes > 59:
            raise ValueError(f"“{typed}” has more than 59 minutes behind the colon. {HOW}")
        found = hours * 60 + minutes
    elif match := _DECIMAL.fullmatch(typed):
        found = _minutes(match[1])
    elif typed and (match := _WORDS.fullmatch(typed)):
        found = _minutes(match[1] or "0") + int(match[2] or 0)
    else:
        raise ValueError(f"“{typed[:40]}” is no duration. {HOW}")
    if found < 1:
        raise ValueError("The duration has to be at least one minute.")
    if found > DAY:
        raise ValueError(f"“{typed[:40]}” is more than 24 hours, and a day has no more.")
    return found


def _minutes(hours):
    return int(half_up(Decimal(hours.replace(",", ".")) * 60, 0))


def hours_text(minutes):
    """Minutes as h:mm, such as 90 → 1:30; thousands of hours are grouped."""
    return f"{minutes // 60:,}:{minutes % 60:02d}"
