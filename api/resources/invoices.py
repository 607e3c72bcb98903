"""Invoices."""

from django.db.models import Count, Exists, OuterRef, Subquery

from api import documents, guards, vendor_fields
from api.building import listed, out, router
from api.crud import Resource, body
from api.errors import RULE, UNKNOWN_ROW, Refused, bad_value
from api.listing import Listing
from api.values import day, id_of, moment
from organizations.zones import today_in
from timetracking.models import TimeEntry
from transactions import drafts, life, quotes, states
from transactions.billing.choices import Choices
from transactions.billing.create import create_invoice
from transactions.errors import TransactionRefused
from transactions.mailing import outbox
from transactions.models import BilledTimeEntry, Invoice, InvoiceLine, OutgoingMail, Payment, Quote

FIELDS = documents.FIELDS | {
    "invoice_number": str, "due_date": str, "payment_terms": int | str, "invoiced_estimate_id": str,
}  # fmt: skip
NOT_KEPT = (*documents.NOT_KEPT, "payment_terms_label", "recurring_invoice_id")
INVOICE_IN = body("InvoiceIn", not_kept=NOT_KEPT, **FIELDS)
INVOICE = out(
    "Invoice", invoice_id=str, invoice_number=str, due_date=str, payment_terms=int | None,
    payment_terms_label=str, balance=float, payment_made=float, credits_applied=float, write_off_amount=float,
    recurring_invoice_id=str, invoiced_estimate_id=str, due_days=str,
    last_payment_date=str, reminders_sent=int, last_reminder_sent_date=str,
    attachment_name=str, can_send_in_mail=bool,
    **documents.DOCUMENT, **vendor_fields.types(vendor_fields.INVOICE),
)  # fmt: skip


def _due_in_words(call, row):
    if row.is_draft or row.due_date is None or not row.balance:
        return ""
    days = (row.due_date - today_in(call.organization)).days
    if days == 0:
        return "Due Today"
    plural = "" if abs(days) == 1 else "s"
    return f"Due in {days} day{plural}" if days > 0 else f"Overdue by {-days} day{plural}"


def _shown(call, row, full):
    data = {
        "invoice_id": str(row.pk),
        "invoice_number": row.number or row.wanted_number,
        "due_date": day(row.due_date),
        "payment_terms": row.payment_terms,
        "payment_terms_label": documents.terms_label(row.payment_terms),
        "balance": row.total if row.is_draft else row.balance,
        "payment_made": row.paid_total,
        "credits_applied": row.credited_total,
        "write_off_amount": row.written_off_total,
        "recurring_invoice_id": str(row.recurring_invoice_id or ""),
        "invoiced_estimate_id": str(row.quote_id or ""),
        "is_emailed": row.api_emailed,
        "due_days": _due_in_words(call, row),
        "last_payment_date": day(row.api_paid_on),
        "reminders_sent": row.api_reminders or 0,
        "payment_expected_date": "",
        **documents.shown(call, row, full),
    }
    if full:
        data["line_items"] = _lines(row)
        reminders = row.outgoingmails.filter(purpose="reminder", status="sent")
        last = reminders.order_by("-sent_at").values_list("sent_at", flat=True).first()
        data |= vendor_fields.values(vendor_fields.INVOICE) | {
            "attachment_name": next((item["file_name"] for item in data["documents"]), ""),
            "can_send_in_mail": any(item["can_send_in_mail"] for item in data["documents"]),
            "last_reminder_sent_date": moment(last, call.organization)[:10],
        }  # fmt: skip
    return data


def _lines(row):
    lines = list(row.lines.select_related("project"))
    hours: dict[int, list[str]] = {}
    expenses: dict[int, str] = {}
    found = BilledTimeEntry.objects.filter(line__in=lines, released_at=None).order_by("pk")
    for line_id, entry_id in found.values_list("line_id", "entry_number"):
        hours.setdefault(line_id, []).append(str(entry_id))
    for line in InvoiceLine.objects.filter(pk__in=[line.pk for line in lines], kind="expense"):
        billed = line.billed_expenses.filter(released_at=None).first()
        expenses[line.pk] = str(billed.expense_id or "") if billed else ""
    return [
        documents.shown_line(line, row.exchange_rate)
        | {"time_entry_ids": hours.get(line.pk, []), "expense_id": expenses.get(line.pk, "")}
        for line in lines
    ]


