"""Turns that people take seldom: what became of hours and expenses on the way is still right."""

from decimal import Decimal

import pytest

from transactions import expenses, life, quotes
from transactions.billing.choices import Choices
from transactions.billing.create import create_invoice
from transactions.drafts import LineValues, change_draft
from transactions.errors import TransactionRefused
from transactions.screens.money_of import project_money

pytestmark = pytest.mark.django_db


def test_a_voided_invoice_does_not_take_back_an_expense_that_was_changed(customer):
    values = {
        "category": "Travel",
        "date": "2026-03-01",
        "amount": "100",
        "customer": customer,
        "is_billable": True,
    }
    expense = expenses.record_expense(customer.organization, values)
    invoice = life.issue(create_invoice(customer, Choices(include_expenses=True)))
    life.void(invoice)
    expenses.change_expense(expense, {"amount": "250"})
    with pytest.raises(TransactionRefused) as caught:
        life.back_to_draft(invoice)
    assert caught.value.code == "billed_meanwhile"
    expenses.change_expense(expense, {"amount": "100", "description": "Train"})  # as billed, in other words
    assert life.back_to_draft(invoice).total == 100
    assert expenses.state_of(expense) == "unbilled" and life.issue(invoice).number == "INV-000001"


def test_hours_that_became_a_plain_quantity_can_be_edited(customer, project, log):
    project.rate = Decimal("99.99")
    project.save()
    log(50)
    copy = quotes.duplicate(create_invoice(customer, Choices()))
    line = copy.lines.get()
    same = LineValues("Work", id=line.pk, quantity=str(line.quantity), rate=str(line.rate))
    assert change_draft(copy, {}, [same]).total == Decimal("83.33")


def test_a_project_s_money_is_after_discounts_for_drafts_as_for_invoices(customer, project, log):
    log(60)
    draft = create_invoice(customer, Choices(discount_percent="10"))
    before = project_money(project)
    assert (before["drafted"], before["invoiced"]) == (90, 0)
    life.issue(draft)
    after = project_money(project)
    assert (after["drafted"], after["invoiced"], after["expected"]) == (0, 90, before["expected"])
