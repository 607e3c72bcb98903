"""Records that are hidden, trashed, deleted or unreadable while everything else goes on."""

import pytest

from integrations.models import SyncedRecord, SyncRun
from integrations.sync.deletions import HIDDEN
from timetracking.models import Milestone, Project, Task, TaskList, TimeEntry


def rows(module, **where):
    """Ledger rows of a module."""
    return SyncedRecord.objects.filter(module=module, **where)


def refuse(control, *paths, status=403):
    """Let the portal answer 403 (or another status) under these paths."""
    title = {403: "FORBIDDEN", 404: "RESOURCE_NOT_FOUND"}[status]
    body = '{"error":{"status_code":"%d","title":"%s","error_type":"OPERATIONAL_VALIDATION_ERROR"}}'
    act = {"status": status, "body": body % (status, title)}
    control.post("faults", [{"match": {"path": path}, "act": act, "times": "forever"} for path in paths])


def state(project):
    """What stands here of a project's children."""
    return [
        sorted(model.objects.filter(project_id=project.object_id).values_list())
        for model in (Milestone, TaskList, Task, TimeEntry)
    ]


@pytest.fixture
def project(sync):
    """The ledger row of a synced project with hours, after a first run."""
    sync.first()
    return rows("projects", name="Store rollout, north", outcome="synced").get()


def test_a_project_hidden_while_a_run_is_on_is_skipped_and_keeps_its_logs(project, sync, control):
    before = state(project)
    control.switch(portal_timelogs_week_only=True)  # so that each project is asked for its logs
    refuse(control, f"/projects/{project.zoho_id}/timelogs")
    run = sync()
    part = run.module_runs.get(module="timesheets")
    assert (run.status, part.status) == (SyncRun.Status.SUCCEEDED, "succeeded")
    assert "Store rollout" in part.message and "Store rollout" in run.message
    assert state(project) == before
    assert not rows("timesheets", outcome="deleted").exists()
    assert rows("timesheets", project_zoho_id=project.zoho_id, detail=HIDDEN).exists()
    control.post("faults", [])
    assert sync().message == ""
    assert state(project) == before and not rows("timesheets", detail=HIDDEN).exists()


def test_a_hidden_project_is_kept_with_all_that_is_in_it(project, sync, control):
    before = state(project)
    listed = control.post("records/1/projects", {"action": "change", "id": project.zoho_id, "touch": False})
    hidden = {"project_type": "template"}  # what the list leaves out, and whose address then answers 403
    control.change("projects", {"action": "change", "id": project.zoho_id, "set": hidden, "touch": False})
    refuse(control, f"/projects/{project.zoho_id}")
    sync()
    project.refresh_from_db()
    assert (project.outcome, project.detail) == ("synced", HIDDEN)
    assert Project.objects.get(pk=project.object_id).status == "active"
    assert state(project) == before and not SyncedRecord.objects.filter(outcome="deleted").exists()
    ledger = list(SyncedRecord.objects.order_by("pk").values_list())
    sync()
    assert list(SyncedRecord.objects.order_by("pk").values_list()) == ledger
    control.post("faults", [])
    back = {"project_type": listed["record"]["project_type"]}
    control.change("projects", {"action": "change", "id": project.zoho_id, "set": back, "touch": False})
    sync()
    project.refresh_from_db()
    assert (project.outcome, project.detail) == ("synced", "") and state(project) == before


def test_timesheets_forbidden_everywhere_is_a_failed_module(project, sync, control):
    refuse(control, r"/timelogs\?")
    run = sync()
    assert run.module_runs.get(module="timesheets").status == "failed"
    assert run.status == SyncRun.Status.SUCCEEDED and run.message
    assert not rows("timesheets", outcome="deleted").exists()


@pytest.mark.parametrize("when", ["before the run", "while the run is on"])
def test_a_trashed_project_is_deleted_with_its_children_and_returns_with_them(project, sync, control, when):
    before, counts = state(project), rows("timesheets", outcome="synced").count()
    trash = {"path": "/control/records/1/projects", "body": {"action": "trash", "id": project.zoho_id}}
    if when == "before the run":
        control.change("projects", trash["body"])
    else:
        match = {"path": r"/all-tasklists"}
        control.post("faults", [{"match": match, "act": {"control": [trash]}, "times": 1}])
    run = sync()
    assert run.status == SyncRun.Status.SUCCEEDED, run.message
    project.refresh_from_db()
    assert (project.outcome, project.reason) == ("deleted", "deleted_at_source")
    assert Project.objects.get(pk=project.object_id).status == "inactive"
    assert not TimeEntry.objects.filter(project_id=project.object_id).exists()
    for module in ("milestones", "task_lists", "tasks", "bugs", "timesheets"):
        children = rows(module, project_zoho_id=project.zoho_id)
        assert children.exists() and not children.exclude(outcome="deleted").exists(), module
    assert not Task.objects.filter(project_id=project.object_id, status="open").exists()
    control.change("projects", {"action": "restore", "id": project.zoho_id})
    sync()
    project.refresh_from_db()
    assert project.outcome == "synced" and Project.objects.get(pk=project.object_id).status == "active"
    assert rows("timesheets", outcome="synced").count() == counts
    assert state(project)[:3] == before[:3]
    assert len(state(project)[3]) == len(before[3])


