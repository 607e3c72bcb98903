"""Expenses by hand: what is stored, what is refused, and what an invoice fixes."""

from decimal import Decimal

import pytest

from tests.factories import CustomerFactory, ProjectFactory, StaffUserFactory
from tests.transactions.factories import TaxFactory
from transactions import expenses, life
from transactions.billing.choices import Choices
from transactions.billing.create import create_invoice
from transactions.errors import TransactionRefused
from transactions.models import Expense

pytestmark = pytest.mark.django_db
GOOD = {"date": "2026-03-01", "category": "Travel", "amount": "119", "currency": "EUR"}


def test_tax_is_contained_or_comes_on_top(organization):
    tax = TaxFactory(organization=organization, rate="19")
    inside = expenses.record_expense(organization, GOOD | {"tax": tax})
    on_top = expenses.record_expense(
        organization, GOOD | {"tax": tax, "tax_inclusive": False, "amount": "100"}
    )
    assert (inside.tax_amount, inside.total) == (on_top.tax_amount, on_top.total) == (19, 119)
    assert inside.billing_status == "non_billable" and expenses.state_of(inside) == "non_billable"


def test_an_expense_on_an_invoice_is_fixed_until_it_is_taken_off(organization, project):
    values = GOOD | {"project": project, "is_billable": True, "markup_percent": "10"}
    expense = expenses.record_expense(organization, values, creation_key="k")
    assert expenses.record_expense(organization, values, creation_key="k") == expense
    assert expense.customer == project.customer
    invoice = create_invoice(project.customer, Choices(include_expenses=True))
    assert invoice.total == Decimal("130.90")
    for call in (
        lambda: expenses.change_expense(expense, {"amount": "5"}),
        lambda: expenses.delete_expense(expense),
    ):
        with pytest.raises(TransactionRefused) as caught:
            call()
        assert caught.value.code == "billed"
    life.delete_draft(invoice)
    assert expenses.change_expense(expense, {"amount": "5"}).total == 5
    expenses.delete_expense(expense)
    assert not Expense.objects.exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"amount": "0"}, "amount"), ({"amount": "-1"}, "amount"), ({"amount": "1.005"}, "amount"),
        ({"amount": ""}, "amount"), ({"amount": "Infinity"}, "amount"), ({"currency": "eur"}, "currency"),
        ({"currency": "JPY", "amount": "1.5"}, "amount"), ({"category": ""}, "category"),
        ({"is_billable": True}, "customer"), ({"date": "2026-13-01"}, "date"),
        ({"project": "foreign"}, "project"), ({"customer": "foreign"}, "customer"),
        ({"markup_percent": "-1"}, "markup_percent"),
        ({"billing_status": "x"}, "billing_status"),
        ({"tax": "foreign"}, "tax"), ({"employee": "foreign"}, "employee"), ({"exchange_rate": "0"}, "exchange_rate"),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_refused_at_its_field(organization, values, field):
    rows = {
        "project": ProjectFactory,
        "customer": CustomerFactory,
        "tax": TaxFactory,
        "employee": StaffUserFactory,
    }
    values = {name: rows[name]() if value == "foreign" else value for name, value in values.items()}
    with pytest.raises(TransactionRefused) as caught:
        expenses.record_expense(organization, GOOD | values)
    assert caught.value.field == field and not Expense.objects.exists()


def test_a_new_currency_forgets_the_exchange_rate_and_looks_at_the_amount_again(organization):
    values = GOOD | {"amount": "10.50", "currency": "USD", "exchange_rate": "0.9"}
    expense = expenses.record_expense(organization, values)
    with pytest.raises(TransactionRefused) as caught:
        expenses.change_expense(expense, {"currency": "JPY"})
    assert caught.value.field == "amount"
    assert expenses.change_expense(expense, {"currency": "GBP"}).exchange_rate is None


def test_employees_are_paid_back(organization):
    expense = expenses.record_expense(organization, GOOD)
    with pytest.raises(TransactionRefused):
        expenses.mark_reimbursed(expense)
    own = expenses.record_expense(
        organization, GOOD | {"employee": StaffUserFactory(organization=organization)}
    )
    assert expenses.state_of(expenses.mark_reimbursed(own)) == "reimbursed"
    assert expenses.state_of(expenses.mark_reimbursed(own, False)) == "non_billable"
