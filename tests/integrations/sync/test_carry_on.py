"""A first sync that failed or was stopped is carried on by the next run."""

from integrations import lifecycle
from integrations.models import Connection, SeenChunk, SyncedRecord, SyncRun
from integrations.sync.queue import request_run
from integrations.sync.runner import run_slice
from timetracking.models import TimeEntry

LOST = {
    "control": [
        {"path": "/control/switches", "body": {"refresh_tokens_revoked": True}},
        {"path": "/control/tokens/expire"},
    ]
}


def calls(control, path):
    """How often the portal was asked for this path since the log was cleared."""
    import requests

    answer = requests.get(f"{control.url}/control/log", params={"path": path}, timeout=10).json()
    return len(answer["calls"])


def test_the_next_run_goes_on_where_a_failed_first_sync_stopped(connection, control, sync):
    control.post("faults", [{"match": {"path": "/timelogs", "nth": 11}, "act": LOST, "times": 1}])
    failed = sync()
    assert failed.status == SyncRun.Status.FAILED and "connect again" in failed.message.lower()
    before = TimeEntry.objects.count()
    assert before and SeenChunk.objects.filter(run=failed, module="timesheets").exists()
    control.post("faults", [])
    control.switch(refresh_tokens_revoked=False)
    Connection.objects.update(status="active")
    first = calls(control, "/timelogs")
    control.post("log/clear")
    run = sync()
    assert run.status == SyncRun.Status.SUCCEEDED, run.message
    assert calls(control, "/60012345/tasks") == calls(control, "/60012345/issues") == 0
    second = calls(control, "/timelogs")
    control.post("log/clear")
    counts = {part.module: part.seen for part in run.module_runs.all()}
    for module, seen in counts.items():
        assert seen == SyncedRecord.objects.filter(module=module).count(), module
    assert TimeEntry.objects.count() > before and not SyncedRecord.objects.filter(outcome="deleted").exists()
    ledger = list(SyncedRecord.objects.order_by("pk").values_list())
    Connection.objects.update(last_synced_at=None)
    anew = sync()
    assert list(SyncedRecord.objects.order_by("pk").values_list()) == ledger
    assert {part.module: part.seen for part in anew.module_runs.all()} == counts
    # a few calls were under way when access was lost; what had been written was not asked for again
    assert first + second <= calls(control, "/timelogs") + 10 and second < calls(control, "/timelogs")
    assert not SeenChunk.objects.exists()


def test_the_next_run_goes_on_where_somebody_stopped_it(connection, control, sync):
    run = request_run(connection, SyncRun.Trigger.INITIAL, ring=False)
    while not SyncedRecord.objects.filter(module="bugs").exists():
        run_slice(run.pk, seconds=0)
    lifecycle.stop_run(connection, None)
    control.post("log/clear")
    assert sync().status == SyncRun.Status.SUCCEEDED
    assert calls(control, "/60012345/tasks") == 0 and TimeEntry.objects.exists()


def test_what_was_put_right_in_between_counts(connection, control, sync):
    control.post("faults", [{"match": {"path": "/timelogs", "nth": 11}, "act": LOST, "times": 1}])
    sync()
    control.post("faults", [])
    control.switch(refresh_tokens_revoked=False)
    Connection.objects.update(status="active")
    row = SyncedRecord.objects.filter(module="projects", reason="no_primary_customer")[0]
    customer = SyncedRecord.objects.filter(module="customers", outcome="synced")[0]
    link = [{"id": customer.zoho_id, "is_primary": True}]
    control.post("records/1/project_clients", {"project_id": row.zoho_id, "clients": link})
    sync()
    row.refresh_from_db()
    assert row.outcome == "synced"
    assert not SyncedRecord.objects.filter(project_zoho_id=row.zoho_id, reason="project_not_fetched").exists()


def test_later_syncs_begin_anew(connection, control, sync):
    sync()
    task = SyncedRecord.objects.filter(module="tasks", outcome="synced")[0]
    control.post("faults", [{"match": {"path": "/timelogs", "nth": 11}, "act": LOST, "times": 1}])
    assert sync().status == SyncRun.Status.FAILED
    control.post("faults", [])
    control.switch(refresh_tokens_revoked=False)
    Connection.objects.update(status="active")
    control.change("tasks", {"action": "change", "id": task.zoho_id, "set": {"name": "Changed meanwhile"}})
    sync()
    task.refresh_from_db()
    assert task.name == "Changed meanwhile"
