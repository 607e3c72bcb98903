"""Clocks that jump, messages that come twice or never, a database that drops out, and neighbours in trouble."""

import threading
from datetime import timedelta

import pytest
import requests
import time_machine
from django.db import connection as database
from django.db import connections
from django.utils import timezone
from django_q.models import OrmQ

from integrations.gateway import SharedThrottle, StoredTokens
from integrations.models import Connection, RequestBudget, SyncedRecord, SyncRun
from integrations.sync import bulk, tasks
from integrations.sync.lease import claim
from integrations.sync.queue import request_run
from integrations.sync.reconcile import reconcile
from integrations.sync.runner import run_slice
from integrations.zoho.errors import Throttled
from integrations.zoho.oauth import SCOPES
from operations import stopping
from organizations.models import Organization
from tests.integrations.sync.kill_worker import _dump
from tests.integrations.sync.kills import differing
from timetracking.models import TimeEntry

COLUMNS = ("module", "zoho_id", "name", "project_zoho_id", "outcome", "reason", "detail", "fingerprint")


def ledger(connection):
    """What the ledger says, without its own numbers."""
    rows = SyncedRecord.objects.filter(connection=connection).order_by("module", "zoho_id")
    return list(rows.values_list(*COLUMNS))


def nothing_left_to_write(run):
    """Whether an undisturbed run found everything as it should be."""
    return run.status == "succeeded" and not sum(
        part.created + part.updated for part in run.module_runs.all()
    )


# -- clocks ------------------------------------------------------------------------------------------------


def test_a_clock_that_jumps_in_the_middle_of_a_run_changes_nothing_in_its_end(connection, sync):
    run = request_run(connection, SyncRun.Trigger.INSTANT, ring=False)
    now = timezone.now()
    hours = (0, 1, -1, 0, 2, 48, -48, 0)  # a slice each
    for number in range(500):
        with time_machine.travel(now + timedelta(hours=hours[number % len(hours)]), tick=True):
            run_slice(run.pk, seconds=0)
        run.refresh_from_db()
        if not run.is_active:
            break
    assert run.status == SyncRun.Status.SUCCEEDED, run.message
    before = ledger(connection)
    assert nothing_left_to_write(sync()) and ledger(connection) == before


def test_what_a_clock_ahead_has_written_binds_nobody(connection):
    """Leases, waits, schedules, budgets and lock-outs that end later than any can."""
    run = request_run(connection, SyncRun.Trigger.INSTANT, ring=False)
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=True):
        assert claim(run.pk)
        SharedThrottle("60012345", 1, 120).take("GET /a")
        SharedThrottle("60012345", 1, 120).block("GET /b", timezone.now() + timedelta(minutes=30))
    assert claim(run.pk)
    assert claim(run.pk) is None  # a lease of the present clock does bind
    SyncRun.objects.update(lease_expires_at=None, not_before=timezone.now() + timedelta(days=2))
    assert claim(run.pk)
    for pattern in ("GET /a", "GET /b"):
        SharedThrottle("60012345", 1, 120).take(pattern)
    with pytest.raises(Throttled):
        SharedThrottle("60012345", 1, 120).take("GET /a")
    SharedThrottle("60012345", 1, 120).block("GET /b", timezone.now() + timedelta(minutes=30))
    with pytest.raises(Throttled):
        SharedThrottle("60012345", 0, 120).take("GET /b")
    SyncRun.objects.update(status="succeeded", not_before=None, lease_expires_at=None)
    Connection.objects.update(interval_minutes=60, next_run_at=timezone.now() + timedelta(days=3, minutes=7))
    reconcile()
    connection.refresh_from_db()
    assert timezone.now() < connection.next_run_at <= timezone.now() + timedelta(hours=1)


def test_the_hour_of_a_schedule_outlives_the_change_of_clocks(connection):
    """25 hours lie between two midnights of Berlin on 25 October 2026; the grid is one of elapsed hours."""
    start = timezone.datetime(2026, 10, 24, 22, 30, tzinfo=timezone.get_fixed_timezone(120))
    Connection.objects.update(interval_minutes=60, next_run_at=start)
    for hour in range(8):
        with time_machine.travel(start + timedelta(hours=hour, seconds=1), tick=False):
            reconcile()
            assert SyncRun.objects.count() == hour + 1  # each hour once, the doubled one too
            SyncRun.objects.update(status="succeeded")


# -- messages ----------------------------------------------------------------------------------------------


def test_messages_that_come_twice_late_or_for_nothing_have_no_effect(connection):
    run = request_run(connection, SyncRun.Trigger.INSTANT, ring=False)
    held = claim(run.pk)
    tasks.work(run.pk)  # delivered again while a worker is at it
    held.renew()
    held.release(not_before=None)
    tasks.work(run.pk)
    run.refresh_from_db()
    assert run.status == SyncRun.Status.SUCCEEDED
    before, counts = _dump(), run.requests
    for _ in range(4):
        tasks.work(run.pk)  # delivered after its end
    tasks.work(run.pk + 1000)  # of a run that is there no more
    run.refresh_from_db()
    assert run.requests == counts and differing(_dump(), before) == {}
    assert SyncRun.objects.count() == 1


def test_messages_that_were_lost_are_sent_again(connection):
    run = request_run(connection, SyncRun.Trigger.INSTANT)
    assert OrmQ.objects.count() == 1
    OrmQ.objects.all().delete()  # as after a change of the secret key
    assert reconcile() == 1
    assert OrmQ.objects.count() == 1 and OrmQ.objects.get().task["args"] == (run.pk,)


