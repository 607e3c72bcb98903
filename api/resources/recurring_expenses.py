"""Recurring expenses."""

from api import guards, recurrence
from api.building import listed, operation, out, router
from api.crud import Resource, body
from api.listing import Listing
from api.resources import expenses
from api.values import day
from organizations.money import round_money
from transactions import expenses as spending
from transactions import recurring
from transactions.models import Expense, RecurringExpense

BODY = body("RecurringExpenseIn", not_kept=expenses.NOT_KEPT, **recurrence.FIELDS, **expenses.FIELDS)
RECURRING = out(
    "RecurringExpense", recurring_expense_id=str, last_created_date=str, next_expense_date=str, sub_total=float,
    total=float, bcy_total=float, tax_name=str, tax_percentage=float, tax_amount=float,
    **(expenses.SHARED | recurrence.SHOWN),
)  # fmt: skip


def _shown(call, row, full):
    tax, total = spending.tax_and_total(row, row.tax.rate if row.tax else 0)
    return (
        expenses.shared(call, row)
        | recurrence.shown(row)
        | {
            "recurring_expense_id": str(row.pk),
            "last_created_date": day(row.last_date),
            "next_expense_date": day(row.next_date),
            "sub_total": total - tax,
            "total": total,
            "bcy_total": round_money(total * (row.exchange_rate or 1), call.organization.base_currency),
            "tax_name": row.tax.name if row.tax else "",
            "tax_percentage": row.tax.rate if row.tax else 0,
            "tax_amount": tax,
        }
    )


def _rows(call):
    guards.view(call)
    return RecurringExpense.objects.filter(organization=call.organization)


def _save(call, row, values):
    guards.bill(call)
    row = row or RecurringExpense(organization=call.organization)
    return recurring.save_recurring_expense(
        row, expenses.values_of(call, values) | recurrence.values_of(values)
    )


def _delete(call, row):
    guards.delete(call)
    recurring.delete_profile(row)


RESOURCE = Resource(
    path="recurringexpenses", node="recurring_expense", nodes="recurring_expenses", module="expenses",
    id_name="recurring_expense_id", missing="Recurring Expense does not exist", out=RECURRING, rows=_rows,
    shown=_shown, delete=_delete, update=_save, create=lambda call, values: _save(call, None, values),
    create_body=BODY, update_body=BODY, not_kept=expenses.NOT_KEPT,
    with_all=lambda rows: rows.select_related("customer", "project", "organization", "tax"),
    texts={
        "created": "The recurring expense has been created",
        "updated": "The recurring expense has been updated",
        "deleted": "The recurring expense has been deleted.",
    },
    listing=Listing(
        filters={
            "recurrence_name": ("name", "text"), "account_name": ("category", "text"),
            "customer_id": ("customer_id", "id"), "project_id": ("project_id", "id"),
            "customer_name": ("customer__display_name", "text"), "amount": ("amount", "number"),
            "start_date": ("start_date", "date"), "end_date": ("end_date", "date"),
            "next_expense_date": ("next_date", "date"), "last_created_date": ("last_date", "date"),
        },
        by=recurrence.BY,
        sorts={
            "created_time": "pk", "next_expense_date": "next_date", "account_name": "category", "total": "amount",
            "last_created_date": "last_date", "recurrence_name": "name", "customer_name": "customer__display_name",
        },
        search=("name", "category", "vendor", "description"),
    ),
)  # fmt: skip


def _children(call, pk):
    row = RESOURCE.found(call, pk)
    rows, child = Expense.objects.filter(recurring_expense=row), expenses.RESOURCE
    return listed(
        call, rows, child.listing, lambda item: child.node_of(call, item, False), "Expenses", child.with_all
    )


def make_router():
    """Recurring expenses, stopped and resumed, and what they made."""
    made = router("Recurring expenses")
    RESOURCE.add_to(made)
    for tail, do, text in (
        ("stop", recurrence.stop, "The recurring expense has been stopped."),
        ("resume", recurrence.resume, "The recurring expense has been activated."),
    ):
        RESOURCE.action(made, f"status/{tail}", recurrence.guarded(guards.bill, do), text)
    operation(made, "get", "/recurringexpenses/{recurring_expense_id}/expenses", _children, module="expenses",
              verb="READ", name="list_expenses_of_recurring", node="expensehistory", kind=expenses.EXPENSE,
              many=True, query=("page", "per_page"))  # fmt: skip
    return made
