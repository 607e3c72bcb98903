"""Zoho answers one call with errors, however often it is asked: it is given up and told of, and all else goes on."""

from integrations.models import SyncedRecord, SyncRun
from integrations.sync.lease import MAX_STARTS_WITHOUT_PROGRESS
from tests.integrations.sync.kill_worker import _dump
from tests.integrations.sync.kills import differing
from timetracking.models import TimeEntry

BROKEN = {"status": 500, "body": '{"error": {"title": "INTERNAL_SERVER_ERROR"}}'}


def tables():
    """Everything but the counts of the latest run."""
    return {table: rows for table, rows in _dump().items() if table != "counts"}


def refuse(control, path):
    """Let the portal answer with errors under this path, for ever."""
    control.post("faults", [{"match": {"path": path}, "act": BROKEN, "times": "forever"}])


def test_one_listing_that_fails_for_ever_keeps_no_other_module_out(control, sync, patiently):
    refuse(control, r"/60012345/issues\?")
    run = patiently()
    parts = {part.module: part.status for part in run.module_runs.all()}
    assert (run.status, run.starts) == (SyncRun.Status.SUCCEEDED, 1 + MAX_STARTS_WITHOUT_PROGRESS)
    assert {module for module, status in parts.items() if status == "failed"} == {"bugs"}
    assert "Bugs" in run.message and "HTTP 500" in run.message
    assert TimeEntry.objects.filter(kind="task").exists()
    control.post("faults", [])
    assert sync().message == ""
    healed = tables()
    assert sync().message == "" and differing(tables(), healed) == {}
    assert TimeEntry.objects.filter(kind="bug").exists()


def test_one_project_s_logs_that_fail_for_ever_leave_those_of_others_read(control, sync, patiently):
    sync.first()
    control.switch(portal_timelogs_week_only=True)  # so that each project is asked for its logs
    before, project = tables(), SyncedRecord.objects.get(module="projects", name="Store rollout, north")
    refuse(control, f"/projects/{project.zoho_id}/timelogs")
    other = SyncedRecord.objects.filter(module="timesheets", outcome="synced").exclude(
        project_zoho_id=project.zoho_id
    )[0]
    control.change("logs", {"action": "change", "id": other.zoho_id, "set": {"notes": "Read all the same"}})
    run = patiently()
    part = run.module_runs.get(module="timesheets")
    assert (run.status, part.status) == (SyncRun.Status.SUCCEEDED, "failed")
    assert "Store rollout, north" in part.message and "answers with errors" in part.message
    assert TimeEntry.objects.get(pk=other.object_id).notes == "Read all the same"
    assert not SyncedRecord.objects.filter(module="timesheets", outcome="deleted").exists()
    control.post("faults", [])
    assert sync().message == ""
    assert differing(tables(), before).keys() <= {"TimeEntry", "SyncedRecord"}
    assert len(tables()["TimeEntry"]) == len(before["TimeEntry"])


def test_a_project_s_customers_that_fail_for_ever_are_kept_as_known(control, sync, patiently):
    sync.first()
    before, project = tables(), SyncedRecord.objects.get(module="projects", name="Store rollout, north")
    refuse(control, f"/projects/{project.zoho_id}/clients")
    run = patiently()
    part = run.module_runs.get(module="projects")
    assert (run.status, part.status) == (SyncRun.Status.SUCCEEDED, "failed") and "HTTP 500" in part.message
    assert differing(tables(), before) == {}
    control.post("faults", [])
    assert sync().message == "" and differing(tables(), before) == {}


def test_one_record_s_address_that_fails_for_ever_is_kept_and_the_others_are_looked_at(
    control, sync, patiently
):
    sync.first()
    broken, gone = SyncedRecord.objects.filter(module="tasks", outcome="synced").order_by("pk")[:2]
    for row in (broken, gone):
        control.change("tasks", {"action": "delete", "id": row.zoho_id})
    refuse(control, f"/tasks/{broken.zoho_id}")
    run = patiently()
    part = run.module_runs.get(module="tasks")
    broken.refresh_from_db()
    gone.refresh_from_db()
    assert (broken.outcome, gone.outcome) == ("synced", "deleted")
    assert (run.status, part.status) == (SyncRun.Status.SUCCEEDED, "failed")
    assert broken.name in part.message and gone.name not in part.message
    control.post("faults", [])
    assert sync().message == ""
    broken.refresh_from_db()
    assert broken.outcome == "deleted"


def test_a_run_that_advances_a_little_each_time_is_never_given_up(control, sync, patiently):
    def fail_soon():
        """The eighth request from now on, and whatever follows it in this start."""
        control.post("faults", [{"match": {"path": "/api/v3/", "nth": 8}, "act": BROKEN, "times": "forever"}])

    run = patiently(before_start=fail_soon)
    assert run.status == SyncRun.Status.SUCCEEDED and run.message == "", run.message
    assert run.starts > 3 * MAX_STARTS_WITHOUT_PROGRESS
    control.post("faults", [])
    carried = tables()
    assert sync().message == "" and differing(tables(), carried) == {}


def test_a_server_that_is_away_ends_the_run_after_some_tries(connection, patiently):
    connection.api_url = "http://127.0.0.1:9"
    connection.save()
    run = patiently()
    assert (run.status, run.starts) == (SyncRun.Status.FAILED, MAX_STARTS_WITHOUT_PROGRESS)
    assert "connection failed" in run.message
