"""A worker killed (SIGKILL) at any point: the run is carried on and ends row for row like an undisturbed one."""

import random

import pytest

from tests import with_postgres
from tests.integrations.sync.kills import Bench, chosen_points, differing

pytestmark = pytest.mark.slow
CHANGES = {
    "trigger": "scheduled",
    "age": 24,
    "page": 20,
}  # read by what changed, and the last weeks of hours again


@pytest.fixture(scope="module")
def bench(tmp_path_factory, empty_database):
    """The bench, with what an undisturbed first run leaves and how often it passes each point."""
    bench = Bench(tmp_path_factory.mktemp("kills"), empty_database)
    undisturbed = bench.installation("undisturbed", bench.fresh)
    bench.answer = undisturbed.ask(do="count")
    assert bench.answer["status"] == "succeeded"
    bench.expected = undisturbed.ask(do="dump")
    undisturbed.stop()
    bench.first = undisturbed
    yield bench
    bench.close()


def test_killed_after_every_step_of_a_run(bench):
    passed = bench.answer["passed"]
    points = [[name, 1] for name in passed if name.startswith("step ")]
    assert len(points) > 20
    victim = bench.installation("steps", bench.fresh)
    answer = victim.ask(do="sync", points=points)
    assert (answer["status"], answer["killed"]) == ("succeeded", len(points))
    assert differing(victim.ask(do="dump"), bench.expected) == {}


def test_killed_at_random_moments_of_a_first_run_and_of_a_run_with_changes(bench):
    dice = random.Random("kills")
    victim = bench.installation("random", bench.fresh)
    answer = victim.ask(do="sync", points=chosen_points(dice, bench.answer, 20))
    assert answer["status"] == "succeeded" and answer["killed"] >= 8
    assert differing(victim.ask(do="dump"), bench.expected) == {}
    bench.edit("changes")
    second = bench.installation("changed", bench.first)
    passed = second.ask(do="count", **CHANGES)
    assert passed["status"] == "succeeded" and "changed" in passed["modes"].values()
    answer = victim.ask(do="sync", points=chosen_points(dice, passed, 20), **CHANGES)
    assert answer["status"] == "succeeded" and answer["killed"] >= 8
    assert differing(victim.ask(do="dump"), second.ask(do="dump")) == {}


def test_a_backup_of_yesterday_catches_up(bench):
    """Its marks are as old as its tables, so that an ordinary run reads what changed since."""
    bench.portal.state.reset(keep_tokens=True)
    bench.edit("before the backup")
    today = bench.installation("today", bench.first)
    assert today.ask(do="sync", points=[])["status"] == "succeeded"
    today.stop()
    backup = bench.installation("backup", today)
    backup.stop()
    today = bench.installation("today again", today)
    bench.edit("after the backup")
    assert today.ask(do="sync", points=[])["status"] == "succeeded"
    restored = bench.installation("restored", backup)
    assert restored.ask(do="sync", points=[])["status"] == "succeeded"
    assert differing(restored.ask(do="dump"), today.ask(do="dump")) == {}


def test_two_workers_at_once_end_like_one(bench):
    """The second takes over while the first is still at work, as after a long pause of its machine."""
    bench.portal.state.reset(keep_tokens=True)
    first = bench.installation("two", bench.fresh)
    second = bench.installation("two again", shared=first)
    first.send(do="sync", points=[])
    second.send(do="sync", points=[])
    answers = [first.answer(), second.answer()]
    assert {answer["status"] for answer in answers} == {"succeeded"}
    assert differing(without_counts(first.ask(do="dump")), without_counts(bench.expected)) == {}


@pytest.mark.postgresql
def test_the_database_killed_in_the_middle_of_a_first_run_and_of_a_run_with_changes(tmp_path, monkeypatch):
    server = with_postgres.Server()
    try:
        monkeypatch.setenv("DATABASE_URL", server.start().url)
        bench = Bench(tmp_path)
        dice, undisturbed = random.Random("database"), bench.installation("undisturbed", bench.fresh)
        victim = bench.installation("victim", bench.fresh)
        for options in ({}, CHANGES):
            answer = undisturbed.ask(do="count", **options)
            points = chosen_points(dice, answer, 12, server.data)
            ended = victim.ask(do="sync", points=points, **options)
            assert ended["status"] == "succeeded" and ended["lost"] >= 2 and ended["killed"] >= 2, ended
            assert differing(victim.ask(do="dump"), undisturbed.ask(do="dump")) == {}
            bench.edit("changes")
        bench.close()
    finally:
        server.stop()


def without_counts(dump):
    """Two runs may have been made where the first ended before the second began."""
    return {table: rows for table, rows in dump.items() if table != "counts"}
