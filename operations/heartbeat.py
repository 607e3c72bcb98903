"""Signs of life: who was seen last, and when.

A worker gives one by answering a ping, and the sync gives one with every page it commits: a slice of a minute
must not look like a dead worker.
"""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from operations.models import Heartbeat

WORKER = "worker"
WATCH = "watch"


def beat(name: str) -> None:
    """Note that the process called `name` is alive now."""
    now = timezone.now()
    if not Heartbeat.objects.filter(name=name).update(seen_at=now):
        Heartbeat.objects.bulk_create([Heartbeat(name=name, seen_at=now)], ignore_conflicts=True)


def last_seen(name: str) -> datetime | None:
    """When `name` was seen last (aware, UTC); None when never."""
    return Heartbeat.objects.filter(name=name).values_list("seen_at", flat=True).first()


def silent_seconds(name: str) -> float | None:
    """Seconds since `name` was seen; None when never."""
    seen = last_seen(name)
    return None if seen is None else (timezone.now() - seen).total_seconds()
