"""Recording, changing and deleting expenses by hand."""

from fractions import Fraction

from django.db import IntegrityError, transaction
from django.utils import timezone

from organizations.money import known_currency, round_money
from transactions import checks, preferences
from transactions.billing.conversion import converted
from transactions.errors import TransactionRefused
from transactions.locking import lock
from transactions.models import BilledExpense, Expense, RecurringExpense

TEXTS = {
    "category": ("Category", 100),
    "vendor": ("Vendor", 200),
    "paid_through": ("Paid through", 100),
    "reference": ("Reference", 100),
    "description": ("Description", 500),
}
ROWS = {"employee": "The employee", "customer": "The customer", "project": "The project", "tax": "The tax"}
STATES = {
    "unbilled": "Unbilled",
    "invoiced": "Invoiced",
    "reimbursed": "Reimbursed",
    "non_billable": "Non-billable",
}
VALUES = (
    *TEXTS, *ROWS, "date", "currency", "exchange_rate", "amount", "tax_inclusive", "is_billable", "markup_percent",
)  # fmt: skip


def record_expense(organization, values, user=None, creation_key=""):
    """Record an expense (`values` as in VALUES) and return it; the same `creation_key` gives the same expense."""
    made = Expense.objects.filter(organization=organization, creation_key=creation_key)
    if creation_key and (found := made.first()):
        return found
    expense = Expense(
        organization=organization,
        currency=organization.base_currency,
        created_by=user,
        creation_key=creation_key,
    )
    try:
        with transaction.atomic():
            return _write(expense, values)
    except IntegrityError:
        if creation_key and (found := made.first()):
            return found
        raise


@transaction.atomic
def change_expense(expense, values):
    """Change an expense that is not on an invoice."""
    lock(expense)
    _refuse_billed(expense, "changed")
    return _write(expense, values)


@transaction.atomic
def delete_expense(expense):
    """Delete an expense that is not on an invoice; what was billed of it earlier stays in the history of bills."""
    lock(expense)
    _refuse_billed(expense, "deleted")
    expense.delete()


@transaction.atomic
def mark_reimbursed(expense, reimbursed=True):
    """Note that the employee got the money back, or that this was a mistake."""
    lock(expense)
    if expense.employee_id is None:
        raise TransactionRefused("no_employee", "Nobody paid this expense for you.", "employee")
    expense.reimbursed_at = timezone.now() if reimbursed else None
    expense.save(update_fields=["reimbursed_at", "updated_at"])
    return expense


def in_state(rows, state):
    """The expenses of `rows` in one of STATES, or the billable ones, invoiced or not ("billable")."""
    if state == "billable":
        return rows.filter(is_billable=True)
    if state == "invoiced":
        return rows.filter(billing_status="invoiced")
    rows = rows.exclude(billing_status="invoiced")
    if state == "reimbursed":
        return rows.filter(reimbursed_at__isnull=False)
    return rows.filter(billing_status=state, reimbursed_at=None)


def lock_reason(expense):
    """Why it cannot be changed or deleted now; '' when it can."""
    live = _live(expense)
    if live is None:
        return ""
    return f"It stands on {_named(live)} and cannot be changed or deleted. Take it off there first."


def state_of(expense):
    """ "invoiced", "reimbursed", "unbilled" or "non_billable", the most telling first."""
    if expense.billing_status == "invoiced":
        return "invoiced"
    return "reimbursed" if expense.reimbursed_at else expense.billing_status


def _named(bill):
    number = bill.line.invoice.number
    return f"invoice {number}" if number else "a draft invoice"


def _live(expense):
    rows = BilledExpense.objects.filter(expense=expense, released_at=None)
    return rows.select_related("line__invoice").first()


def _refuse_billed(expense, what):
    if live := _live(expense):
        raise TransactionRefused(
            "billed",
            f"It stands on {_named(live)} and cannot be {what}. Take it off there first.",
        )


