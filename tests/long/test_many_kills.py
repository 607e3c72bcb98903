"""The long kill test: workers killed 200 times, at random points of first runs and of runs after random changes."""

import os
import random

import pytest

from tests.integrations.sync.kills import Bench, chosen_points, differing

pytestmark = pytest.mark.long
KILLS = int(os.environ.get("KILLS", "200"))


def test_two_hundred_kills_leave_nothing_else_behind_than_undisturbed_runs(tmp_path):
    seed = os.environ.get("KILL_SEED", "long")
    dice, bench, killed, runs = random.Random(seed), Bench(tmp_path), 0, 0
    try:
        undisturbed, victim = bench.fresh, bench.fresh
        while killed < KILLS:
            before = undisturbed
            undisturbed = bench.installation(f"undisturbed{runs}", before)
            answer = undisturbed.ask(do="count")
            assert answer["status"] == "succeeded", answer
            expected = undisturbed.ask(do="dump")
            undisturbed.stop()
            victim = bench.installation(f"victim{runs}", victim)
            result = victim.ask(do="sync", points=chosen_points(dice, answer["passed"], 40))
            assert result["status"] == "succeeded", result
            assert differing(victim.ask(do="dump"), expected) == {}, f"seed {seed}, run {runs}"
            victim.stop()
            killed, runs = killed + result["killed"], runs + 1
            print(f"run {runs}: {result['killed']} kills, {killed} in all", flush=True)
            bench.edit(f"{seed} {runs}", number=15)
            if runs % 5 == 0:  # and begin anew, with a first run of the portal as it is by now
                undisturbed, victim = bench.fresh, bench.fresh
    finally:
        bench.close()
