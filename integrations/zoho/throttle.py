"""Zoho's request limits: what counts as one path pattern, how long a lock-out lasts, and a budget in memory.

Zoho counts per path pattern (ids removed) and portal, and locks a pattern for many minutes once its limit is
passed (API reference 6). Calls while locked may prolong the lock, so nothing is sent before it ends.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

from .errors import Throttled

DEFAULT_LOCK_SECONDS = 30 * 60
LONGEST_LOCK_SECONDS = 60 * 60
THROTTLE_TITLE = "URL_ROLLING_THROTTLES_LIMIT_EXCEEDED"

_DIGITS = re.compile(r"(?<=/)[0-9]+(?=/|$)")
_WAIT = re.compile(r"after\s+([0-9]{1,6})\s*(second|sec|minute|min|hour)", re.IGNORECASE)
_UNITS = {"second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3600}


def path_pattern(method: str, path: str) -> str:
    """'GET', '/api/v3/portal/60012345/tasks?page=2' → 'GET /api/v3/portal/{n}/tasks'. Accepts whole
    addresses.
    """
    return f"{method.upper()} {_DIGITS.sub('{n}', urlsplit(path).path)}"


class Throttle(Protocol):
    """A budget of requests per path pattern, shared by everyone who talks to the same portal."""

    def take(self, pattern: str) -> None:
        """Count one request about to be sent; raises Throttled when the pattern is blocked or its budget
        spent.
        """

    def block(self, pattern: str, until: datetime) -> None:
        """Note that Zoho refuses this pattern until `until` (aware)."""


def utc_now() -> datetime:
    """The present moment, aware."""
    return datetime.now(UTC)


class MemoryThrottle:
    """A rolling window per pattern, for one process. `clock` returns an aware datetime."""

    def __init__(
        self, limit: int = 80, window_seconds: float = 120, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self.limit = limit
        self.window = timedelta(seconds=window_seconds)
        self.clock = clock
        self._sent: dict[str, deque[datetime]] = {}
        self._blocked: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def take(self, pattern: str) -> None:
        """See Throttle.take."""
        with self._lock:
            now = self.clock()
            until = self._blocked.get(pattern)
            if until is not None and now < until:
                raise Throttled("Zoho asked to pause this kind of request.", pattern, until)
            sent = self._sent.setdefault(pattern, deque())
            while sent and sent[0] <= now - self.window:
                sent.popleft()
            if len(sent) >= self.limit:
                raise Throttled(
                    "This kind of request has used its share for now.", pattern, sent[0] + self.window
                )
            sent.append(now)

    def block(self, pattern: str, until: datetime) -> None:
        """See Throttle.block; a block is never shortened."""
        with self._lock:
            known = self._blocked.get(pattern)
            self._blocked[pattern] = max(until, known) if known else until


def parse_lockout(
    status: int, headers: Mapping[str, str], body: Any, now: datetime | None = None
) -> int | None:
    """Seconds to wait when an answer says "too many requests", None when it says something else.

    Zoho answers 429 by its documentation, 400 in practice, and has been seen to do it inside 200. The wait is
    `Retry-After` (seconds or a date), else the minutes in the message, else 30 minutes; at most an hour.
    """
    error = error_of(body)
    title = str(error.get("title") or "")
    if status != 429 and THROTTLE_TITLE not in title:
        return None
    wait = _retry_after(headers.get("Retry-After"), now or utc_now())
    if wait is None:
        match = _WAIT.search(error_text(error))
        wait = int(match[1]) * _UNITS[match[2].lower()] if match else DEFAULT_LOCK_SECONDS
    return min(max(wait, 1), LONGEST_LOCK_SECONDS)


def _retry_after(value: str | None, now: datetime) -> int | None:
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:12]), LONGEST_LOCK_SECONDS) or None
    try:
        seconds = int((parsedate_to_datetime(text) - now).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if seconds > 0 else None


def error_of(body: Any) -> dict[str, Any]:
    """The error object at the top of a body, whether it is an object, a list of objects or a bare text; else
    {}.
    """
    if body.__class__ is list and len(body) == 1:
        body = body[0]
    error = body.get("error") if body.__class__ is dict else None
    if error.__class__ is list and error:
        error = error[0]
    if error.__class__ is dict:
        return error
    return {"title": str(error)} if error else {}


def error_text(error: dict[str, Any]) -> str:
    """The words of an error object: its title and the first message of its details (list or object)."""
    details = error.get("details")
    if details.__class__ is list and details:
        details = details[0]
    message, field = error.get("message"), None
    if details.__class__ is dict:
        message, field = details.get("message") or message, details.get("field_name")
    parts = [str(part) for part in (error.get("title") or error.get("code"), field, message) if part]
    return ": ".join(parts)
