"""Billed hours whose source changed: one item each, and the three choices."""

import datetime
from decimal import Decimal

import pytest

from timetracking.models import TimeEntry
from transactions import drift, life
from transactions.billing.choices import Choices
from transactions.billing.create import create_invoice
from transactions.drift import Finding
from transactions.errors import TransactionRefused
from transactions.models import DriftItem

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 3, 2)


@pytest.fixture
def billed(customer, log):
    """An hour of 90 minutes on an issued invoice."""
    entry = log(90)
    life.issue(create_invoice(customer, Choices()))
    return entry


def changed(minutes, words="changed"):
    return Finding("changed", minutes, DAY, words)


def test_one_item_is_opened_updated_and_closed_when_the_source_returns(billed, django_assert_num_queries):
    assert drift.report({billed.pk: changed(120)}) == 1
    assert drift.report({billed.pk: changed(120)}) == 0
    item = DriftItem.objects.get()
    assert (item.was_minutes, item.now_minutes, item.difference_minutes, item.difference_amount) == (
        90,
        120,
        30,
        50,
    )
    drift.report({billed.pk: Finding("deleted", None, None, "gone")})
    item = DriftItem.objects.get()
    assert (item.cause, item.difference_minutes, item.difference_amount) == ("deleted", -90, Decimal(-150))
    with django_assert_num_queries(1):
        drift.report({billed.pk + 999: None})
    drift.report({billed.pk: None})
    item.refresh_from_db()
    assert (item.status, item.choice) == ("closed", "returned")
    assert drift.report({billed.pk: changed(120)}) == 1  # and once more


def test_crediting_frees_the_hour_with_what_the_source_says_now(customer, billed):
    drift.report({billed.pk: changed(120)})
    item = drift.credit(DriftItem.objects.get())
    assert (item.status, item.choice, item.credit_note.total) == ("closed", "credit", 150)
    entry = TimeEntry.objects.get()
    assert (entry.minutes, entry.billing_status) == (120, "unbilled")
    assert create_invoice(customer, Choices()).total == 200
    with pytest.raises(TransactionRefused):
        drift.keep(item)


@pytest.mark.parametrize("cause", ["deleted", "not_approved", "not_billable"])
def test_what_has_nothing_left_to_bill_is_not_offered_again(customer, billed, cause):
    drift.report({billed.pk: Finding(cause, None, None, "gone")})
    drift.credit(DriftItem.objects.get())
    assert TimeEntry.objects.get().billing_status == "non_billable"


def test_voiding_the_invoice_closes_the_item(customer, billed):
    drift.report({billed.pk: changed(60)})
    life.void(billed.billings.get().line.invoice)
    assert DriftItem.objects.get().choice == "released" and TimeEntry.objects.get().minutes == 60


def test_on_a_draft_the_hour_is_taken_off(customer, log):
    entry = log(90)
    invoice = create_invoice(customer, Choices())
    drift.report({entry.pk: changed(60)})
    item = drift.credit(DriftItem.objects.get())
    assert item.credit_note is None and not invoice.lines.exists()
    assert TimeEntry.objects.get().billing_status == "unbilled"


def test_the_difference_comes_on_the_next_invoice_once_and_returns_with_a_deleted_draft(
    customer, billed, log
):
    drift.report({billed.pk: changed(60, "1:30 → 1:00 h")})
    item = drift.next_invoice(DriftItem.objects.get())
    assert item.status == "open"
    log(120, 5)
    draft = create_invoice(customer, Choices())
    line = draft.lines.get(kind="correction")
    assert (line.minutes, line.amount, line.quantity_text, draft.total) == (-30, -50, "-0:30", 150)
    item.refresh_from_db()
    assert (item.status, item.correction_line) == ("closed", line)
    life.delete_draft(draft)
    item.refresh_from_db()
    assert (item.status, item.choice, item.correction_line) == ("open", "next_invoice", None)
    invoice = life.issue(create_invoice(customer, Choices()))
    assert drift.report({billed.pk: changed(60, "1:30 → 1:00 h")}) == 0  # settled
    drift.report({billed.pk: changed(45, "1:30 → 0:45 h")})
    assert DriftItem.objects.get(status="open").difference_minutes == -15
    assert drift.keep(DriftItem.objects.get(status="open")).choice == "keep"
    life.void(invoice)  # takes the correction back, too
    assert DriftItem.objects.get(status="open").choice == "next_invoice"


def test_keeping_is_remembered_until_the_next_change(billed):
    drift.report({billed.pk: Finding("changed", 90, DAY, "other notes")})
    item = DriftItem.objects.get()
    with pytest.raises(TransactionRefused) as caught:
        drift.next_invoice(item)
    assert caught.value.code == "no_difference"
    drift.keep(item)
    assert drift.report({billed.pk: Finding("changed", 90, DAY, "other notes")}) == 0
    assert drift.report({billed.pk: changed(91)}) == 1
