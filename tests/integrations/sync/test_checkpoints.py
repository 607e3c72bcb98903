"""A run continues where it stopped, and only its holder may write."""

import pytest
from django.utils import timezone

from integrations.models import SyncedRecord, SyncRun
from integrations.sync.lease import LeaseLost, claim
from integrations.sync.queue import RunRefused, request_run
from integrations.sync.reconcile import reconcile
from integrations.sync.runner import run_slice
from timetracking.models import TimeEntry

COLUMNS = ("module", "zoho_id", "name", "project_zoho_id", "outcome", "reason", "detail", "fingerprint")


def in_slices(connection):
    """Work a run in slices of one page each; the run."""
    run = request_run(connection, SyncRun.Trigger.INSTANT, ring=False)
    for _ in range(500):
        run_slice(run.pk, seconds=0)
        run.refresh_from_db()
        if not run.is_active:
            return run
    pytest.fail("the run does not come to its end")


def test_a_run_in_many_slices_ends_like_an_undisturbed_one(connection, sync):
    run = in_slices(connection)
    assert run.status == SyncRun.Status.SUCCEEDED
    counts = {part.module: (part.seen, part.created, part.failed) for part in run.module_runs.all()}
    for module, (seen, _, failed) in counts.items():
        rows = SyncedRecord.objects.filter(connection=connection, module=module)
        assert (seen, failed) == (rows.count(), rows.filter(outcome="failed").count()), module
    before = set(SyncedRecord.objects.values_list(*COLUMNS))
    again = sync()
    assert set(SyncedRecord.objects.values_list(*COLUMNS)) == before
    assert sum(part.created + part.updated for part in again.module_runs.all()) == 0


def test_a_holder_whose_lease_was_taken_over_can_write_nothing(connection):
    run = request_run(connection, SyncRun.Trigger.INSTANT, ring=False)
    first = claim(run.pk)
    assert claim(run.pk) is None
    SyncRun.objects.update(lease_expires_at=timezone.now())
    second = claim(run.pk)
    assert second.fencing > first.fencing
    with pytest.raises(LeaseLost):
        first.renew()
    second.renew()


def test_a_dead_run_is_rung_for_and_carried_on(connection):
    run = request_run(connection, SyncRun.Trigger.INSTANT, ring=False)
    claim(run.pk)
    assert reconcile() == 0
    SyncRun.objects.update(lease_expires_at=timezone.now())
    assert reconcile() == 1


def test_one_run_at_a_time(connection):
    request_run(connection, SyncRun.Trigger.INSTANT, ring=False)
    with pytest.raises(RunRefused, match="already in progress"):
        request_run(connection, SyncRun.Trigger.COMMAND, ring=False)


def test_a_run_that_never_gets_further_is_given_up(connection):
    run = request_run(connection, SyncRun.Trigger.INSTANT, ring=False)
    SyncRun.objects.filter(pk=run.pk).update(attempts=3)
    run_slice(run.pk)
    run.refresh_from_db()
    assert run.status == SyncRun.Status.FAILED and "without getting any further" in run.message


def test_a_demoted_user_changes_nothing_that_is_here(connection, sync, control):
    sync()
    before, entries = set(SyncedRecord.objects.values_list(*COLUMNS)), TimeEntry.objects.count()
    control.switch(demoted=True)
    run = sync()
    assert run.status == SyncRun.Status.SUCCEEDED and "does not own the portal" in run.message
    assert set(SyncedRecord.objects.values_list(*COLUMNS)) == before
    assert TimeEntry.objects.count() == entries


def test_revoked_access_asks_for_a_reconnect(connection, sync, control):
    control.switch(refresh_tokens_revoked=True)
    run = sync()
    connection.refresh_from_db()
    assert (run.status, connection.status) == (SyncRun.Status.FAILED, "needs_reconnect")


def test_a_lock_out_is_waited_for_and_the_rest_goes_on(connection, control):
    control.post("settings", {"throttle_limit": 1000})
    control.post(
        "throttle/lock", {"pattern": "/api/v3/portal/{n}/tasks", "portal": "60012345", "seconds": 600}
    )
    run = request_run(connection, SyncRun.Trigger.INSTANT, ring=False)
    run_slice(run.pk)
    run.refresh_from_db()
    assert run.is_active and run.not_before > timezone.now()
    parts = {part.module: part for part in run.module_runs.all()}
    assert parts["bugs"].seen > 0 and parts["tasks"].seen == 0
