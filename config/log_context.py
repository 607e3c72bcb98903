"""What a log line belongs to besides its request: the sync run that is worked, and its connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

subject: ContextVar[dict[str, int] | None] = ContextVar("subject", default=None)


@contextmanager
def about(**ids: int) -> Iterator[None]:
    """All lines logged inside carry these numbers, e.g. `about(run_id=12, connection_id=3)`."""
    token = subject.set({**(subject.get() or {}), **ids})
    try:
        yield
    finally:
        subject.reset(token)
