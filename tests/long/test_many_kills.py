"""The long kill test: 200 kills at random moments of first runs and of runs after random changes.

On PostgreSQL half of them hit the database server instead of the worker.
"""

import os
import random
import time
from collections import Counter
from contextlib import ExitStack

import pytest

from tests import with_postgres
from tests.integrations.sync.kills import Bench, chosen_points, differing

pytestmark = pytest.mark.long
KILLS = int(os.environ.get("KILLS", "200"))
# after a first run: by changes, with the last weeks of hours again as each night, whole as each week
KINDS = (
    {"trigger": "command", "page": 20},
    {"trigger": "instant", "page": 20},
    {"trigger": "scheduled", "page": 20, "age": 24},
    {"trigger": "scheduled", "age": 24 * 7},
)


def test_two_hundred_kills_leave_nothing_else_behind_than_undisturbed_runs(tmp_path, monkeypatch):
    seed = os.environ.get("KILL_SEED", "long")
    dice, killed, runs, modes, begun = random.Random(seed), 0, 0, Counter(), time.monotonic()
    with ExitStack() as stack:
        data = ""
        if os.environ.get("DATABASE_URL", "").startswith("postgres"):  # one of its own, which it may kill
            server = with_postgres.Server()
            stack.callback(server.stop)
            monkeypatch.setenv("DATABASE_URL", server.start().url)
            data = server.data
        bench = Bench(tmp_path)
        stack.callback(bench.close)
        undisturbed, victim = bench.fresh, bench.fresh
        while killed < KILLS:
            before, options = undisturbed, dice.choice(KINDS)
            undisturbed = bench.installation(f"undisturbed{runs}", before)
            answer = undisturbed.ask(do="count", **options)
            assert answer["status"] == "succeeded", answer
            expected = undisturbed.ask(do="dump")
            undisturbed.stop()
            victim = bench.installation(f"victim{runs}", victim)
            result = victim.ask(do="sync", points=chosen_points(dice, answer, 40, data), **options)
            assert result["status"] == "succeeded", result
            assert differing(victim.ask(do="dump"), expected) == {}, f"seed {seed}, run {runs}"
            victim.stop()
            killed, runs = killed + result["killed"] + result["lost"], runs + 1
            modes.update(result["modes"].values())
            spent = time.monotonic() - begun
            print(
                f"{killed} of {KILLS} kills after {spent:.0f} s, {spent * max(KILLS - killed, 0) / killed:.0f} s to go "
                f"(seed {seed}, run {runs} of kind {options}: {result['killed']} of the worker, {result['lost']} of "
                f"the database) {result['modes']}",
                flush=True,
            )
            bench.edit(f"{seed} {runs}", number=15)
            if runs % 5 == 0:  # and begin anew, with a first run of the portal as it is by now
                undisturbed, victim = bench.fresh, bench.fresh
        print(f"modules read: {dict(modes)}")
        assert modes["changed"] or killed < 100
