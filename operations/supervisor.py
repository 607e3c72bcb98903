"""Keeps the processes of one installation running, and ends them in good order."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from operations.processes import Child

log = logging.getLogger(__name__)
TICK = 0.25  # seconds between two looks at the children
LIFE_CHECK = 5.0  # seconds between two looks at the worker's signs of life


class Supervisor:
    """Starts children, starts a dead one again, and restarts the worker when it has been silent for too long.

    `worker_silence` returns the seconds since the worker's last sign of life, None when unknown.
    """

    def __init__(
        self,
        children: list[Child],
        stop_file: Path,
        worker_silence: Callable[[], float | None],
        *,
        silent_after: float = 100,
        stop_seconds: float = 90,
    ) -> None:
        self.children = children
        self.stop_file = stop_file
        self.worker_silence = worker_silence
        self.silent_after = silent_after
        self.stop_seconds = stop_seconds
        self.stopping = threading.Event()
        self.hurry = threading.Event()
        self._next_life_check = 0.0

    def listen(self) -> None:
        """Stop at SIGINT, SIGTERM and SIGHUP; at the second SIGINT without waiting for running work."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked)

    def _asked(self, number: int, frame: object) -> None:
        if self.stopping.is_set() and number == signal.SIGINT:
            self.hurry.set()
        self.stopping.set()

    def start(self) -> None:
        """Start every child."""
        self.stop_file.parent.mkdir(parents=True, exist_ok=True)
        self.stop_file.unlink(missing_ok=True)
        for child in self.children:
            child.start()

    def watch(self) -> str:
        """Look after the children until asked to stop; returns '' then, or why it is pointless to go on."""
        while not self.stopping.is_set():
            if trouble := self.look():
                return trouble
            self.stopping.wait(TICK)
        return ""

    def look(self) -> str:
        """One look at every child; returns a sentence when one of them cannot be kept running."""
        for child in self.children:
            code = child.exit_code()
            if code is None or self.stopping.is_set():
                continue
            if child.restarts_too_often():
                return f"{child.name} ends again and again (exit code {code}); see its messages above."
            log.warning("%s ended (exit code %s); starting it again.", child.name, code)
            child.restart()
        if time.monotonic() >= self._next_life_check:
            self._next_life_check = time.monotonic() + LIFE_CHECK
            self._check_worker()
        return ""

    def _check_worker(self) -> None:
        for child in self.children:
            if child.name != "worker" or time.monotonic() - child.started < self.silent_after:
                continue
            silence = self.worker_silence()
            if silence is not None and silence > self.silent_after:
                log.warning("The worker has been silent for %.0f s; starting it again.", silence)
                child.restart()

    def stop(self) -> None:
        """Ask running work to end, wait for the main processes, then sweep what is left of every session.

        The practice portal goes last, so that a slice in its last page still gets its answer.
        """
        self.stop_file.touch()
        last = [child for child in self.children if child.name == "practice portal"]
        first = [child for child in self.children if child not in last]
        deadline = time.monotonic() + self.stop_seconds
        for group in (first, last):
            for child in group:
                child.ask_to_stop()
            while any(child.exit_code() is None for child in group):
                if self.hurry.is_set() or time.monotonic() > deadline:
                    break
                time.sleep(0.05)
            for child in group:
                child.sweep()
        self.stop_file.unlink(missing_ok=True)
