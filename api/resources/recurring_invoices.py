"""Recurring invoices."""

from typing import Any

from api import documents, guards, recurrence
from api.building import out, router
from api.crud import NOTHING, Resource, body
from api.errors import BAD_VALUE, RULE, UNKNOWN_ROW, Refused, bad_value
from api.listing import Listing
from api.values import day, id_of, moment
from timetracking.models import Project
from transactions import recurring
from transactions.models import RecurringInvoice

VALUES = {
    "reference": "reference_number", "tax_inclusive": "is_inclusive_tax", "notes": "notes", "terms": "terms",
    "payment_terms": "payment_terms", "grouping": "grouping", "include_expenses": "include_expenses",
    "description_pattern": "description_pattern", "creates": "creates",
}  # fmt: skip
NOT_KEPT = (*documents.NOT_KEPT, "payment_terms_label", "exchange_rate")
CHARGES = ("adjustment", "adjustment_description", "shipping_charge")  # taken when they are nothing
BODY = body(
    "RecurringInvoiceIn", not_kept=NOT_KEPT, customer_id=str, reference_number=str, is_inclusive_tax=bool, notes=str,
    terms=str, payment_terms=int | str, grouping=str, include_expenses=bool, description_pattern=str, creates=str,
    discount=Any, **dict.fromkeys(CHARGES, Any), line_items=list[documents.LINE_IN], project_ids=list[str],
    **recurrence.FIELDS,
)  # fmt: skip
RECURRING = out(
    "RecurringInvoice", recurring_invoice_id=str, customer_id=str, customer_name=str, reference_number=str,
    currency_id=str, currency_code=str, last_sent_date=str, next_invoice_date=str, payment_terms=int | None,
    is_inclusive_tax=bool, notes=str, terms=str, grouping=str, include_expenses=bool, description_pattern=str,
    creates=str, discount=str, line_items=list[documents.LINE], project_ids=list[str], problem=str,
    created_time=str, last_modified_time=str, custom_fields=list[dict[str, str]], **recurrence.SHOWN,
)  # fmt: skip


def _shown(call, row, full):
    data = recurrence.shown(row) | {
        "recurring_invoice_id": str(row.pk),
        "customer_id": str(row.customer_id),
        "customer_name": row.customer.display_name,
        "reference_number": row.reference,
        "currency_id": row.currency,
        "currency_code": row.currency,
        "last_sent_date": day(row.last_date),
        "next_invoice_date": day(row.next_date),
        "creates": row.creates,
        "problem": row.problem,
        "created_time": moment(row.created_at, call.organization),
        "last_modified_time": moment(row.updated_at, call.organization),
    }
    if full:
        share, amount = row.discount_percent, row.discount_amount
        data |= {
            "payment_terms": row.payment_terms,
            "is_inclusive_tax": row.tax_inclusive,
            "notes": row.notes,
            "terms": row.terms,
            "grouping": row.grouping,
            "include_expenses": row.include_expenses,
            "description_pattern": row.description_pattern,
            "discount": f"{share.normalize():f}%" if share else str(amount or ""),
            "line_items": [documents.shown_line(line) for line in row.lines.select_related("project")],
            "project_ids": [str(pk) for pk in row.projects.order_by("pk").values_list("pk", flat=True)],
        }
    return data


def _rows(call):
    guards.view(call)
    return RecurringInvoice.objects.filter(organization=call.organization)


def _save(call, row, values):
    guards.bill(call)
    if row is None:
        row = RecurringInvoice(organization=call.organization, customer=documents.customer_of(call, values))
    elif values.get("customer_id") and id_of(values["customer_id"], "customer_id") != row.customer_id:
        raise Refused(400, RULE, "The customer of a profile stays. Make a new one.", "customer_id")
    for name in CHARGES:
        if values.pop(name, None) not in NOTHING:
            raise bad_value(name, "A recurring invoice has lines only: give the charge as a line.")
    found = recurrence.values_of(values)
    found |= {ours: values[name] for ours, name in VALUES.items() if name in values}
    if "discount" in values:
        found |= documents.discount(values["discount"], "discount")
    if "project_ids" in values:
        ids = [id_of(text, "project_ids") or 0 for text in values["project_ids"] or ()]
        if len(ids) > 1000:
            raise Refused(400, BAD_VALUE, "1,000 projects at most.", "project_ids")
        found["projects"] = list(Project.objects.filter(organization=call.organization, pk__in=ids))
        if len(found["projects"]) != len(set(ids)):
            raise Refused(400, UNKNOWN_ROW, "Project does not exists", "project_ids")
    lines = None
    if values.get("line_items") is not None:
        lines = documents.lines_of(call, values["line_items"], row)[0]
    return recurring.save_recurring_invoice(row, found, lines)


def _delete(call, row):
    guards.delete(call)
    recurring.delete_profile(row)


RESOURCE = Resource(
    path="recurringinvoices", node="recurring_invoice", nodes="recurring_invoices", module="invoices",
    id_name="recurring_invoice_id", missing="Recurring Invoice does not exist", out=RECURRING, rows=_rows,
    shown=_shown, delete=_delete, update=_save, create=lambda call, values: _save(call, None, values),
    create_body=BODY, update_body=BODY, not_kept=NOT_KEPT,
    with_all=lambda rows: rows.select_related("customer", "organization"),
    texts={
        "created": "The recurring invoice has been created.",
        "updated": "The recurring invoice has been updated.",
        "deleted": "The recurring invoice is deleted successfully.",
    },
    listing=Listing(
        filters={
            "recurrence_name": ("name", "text"), "customer_id": ("customer_id", "id"),
            "customer_name": ("customer__display_name", "text"), "reference_number": ("reference", "text"),
            "start_date": ("start_date", "date"), "end_date": ("end_date", "date"),
            "next_invoice_date": ("next_date", "date"),
        },
        by=recurrence.BY,
        sorts={
            "created_time": "pk", "recurrence_name": "name", "customer_name": "customer__display_name",
            "next_invoice_date": "next_date", "start_date": "start_date",
        },
        search=("name", "reference", "customer__display_name"),
    ),
)  # fmt: skip


def make_router():
    """Recurring invoices, stopped and resumed."""
    made = router("Recurring invoices")
    RESOURCE.add_to(made)
    for tail, do, text in (
        ("stop", recurrence.stop, "The recurring invoice has been stopped."),
        ("resume", recurrence.resume, "The recurring invoice has been resumed."),
    ):
        RESOURCE.action(made, f"status/{tail}", recurrence.guarded(guards.bill, do), text)
    return made