def _rows(call):
    guards.view(call)
    return Invoice.objects.filter(organization=call.organization)


def _with_all(rows):
    sent = OutgoingMail.objects.filter(invoice=OuterRef("pk"), status="sent")
    paid = Payment.objects.filter(invoice=OuterRef("pk")).order_by("-date")
    reminders = sent.filter(purpose="reminder").order_by().values("invoice").annotate(count=Count("pk"))
    return rows.select_related("customer", "organization", "quote").annotate(
        api_emailed=Exists(sent),
        api_paid_on=Subquery(paid.values("date")[:1]),
        api_reminders=Subquery(reminders.values("count")),
    )


def _create(call, values):
    guards.bill(call)
    found = documents.values_of(call, values, "invoice_number")
    customer = found.pop("customer", None) or documents.customer_of(call, values)
    lines, entries = documents.lines_of(call, values.get("line_items"))
    if values.get("invoiced_estimate_id"):
        row = _of_estimate(call, customer, found, values, lines, entries)
    elif entries:
        row = _with_hours(call, customer, found, lines, entries)
    else:
        row = drafts.create_invoice(customer, found, lines, call.user)
    if documents.wants_sending(call):
        guards.send(call)
        outbox.send(row, call.user)
    return row


def _of_estimate(call, customer, found, values, lines, entries):
    """The invoice that a quote becomes, once; lines in the body stand instead of the quote's."""
    pk = id_of(values["invoiced_estimate_id"], "invoiced_estimate_id")
    quote = Quote.objects.filter(organization=call.organization, pk=pk).first()
    if quote is None:
        raise Refused(400, UNKNOWN_ROW, "Estimate does not exist", "invoiced_estimate_id")
    if customer.pk != quote.customer_id:
        raise bad_value("customer_id", "The estimate is for another customer.")
    if entries:
        raise bad_value(
            "line_items", "Hours are billed by an invoice of their own, not by that of an estimate."
        )
    return drafts.change_draft(quotes.convert(quote, call.user), found, lines or None)


def _with_hours(call, customer, values, lines, entries):
    """An invoice of these hours at their own rates, all of them or none, and of the free lines."""
    rows = TimeEntry.objects.filter(organization=call.organization, pk__in=entries).order_by()
    projects = tuple(
        sorted(set(rows.values_list("project_id", flat=True)))
    )  # corrections of others wait for theirs
    choices = Choices(project_ids=projects, entry_ids=tuple(sorted(set(entries))))
    row = create_invoice(customer, choices, values=values, lines=lines, user=call.user, remember=False)
    billed = BilledTimeEntry.objects.filter(line__invoice=row, released_at=None).count()
    if billed != len(set(entries)):
        raise Refused(
            400, RULE, f"{len(set(entries)) - billed} of these hours cannot be billed to this customer: they are "
            "unknown, billed already, not billable, or lack a rate. Nothing was billed.", "line_items",
        )  # fmt: skip
    return row


def _update(call, row, values):
    guards.bill(call)
    if (
        not row.is_draft
        and "customer_id" in values
        and id_of(values["customer_id"], "customer_id") != row.customer_id
    ):
        if row.payments.exists():
            text = (
                "The customer for this invoice cannot be changed because payments have been recorded for "
                "this invoice"
            )
            raise Refused(400, 3010, text, "customer_id")
        if row.credit_notes.exists():
            text = (
                "The contact details of this invoice cannot be edited as the credits have been applied to it"
            )
            raise Refused(400, 3009, text, "customer_id")
    if values.get("invoiced_estimate_id") not in (None, "", str(row.quote_id or "")):
        raise bad_value(
            "invoiced_estimate_id", "Which estimate an invoice comes from is fixed when it is made."
        )
    lines = documents.lines_of(call, values["line_items"], row)[0] if "line_items" in values else None
    return drafts.change_draft(row, documents.values_of(call, values, "invoice_number"), lines)


