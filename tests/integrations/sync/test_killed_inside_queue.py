"""The queue's inner processes killed (SIGKILL) one by one in the middle of a run: the worker is whole again by what is
known at once, not by its silence, and the run ends row for row like an undisturbed one.
"""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from operations.processes import Child
from operations.supervisor import Supervisor
from tests.integrations.sync.kills import ROOT, Bench, differing

pytestmark = pytest.mark.slow
INNER = ("worker", "monitor", "pusher")  # the sentinel's children, in the order in which it starts them


@pytest.fixture
def bench(tmp_path, empty_database):
    bench = Bench(tmp_path, empty_database)
    yield bench
    bench.close()


def children_of(pid):
    """Ids of the living child processes of a process, the eldest first."""
    try:
        found = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return [child for child in found if Path(f"/proc/{child}/stat").read_text().split()[2] != "Z"]
    except OSError:  # it ended in this moment
        return []


def inside(child):
    """{name: id} of the processes of a queue with one worker; {} while it is not complete."""
    main = child.process.pid
    for sentinel in children_of(main):
        inner = children_of(sentinel)
        if len(inner) == len(INNER):
            return {"main": main, "sentinel": sentinel, **dict(zip(INNER, inner, strict=True))}
    return {}


def at_work(installation, pid):
    """Whether this process holds the run and has written a page of it."""
    state = installation.ask(do="state")
    assert state["status"] in ("queued", "running"), "the run ended too early for this test"
    return state["holder"] == pid and state["attempts"] == 0


def test_each_process_of_the_queue_killed_in_the_middle_of_a_run(bench, tmp_path):
    undisturbed, victim = (bench.installation(name, bench.fresh) for name in ("undisturbed", "victim"))
    assert undisturbed.ask(do="count")["status"] == "succeeded"
    environment = {**victim.environment, "WORKERS": "1", "ZOHO_REQUESTS_PER_WINDOW": "0"}
    worker = Child("worker", [sys.executable, "manage.py", "qcluster"], environment, ROOT)
    keeper = Supervisor([worker], tmp_path / "stop", lambda: 0.0)  # never silent

    def until(ready, what):
        deadline = time.monotonic() + 120
        while not (found := ready()):
            assert time.monotonic() < deadline, f"it does not come to it that {what}"
            assert keeper.look() == ""
            time.sleep(0.05)
        return found

    bench.control.switch(slow_answer=0.5)
    keeper.start()
    try:
        for name in ("monitor", "pusher", "sentinel", "worker"):
            before = until(lambda: inside(worker), "the worker is complete")
            victim.ask(do="ring")  # and what a dead worker held has run out
            until(lambda before=before: at_work(victim, before["worker"]), f"the {name}'s worker gets on")
            os.kill(before[name], signal.SIGKILL)
            after = until(
                lambda before=before: (now := inside(worker)) and now != before and now, "all are there again"
            )
            # a worker killed at work is replaced alone; what the others held went with them
            assert (after["main"] == before["main"]) is (name == "worker")
        bench.control.switch(slow_answer=0)
        victim.ask(do="ring")
        until(lambda: victim.ask(do="state")["status"] == "succeeded", "the run ends")
        assert differing(victim.ask(do="dump"), undisturbed.ask(do="dump")) == {}
    finally:
        for child in keeper.children:
            child.sweep()
