"""Lists of invoices, quotes and credit notes: filters, totals per currency, pages, CSV."""

import datetime

from django.db.models import Count, Q, Sum
from django.shortcuts import render

from customers.models import Customer
from organizations.csv_export import csv_response
from organizations.current import current_organization
from organizations.ids import whole
from organizations.paging import keyset_page
from organizations.zones import today_in
from transactions import states
from transactions.billing.choices import month_of
from transactions.models import CreditNote, Invoice, Quote
from transactions.screens.access import rights, viewing

ORDER = ("-date", "-id")
PERIODS = {
    "this_month": "This month",
    "last_month": "Last month",
    "this_year": "This year",
    "last_year": "Last year",
}
HEAVY = ("notes", "terms", "billing_street", "sender_address")


def filtered(model, organization, params):
    """(rows with the column `state`, the same to count). Filters that cannot be understood are ignored."""
    rows = model.objects.filter(organization=organization)
    if words := params.get("q", "").strip().replace("\0", "")[:200]:
        named = Customer.objects.filter(organization=organization, display_name__icontains=words)
        rows = rows.filter(
            Q(number__icontains=words)
            | Q(wanted_number__icontains=words)
            | Q(reference__icontains=words)
            | Q(customer__in=named.values("pk"))
        )
    if customer := whole(params.get("customer")):
        rows = rows.filter(customer_id=customer)
    if (project := whole(params.get("project"))) and model is not CreditNote:
        if model is Quote:
            rows = rows.filter(project_id=project)
        else:
            rows = rows.filter(pk__in=Invoice.objects.filter(lines__project_id=project).values("pk"))
    first, last = period_of(params, organization)
    if first:
        rows = rows.filter(date__gte=first)
    if last:
        rows = rows.filter(date__lte=last)
    if model is CreditNote:
        return states.with_state(rows, organization), rows
    known = states.INVOICE_STATES if model is Invoice else states.QUOTE_STATES
    if params.get("state") in (*known, *(["unpaid"] if model is Invoice else [])):
        rows = states.in_state(rows, params["state"], organization)
        return rows, rows
    return states.with_state(rows, organization), rows


def period_of(params, organization):
    """(first day, last day) of the filters `period`, `from` and `to`; None is open."""
    today = today_in(organization)
    period = params.get("period")
    if period in ("this_month", "last_month"):
        return month_of(today, 1 if period == "last_month" else 0)
    if period in ("this_year", "last_year"):
        year = today.year - (1 if period == "last_year" else 0)
        return datetime.date(year, 1, 1), datetime.date(year, 12, 31)
    return _day(params.get("from")), _day(params.get("to"))


def _day(text):
    try:
        return datetime.date.fromisoformat(text or "")
    except ValueError:
        return None


def sums(rows, model):
    """One row per currency: count, total and open balance, without void documents. Never added across currencies."""
    found = rows.order_by().exclude(status="void").values("currency").annotate(count=Count("pk"))
    if model is Invoice:
        issued = Q(status="sent")
        found = found.annotate(sum_total=Sum("total"), open=Sum("balance", filter=issued))
    else:
        found = found.annotate(sum_total=Sum("total"))
    return list(found.order_by("currency"))


def _list(request, model, template, title, noun, csv_name):
    organization, params = current_organization(request), request.GET.dict()
    rows, counted = filtered(model, organization, params)
    shown = rows.select_related("customer").defer(*HEAVY, "customer__notes", "customer__custom_fields")
    if model is CreditNote:
        shown = shown.select_related("invoice")
    page = keyset_page(shown, ORDER, params, count_from=counted)
    labels = (*states.INVOICE_STATES, "unpaid") if model is Invoice else states.QUOTE_STATES
    chosen = None
    if customer := whole(params.get("customer")):
        chosen = Customer.objects.filter(organization=organization, pk=customer).first()
    narrowed = request.GET.copy()
    for name in ("after", "before"):
        narrowed.pop(name, None)
    return render(
        request,
        template,
        {
            "page": page,
            "params": params,
            "sums": sums(counted, model),
            "states": [(state, states.LABELS[state]) for state in labels],
            "periods": PERIODS.items(),
            "title": title,
            "noun": noun,
            "one": noun.removesuffix("s"),
            "csv_name": csv_name,
            "chosen_customer": chosen,
            "query": narrowed.urlencode(),
            "kind": model.KIND,
            **rights(request),
        },
    )


@viewing
def invoices(request):
    """All invoices."""
    return _list(request, Invoice, "transactions/document_list.html", "Invoices", "invoices", "invoices_csv")


@viewing
def quotes(request):
    """All quotes."""
    return _list(request, Quote, "transactions/document_list.html", "Quotes", "quotes", "quotes_csv")


@viewing
def credit_notes(request):
    """All credit notes."""
    return _list(
        request,
        CreditNote,
        "transactions/document_list.html",
        "Credit Notes",
        "credit notes",
        "credit_notes_csv",
    )


COLUMNS = [
    "Number", "Date", "Due", "Customer", "Reference", "Status", "Currency", "Subtotal", "Discount", "Tax", "Total",
]  # fmt: skip


def _csv(request, model, filename):
    rows, _ = filtered(model, current_organization(request), request.GET.dict())
    rows = (
        rows.select_related("customer")
        .defer(*HEAVY, "customer__notes", "customer__custom_fields")
        .order_by(*ORDER)
    )
    invoice = model is Invoice

    def lines():
        for row in rows.iterator(chunk_size=500):
            end = getattr(row, "due_date", None) or getattr(row, "expiry_date", None)
            line = [
                str(row), row.date, end, row.customer_name or row.customer.display_name, row.reference,
                row.state_label, row.currency, row.sub_total, row.discount_total, row.tax_total, row.total,
            ]  # fmt: skip
            yield [*line, row.balance] if invoice else line

    return csv_response(filename, [*COLUMNS, "Balance"] if invoice else COLUMNS, lines())


@viewing
def invoices_csv(request):
    """The filtered invoices as CSV."""
    return _csv(request, Invoice, "invoices.csv")


@viewing
def quotes_csv(request):
    """The filtered quotes as CSV."""
    return _csv(request, Quote, "quotes.csv")


@viewing
def credit_notes_csv(request):
    """The filtered credit notes as CSV."""
    return _csv(request, CreditNote, "credit-notes.csv")