def test_a_slice_that_is_asked_to_stop_ends_at_its_page_and_goes_on_later(connection, sync, monkeypatch):
    run = request_run(connection, SyncRun.Trigger.INSTANT, ring=False)
    monkeypatch.setattr(stopping, "asked", lambda: True)
    assert run_slice(run.pk) == "more"
    run.refresh_from_db()
    assert run.is_active and run.lease_expires_at is None and run.requests
    monkeypatch.undo()
    while run.is_active:
        run_slice(run.pk)
        run.refresh_from_db()
    assert run.status == SyncRun.Status.SUCCEEDED and nothing_left_to_write(sync())


# -- the database ------------------------------------------------------------------------------------------


def test_a_database_that_drops_out_in_the_middle_of_a_page_pauses_the_run(connection, sync, monkeypatch):
    """PostgreSQL: the server ends our connection. SQLite: its disk is full. Then it is well again."""
    run = request_run(connection, SyncRun.Trigger.INSTANT, ring=False)
    insert, broken = bulk.insert_columns, []

    class Breaking(list):
        """Ids of rows; while some of these are written, it happens."""

        def __iter__(self):
            for number, pk in enumerate(list.__iter__(self)):
                if number == len(self) - 1:
                    broken.append(True)
                    drop_out()
                yield pk

    def breaking(model, columns, values):
        if model is TimeEntry and not broken:
            ids, *values = values
            values = [Breaking(ids), *values]
        return insert(model, columns, values)

    monkeypatch.setattr(bulk, "insert_columns", breaking)
    run_slice(run.pk)
    run.refresh_from_db()
    assert broken and run.is_active and run.not_before > timezone.now()
    assert "The sync" in run.message or "the sync" in run.message
    assert not TimeEntry.objects.exists() and not SyncedRecord.objects.filter(module="timesheets").exists()
    well_again()
    SyncRun.objects.update(not_before=None)
    while run.is_active:
        run_slice(run.pk)
        run.refresh_from_db()
    assert (run.status, run.message) == (SyncRun.Status.SUCCEEDED, "")
    before = ledger(connection)
    assert nothing_left_to_write(sync()) and ledger(connection) == before


def drop_out():
    """End our connection from the server's side, or leave no room for another page of the file."""
    if database.vendor == "postgresql":
        with database.copy().cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [database.connection.info.backend_pid])
            cursor.db.close()
        return
    with database.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")
        cursor.execute("CREATE TABLE filler (text TEXT)")
        cursor.execute("INSERT INTO filler VALUES (hex(zeroblob(10000000)))")


def well_again():
    """Give the file room again."""
    if database.vendor == "sqlite":
        with database.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count = 1073741823")


# -- neighbours --------------------------------------------------------------------------------------------


def test_connections_side_by_side_do_not_disturb_each_other(connection, portal, control, sync):
    """One reads, one reads the same portal for another organization, one is in trouble; in turns, page by page."""
    portals = {"twin": "60012345", "troubled": "60098765"}
    others = []
    for name, portal_id in portals.items():
        account = {} if portal_id == "60012345" else {"account": 2}
        token = control.post("tokens/grant", {"scopes": SCOPES, **account})["refresh_token"]
        organization = Organization.objects.create(name=name, base_currency="EUR")
        urls = dict.fromkeys(("accounts_url", "api_url", "web_url"), portal.url)
        one = Connection(organization=organization, portal_id=portal_id, status="active", **urls)
        one.refresh_token, one.portal_name = token, name
        one.save()
        others.append(one)
    twin, troubled = others
    trouble = {"match": {"path": "/60098765/"}, "act": {"status": 403, "body": "{}"}, "times": "forever"}
    control.post("faults", [trouble])
    runs = [request_run(one, SyncRun.Trigger.INSTANT, ring=False) for one in (connection, twin, troubled)]
    for _ in range(500):
        for run in runs:
            run_slice(run.pk, seconds=0)
            run.refresh_from_db()
        if not any(run.is_active for run in runs):
            break
    assert [run.status for run in runs[:2]] == ["succeeded", "succeeded"]
    assert runs[2].message and not SyncedRecord.objects.filter(connection=troubled).exists()
    assert ledger_without_marks(connection) == ledger_without_marks(twin)
    ours, theirs = (
        TimeEntry.objects.filter(organization=one.organization).count() for one in (connection, twin)
    )
    assert ours == theirs > 0
    before = ledger(twin)
    assert nothing_left_to_write(sync()) and ledger(twin) == before


def ledger_without_marks(connection):
    """The ledger of one organization in words that hold for any: fingerprints hold numbers of rows."""
    return [row[:-1] for row in ledger(connection)]


def test_many_who_see_a_token_expire_fetch_one(transactional_db, connection, control):
    connection.refresh_from_db()
    old = StoredTokens(connection.pk).access_token()
    control.post("tokens/expire")
    control.post("log/clear")
    gate, tokens = threading.Barrier(8), []

    def work():
        try:
            gate.wait()
            tokens.append(StoredTokens(connection.pk).refreshed(old))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tokens) == 8 and len(set(tokens)) == 1 and tokens[0] != old
    calls = requests.get(f"{control.url}/control/log", params={"path": "/oauth/v2/token"}, timeout=10).json()
    assert len(calls["calls"]) == 1


def test_locked_patterns_are_kept_for_all_processes(connection):
    until = timezone.now() + timedelta(minutes=20)
    SharedThrottle("60012345", 100, 120).block("GET /a", until)
    with pytest.raises(Throttled) as caught:
        SharedThrottle("60012345", 100, 120).take("GET /a")
    assert caught.value.until == RequestBudget.objects.get().blocked_until == until
    SharedThrottle("60012345", 100, 120).take("GET /b")
    SharedThrottle("60098765", 100, 120).take("GET /a")
