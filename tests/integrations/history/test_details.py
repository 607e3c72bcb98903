"""The details page: status words, totals that add up, live progress, silence of the worker."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.models import Connection, SyncedRecord, SyncRun
from integrations.sync.queue import request_run
from integrations.sync.runner import run_slice
from operations.heartbeat import WORKER, beat
from operations.models import Heartbeat
from organizations.models import Membership
from tests.integrations.history.conftest import PAGE

SPECIFIED = (
    "Show Sync History",
    "View Error Summary",
    "View Mapped Fields",
    "Integration Preferences",
    "Customer Duplication",
)
LIVE = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def living_worker(transactional_db):
    beat(WORKER)


def text(client, address=PAGE, **headers):
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def cells(page, module):
    row = re.search(rf'data-module="{module}">(.*?)</tr>', page, re.S)[1]
    return [re.sub(r"<span class=\"visually-hidden\">.*?</span>|<[^>]+>", "", cell).strip() for cell in
            re.findall(r"<td.*?>(.*?)</td>", row, re.S)]  # fmt: skip


def test_totals_of_the_ledger_add_up_to_what_zoho_reported(admin, sync):
    run = sync.first()
    page = text(admin)
    assert "The modules have been synced with Zoho Projects" in page
    for part in run.module_runs.all():
        _, reported, synced, excluded, failed, added, *_ = cells(page, part.module)
        rows = SyncedRecord.objects.filter(module=part.module)
        assert int(reported) == part.seen == int(synced) + int(excluded) + int(failed)
        assert int(failed) == rows.filter(outcome="failed").count()
        assert int(added) == part.created
    assert f"{sum(run.requests.values())} requests used" in page
    assert f'href="{PAGE}history/{run.pk}/"' in page.split("</svg>")[1], "the bar of the run leads to it"
    for words in ("Refresh", "Instant Sync", "Disable Integration", "Delete", *SPECIFIED):
        assert words in page, words
    assert "style=" not in page


def test_status_words_follow_the_life_of_the_connection(admin, sync, connection):
    def status():
        return re.search(r"data-status>([^<]+)<", text(admin))[1]

    run = request_run(connection, SyncRun.Trigger.INSTANT, ring=False)
    assert status() == "Sync in Progress" and "Waiting for the worker" in text(admin)
    assert "Instant Sync" not in text(admin)
    SyncRun.objects.filter(pk=run.pk).update(status="succeeded", finished_at=timezone.now())
    assert status() == "Active"
    for state, words in (("disabled", "Disabled"), ("needs_reconnect", "Reconnect needed")):
        Connection.objects.update(status=state)
        assert status() == words
        assert "Instant Sync" not in text(admin)
    assert ">Reconnect<" in text(admin)


def test_a_module_that_could_not_be_read_is_active_with_a_warning(admin, sync, control):
    run = sync.first()
    run.module_runs.filter(module="bugs").update(
        status="failed", message="Bugs could not be read: forbidden."
    )
    page = text(admin)
    assert cells(page, "bugs")[0].endswith("Bugs could not be read: forbidden.")
    assert "Active, with a warning" in page and cells(page, "tasks")[0].endswith("Active")


def status_of(page):
    return re.search(r"data-status>([^<]+)<", page)[1]


def test_a_sync_that_was_stopped_is_no_plain_active_until_its_rest_is_there(admin, sync, connection):
    sync()
    run = request_run(connection, SyncRun.Trigger.INSTANT, ring=False, is_whole=True)
    while "sweep milestones" not in run.module_runs.get(module="customers").cursor.get("done", ()):
        run_slice(run.pk, seconds=0)
    admin.post(f"{PAGE}stop/")
    page = text(admin)
    assert status_of(page) == "Active, with a warning"
    user = Membership.objects.get(organization=connection.organization, role="admin").user
    assert f"Stopped by {user}. What was written so far was kept; the next sync brings the rest." in page
    run.refresh_from_db()
    assert f"{timezone.localtime(run.finished_at):%Y-%m-%d %H:%M}" in page
    assert cells(page, "tasks")[0].endswith("Active, with a warning")
    assert cells(page, "milestones")[0].endswith("Active"), "this one was read to its end"
    assert "Active, with a warning" in text(admin, "/settings/zoho-apps/")
    sync()
    assert status_of(text(admin)) == "Active"


def test_a_retry_that_went_well_does_not_hide_what_the_sync_before_it_left_out(admin, sync, connection):
    whole = sync()
    whole.module_runs.filter(module="bugs").update(status="failed", message="Bugs could not be read.")
    SyncRun.objects.filter(pk=whole.pk).update(message="Bugs could not be read.")
    row = SyncedRecord.objects.filter(module="tasks", outcome="failed").exclude(zoho_id__startswith="?")[0]
    retry = sync(SyncRun.Trigger.RETRY, is_whole=False, selection={"ids": [row.pk]})
    assert retry.status == "succeeded"
    page = text(admin)
    assert status_of(page) == "Active, with a warning" and cells(page, "bugs")[0].endswith("not be read.")
    assert "The latest run read only a part." in page and f"{PAGE}history/{whole.pk}/" in page
    sync(is_whole=True, modules=["bugs"])
    assert status_of(text(admin)) == "Active"


def test_progress_is_a_fragment_and_buttons_change_only_with_the_state(admin, sync, connection):
    sync.first()
    run = request_run(connection, SyncRun.Trigger.INSTANT, ring=False)
    run.module_runs.filter(module="tasks").update(status="running", seen=1234, created=1234)
    SyncRun.objects.filter(pk=run.pk).update(status="running", started_at=timezone.now())
    page = text(admin, PAGE + "status/?was=syncing", **LIVE)
    assert "<html" not in page and 'id="actions"' not in page
    assert "Reading Tasks" in page and "1,234 records so far" in page and "every 2s" in page
    SyncRun.objects.filter(pk=run.pk).update(
        not_before=timezone.now() + timedelta(minutes=20), message="Zoho says so."
    )
    page = text(admin, PAGE + "status/?was=syncing", **LIVE)
    until = timezone.localtime(SyncRun.objects.get(pk=run.pk).not_before).strftime("%H:%M")
    assert f"Resumes at {until}" in page and "Zoho says so." in page
    SyncRun.objects.filter(pk=run.pk).update(status="succeeded", not_before=None, finished_at=timezone.now())
    page = text(admin, PAGE + "status/?was=syncing", **LIVE)
    assert 'id="actions" hx-swap-oob="true"' in page and "Instant Sync" in page and "every 30s" in page
    assert admin.get(PAGE + "status/").status_code == 302
    Connection.objects.update(is_deleted=True)
    assert admin.get(PAGE + "status/", headers=LIVE)["HX-Redirect"] == PAGE


def test_a_silent_worker_is_shown_within_two_minutes(admin, connection):
    assert "The worker is silent" not in text(admin)
    seen = Heartbeat.objects.get(name=WORKER).seen_at
    with time_machine.travel(seen + timedelta(seconds=119, milliseconds=500), tick=False):
        assert "last seen 119 seconds ago" in text(admin)
        assert "The worker is silent" in text(admin, PAGE + "status/?was=active", **LIVE)
    Heartbeat.objects.all().delete()
    assert "it was never seen" in text(admin)


def test_a_run_that_takes_hours_says_so(admin, connection):
    run = request_run(connection, SyncRun.Trigger.INSTANT, ring=False)
    SyncRun.objects.filter(pk=run.pk).update(status="running", started_at=timezone.now() - timedelta(hours=3))
    assert "taking longer than usual" in text(admin)


def test_pages_ask_the_database_as_often_for_many_records_as_for_few(admin, sync, connection):
    sync.first()
    most = {"": 26, "status/?was=active": 18, "history/": 16, "errors/": 18, "errors/tasks/": 22}

    def queries():
        counted = {}
        for address in most:
            headers = LIVE if address.startswith("status") else {}
            with CaptureQueriesContext(database) as found:
                text(admin, PAGE + address, **headers)
            counted[address] = len(found)
        return counted

    queries()
    few = queries()
    now = timezone.now()
    SyncedRecord.objects.bulk_create(
        SyncedRecord(
            connection=connection, module="tasks", zoho_id=str(10**12 + number), name="More", outcome="failed",
            reason="project_not_fetched", blocked_by=str(number % 7), first_seen_at=now,
        )
        for number in range(300)
    )  # fmt: skip
    for _ in range(15):
        SyncRun.objects.create(connection=connection, trigger="scheduled", status="succeeded")
    many = queries()
    assert {address: number for address, number in many.items() if number > few[address] + 2} == {}
    assert {address: number for address, number in many.items() if number > most[address]} == {}
