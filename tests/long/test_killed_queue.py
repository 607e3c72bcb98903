"""The queue's worker (`manage.py qcluster`), its whole process group killed again and again in the middle of a run."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from tests.integrations.sync.kills import ROOT, Bench, differing

pytestmark = pytest.mark.long
KILLS = int(os.environ.get("QUEUE_KILLS", "5"))


def worker(installation):
    """A queue's worker in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "qcluster"],
        cwd=ROOT, env=installation.environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def wait_until(installation, ready, seconds=120):
    """Ask again and again until the run is as wished; its state."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        state = installation.ask(do="state")
        if ready(state):
            return state
        time.sleep(0.05)
    pytest.fail(f"the worker does not get there: {state}")


def test_a_killed_queue_worker_leaves_nothing_else_behind(tmp_path):
    dice, bench = random.Random("queue"), Bench(tmp_path)
    process = None
    try:
        undisturbed = bench.installation("undisturbed", bench.fresh)
        assert undisturbed.ask(do="count")["status"] == "succeeded"
        expected = undisturbed.ask(do="dump")
        victim = bench.installation("queue", bench.fresh)
        bench.control.switch(slow_answer=0.05)
        seen = killed = 0
        victim.ask(do="ring")
        while True:
            process = worker(victim)
            wish = seen + dice.randint(1, 150) if killed < KILLS else 10**9
            state = wait_until(
                victim, lambda state, wish=wish: state["seen"] >= wish or state["status"] == "succeeded"
            )
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if state["status"] == "succeeded":
                break
            seen, killed = state["seen"], killed + 1
            victim.ask(do="ring")
        assert killed
        assert differing(victim.ask(do="dump"), expected) == {}
        print(f"{killed} kills of the queue's worker")
    finally:
        if process is not None and process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        bench.close()
