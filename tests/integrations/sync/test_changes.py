"""What a run says it changed: newly failed, newly healed, and our fields from → to; bounded."""

from integrations.models import RunChange, SyncedRecord
from integrations.sync import changes
from timetracking.models import Project, Task, TimeEntry


def listed(run, **where):
    return {
        change.record_id: change
        for change in RunChange.objects.filter(run=run, **where).select_related("record")
    }


def fields(change):
    return {name: (old, new) for name, old, new in change.fields}


def test_a_first_run_lists_what_failed_and_no_creation(sync, connection):
    run = sync.first()
    failed = SyncedRecord.objects.filter(outcome="failed")
    assert set(listed(run)) == set(failed.values_list("pk", flat=True))
    assert set(RunChange.objects.values_list("kind", flat=True)) == {"failed"}
    for part in run.module_runs.all():
        assert part.changes.get("failed", 0) == part.failed, part.module
    assert sync().changes.count() == 0


def test_an_updated_record_tells_its_fields_from_and_to(sync, control):
    sync.first()
    task = Task.objects.exclude(name="").first()
    project = Project.objects.first()
    entry = TimeEntry.objects.filter(kind="general").first()
    rows = {
        name: SyncedRecord.objects.get(module=name, object_id=found.pk)
        for name, found in (("tasks", task), ("projects", project), ("timesheets", entry))
    }
    control.change("tasks", {"id": rows["tasks"].zoho_id, "set": {"name": "Renamed " + "x" * 500}})
    control.change("projects", {"id": rows["projects"].zoho_id, "set": {"name": "Another name"}})
    control.change("timelogs", {"id": rows["timesheets"].zoho_id, "set": {"log_hour": "07:15"}})
    run = sync()
    found = listed(run, kind="updated")
    old, new = fields(found[rows["tasks"].pk])["name"]
    assert old == task.name and new.startswith("Renamed xxx") and new.endswith("…")
    assert len(new) <= changes.LONGEST_VALUE + 1
    assert fields(found[rows["projects"].pk]) == {"name": (project.name, "Another name")}
    assert fields(found[rows["timesheets"].pk])["minutes"] == (entry.minutes, 435)
    rows["timesheets"].refresh_from_db()
    assert rows["timesheets"].minutes == 435


def test_later_runs_list_what_came_in_what_left_and_what_is_gone(sync, control):
    sync.first()
    entry = TimeEntry.objects.filter(kind="general").first()
    log = SyncedRecord.objects.get(module="timesheets", object_id=entry.pk)
    control.change("timelogs", {"id": log.zoho_id, "set": {"approval.status": "Pending"}})
    run = sync()
    assert listed(run)[log.pk].kind == "excluded"
    control.change("timelogs", {"id": log.zoho_id, "set": {"approval.status": "Approved"}})
    assert listed(sync())[log.pk].kind == "created"
    control.change("timelogs", {"action": "delete", "id": log.zoho_id})
    assert listed(sync())[log.pk].kind == "deleted"


def test_only_the_first_of_each_kind_are_listed_and_all_are_counted(sync, monkeypatch):
    monkeypatch.setattr(changes, "LISTED_PER_KIND", 2)
    run = sync()
    part = run.module_runs.get(module="timesheets")
    assert part.changes["failed"] == part.failed > 2
    assert RunChange.objects.filter(run=run, module="timesheets", kind="failed").count() == 2


def test_minutes_of_every_readable_log_whatever_its_outcome(sync):
    sync.first()
    logs = SyncedRecord.objects.filter(module="timesheets").exclude(reason="invalid_record")
    assert logs.exists() and not logs.filter(minutes=None).exists()
    assert not SyncedRecord.objects.filter(reason="invalid_record", minutes__isnull=False).exists()
    for entry, minutes in TimeEntry.objects.values_list("pk", "minutes"):
        assert logs.get(object_id=entry).minutes == minutes


def test_rows_older_than_the_columns_get_them_without_looking_changed(sync):
    sync.first()
    before = list(
        SyncedRecord.objects.order_by("pk").values_list("minutes", "blocked_by", "last_changed_run")
    )
    SyncedRecord.objects.filter(module__in=["tasks", "timesheets"]).update(
        minutes=None, blocked_by=None, mark=None
    )
    run = sync()
    after = list(SyncedRecord.objects.order_by("pk").values_list("minutes", "blocked_by", "last_changed_run"))
    assert after == before
    assert sum(part.updated for part in run.module_runs.all()) == 0