@pytest.mark.parametrize(
    ("module", "entity", "model"),
    [("milestones", "milestones", Milestone), ("task_lists", "tasklists", TaskList)],
)
def test_milestones_and_task_lists_deleted_are_closed_and_return(sync, control, module, entity, model):
    sync.first()
    row = rows(module, outcome="synced", object_id__in=model.objects.filter(status="open").values("pk"))[0]
    control.change(entity, {"action": "trash", "id": row.zoho_id})
    sync()
    row.refresh_from_db()
    assert (row.outcome, row.reason) == ("deleted", "deleted_at_source")
    assert model.objects.get(pk=row.object_id).status == "closed"
    control.change(entity, {"action": "restore", "id": row.zoho_id})
    sync()
    row.refresh_from_db()
    assert (row.outcome, row.reason, row.detail) == ("synced", "", "")
    assert model.objects.get(pk=row.object_id).status == "open"


def test_a_record_that_a_list_missed_is_kept_when_it_answers(sync, control):
    sync.first()
    task = rows("tasks", outcome="synced").order_by("-pk")[0]
    everything = {"control": [], "status": 204, "body": ""}
    control.post("faults", [{"match": {"path": r"/60012345/tasks\?"}, "act": everything, "times": "forever"}])
    run = sync()
    assert run.module_runs.get(module="tasks").seen == 0
    gone = rows("tasks", outcome="deleted").values_list("zoho_id", flat=True)
    assert not [zoho_id for zoho_id in gone if zoho_id.isdigit()]
    task.refresh_from_db()
    assert task.outcome == "synced"


def test_an_unreadable_project_changes_nothing_but_its_outcome(project, sync, control):
    control.change("projects", {"action": "change", "id": project.zoho_id, "set": {"name": ""}})
    sync()
    project.refresh_from_db()
    assert (project.outcome, project.reason) == ("failed", "invalid_record")
    assert rows("tasks", project_zoho_id=project.zoho_id, reason="project_not_fetched").exists()
    control.change(
        "projects", {"action": "change", "id": project.zoho_id, "set": {"name": "Store rollout, north"}}
    )
    sync()
    project.refresh_from_db()
    assert project.outcome == "synced" and not rows(
        "timesheets", project_zoho_id=project.zoho_id, reason="project_not_fetched"
    )


def test_an_unreadable_log_leaves_the_unbilled_pool_and_returns(project, sync, control):
    row = rows("timesheets", outcome="synced", project_zoho_id=project.zoho_id)[0]
    hours = control.post("records/1/logs", {"action": "change", "id": row.zoho_id})["record"]["log_hour"]
    control.change("logs", {"action": "change", "id": row.zoho_id, "set": {"log_hour": "99:99"}})
    sync()
    row.refresh_from_db()
    assert (row.reason, row.object_id) == ("invalid_record", None)
    control.change("logs", {"action": "change", "id": row.zoho_id, "set": {"log_hour": hours}})
    sync()
    row.refresh_from_db()
    assert row.outcome == "synced" and TimeEntry.objects.filter(pk=row.object_id).exists()


def test_a_scope_missing_for_customers_keeps_projects_as_they_were(project, sync, control):
    before = list(Project.objects.order_by("pk").values_list())
    control.switch(missing_scope=["clients"])
    run = sync()
    assert run.module_runs.get(module="customers").status == "failed"
    assert run.module_runs.get(module="projects").status == "succeeded"
    assert list(Project.objects.order_by("pk").values_list()) == before
    assert run.status == SyncRun.Status.SUCCEEDED and "Customers" in run.message


@pytest.mark.parametrize(
    "scope", ["projects", "users", "tasklists", "tasks", "milestones", "bugs", "timesheets"]
)
def test_a_scope_missing_for_one_module_fails_that_module_alone(sync, control, scope):
    sync.first()
    columns = ("pk", "module", "outcome", "reason", "object_id")
    ledger = list(SyncedRecord.objects.order_by("pk").values_list(*columns))
    entries = list(TimeEntry.objects.order_by("pk").values_list())
    control.switch(missing_scope=[scope])
    run = sync()
    module = {"tasklists": "task_lists"}.get(scope, scope)
    failed = [part.module for part in run.module_runs.all() if part.status == "failed"]
    assert failed == [module] and run.status == SyncRun.Status.SUCCEEDED
    assert list(SyncedRecord.objects.order_by("pk").values_list(*columns)) == ledger
    assert list(TimeEntry.objects.order_by("pk").values_list()) == entries


def test_a_scope_missing_for_bugs_from_the_first_run_on(sync, control):
    control.switch(missing_scope=["bugs"])
    sync()
    assert rows("timesheets", outcome="failed", reason="bug_not_fetched").exists()
    assert not rows("bugs").exists()
