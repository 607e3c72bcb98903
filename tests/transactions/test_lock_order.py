"""Releases and the sync at the same moment, in two connections: nobody waits for ever, nothing is left half told."""

import datetime
import threading
import time

import pytest
from django.db import connection as database
from django.db import connections, transaction

from integrations.models import SyncedRecord
from integrations.sync.entities import timesheets
from tests.factories import CustomerFactory, ProjectFactory, TimeEntryFactory
from timetracking.models import TimeEntry
from transactions import credit, drift, life
from transactions.billing.choices import Choices
from transactions.billing.create import create_invoice
from transactions.drift import Finding
from transactions.models import DriftItem, Invoice

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]
DAY = datetime.date(2026, 3, 2)
RELEASES = {
    "void": life.void,
    "credit": credit.credit_all,
    "credit one": lambda invoice: credit.credit_parts(
        invoice, [credit.CreditPart(row.line_id, [row.pk]) for row in lives(invoice)[:1]]
    ),
}


def lives(invoice):
    return list(invoice.lines.get().billed_entries.filter(released_at=None).order_by("-pk"))


class Beside:
    """Work in a thread with a connection of its own; `end` gives what it raised, or None."""

    def __init__(self, work):
        self.error, self.pid = None, 0
        self.thread = threading.Thread(target=self._run, args=(work,))
        self.ready = threading.Event()
        self.thread.start()
        assert self.ready.wait(120)

    def _run(self, work):
        try:
            with connections["default"].cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                self.pid = cursor.fetchone()[0]
            self.ready.set()
            with transaction.atomic():
                work()
        except Exception as error:
            self.error = error
        finally:
            self.ready.set()
            connections.close_all()

    def waits(self):
        """Return when it waits for another transaction; False when it came to its end instead."""
        deadline = time.monotonic() + 120
        while self.thread.is_alive() and time.monotonic() < deadline:
            with database.cursor() as cursor:
                cursor.execute("SELECT cardinality(pg_blocking_pids(%s))", [self.pid])
                if cursor.fetchone()[0]:
                    return True
            time.sleep(0.01)
        return False

    def end(self):
        self.thread.join(120)
        assert not self.thread.is_alive(), "it waits for ever"
        return self.error


@pytest.fixture
def invoice(transactional_db):
    """An issued invoice of three hours on one line."""
    customer = CustomerFactory()
    project = ProjectFactory(organization=customer.organization, customer=customer, rate="60")
    for _ in range(3):
        TimeEntryFactory(project=project, minutes=60)
    return life.issue(create_invoice(customer, Choices()))


def findings():
    ids = TimeEntry.objects.order_by("-pk").values_list("pk", flat=True)
    return {pk: Finding("changed", 90, DAY, "1:00 → 1:30 h") for pk in ids}


@pytest.mark.parametrize("how", RELEASES)
def test_no_drift_is_opened_on_an_hour_that_is_freed_in_this_moment(invoice, how):
    with transaction.atomic():
        RELEASES[how](Invoice.objects.get())
        sync = Beside(lambda: drift.report(findings()))
        assert sync.waits()
    assert sync.end() is None
    items = DriftItem.objects.filter(status="open")
    assert items.count() == (2 if how == "credit one" else 0)
    for item in items:  # every open item can be decided about
        drift.keep(item)


@pytest.mark.parametrize("how", RELEASES)
def test_drift_reported_in_this_moment_closes_with_the_release_and_the_hour_takes_it_over(invoice, how):
    with transaction.atomic():
        assert drift.report(findings()) == 3
        person = Beside(lambda: RELEASES[how](Invoice.objects.get()))
        assert person.waits()
    assert person.end() is None
    freed = 1 if how == "credit one" else 3
    assert DriftItem.objects.filter(status="closed", choice="released").count() == freed
    assert TimeEntry.objects.filter(billing_status="unbilled", minutes=90).count() == freed


@pytest.mark.parametrize("how", RELEASES)
def test_a_sweep_and_a_release_of_the_same_hours_both_come_to_their_end(invoice, how, monkeypatch):
    """The sweep has its hours and is about to report on them when somebody frees them from their invoice."""
    look, people = timesheets.billed_entry_ids, []

    def looked(ids):
        people.append(Beside(lambda: RELEASES[how](Invoice.objects.get())))
        assert people[0].waits()
        return look(ids)

    monkeypatch.setattr(timesheets, "billed_entry_ids", looked)
    rows = [SyncedRecord(pk=pk, object_id=pk) for pk in TimeEntry.objects.values_list("pk", flat=True)]
    with transaction.atomic():
        fates = timesheets.Timesheets(None).sweep(rows)
    assert people[0].end() is None
    assert {reason for reason, _ in fates.values()} == {"deleted_after_billing"}
    freed = 1 if how == "credit one" else 3
    assert DriftItem.objects.filter(cause="deleted", choice="released").count() == freed
    # what is gone at its source is not billed again
    assert TimeEntry.objects.filter(billing_status="non_billable", is_billable=False).count() == freed


def test_two_decisions_of_one_invoice_and_a_report_end_in_order(invoice):
    """Decided about one hour while the sync reports on all: the decision holds, the others wait to be decided."""
    with transaction.atomic():
        drift.report(findings())
    first, *_ = DriftItem.objects.order_by("-pk")
    with transaction.atomic():
        drift.credit(first)
        sync = Beside(lambda: drift.report(dict.fromkeys(findings(), Finding("deleted", None, None, "gone"))))
        assert sync.waits()
    assert sync.end() is None
    first.refresh_from_db()
    assert (first.status, first.choice) == ("closed", "credit")
    assert DriftItem.objects.filter(status="open", cause="deleted").count() == 2
