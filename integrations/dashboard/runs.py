"""Runs as people read them: durations, totals over modules, requests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from integrations.models import SyncRun

COUNTS = ("seen", "created", "updated", "unchanged", "excluded", "failed", "deleted")


def duration_words(start: datetime | None, end: datetime | None) -> str:
    """How long something took, such as '1 min 5 s'; '' while it is not finished."""
    if not start or not end:
        return ""
    seconds = max(int((end - start).total_seconds()), 0)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours} h"] if hours else []
    parts += [f"{minutes} min"] if minutes else []
    return " ".join([*parts, f"{seconds} s"])


def hours_words(minutes: int | None) -> str:
    """Minutes as '12:05 h'; '' for none."""
    return f"{minutes // 60:,}:{minutes % 60:02} h" if minutes else ""


def dressed(runs: Iterable[SyncRun]) -> list[Any]:
    """The runs with `totals`, `duration_words`, `requests_used` and `changed` (kind → number), all ready to show.

    The runs must come with their module runs prefetched.
    """
    found: list[Any] = list(runs)
    for run in found:
        parts = run.module_runs.all()
        run.totals = {name: sum(getattr(part, name) for part in parts) for name in COUNTS}
        run.duration_words = duration_words(run.started_at, run.finished_at)
        run.requests_used = sum(run.requests.values())
        run.changed = {}
        for part in parts:
            for kind, number in part.changes.items():
                run.changed[kind] = run.changed.get(kind, 0) + number
    return found
