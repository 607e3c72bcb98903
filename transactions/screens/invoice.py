"""The page of an invoice, its lines with the hours behind them, and the page of a credit note."""

from django.db.models import Count, Q, Sum
from django.shortcuts import get_object_or_404, render

from organizations.paging import keyset_page
from organizations.zones import today_in
from transactions import totals
from transactions.life import warnings_for
from transactions.models import BilledExpense, BilledTimeEntry, CreditNote, DriftItem, Invoice
from transactions.screens.access import new_key, ours, rights, viewing
from transactions.timeline import events

WORDS = {
    "draft": "Not issued yet: it can change, and its hours are kept for it.",
    "sent": "Issued and sent; waiting for payment.",
    "viewed": "The customer has opened it; waiting for payment.",
    "partially_paid": "A part is paid or credited; the rest is open.",
    "overdue": "The due date has passed and money is still open.",
    "paid": "Nothing is open any more.",
    "void": "Declared as never valid; its hours are free again and its number stays used.",
    "written_off": "The open balance was given up.",
}
METHODS = ("Bank transfer", "Card", "Cash", "Cheque", "Direct debit")


def live_counts(invoice):
    """{line id: (hours, minutes)} of what is live on the lines."""
    rows = BilledTimeEntry.objects.filter(line__invoice=invoice, released_at=None).order_by()
    rows = rows.values("line_id").annotate(count=Count("pk"), minutes=Sum("minutes"))
    return {row["line_id"]: (row["count"], row["minutes"]) for row in rows}


def kept_counts(invoice):
    """{line id: number of hours ever billed on it, and of these no longer live}."""
    rows = BilledTimeEntry.objects.filter(line__invoice=invoice).order_by()
    rows = rows.values("line_id").annotate(count=Count("pk"), freed=Count("pk", filter=~Q(released_at=None)))
    return {row["line_id"]: (row["count"], row["freed"]) for row in rows}


def lines_of(document):
    """The lines with what the page shows of them: `.entry_count`, `.freed_count`, `.expense`."""
    lines = list(
        document.lines.select_related("project").defer("project__description").order_by("position", "id")
    )
    if isinstance(document, Invoice):
        counts = kept_counts(document)
        spent = {
            row.line_id: row for row in BilledExpense.objects.filter(line__invoice=document).order_by("pk")
        }
        for line in lines:
            line.entry_count, line.freed_count = counts.get(line.pk, (0, 0))
            line.expense = spent.get(line.pk)
    return lines


def drift_of(invoice):
    """The invoice's open drift items, oldest first."""
    rows = DriftItem.objects.filter(billed__line__invoice=invoice, status="open")
    return list(rows.select_related("billed", "project").defer("project__description").order_by("pk"))


@viewing
def invoice(request, pk):
    """One invoice: lines, what is open, payments, drift, what happened to it, and what can be done."""
    document = ours(
        request, Invoice.objects.select_related("customer", "organization", "quote", "created_by"), pk
    )
    return render(request, "transactions/invoice.html", page_of(request, document))


def page_of(request, document):
    """Template context of the invoice page."""
    lines = lines_of(document)
    payments = list(document.payments.select_related("created_by").order_by("date", "pk"))
    drift = drift_of(document)
    context = {
        "document": document,
        "customer": document.customer,
        "lines": lines,
        "taxes": totals.tax_summary(document, lines),
        "state_words": WORDS[document.state],
        "payments": payments,
        "credit_notes": list(document.credit_notes.order_by("date", "pk")),
        "drift": drift,
        "drift_minutes": sum(item.difference_minutes for item in drift),
        "drift_amount": sum((item.difference_amount or 0 for item in drift), 0),
        "events": events(document),
        "warnings": warnings_for(document) if document.is_draft else [],
        "methods": METHODS,
        "today": today_in(document.organization),
        "key": new_key(),
        "foreign": document.currency != document.organization.base_currency,
        **rights(request),
    }
    context["can"] = possible(document, context)
    return context


def possible(document, context):
    """Which buttons make sense now: a set of words."""
    found = set()
    if document.is_draft:
        found |= {"edit", "send"} & _allowed(context, edit="may_bill", send="may_send")
        if context["may_delete"] and not document.number:
            found.add("delete")
    if document.status == "sent":
        if document.balance > 0 and context["may_bill"]:
            found.add("pay")
        if context["may_delete"]:
            if document.total > document.credited_total:
                found.add("credit")
            if not context["payments"] and not context["credit_notes"]:
                found.add("void")
            if document.balance > 0:
                found.add("write_off")
    if document.status == "written_off" and context["may_delete"]:
        found.add("cancel_write_off")
    if document.status == "void" and context["may_bill"]:
        found.add("back_to_draft")
    if context["may_bill"]:
        found.add("duplicate")
    return found


def _allowed(context, **needs):
    return {name for name, right in needs.items() if context[right]}


@viewing
def invoice_line(request, pk, line):
    """The hours and expenses behind one line as they were when billed; a part of the page for htmx."""
    document = ours(request, Invoice.objects.select_related("customer"), pk)
    row = get_object_or_404(document.lines.select_related("project"), pk=line)
    rows = BilledTimeEntry.objects.filter(line=row).select_related("credit_line__credit_note")
    page = keyset_page(rows, ("date", "id"), request.GET.dict(), per_page=200)
    context = {
        "document": document,
        "line": row,
        "page": page,
        "expenses": list(row.billed_expenses.select_related("expense")),
        "drift": {item.billed_id: item for item in DriftItem.objects.filter(billed__line=row).order_by("pk")},
        **rights(request),
    }
    context["removable"] = document.is_draft and context["may_bill"]
    template = "transactions/_entries.html" if request.htmx else "transactions/invoice_line.html"
    return render(request, template, context)


@viewing
def credit_note(request, pk):
    """One credit note with its lines and the hours that it set free."""
    rows = CreditNote.objects.select_related("customer", "organization", "invoice", "created_by")
    document = ours(request, rows, pk)
    lines = list(document.lines.select_related("project").defer("project__description"))
    freed = BilledTimeEntry.objects.filter(credit_line__credit_note=document).order_by()
    counts = {
        row["credit_line_id"]: row["count"]
        for row in freed.values("credit_line_id").annotate(count=Count("pk"))
    }
    for line in lines:
        line.entry_count = counts.get(line.pk, 0)
    return render(
        request,
        "transactions/credit_note.html",
        {
            "document": document,
            "customer": document.customer,
            "lines": lines,
            "taxes": totals.tax_summary(document, lines),
            "events": events(document),
            "freed": freed.aggregate(count=Count("pk"), minutes=Sum("minutes")),
            **rights(request),
        },
    )
