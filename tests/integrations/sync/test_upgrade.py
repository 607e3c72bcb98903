"""The program is exchanged while a run is under way: another version's checkpoints are not carried on, the run is."""

import pytest

from integrations import lifecycle
from integrations.models import ModuleRun, SyncedRecord, SyncRun
from integrations.sync import shape
from integrations.sync.queue import request_run
from integrations.sync.runner import run_slice, run_to_end
from tests.integrations.sync.kill_worker import _dump
from tests.integrations.sync.kills import differing

UNKNOWN = {"done": ["check", "read the directories"], "read": [["page", 3]], "ended": 1}


def in_the_middle(connection, ready, **fields):
    """A run worked page by page until `ready()`."""
    run = request_run(connection, SyncRun.Trigger.INSTANT, ring=False, **fields)
    for _ in range(200):
        run_slice(run.pk, seconds=0)
        if ready():
            run.refresh_from_db()
            assert run.is_active
            return run
    pytest.fail("the run does not get there")


def rows(module):
    return SyncedRecord.objects.filter(module=module)


def test_a_run_of_another_version_is_closed_with_the_truth_and_one_like_it_ends_as_if_undisturbed(
    connection, sync
):
    before = in_the_middle(connection, rows("tasks").exists, is_whole=True)
    # steps with other names, places in the lists written down otherwise
    SyncRun.objects.filter(pk=before.pk).update(shape="another version")
    for part in ModuleRun.objects.filter(run=before):
        ModuleRun.objects.filter(pk=part.pk).update(cursor={**part.cursor, **UNKNOWN})
    seen = {part.module: part.seen for part in before.module_runs.all()}
    assert run_slice(before.pk) == ""
    before.refresh_from_db()
    assert before.status == SyncRun.Status.CANCELLED and "brought up to date" in before.message
    assert {part.module: part.seen for part in before.module_runs.all()} == seen
    after = SyncRun.objects.get(status__in=SyncRun.ACTIVE)
    assert (after.trigger, after.is_whole, after.modules) == ("instant", True, [])
    after = run_to_end(after.pk)
    assert (after.status, after.shape) == ("succeeded", shape.of_this_program())
    for part in after.module_runs.all():
        assert part.seen == rows(part.module).count(), part.module
    found = _dump()
    again = sync()
    assert sum(part.created + part.updated + part.deleted for part in again.module_runs.all()) == 0
    assert differing({**found, "counts": []}, {**_dump(), "counts": []}) == {}


def test_a_run_that_was_only_queued_belongs_to_the_version_that_begins_it(connection):
    run = request_run(connection, SyncRun.Trigger.INSTANT, ring=False)
    assert run_to_end(run.pk).status == SyncRun.Status.SUCCEEDED


@pytest.mark.parametrize("version", ["this", "another"])
def test_a_first_sync_is_carried_on_only_from_places_that_this_version_wrote(connection, version):
    stopped = in_the_middle(connection, rows("timesheets").exists)
    if version == "another":
        SyncRun.objects.filter(pk=stopped.pk).update(shape="another version")
    lifecycle.stop_run(connection, None)
    run = request_run(connection, SyncRun.Trigger.INSTANT, ring=False)
    run_to_end(run.pk)
    tasks = run.module_runs.get(module="tasks")
    assert (tasks.unchanged == 0) is (version == "this")  # carried on: its counts are those of the first run
    assert tasks.seen == rows("tasks").count()
