"""Expenses."""

from typing import Any

from api import uploads
from api.building import out, router
from api.crud import Resource, body
from api.documents import FILE, plain
from api.errors import UNKNOWN_ROW, Refused, bad_value, not_authorized
from api.listing import Listing
from api.values import day, id_of, moment
from customers.models import Customer
from organizations.models import Membership
from organizations.money import round_money
from timetracking.entry_rules import own_staff
from timetracking.models import Project, StaffUser
from transactions import expenses, permissions, receipts
from transactions.models import Tax

# Accounts and vendors are names here, not rows: the id of an account is its name.
TEXTS = {
    "reference": "reference_number", "description": "description", "vendor": "vendor_name",
    "paid_through": "paid_through_account_name", "category": "account_name",
}  # fmt: skip
BY_ID = {"paid_through": "paid_through_account_id", "category": "account_id", "vendor": "vendor_id"}
ROWS = {
    "customer": ("customer_id", Customer, "Contact does not exist"),
    "project": ("project_id", Project, "Project does not exists"),
    "employee": ("employee_id", StaffUser, "User does not exist"),
    "tax": ("tax_id", Tax, "Tax does not exist"),
}
FLAGS = {"tax_inclusive": "is_inclusive_tax", "is_billable": "is_billable"}
OTHERS = {"amount": "amount", "exchange_rate": "exchange_rate"}
NOT_KEPT = (
    "line_items", "is_itemized_expense", "mileage_type", "mileage_unit", "mileage_rate", "distance",
    "start_reading", "end_reading", "product_type", "contact_persons", "place_of_supply", "gst_no",
    "destination_of_supply", "gst_treatment", "hsn_or_sac",
)  # fmt: skip
FIELDS: dict[str, Any] = {
    **dict.fromkeys([*TEXTS.values(), *BY_ID.values()], str),
    **{name: str for name, _, _ in ROWS.values()},
    "currency_id": str, "currency_code": str, "is_inclusive_tax": bool, "is_billable": bool, "amount": Any,
    "exchange_rate": Any, "markup_percent": Any,
}  # fmt: skip
EXPENSE_IN = body("ExpenseIn", not_kept=NOT_KEPT, date=str, **FIELDS)
SHARED: dict[str, Any] = {
    "account_id": str, "account_name": str, "paid_through_account_id": str, "paid_through_account_name": str,
    "vendor_id": str, "vendor_name": str, "customer_id": str, "customer_name": str, "project_id": str,
    "project_name": str, "employee_id": str, "amount": float, "currency_id": str, "currency_code": str,
    "exchange_rate": float | None, "tax_id": str, "is_inclusive_tax": bool, "is_billable": bool,
    "reference_number": str, "description": str, "markup_percent": float, "status": str,
    "created_time": str, "last_modified_time": str, "custom_fields": list[dict[str, str]],
}  # fmt: skip
EXPENSE = out(
    "Expense", expense_id=str, date=str, sub_total=float, total=float, tax_name=str, tax_percentage=float,
    tax_amount=float, invoice_id=str, invoice_number=str, recurring_expense_id=str, expense_receipt_name=str,
    documents=list[FILE], bcy_total=float, expense_item_id=str, is_itemized_expense=bool,
    **SHARED,
)  # fmt: skip


def shared(call, row):
    """What expenses and recurring expenses show alike."""
    return {
        "account_id": row.category,
        "account_name": row.category,
        "paid_through_account_id": row.paid_through,
        "paid_through_account_name": row.paid_through,
        "vendor_id": row.vendor,
        "vendor_name": row.vendor,
        "customer_id": str(row.customer_id or ""),
        "customer_name": row.customer.display_name if row.customer else "",
        "project_id": str(row.project_id or ""),
        "project_name": row.project.name if row.project else "",
        "employee_id": str(row.employee_id or ""),
        "amount": row.amount,
        "currency_id": row.currency,
        "currency_code": row.currency,
        "exchange_rate": row.exchange_rate,
        "tax_id": str(row.tax_id or ""),
        "is_inclusive_tax": row.tax_inclusive,
        "is_billable": row.is_billable,
        "reference_number": row.reference,
        "description": row.description,
        "markup_percent": row.markup_percent,
        "created_time": moment(row.created_at, call.organization),
        "last_modified_time": moment(row.updated_at, call.organization),
    }


def values_of(call, values):
    """The service's values of a body."""
    found = {ours: values[name] or "" for ours, name in TEXTS.items() if name in values}
    for ours, name in BY_ID.items():
        if values.get(name) and not found.get(ours):
            found[ours] = values[name]
    for ours, name in FLAGS.items():
        if values.get(name) is not None:
            found[ours] = values[name]
    for ours, name in OTHERS.items():
        if name in values:
            found[ours] = plain(values[name])
    if "markup_percent" in values:
        found["markup_percent"] = plain(values["markup_percent"])
    if currency := values.get("currency_code") or values.get("currency_id"):
        found["currency"] = currency
    for ours, (name, model, text) in ROWS.items():
        if name in values:
            pk = id_of(values[name], name)
            found[ours] = (
                model._default_manager.filter(organization=call.organization, pk=pk).first() if pk else None
            )
            if pk and found[ours] is None:
                raise Refused(400, UNKNOWN_ROW, text, name)
    return found


