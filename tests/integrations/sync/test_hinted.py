"""A sync that hints asked for reads the projects they named, and a planned run finds nothing left to do there."""

import pytest
from django.db.models import Count

from integrations.models import Brake, Connection, RunChange, SyncedRecord, SyncMark, SyncRun
from integrations.sync import hinted
from integrations.sync.queue import request_run
from integrations.sync.runner import run_slice
from timetracking.models import Project, Task, TimeEntry

CHILDREN = ("milestones", "task_lists", "tasks", "bugs", "timesheets")


@pytest.fixture
def projects(sync):
    """Zoho ids of two synced projects after a first run, the one with more kinds of records and logs first."""
    sync()
    rows = SyncedRecord.objects.filter(outcome="synced", module__in=CHILDREN)
    names = set(
        SyncedRecord.objects.filter(module="projects", outcome="synced").values_list("zoho_id", flat=True)
    )
    counted = rows.values_list("project_zoho_id").annotate(Count("module", distinct=True), Count("id"))
    found = sorted(((kinds, number, key) for key, kinds, number in counted if key in names), reverse=True)
    return found[0][2], found[1][2]


def some(project, module, number=0):
    rows = SyncedRecord.objects.filter(project_zoho_id=project, module=module, outcome="synced")
    return rows.order_by("pk")[number]


def run_of(connection, *names, seconds=60):
    run = request_run(connection, SyncRun.Trigger.WEBHOOK, ring=False, selection={"projects": list(names)})
    for _ in range(500):
        run_slice(run.pk, seconds)
        run.refresh_from_db()
        if not run.is_active:
            return run
    pytest.fail(f"the run did not end: {run.message}")


def change(control, entity, row, **values):
    control.change(entity, {"action": "change", "id": row.zoho_id, "set": values})


@pytest.mark.parametrize(("few", "seconds"), [(1000, 60), (1000, 0), (0, 60)])
def test_one_project_is_read_and_nothing_else(connection, sync, control, projects, monkeypatch, few, seconds):
    monkeypatch.setattr(hinted, "FEW", few)
    here, elsewhere = projects
    task, log, other = some(here, "tasks"), some(here, "timesheets"), some(elsewhere, "tasks")
    going = some(here, "timesheets", 1)
    change(control, "tasks", task, name="Renamed by somebody")
    change(control, "tasks", other, name="Renamed elsewhere")
    change(control, "logs", log, log_hour="07:15")
    project = SyncedRecord.objects.get(module="projects", zoho_id=here)
    change(control, "projects", project, name="Another name")
    control.change("logs", {"action": "delete", "id": going.zoho_id})
    marks = list(SyncMark.objects.order_by("pk").values())
    synced_at = Connection.objects.get().last_synced_at

    run = run_of(connection, here, seconds=seconds)
    assert (run.status, run.message, run.plan["modules"]["tasks"]["mode"]) == ("succeeded", "", "hinted")
    assert Task.objects.get(pk=task.object_id).name == "Renamed by somebody"
    assert TimeEntry.objects.get(pk=log.object_id).minutes == 435
    assert Project.objects.filter(name="Another name").exists()
    assert Task.objects.get(pk=other.object_id).name != "Renamed elsewhere"
    touched = SyncedRecord.objects.filter(last_changed_run=run, module__in=CHILDREN)
    assert set(touched.values_list("project_zoho_id", flat=True)) == {here}
    assert TimeEntry.objects.filter(pk=going.object_id).exists() is (
        few == 0
    )  # seen as gone where all is read
    # neither marks nor the time of the last sync move, and few requests were made
    assert list(SyncMark.objects.order_by("pk").values()) == marks
    assert Connection.objects.get().last_synced_at == synced_at
    assert sum(run.requests.values()) <= 30, run.requests
    seen = dict(run.module_runs.values_list("module", "seen"))
    assert seen["projects"] == 1 and seen["tasks"] < SyncedRecord.objects.filter(module="tasks").count()

    later = sync()
    left = RunChange.objects.filter(run=later, record__project_zoho_id=here)
    if few:
        assert not left.exists(), list(left.values())
    else:  # what is gone, and what has no id, has no change to be found by
        keys = set(left.values_list("record__zoho_id", flat=True))
        assert {key for key in keys if key.isdigit()} == {going.zoho_id}
    assert Task.objects.get(pk=other.object_id).name == "Renamed elsewhere"


def test_a_project_in_the_bin_takes_its_records_along(connection, control, projects, settings):
    settings.SYNC_BRAKE_PERCENT = 100
    here, elsewhere = projects
    control.change("projects", {"action": "trash", "id": here})
    kept = SyncedRecord.objects.filter(project_zoho_id=elsewhere, outcome="deleted").count()
    run = run_of(connection, here)
    assert run.status == "succeeded"
    row = SyncedRecord.objects.get(module="projects", zoho_id=here)
    assert row.outcome == "deleted" and Project.objects.get(pk=row.object_id).status == "inactive"
    children = SyncedRecord.objects.filter(project_zoho_id=here, module__in=CHILDREN)
    assert set(children.values_list("outcome", flat=True)) == {"deleted"}
    assert SyncedRecord.objects.filter(project_zoho_id=elsewhere, outcome="deleted").count() == kept


def test_much_at_once_is_asked_about_as_in_any_run(connection, control, projects, settings):
    settings.SYNC_BRAKE_RECORDS, settings.SYNC_BRAKE_PERCENT = 1, 0
    here, _ = projects
    logs = [some(here, "timesheets", number) for number in range(3)]
    control.change("logs", *({"action": "delete", "id": log.zoho_id} for log in logs))
    run = run_of(connection, here)
    assert run.module_runs.get(module="timesheets").status == "failed"
    assert Brake.objects.get(module="timesheets").count == 3
    assert TimeEntry.objects.filter(pk__in=[log.object_id for log in logs]).count() == 3


def test_who_does_not_own_the_portal_any_more_removes_nothing(connection, control, projects):
    here, _ = projects
    before = SyncedRecord.objects.filter(outcome="deleted").count()
    control.change("logs", {"action": "delete", "id": some(here, "timesheets").zoho_id})
    control.switch(demoted=True)
    run_of(connection, here)
    assert SyncedRecord.objects.filter(outcome="deleted").count() == before
