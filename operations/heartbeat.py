"""Signs of life: who was seen last, and when.

A worker gives one with every task that it takes from the queue (a ping comes when there is nothing else), and with
`still_alive` from inside a long task: a slice of a minute must not look like a dead worker.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime
from typing import Any

from django.db import Error
from django.utils import timezone

from operations.models import Heartbeat

log = logging.getLogger(__name__)
WORKER = "worker"
WATCH = "watch"
SELDOM = 10.0  # seconds between two notes from inside a task

_in_worker = False
_noted = 0.0


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


def still_alive() -> None:
    """Note from inside long work, between two transactions, that this worker goes on.

    Costs a statement every ten seconds at most, and nothing outside of a worker: a command in the foreground says
    nothing about the worker.
    """
    global _noted
    if _in_worker and time.monotonic() - _noted >= SELDOM:
        beat(WORKER)
        _noted = time.monotonic()


def task_begins(**kwargs: Any) -> None:
    """Receiver of the queue's `pre_execute`: a worker has taken a task. Never raises, which would end the worker."""
    global _in_worker, _noted
    if kwargs.get("task", {}).get("sync"):
        return  # executed by whoever enqueued it
    _in_worker = True
    try:
        beat(WORKER)
        _noted = time.monotonic()
    except Error:
        log.warning("The worker's sign of life could not be stored.", exc_info=True)
