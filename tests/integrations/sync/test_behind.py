"""A page that is written while the next one is judged: same rows, same counts, same ends as one after the other."""

import threading

import pytest
from django.db import OperationalError

from integrations.models import SyncedRecord, SyncRun
from integrations.sync import reading
from integrations.sync.behind import Behind
from integrations.sync.ledger import Page
from integrations.sync.queue import request_run
from integrations.sync.runner import run_slice
from tests.integrations.sync.test_oracle import COMBINATIONS, compare, oracle  # noqa: F401
from timetracking.models import ProjectStaff, TimeEntry

pytestmark = pytest.mark.postgresql
ONE_WAY = [COMBINATIONS[3]]
COLUMNS = ("module", "zoho_id", "name", "project_zoho_id", "outcome", "reason", "detail")


@pytest.fixture(autouse=True)
def small_pages(monkeypatch):
    """Every page of Zoho's is one here, so that a small portal has many."""
    monkeypatch.setattr(reading, "RECORDS_AT_ONCE", 1)


class Writer:
    """The pages written in another thread than the one that judges; `on` (module, number) something happens."""

    def __init__(self, monkeypatch):
        self.pages, self.on = [], {}
        write, main = Page.write, threading.get_ident()

        def noted(page):
            if threading.get_ident() != main:
                self.pages.append(page.entity.module)
                module = page.entity.module
                self.on.get((module, self.pages.count(module)), lambda: None)()
            write(page)

        monkeypatch.setattr(Page, "write", noted)


@pytest.fixture
def writer(monkeypatch):
    """What is written behind."""
    return Writer(monkeypatch)


@pytest.mark.parametrize("oracle", ONE_WAY, indirect=True, ids=["clone"])
def test_what_is_written_behind_is_what_the_rules_say(oracle, connection, sync, writer):  # noqa: F811
    run = sync()
    assert run.status == SyncRun.Status.SUCCEEDED
    assert {"tasks", "timesheets"} <= set(writer.pages)
    oracle.run()
    compare(oracle, connection)
    for part in run.module_runs.all():
        rows = SyncedRecord.objects.filter(connection=connection, module=part.module)
        assert (part.seen, part.failed) == (rows.count(), rows.filter(outcome="failed").count())
    worked = set(TimeEntry.objects.values_list("project_id", "staff_user_id"))
    assert worked <= set(ProjectStaff.objects.values_list("project_id", "staff_user_id"))


def failing():
    """The server goes away."""
    raise OperationalError("server closed the connection unexpectedly")


@pytest.mark.parametrize("place", [("tasks", 1), ("timesheets", 1), ("timesheets", 3)])
def test_a_page_that_could_not_be_written_stops_the_run_and_comes_in_with_the_next_start(
    connection, sync, writer, place
):
    sync()
    rows, entries = set(SyncedRecord.objects.values_list(*COLUMNS)), TimeEntry.objects.count()
    SyncedRecord.objects.all().delete()
    TimeEntry.objects.all().delete()
    writer.pages.clear()
    writer.on = {place: failing}
    run = request_run(connection, SyncRun.Trigger.INSTANT, ring=False)
    run_slice(run.pk)
    run.refresh_from_db()
    assert run.is_active and run.not_before and "database" in run.message, run.message
    assert writer.pages[-1] == place[0], "nothing is written after it"
    part = run.module_runs.get(module=place[0])
    assert part.seen == SyncedRecord.objects.filter(module=place[0]).count(), (
        "counts and checkpoint are those of what was written"
    )
    writer.on = {}
    SyncRun.objects.update(not_before=None)
    while run.is_active:
        run_slice(run.pk)
        run.refresh_from_db()
    assert run.status == SyncRun.Status.SUCCEEDED
    assert set(SyncedRecord.objects.values_list(*COLUMNS)) == rows and TimeEntry.objects.count() == entries


def test_a_record_listed_again_while_it_is_written_is_counted_once(connection, sync, writer, monkeypatch):
    """The next page waits for the one that has the same record; only then it looks whether it is here."""
    again, waited = [], threading.Event()
    wait_for, write_page = Behind.wait_for, reading.write_page

    def waiting(behind, keys):
        if behind._writing is not None and not behind._keys.isdisjoint(keys):
            waited.set()  # the writer may go on
        return wait_for(behind, keys)

    def twice(context, entity, raws, custom, cursor, held=None):
        write_page(context, entity, raws, custom, cursor, held)
        if entity.module == "timesheets" and getattr(context.behind, "_writing", None) and not again:
            again.extend(raws)
            write_page(context, entity, raws, custom, cursor, held)

    def until_asked_for():
        assert waited.wait(30), "the second page did not wait for the first"

    monkeypatch.setattr(Behind, "wait_for", waiting)
    monkeypatch.setattr(reading, "write_page", twice)
    writer.on[("timesheets", 1)] = until_asked_for
    run = sync()
    assert again and waited.is_set()
    assert run.status == SyncRun.Status.SUCCEEDED
    part = run.module_runs.get(module="timesheets")
    assert part.seen == SyncedRecord.objects.filter(module="timesheets").count()


def test_a_worker_that_lost_its_lease_writes_no_page_behind(connection, writer):
    def taken_over():
        SyncRun.objects.update(fencing=99)

    # the page is under way when somebody else takes the run: nothing after it is written
    writer.on = {("tasks", 1): taken_over}
    run = request_run(connection, SyncRun.Trigger.INSTANT, ring=False)
    run_slice(run.pk)
    run.refresh_from_db()
    assert run.is_active, "the other worker has it"
    assert writer.pages.count("tasks") == 1
    assert {part.module: part.seen for part in run.module_runs.all()}["timesheets"] == 0
