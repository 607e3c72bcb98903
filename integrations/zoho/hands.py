"""The threads that send requests: as many as may be on the wire at once. They stay while there may be work for them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any


class Hands:
    """`count` threads, begun with the first work and ended by `rest`."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.came = threading.Event()  # something was answered or taken back
        self._executor: ThreadPoolExecutor | None = None
        self.done, self._given, self._lock = 0, 0, threading.Lock()

    @property
    def under_way(self) -> int:
        """How much is on the wire or in line."""
        return self._given - self.done

    @property
    def are_there(self) -> bool:
        """Whether threads are running, so that whatever is sent has to wait its turn for one of them."""
        return self._executor is not None

    def give(self, work: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Have the next free hand do it, in the present context (traces)."""
        if self._executor is None:
            self._executor = ThreadPoolExecutor(self.count, thread_name_prefix="zoho-prefetch")
        given = self._executor.submit(copy_context().run, work, *arguments)
        self._given += 1
        given.add_done_callback(self._note)
        return given

    def _note(self, _: Future[Any]) -> None:
        with self._lock:
            self.done += 1
        self.came.set()

    def rest(self) -> None:
        """End the threads, once what is on the wire has come; what is in line is taken back."""
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._executor = None
