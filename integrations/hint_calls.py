"""Calls of the hint address: what of them is read, and how many are taken in a minute.

Anybody may call it with anything, so little is done before an answer: of the body at most 64 kB, and that only where
its length is told; the counts stand in the memory of each web process, so that a flood writes and asks nothing.
"""

from __future__ import annotations

import re
import threading
import time
from urllib.parse import unquote_plus

from django.http import HttpRequest
from django.http.request import UnreadablePostError

MOST_READ = 64 * 1024  # bytes; a hint of Zoho has a few hundred
MOST_NAMED = 10
MINUTE = 60
# project_id=…, "projectId": "…", "project": {"id": …}, <PROJECT_ID>…; every repetition has an end
_ID = r"[\s\"'=:>]{1,8}(?:CDATA\[)?(\d{1,20})(?!\d)"
_NAMED = re.compile(rf"project[ _-]?id(?:_?string)?{_ID}", re.IGNORECASE | re.ASCII)
_NESTED = re.compile(
    rf"project[\"']?\s{{0,4}}:\s{{0,4}}\{{[^{{}}]{{0,100}}?\bid{_ID}", re.IGNORECASE | re.ASCII
)


def named_projects(request: HttpRequest) -> set[str]:
    """Ids that the address or a small body gives as a project's. Anything else is passed over; nothing is raised."""
    text = unquote_plus(request.META.get("QUERY_STRING", "")[:4000]) + "\n" + _small_body(request)
    found: set[str] = set()
    for pattern in (_NAMED, _NESTED):
        for match in pattern.finditer(text):
            found.add(match[1])
            if len(found) >= MOST_NAMED:
                return found
    return found


def _small_body(request: HttpRequest) -> str:
    length = request.META.get("CONTENT_LENGTH") or ""
    if not (length.isascii() and length.isdecimal() and 0 < int(length[:12]) <= MOST_READ):
        return ""
    try:
        raw = request.read(MOST_READ)
    except (UnreadablePostError, OSError):
        return ""
    text = raw.decode("utf-8", "replace")
    return unquote_plus(text) if "%" in text else text


class Counter:
    """How often each key came within the present minute, in this process."""

    def __init__(self, most: int, keys: int = 1000) -> None:
        self.most, self.keys = most, keys
        self.minute, self.counts = 0, dict[str, int]()
        self.lock = threading.Lock()

    def add(self, key: str) -> int:
        """By how many the key is over its number with this call: 0 while it is not."""
        minute = int(time.monotonic()) // MINUTE
        with self.lock:
            if minute != self.minute or len(self.counts) > self.keys:
                self.minute, self.counts = minute, {}
            self.counts[key] = self.counts.get(key, 0) + 1
            return max(0, self.counts[key] - self.most)

    def wait(self) -> int:
        """Seconds until the minute is over."""
        return MINUTE - int(time.monotonic()) % MINUTE
