"""Many at the same moment, in threads with connections of their own: one invoice per hour, numbers without gaps."""

import threading

import pytest
from django.db import connections, transaction

from tests.factories import CustomerFactory, ProjectFactory, TimeEntryFactory
from timetracking.models import TimeEntry
from transactions import drafts, life, payments
from transactions.billing.add import add_to_invoice
from transactions.billing.choices import Choices
from transactions.billing.create import create_invoice
from transactions.billing.propose import propose
from transactions.drafts import LineValues
from transactions.errors import TransactionRefused
from transactions.models import BilledTimeEntry, Invoice

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(count, work):
    """Run work(0…count-1) in threads that start together; the refusals' codes, None where it went through."""
    gate, results = threading.Barrier(count), [None] * count

    def run(number):
        try:
            gate.wait()
            results[number] = work(number)
        except TransactionRefused as refusal:
            results[number] = refusal.code
        except Exception as error:
            results[number] = repr(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.fixture
def customer(transactional_db):
    customer = CustomerFactory()
    project = ProjectFactory(organization=customer.organization, customer=customer, rate="60")
    for _ in range(6):
        TimeEntryFactory(project=project, minutes=60)
    return customer


def test_twenty_people_create_the_same_invoice(customer):
    seen = propose(customer, Choices()).marks
    results = at_once(20, lambda _: create_invoice(customer, Choices(), seen) and None)
    assert results.count(None) == 1
    assert set(results) <= {None, "entries_changed", "billed_meanwhile", "nothing_to_bill"}
    assert Invoice.objects.count() == 1
    assert BilledTimeEntry.objects.count() == 6 == TimeEntry.objects.filter(billing_status="invoiced").count()


def test_overlapping_choices_bill_each_hour_once(customer):
    ids = list(TimeEntry.objects.order_by("pk").values_list("pk", flat=True))
    at_once(
        8,
        lambda number: (
            create_invoice(customer, Choices(entry_ids=tuple(ids[number % 3 : number % 3 + 4]))) and None
        ),
    )
    billed = list(BilledTimeEntry.objects.values_list("time_entry_id", flat=True))
    assert sorted(billed) == sorted(set(billed))
    assert len(billed) == TimeEntry.objects.filter(billing_status="invoiced").count()


def test_hours_added_to_two_drafts_at_once_stand_on_one(customer):
    lines = [LineValues("x", rate="1")]
    made = [drafts.create_invoice(customer, {}, lines) for _ in range(2)]
    seen = propose(customer, Choices()).marks
    results = at_once(6, lambda number: add_to_invoice(made[number % 2], Choices(), seen) and None)
    assert results.count(None) == 1
    assert BilledTimeEntry.objects.count() == 6 == TimeEntry.objects.filter(billing_status="invoiced").count()
    assert sum(invoice.total for invoice in Invoice.objects.all()) == 362


def test_the_same_key_at_once_gives_the_same_invoice(customer):
    at_once(5, lambda _: create_invoice(customer, Choices(), creation_key="once") and None)
    assert Invoice.objects.count() == 1


def test_numbers_have_no_gap_and_no_double_although_some_are_rolled_back(customer):
    class Undone(Exception):
        pass

    def issue_five(person):
        for turn in range(5):
            invoice = drafts.create_invoice(customer, {}, [LineValues("x", rate="1")])
            try:
                with transaction.atomic():
                    life.issue(invoice)
                    if (person + turn) % 5 == 0:
                        raise Undone
            except Undone:
                life.issue(invoice)

    assert at_once(4, issue_five) == [None] * 4
    numbers = sorted(Invoice.objects.values_list("number", flat=True))
    assert numbers == [f"INV-{count:06d}" for count in range(1, 21)]


def test_payments_at_once_never_exceed_the_balance(customer):
    invoice = life.issue(create_invoice(customer, Choices()))
    results = at_once(5, lambda _: payments.record_payment(Invoice.objects.get(), "100") and None)
    assert results.count(None) == 3 and results.count("overpaid") == 2
    invoice.refresh_from_db()
    assert (invoice.balance, invoice.paid_total) == (60, 300)
