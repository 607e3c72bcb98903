"""Corrections of billed hours on a later invoice: never twice, never lost, whatever is undone in which order."""

import datetime

import pytest

from tests.factories import CustomerFactory
from timetracking.models import TimeEntry
from transactions import credit, drift, life, preferences
from transactions.billing.choices import Choices, Share
from transactions.billing.create import create_invoice
from transactions.billing.propose import propose
from transactions.credit import CreditPart
from transactions.drift import Finding
from transactions.errors import EntriesChanged, TransactionRefused
from transactions.models import DriftItem, Invoice

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 3, 2)


def changed(minutes):
    return Finding("changed", minutes, DAY, f"now {minutes}")


@pytest.fixture
def billed(customer, log):
    """An hour and a half on an issued invoice; at the source it has two hours now."""
    entry = log(90)
    life.issue(create_invoice(customer, Choices()))
    drift.report({entry.pk: changed(120)})
    return entry


@pytest.fixture
def corrected(customer, billed):
    """The half hour more stands on a second, issued invoice, which is returned."""
    drift.next_invoice(DriftItem.objects.get())
    return life.issue(create_invoice(customer, Choices()))


def first_invoice(entry):
    return entry.billings.get().line.invoice


def charged(customer):
    """Minutes charged by live invoices less what was credited, plus what would be billed next."""
    live = Invoice.objects.exclude(status="void").filter(customer=customer)
    minutes = sum(line.minutes or 0 for invoice in live for line in invoice.lines.all())
    minutes -= sum(
        line.minutes or 0
        for invoice in live
        for note in invoice.credit_notes.all()
        for line in note.lines.all()
    )
    return minutes + propose(customer, Choices()).minutes


def test_an_hour_whose_correction_is_billed_is_not_freed_before_the_correction(customer, billed, corrected):
    first = first_invoice(billed)
    part = CreditPart(billed.billings.get().line_id)
    for undo in (
        lambda: life.void(first),
        lambda: credit.credit_all(first),
        lambda: credit.credit_parts(first, [part]),
    ):
        with pytest.raises(TransactionRefused) as refusal:
            undo()
        assert refusal.value.code == "corrected" and corrected.number in refusal.value.sentence
    life.void(corrected)
    life.void(first)
    assert charged(customer) == 120


def test_a_voided_correction_waits_for_the_next_invoice_and_does_not_come_back_with_the_old_one(
    customer, billed, corrected
):
    life.void(corrected)
    assert charged(customer) == 120
    with pytest.raises(TransactionRefused) as refusal:
        life.back_to_draft(corrected)
    assert refusal.value.code == "corrections"
    assert charged(customer) == 120


def test_a_credited_correction_is_open_again(customer, billed, corrected):
    credit.credit_all(corrected)
    item = DriftItem.objects.get()
    assert (item.status, item.choice) == ("open", "")
    drift.next_invoice(item)
    assert charged(customer) == 120
    life.issue(create_invoice(customer, Choices()))
    assert charged(customer) == 120


def test_a_correction_credited_for_good_stays_decided_and_the_next_change_starts_from_the_bill(
    customer, billed, corrected
):
    credit.credit_all(corrected, rebill=False)
    assert DriftItem.objects.get().status == "closed"
    drift.report({billed.pk: changed(150)})
    assert DriftItem.objects.get(status="open").difference_minutes == 60


def test_a_correction_undone_after_the_source_changed_again_is_contained_in_the_newer_difference(
    customer, billed, corrected
):
    drift.report({billed.pk: changed(150)})
    assert DriftItem.objects.get(status="open").difference_minutes == 30
    life.void(corrected)
    item = DriftItem.objects.get(status="open")
    assert item.difference_minutes == 60 and item.difference_amount == 100
    drift.next_invoice(item)
    assert charged(customer) == 150


def test_a_source_that_changes_again_asks_again(customer, billed):
    drift.next_invoice(DriftItem.objects.get())
    drift.report({billed.pk: changed(600)})
    item = DriftItem.objects.get()
    assert (item.choice, item.difference_minutes) == ("", 510)
    assert not propose(customer, Choices()).lines


def test_rounding_that_changed_since_the_look_asks_again(customer, project, log):
    log(50)
    seen = propose(customer, Choices()).marks
    settings = preferences.of(customer.organization)
    settings.rounding, settings.rounding_minutes = "up", 15
    settings.save()
    with pytest.raises(EntriesChanged):
        create_invoice(customer, Choices(), seen)


def test_hours_behind_a_milestones_price_are_not_billed_by_the_hour_as_well(customer, project, log):
    log(60)
    choices = Choices(shares=(Share(project.pk, amount="500", with_hours=True),))
    invoice = create_invoice(customer, choices)
    assert [line.amount for line in invoice.lines.all()] == [500]
    assert TimeEntry.objects.get().billing_status == "invoiced"


def test_a_voided_invoice_does_not_come_back_once_its_project_has_another_customer(customer, project, log):
    log(60)
    invoice = life.issue(create_invoice(customer, Choices()))
    life.void(invoice)
    project.customer = CustomerFactory(organization=customer.organization, currency=customer.currency)
    project.save()
    with pytest.raises(TransactionRefused) as refusal:
        life.back_to_draft(invoice)
    assert refusal.value.code == "another_customer"
    assert TimeEntry.objects.get().billing_status == "unbilled"
    assert propose(project.customer, Choices()).minutes == 60