def _delete(call, row):
    guards.delete(call)
    if row.payments.exists():
        raise TransactionRefused("has_payments", "There are payments on it. Delete them first.")
    if row.credit_notes.exists():
        raise TransactionRefused("has_credits", "A part of it was credited.")
    life.delete_draft(row)


def _state(name):
    return lambda rows, call: states.in_state(rows, name, call.organization)


STATES = {
    "Sent": "sent", "Draft": "draft", "OverDue": "overdue", "Paid": "paid", "Void": "void", "Unpaid": "unpaid",
    "PartiallyPaid": "partially_paid", "Viewed": "viewed",
}  # fmt: skip


def _by_status(rows, call, text):
    if text not in STATES.values():
        raise bad_value("status", f"status is one of {', '.join(sorted(STATES.values()))}.")
    return states.in_state(rows, text, call.organization)


LISTING = Listing(
    filters={
        "invoice_number": ("number", "text"), "reference_number": ("reference", "text"),
        "customer_id": ("customer_id", "id"), "customer_name": ("customer__display_name", "text"),
        "email": ("customer_email", "text"), "recurring_invoice_id": ("recurring_invoice_id", "id"),
        "date": ("date", "date"), "due_date": ("due_date", "date"), "created_date": ("created_at__date", "date"),
        "total": ("total", "number"), "balance": ("balance", "number"),
    },
    by={"Status.All": None} | {f"Status.{name}": _state(state) for name, state in STATES.items()},
    sorts={
        "created_time": "pk", "customer_name": "customer__display_name", "invoice_number": "number",
        "date": "date", "due_date": "due_date", "total": "total", "balance": "balance",
    },
    search=("number", "reference", "customer__display_name"),
    special={"status": _by_status},
    descending=True,
)  # fmt: skip


def _response_option(call, rows, found):
    """0 list, 1 list with count and sums, 2 count, 3 count and sums, 4 list with sums."""
    option = call.request.GET.get("response_option", "") or "0"
    if option not in ("0", "1", "2", "3", "4"):
        raise bad_value("response_option", "response_option is 0, 1, 2, 3 or 4.")
    more = {}
    if option in "123":
        more["total"] = rows.count()
    if option in "134":
        more["sums"] = documents.sums_of(rows, "total", "balance")
    return ([] if option in "23" else found), more


RESOURCE = Resource(
    path="invoices", node="invoice", nodes="invoices", module="invoices", id_name="invoice_id",
    missing="Invoice does not exist.", out=INVOICE, rows=_rows, shown=_shown, create=_create, update=_update,
    delete=_delete, create_body=INVOICE_IN, update_body=INVOICE_IN, not_kept=NOT_KEPT, listing=LISTING,
    with_all=_with_all, get=documents.other_format, get_query=("accept", "print"), more=_response_option,
    list_query=("response_option",), write_query=("send", "ignore_auto_number_generation"),
    texts={
        "created": "The invoice has been created.",
        "updated": "Invoice information has been updated.",
        "deleted": "The invoice has been deleted.",
    },
)  # fmt: skip


def list_of(call, project):
    """The invoices with a line of this project."""
    lines = InvoiceLine.objects.filter(invoice=OuterRef("pk"), project=project)
    rows = _rows(call).filter(Exists(lines))
    return listed(call, rows, LISTING, lambda row: RESOURCE.node_of(call, row, False), "Invoices", _with_all)


def _granted(guard, do):
    def work(call, row):
        guard(call)
        do(row)

    return work


def make_router():
    """Invoices and their status."""
    made, text = router("Invoices"), "Invoice status has been changed to "
    RESOURCE.add_to(made)
    for tail, guard, do, said in (
        ("status/sent", guards.send, life.mark_sent, f"{text}Sent."),
        ("status/void", guards.delete, life.void, f"{text}Void."),
        ("status/draft", guards.bill, life.back_to_draft, "Status of invoice changed from void to draft"),
        ("writeoff", guards.delete, life.write_off, "Invoice has been written off"),
        ("writeoff/cancel", guards.delete, life.cancel_write_off,
         "The writeoff done for this invoice has been cancelled."),
    ):  # fmt: skip
        RESOURCE.action(made, tail, _granted(guard, do), said)
    return made