def tax_and_total(row, rate):
    """(tax, total) of an expense, or of what a recurring one will make, at a tax rate in percent."""
    rate, amount = Fraction(rate), Fraction(row.amount)
    part = rate / (100 + rate) if row.tax_inclusive else rate / 100
    tax = round_money(amount * part, row.currency)
    return tax, row.amount if row.tax_inclusive else row.amount + tax


def _write(expense, values):
    if unknown := sorted(set(values) - set(VALUES)):
        raise TransactionRefused("unknown_field", f"There is no field “{unknown[0]}”.", unknown[0])
    if "date" in values:
        expense.date = checks.day(values["date"], "date", "Date", expense.organization)
    if expense.date is None:
        raise TransactionRefused("required", "Date: this is needed.", "date")
    fill(expense, values)
    tax = expense.tax
    expense.tax_name, expense.tax_rate = (tax.name, tax.rate) if tax else ("", 0)
    expense.tax_amount, expense.total = tax_and_total(expense, expense.tax_rate)
    expense.billing_status = "unbilled" if expense.is_billable else "non_billable"
    expense.save()
    return expense


def fill(row, values):
    """Check `values` and set them on an expense or a recurring expense, without saving."""
    organization = row.organization
    for name, (label, longest) in TEXTS.items():
        if name in values:
            setattr(row, name, checks.text(values[name], name, label, longest))
    if not row.category:
        raise TransactionRefused("required", "Category: this is needed.", "category")
    for name, label in ROWS.items():
        if name in values:
            setattr(row, name, checks.ours(values[name], organization, name, label))
    if row.project and not row.customer:
        row.customer = row.project.customer
    if row.project and row.project.customer_id != row.customer_id:
        raise TransactionRefused("foreign_project", "This project belongs to another customer.", "project")
    for name in ("tax_inclusive", "is_billable"):
        if name in values:
            setattr(row, name, bool(values[name]))
    if row.is_billable and not row.customer:
        raise TransactionRefused("no_customer", "Choose the customer who is to be billed.", "customer")
    if "currency" in values:
        if str(values["currency"]) != row.currency:
            row.exchange_rate = None  # the one it has is another currency's
        row.currency = str(values["currency"])
    if not known_currency(row.currency):
        raise TransactionRefused(
            "unknown_currency", f"The currency “{row.currency[:10]}” is not known.", "currency"
        )
    _fill_amounts(row, values)


def _fill_amounts(row, values):
    if "exchange_rate" in values:
        row.exchange_rate = checks.number(
            values["exchange_rate"], "exchange_rate", "Exchange rate", 8, above=0, at_most=10**8
        )
    if row.exchange_rate is None or row.currency == row.organization.base_currency:
        row.exchange_rate = preferences.exchange_rate_for(row.organization, row.currency)
    amount = values.get("amount", row.amount)  # a new currency may have fewer decimals
    row.amount = checks.money(amount, row.currency, "amount", "Amount", at_least=None, above=0)
    if row.amount is None:
        raise TransactionRefused("required", "Amount: enter what was spent.", "amount")
    _refuse_unconvertible(row, values)
    if "markup_percent" in values:
        row.markup_percent = checks.percent(values["markup_percent"], "markup_percent", "Mark-up", 999) or 0


def _refuse_unconvertible(row, values):
    """Say at once, to whoever can give a rate, that the customer could not be billed; else it is said when billing."""
    if not row.is_billable or row.customer is None or "exchange_rate" not in values:
        return
    _, problem = converted(row.amount, row, row.customer.currency)
    if problem:
        field = "exchange_rate" if row.exchange_rate is None else "currency"
        raise TransactionRefused("no_conversion", problem, field)


def make_from(profile, day):
    """The expense of a recurring profile for one day; inside the caller's transaction."""
    shared = {
        field.attname: getattr(profile, field.attname)
        for field in RecurringExpense._meta.concrete_fields
        if field.name in (*TEXTS, *ROWS, "currency", "exchange_rate", "amount", "tax_inclusive", "is_billable",
                          "markup_percent")
    }  # fmt: skip
    expense = Expense(organization=profile.organization, date=day, recurring_expense=profile, **shared)
    return _write(expense, {})
