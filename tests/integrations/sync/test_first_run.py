"""A first run over the practice portal, and a second one over the same data."""

from integrations.models import SyncedRecord, SyncRun
from timetracking.models import Project, Task, TimeEntry


def test_first_run_brings_everything_in_and_its_counts_add_up(sync, connection):
    run = sync()
    assert (run.status, run.message) == (SyncRun.Status.SUCCEEDED, "")
    for part in run.module_runs.all():
        rows = SyncedRecord.objects.filter(connection=connection, module=part.module)
        assert part.seen == rows.count(), part.module
        assert part.failed == rows.filter(outcome="failed").count(), part.module
        assert part.excluded == rows.filter(outcome="excluded").count(), part.module
        assert part.status == "succeeded", part.module
    assert Project.objects.exists() and Task.objects.filter(parent__isnull=False).exists()
    assert TimeEntry.objects.filter(kind="general").exists()
    assert not SyncedRecord.objects.filter(outcome="excluded", reason="").exists()


def test_second_run_over_an_unchanged_portal_writes_nothing(sync, connection):
    first = sync()
    before = list(SyncedRecord.objects.order_by("pk").values_list())
    entries = list(TimeEntry.objects.order_by("pk").values_list())
    run = sync()
    assert list(SyncedRecord.objects.order_by("pk").values_list()) == before
    assert list(TimeEntry.objects.order_by("pk").values_list()) == entries
    for part in run.module_runs.all():
        assert (part.created, part.updated, part.deleted) == (0, 0, 0), part.module
        assert part.seen == first.module_runs.get(module=part.module).seen, part.module
