"""The supervisor starts, watches and sweeps real processes."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from operations import stopping
from operations.processes import Child, session_members
from operations.supervisor import Supervisor

SLEEPER = "import time\nwhile True: time.sleep(1)"
# A main process that leaves on SIGTERM and has a child that does not.
FAMILY = (
    "import subprocess, sys\n"
    "subprocess.Popen([sys.executable, '-c', 'import signal, time; "
    "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)'])\n"
    "print('ready', flush=True)\n" + SLEEPER
)


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


@pytest.fixture
def make_child(tmp_path: Path) -> Iterator[Callable[..., Child]]:
    """Makes children, and leaves none behind."""
    made: list[Child] = []

    def make(code: str, name: str = "web") -> Child:
        made.append(Child(name, [sys.executable, "-c", code], os.environ, tmp_path))
        return made[-1]

    yield make
    for child in made:
        child.sweep()


def supervisor(tmp_path: Path, *children: Child, silence: float | None = 0.0, **options: float) -> Supervisor:
    return Supervisor(list(children), tmp_path / "stop", lambda: silence, **options)


def main_pid(child: Child) -> int:
    assert child.process is not None
    return child.process.pid


def test_a_child_that_dies_is_started_again(tmp_path: Path, make_child: Callable[..., Child]) -> None:
    child = make_child(SLEEPER)
    keeper = supervisor(tmp_path, child)
    keeper.start()
    before = main_pid(child)
    os.kill(before, signal.SIGKILL)
    assert wait_for(lambda: keeper.look() == "" and main_pid(child) != before)
    assert child.exit_code() is None


def test_a_child_that_never_comes_up_ends_the_supervisor(
    tmp_path: Path, make_child: Callable[..., Child]
) -> None:
    keeper = supervisor(tmp_path, make_child("raise SystemExit(3)"))
    keeper.start()
    assert "web ends again and again (exit code 3)" in keeper.watch()


def test_orphans_of_a_dead_main_process_are_swept_before_a_new_start(
    tmp_path: Path, make_child: Callable[..., Child]
) -> None:
    child = make_child(FAMILY)
    keeper = supervisor(tmp_path, child)
    keeper.start()
    session = main_pid(child)
    assert wait_for(lambda: len(session_members(session)) == 2)
    os.kill(session, signal.SIGKILL)
    assert wait_for(lambda: keeper.look() == "" and main_pid(child) != session)
    assert session_members(session) == []


def test_stopping_leaves_nothing_running_and_tells_long_work(
    tmp_path: Path, make_child: Callable[..., Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    child = make_child(FAMILY)
    keeper = supervisor(tmp_path, child)
    monkeypatch.setenv(stopping.VARIABLE, str(keeper.stop_file))
    keeper.start()
    assert not stopping.asked()
    session = main_pid(child)
    assert wait_for(lambda: len(session_members(session)) == 2)
    asked: list[bool] = []
    monkeypatch.setattr(child, "sweep", lambda sweep=child.sweep: (asked.append(stopping.asked()), sweep()))
    keeper.stop()
    assert asked == [True]
    assert session_members(session) == []
    assert not keeper.stop_file.exists()


def test_a_child_that_ignores_the_request_is_killed_in_the_end(
    tmp_path: Path, make_child: Callable[..., Child]
) -> None:
    deaf = "import pathlib, signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\npathlib.Path('deaf').touch()\n"
    child = make_child(deaf + SLEEPER)
    keeper = supervisor(tmp_path, child, stop_seconds=0.3)
    keeper.start()
    assert wait_for((tmp_path / "deaf").exists)
    keeper.stop()
    assert child.exit_code() == -signal.SIGKILL


def test_a_silent_worker_is_started_again(tmp_path: Path, make_child: Callable[..., Child]) -> None:
    child = make_child(SLEEPER, name="worker")
    keeper = supervisor(tmp_path, child, silence=500.0, silent_after=0.05)
    keeper.start()
    before = main_pid(child)
    child.started -= 1
    assert keeper.look() == ""
    assert main_pid(child) != before
    assert session_members(before) == []


def test_a_worker_that_gives_signs_of_life_is_left_alone(
    tmp_path: Path, make_child: Callable[..., Child]
) -> None:
    child = make_child(SLEEPER, name="worker")
    keeper = supervisor(tmp_path, child, silence=1.0, silent_after=50)
    keeper.start()
    before = main_pid(child)
    child.started -= 100
    assert keeper.look() == ""
    assert main_pid(child) == before