def _shown(call, row, full):
    billed = next((item for item in row.billings.all() if item.released_at is None), None)
    receipt = next(iter(row.receipts.all()), None)
    state = expenses.state_of(row)
    files = {"documents": [uploads.shown(call, item) for item in row.receipts.all()]} if full else {}
    return (
        shared(call, row)
        | files
        | {
            "expense_id": str(row.pk),
            "date": day(row.date),
            "status": "non-billable" if state == "non_billable" else state,
            "sub_total": row.total - row.tax_amount,
            "total": row.total,
            "bcy_total": round_money(row.total * (row.exchange_rate or 1), call.organization.base_currency),
            "expense_item_id": "",
            "is_itemized_expense": False,
            "tax_name": row.tax_name,
            "tax_percentage": row.tax_rate,
            "tax_amount": row.tax_amount,
            "invoice_id": str(billed.line.invoice_id) if billed else "",
            "invoice_number": billed.line.invoice.number if billed else "",
            "recurring_expense_id": str(row.recurring_expense_id or ""),
            "expense_receipt_name": receipt.name if receipt else "",
        }
    )


def _rows(call):
    if not permissions.may_view(call.membership) and not permissions.may_record_expenses(call.membership):
        raise not_authorized("Seeing expenses is not granted to you.")
    return permissions.visible_expenses(call.membership)


def _save(call, row, values):
    if not permissions.may_record_expenses(call.membership):
        raise not_authorized("Recording expenses is not granted to you.")
    found = values_of(call, values)
    if "date" in values:
        found["date"] = values["date"]
    if call.membership.role == Membership.Role.EMPLOYEE:
        found["employee"] = own_staff(call.membership)
    if row is not None and not permissions.may_change_expense(call.membership, row):
        raise not_authorized("Changing this expense is not granted to you.")
    if row is None:
        row = expenses.record_expense(call.organization, found, call.user)
        if call.request.content_type == "multipart/form-data" and (came := uploads.files_of(call.request)):
            receipts.add(row, came, call.user)
        return row
    return expenses.change_expense(row, found)


def _delete(call, row):
    if not permissions.may_delete_expense(call.membership, row):
        raise not_authorized("Deleting this expense is not granted to you.")
    expenses.delete_expense(row)


STATES = ("unbilled", "invoiced", "reimbursed", "non-billable")


def _by_status(rows, call, text):
    if text == "all":
        return rows
    if text not in STATES:
        raise bad_value("status", f"status is one of {', '.join(STATES)}.")
    return expenses.in_state(rows, text.replace("-", "_"))


LISTING = Listing(
    filters={
        "account_name": ("category", "text"), "vendor_name": ("vendor", "text"),
        "paid_through_account_name": ("paid_through", "text"), "reference_number": ("reference", "text"),
        "description": ("description", "text"), "customer_id": ("customer_id", "id"),
        "customer_name": ("customer__display_name", "text"), "project_id": ("project_id", "id"),
        "employee_id": ("employee_id", "id"), "recurring_expense_id": ("recurring_expense_id", "id"),
        "date": ("date", "date"), "amount": ("amount", "number"), "total": ("total", "number"),
    },
    by={
        "Status.All": None,
        "Status.Billable": lambda rows, call: rows.filter(is_billable=True),
        "Status.Nonbillable": lambda rows, call: expenses.in_state(rows, "non_billable"),
        "Status.Reimbursed": lambda rows, call: expenses.in_state(rows, "reimbursed"),
        "Status.Invoiced": lambda rows, call: expenses.in_state(rows, "invoiced"),
        "Status.Unbilled": lambda rows, call: expenses.in_state(rows, "unbilled"),
    },
    sorts={
        "date": "date", "account_name": "category", "total": "total", "reference_number": "reference",
        "customer_name": "customer__display_name", "created_time": "pk",
    },
    search=("category", "vendor", "description", "reference"),
    special={"status": _by_status},
    descending=True,
)  # fmt: skip
RESOURCE = Resource(
    path="expenses", node="expense", nodes="expenses", module="expenses", id_name="expense_id",
    missing="Expense does not exist", out=EXPENSE, rows=_rows, shown=_shown, delete=_delete, update=_save,
    create=lambda call, values: _save(call, None, values), create_body=EXPENSE_IN, update_body=EXPENSE_IN,
    not_kept=NOT_KEPT, listing=LISTING,
    with_all=lambda rows: rows.select_related("customer", "project").prefetch_related(
        "receipts", "billings__line__invoice"
    ),
    texts={
        "created": "The expense has been recorded.",
        "updated": "Expense information has been updated.",
        "deleted": "The expense has been deleted.",
    },
)  # fmt: skip


def make_router():
    """Expenses."""
    made = router("Expenses")
    RESOURCE.add_to(made)
    return made
