"""One child process of the supervisor: how it is started, watched and ended.

Each child leads a session of its own, so that Ctrl-C reaches only the supervisor, and everything a child ever
started can be found again. The kernel sends it SIGTERM when the supervisor dies, however that happens.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
PROC = Path("/proc")


def _follow_parent(parent: int) -> Callable[[], None]:
    libc = ctypes.CDLL(None, use_errno=True)

    def before_exec() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died between fork and prctl
            os._exit(1)

    return before_exec


def session_members(session: int) -> list[int]:
    """Ids of all living processes of a session, orphans included."""
    found = []
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            # pid (name) state ppid pgrp session ...; the name may hold anything, so cut after its last ')'.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(entry.name))
    return found


def kill_session(session: int) -> None:
    """SIGKILL to all members of a session, until none is left (a dying one may have just started another)."""
    for _ in range(100):
        members = session_members(session)
        if not members:
            return
        for pid in members:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.02)


class Child:
    """A program that should always run. `restarts` holds when it was started again (monotonic seconds)."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], cwd: Path) -> None:
        self.name = name
        self.command = list(command)
        self.environment = dict(environment)
        self.cwd = cwd
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.restarts: deque[float] = deque(maxlen=5)

    def start(self) -> None:
        """Start the program in a session of its own."""
        self.process = subprocess.Popen(
            self.command,
            cwd=self.cwd,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_follow_parent(os.getpid()),
        )
        self.started = time.monotonic()

    def exit_code(self) -> int | None:
        """The exit code of the main process, None while it lives."""
        return self.process.poll() if self.process else None

    def restart(self) -> None:
        """End all that is left of it, and start it anew."""
        self.sweep()
        self.restarts.append(time.monotonic())
        self.start()

    def restarts_too_often(self) -> bool:
        """True after five restarts within a minute: starting it again does not help."""
        full = len(self.restarts) == self.restarts.maxlen
        return full and time.monotonic() - self.restarts[0] < 60

    def ask_to_stop(self) -> None:
        """SIGTERM to the main process only: its own children would lose their task half way."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def sweep(self) -> None:
        """SIGKILL to everything in its session, then collect the main process."""
        if self.process:
            kill_session(self.process.pid)
            self.process.wait()
