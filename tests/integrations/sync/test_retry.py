"""A retry re-reads what was chosen and what hangs on it, and nothing else."""

import pytest
from django.db.models import Count

from integrations.models import Connection, RunChange, SyncedRecord, SyncRun
from integrations.sync.queue import request_run
from integrations.sync.runner import run_slice
from timetracking.models import Project, Task, TimeEntry


def row(module, **where):
    found = SyncedRecord.objects.filter(module=module, **where).order_by("pk").first()
    assert found is not None, (module, where)
    return found


def retried(sync, *rows):
    return sync(SyncRun.Trigger.RETRY, selection={"ids": [found.pk for found in rows]})


@pytest.fixture
def homeless(sync):
    """A project without a primary customer that keeps children out, after a first run."""
    sync.first()
    blocked = set(SyncedRecord.objects.filter(module="timesheets").values_list("blocked_by", flat=True))
    return row("projects", reason="no_primary_customer", zoho_id__in=[key for key in blocked if key])


def give_customer(control, project):
    customer = row("customers", outcome="synced")
    control.change(
        "project_clients",
        {"project_id": project.zoho_id, "clients": [{"id": customer.zoho_id, "is_primary": True}]},
    )


def test_a_project_that_heals_brings_its_children_and_nothing_else_is_read(sync, control, homeless):
    children = SyncedRecord.objects.filter(blocked_by=homeless.zoho_id)
    waiting = {child.pk for child in children}
    synced_at = Connection.objects.get().last_synced_at
    give_customer(control, homeless)
    run = retried(sync, homeless)
    assert (run.status, run.message) == ("succeeded", "")
    homeless.refresh_from_db()
    assert homeless.outcome == "synced" and Project.objects.filter(pk=homeless.object_id).exists()
    assert not SyncedRecord.objects.filter(pk__in=waiting, reason="project_not_fetched").exists()
    assert SyncedRecord.objects.filter(pk__in=waiting, module="timesheets", outcome="synced").exists()
    elsewhere = SyncedRecord.objects.filter(last_changed_run=run).exclude(project_zoho_id=homeless.zoho_id)
    assert set(elsewhere.values_list("module", flat=True)) <= {"projects", "customers", "users"}
    assert run.module_runs.get(module="projects").seen == 1
    assert Connection.objects.get().last_synced_at == synced_at
    healed = RunChange.objects.filter(run=run, kind="healed")
    assert healed.filter(record=homeless, reason="no_primary_customer").exists()
    assert set(healed.filter(module="timesheets").values_list("reason", flat=True)) == {"project_not_fetched"}
    assert (
        run.module_runs.get(module="timesheets").changes["healed"]
        == healed.filter(module="timesheets").count()
    )
    # and the next whole run finds nothing left to do
    again = sync()
    assert sum(part.created + part.updated for part in again.module_runs.all()) == 0


def test_a_record_that_still_fails_stays_where_it_was(sync, homeless):
    before = (
        SyncedRecord.objects.exclude(outcome="synced").order_by("pk").values_list("pk", "reason", "outcome")
    )
    before = list(before)
    run = retried(sync, homeless)
    assert run.status == "succeeded"
    after = (
        SyncedRecord.objects.exclude(outcome="synced").order_by("pk").values_list("pk", "reason", "outcome")
    )
    assert list(after) == before
    assert run.module_runs.get(module="projects").failed == 1
    assert run.module_runs.get(module="tasks").status == "skipped"


def test_a_child_is_helped_by_reading_its_parent(sync, control, homeless):
    child = row("timesheets", blocked_by=homeless.zoho_id)
    give_customer(control, homeless)
    retried(sync, child)
    child.refresh_from_db()
    assert (child.outcome, child.blocked_by) != ("failed", homeless.zoho_id)


def test_all_of_a_cause_and_one_excluded_log_approved_meanwhile(sync, control, connection):
    sync.first()
    log = row("timesheets", reason="not_approved")
    entries = TimeEntry.objects.count()
    control.change("timelogs", {"id": log.zoho_id, "set": {"approval.status": "Approved"}})
    waiting = SyncedRecord.objects.filter(module="timesheets", reason="not_approved").count()
    run = sync(SyncRun.Trigger.RETRY, selection={"module": "timesheets", "reason": "not_approved"})
    log.refresh_from_db()
    assert (log.outcome, log.reason) == ("synced", "") and log.minutes > 0
    assert TimeEntry.objects.count() == entries + 1
    assert run.module_runs.get(module="timesheets").seen == waiting


def test_many_records_are_picked_out_of_their_projects_lists(sync, control, monkeypatch):
    monkeypatch.setattr("integrations.sync.retry.SINGLY", 1)
    sync()
    log = row("timesheets", reason="not_approved")
    waiting = SyncedRecord.objects.filter(module="timesheets", reason="not_approved").count()
    control.change("timelogs", {"id": log.zoho_id, "set": {"approval.status": "Approved"}})
    run = sync(SyncRun.Trigger.RETRY, selection={"module": "timesheets", "reason": "not_approved"})
    log.refresh_from_db()
    assert log.outcome == "synced"
    assert run.module_runs.get(module="timesheets").seen == waiting > 1
    assert "/logs/" not in "".join(run.requests)


def test_a_log_follows_its_task_that_could_not_be_read(sync, control, settings):
    settings.SYNC_BRAKE_RECORDS = 1000  # the task may have many logs
    sync()
    # of the task with the fewest hours: the brake would ask about many at once
    few = (
        Task.objects.annotate(hours=Count("time_entries")).filter(hours__gt=0).order_by("hours", "pk").first()
    )
    entry = few.time_entries.first()
    task, log = row("tasks", object_id=entry.task_id), row("timesheets", object_id=entry.pk)
    control.change("tasks", {"id": task.zoho_id, "set": {"name": ""}})
    run = sync()
    log.refresh_from_db()
    assert (log.reason, log.blocked_by, log.minutes) == ("task_not_fetched", task.zoho_id, entry.minutes)
    failed = RunChange.objects.filter(run=run, kind="failed")
    assert set(failed.values_list("record_id", flat=True)) >= {task.pk, log.pk}
    control.change("tasks", {"id": task.zoho_id, "set": {"name": "Readable again"}})
    retried(sync, task)
    log.refresh_from_db()
    assert (log.outcome, log.reason, log.blocked_by) == ("synced", "", None)


def test_a_customer_that_heals_brings_its_projects(sync, control):
    sync.first()
    project = row("projects", reason="customer_not_fetched")
    customer = row("customers", zoho_id=project.blocked_by)
    control.change("clients", {"id": customer.zoho_id, "set": {"name": "Named at last"}})
    retried(sync, customer)
    project.refresh_from_db()
    customer.refresh_from_db()
    assert (customer.outcome, project.outcome) == ("synced", "synced")


def test_a_record_gone_meanwhile_is_told_as_deleted(sync, control, homeless):
    control.change("projects", {"action": "delete", "id": homeless.zoho_id})
    retried(sync, homeless)
    homeless.refresh_from_db()
    assert (homeless.outcome, homeless.reason) == ("deleted", "deleted_at_source")


def test_a_retry_in_slices_ends_alike(connection, control, homeless):
    give_customer(control, homeless)
    run = request_run(connection, SyncRun.Trigger.RETRY, ring=False, selection={"ids": [homeless.pk]})
    for _ in range(300):
        run_slice(run.pk, seconds=0)
        run.refresh_from_db()
        if not run.is_active:
            break
    assert run.status == "succeeded"
    assert not SyncedRecord.objects.filter(blocked_by=homeless.zoho_id).exists()
