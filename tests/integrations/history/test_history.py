"""Sync history, a run's page, mapped fields, bars, CSV and how long runs are kept."""

import csv
import io
from datetime import timedelta

from django.utils import timezone
from django.utils.html import escape

from integrations.models import RunChange, SettingsChange, SyncedRecord, SyncRun
from integrations.sync.prune import prune_history
from tests.factories import UserFactory
from tests.integrations.history.conftest import PAGE
from timetracking.models import Task

HISTORY = PAGE + "history/"


def text(client, address):
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def table(client, address):
    answer = client.get(address)
    assert answer["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_history_shows_each_run_with_its_counts_bar_and_requests(admin, sync):
    first, second = sync(user=UserFactory(name="Mara Invented")), sync()
    page = text(admin, HISTORY)
    assert "by Mara Invented" in page
    created = sum(part.created for part in first.module_runs.all())
    assert f": {created} added, 0 updated" in page
    for run in (first, second):
        assert f'href="{HISTORY}{run.pk}/"' in page
        assert f"{HISTORY}{run.pk}/" in page.split("</svg>")[0], "its bar leads to the run"
        assert sum(run.requests.values()) > 5
    assert "style=" not in page
    assert f'href="{HISTORY}{second.pk}/fields/tasks/"' in page


def test_filters_narrow_the_runs_and_nonsense_is_ignored(admin, sync):
    first, second = sync(), sync()
    SyncRun.objects.filter(pk=first.pk).update(
        trigger="scheduled", queued_at=timezone.now() - timedelta(days=9)
    )
    old, new = f'href="{HISTORY}{first.pk}/">', f'href="{HISTORY}{second.pk}/">'
    runs = "Runs</h2>"
    page = text(admin, HISTORY + "?trigger=scheduled").split(runs)[1]
    assert old in page and new not in page
    day = (timezone.now() - timedelta(days=2)).date().isoformat()
    page = text(admin, f"{HISTORY}?from={day}").split(runs)[1]
    assert new in page and old not in page
    page = text(admin, f"{HISTORY}?to={day}").split(runs)[1]
    assert old in page and new not in page
    assert new not in text(admin, HISTORY + "?problems=1").split(runs)[1]
    assert "No run matches" in text(admin, HISTORY + "?status=failed")
    nonsense = "?trigger=x&status=y&from=0001-99-01&to=9999-12-31&page=zz"
    assert new in text(admin, HISTORY + nonsense).split(runs)[1]


def test_a_runs_page_tells_what_failed_what_healed_and_fields_from_to(admin, sync, control):
    first = sync.first()
    page = text(admin, f"{HISTORY}{first.pk}/")
    failing = RunChange.objects.filter(run=first, kind="failed").order_by("id").first().record
    assert f'data-change="{failing.zoho_id}"' in page and "Newly failed" in page
    task = Task.objects.first()
    row = SyncedRecord.objects.get(module="tasks", object_id=task.pk)
    long = "<b>Renamed</b> " + "word " * 40
    control.change("tasks", {"id": row.zoho_id, "set": {"name": long}})
    unclear = SyncedRecord.objects.get(reason="customer_not_fetched")
    control.change("clients", {"id": unclear.blocked_by, "set": {"name": "Named at last"}})
    second = sync()
    page = text(admin, f"{HISTORY}{second.pk}/?show=updated")
    assert "&lt;b&gt;Renamed&lt;/b&gt;" in page and "<b>Renamed" not in page and "Name</span>" in page
    page = text(admin, f"{HISTORY}{second.pk}/?show=healed")
    assert escape(unclear.name) in page and "Primary customer could not be read" in page
    rows = table(admin, f"{HISTORY}{second.pk}/changes.csv?show=updated&module=tasks")
    assert [line["To"] for line in rows if line["Zoho id"] == row.zoho_id] == [long.strip()]
    assert "None in this run" in text(admin, f"{HISTORY}{second.pk}/?show=deleted")


def test_mapped_fields_are_those_the_run_used(admin, sync, connection):
    run = sync.first()
    part = run.module_runs.get(module="tasks")
    part.field_map = [{"source": "Old source", "target": "old_target", "data_type": "", "is_custom": False}]
    part.save()
    page = text(admin, f"{HISTORY}{run.pk}/fields/tasks/")
    assert "Old source" in page and "completion_percentage" not in page


def test_csv_has_a_line_per_run_and_module_and_no_formula(admin, sync, connection):
    sync.first()
    SyncRun.objects.update(message="=HYPERLINK(1)")
    rows = table(admin, HISTORY + "runs.csv")
    assert len(rows) == 8
    assert {row["Message"] for row in rows} == {"'=HYPERLINK(1)"}
    for row in rows:
        parts = [int(row[name]) for name in ("Created", "Updated", "Unchanged", "Excluded", "Failed")]
        assert int(row["Seen"]) == sum(parts)
    assert table(admin, HISTORY + "runs.csv?status=failed") == []


def test_runs_are_kept_as_long_as_the_administrator_sets_and_the_ledger_stays(admin, sync, connection):
    first, second = sync(), sync()
    SyncRun.objects.filter(pk=first.pk).update(queued_at=timezone.now() - timedelta(days=100))
    ledger = SyncedRecord.objects.count()
    assert prune_history() == 0
    admin.post(HISTORY + "keep/", {"days": "90"})
    connection.refresh_from_db()
    assert connection.history_days == 90
    change = SettingsChange.objects.latest("id")
    assert (change.before, change.after) == ("for 180 days", "for 90 days")
    assert prune_history() == 1
    assert list(SyncRun.objects.values_list("pk", flat=True)) == [second.pk]
    assert SyncedRecord.objects.count() == ledger
    SyncRun.objects.update(queued_at=timezone.now() - timedelta(days=1000))
    assert prune_history() == 0, "the latest run stays"
    for nonsense in ("", "3", "-90", "1e3", "99999", "²", "90.5"):
        assert (
            "Nothing was saved"
            in admin.post(HISTORY + "keep/", {"days": nonsense}, follow=True).content.decode()
        )
    connection.refresh_from_db()
    assert connection.history_days == 90


def test_another_organizations_runs_do_not_exist(stranger, sync):
    run = sync.first()
    for address in (f"{run.pk}/", f"{run.pk}/changes.csv", f"{run.pk}/fields/tasks/"):
        assert stranger.get(HISTORY + address).status_code in (302, 404), address
    assert stranger.post(HISTORY + "keep/", {"days": "30"}).status_code == 302


def test_the_watch_erases_old_runs_once_an_hour(db, settings, monkeypatch):
    from operations.management.commands.watch import Chores

    done = []
    monkeypatch.setattr("integrations.sync.prune.prune_history", lambda: done.append(1))
    chores = Chores()
    chores.do_if_due()
    chores.do_if_due()
    assert done == [1]
    settings.CHORES_SECONDS = 0
    monkeypatch.setattr("integrations.sync.prune.prune_history", lambda: 1 / 0)
    chores.do_if_due()  # a failing chore is logged and nothing else
