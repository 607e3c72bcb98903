"""Drafts for many customers at once: choices, a table of what would be made, progress, a report."""

from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.db.models import Count
from django.shortcuts import redirect, render

from customers.models import Customer
from organizations.current import current_organization
from organizations.ids import whole, wholes
from organizations.once import new_token, use_up
from organizations.paging import keyset_page
from organizations.zones import today_in
from transactions import bulk, checks, preferences
from transactions.billing.choices import GROUPINGS, Choices, month_of
from transactions.errors import TransactionRefused
from transactions.models import BulkBilling, Tax
from transactions.screens.access import billing, ours, rights, viewing

PERIODS = {
    "last_month": "Last month",
    "this_month": "This month",
    "until": "Until a day",
    "all": "All unbilled",
}
PER_PAGE = 100  # customers looked at on one page


def _choices(texts, organization):
    """The Choices of the form's texts. Raises TransactionRefused with the field."""
    today, first, last = today_in(organization), None, None
    if texts["period"] in ("this_month", "last_month"):
        first, last = month_of(today, 1 if texts["period"] == "last_month" else 0)
    if texts["period"] == "until":
        last = checks.day(texts["date_to"], "date_to", "Until", organization)
        if last is None:
            raise TransactionRefused("required", "Until: give the last day.", "date_to")
    tax_id = whole(texts["tax"]) if texts["tax"] else None
    if texts["tax"] and not Tax.objects.filter(organization=organization, pk=tax_id, is_active=True).exists():
        raise TransactionRefused("unknown", "The tax was not found or is not used any more.", "tax")
    return Choices(
        date_from=first,
        date_to=last,
        include_expenses=bool(texts["include_expenses"]),
        grouping=texts["grouping"],
        tax_id=tax_id,
    ).check()


def _texts(data, organization):
    tax = preferences.of(organization).tax
    asked = "period" in data
    return {
        "period": data.get("period") if data.get("period") in PERIODS else "last_month",
        "date_to": data.get("date_to", ""),
        "grouping": data.get("grouping") or "tasks_people",
        "tax": data.get("tax", "") if asked else str(tax.pk if tax and tax.is_active else ""),
        "include_expenses": data.get("include_expenses", ""),
    }


def _chosen(request, organization, choices):
    """The ticked customers; with `everyone` also those on the other pages."""
    ids = wholes(request.POST.getlist("customer"))
    customers = list(Customer.objects.filter(organization=organization, pk__in=ids).order_by("pk"))
    if len(customers) != len(ids):
        raise TransactionRefused("unknown", "A customer was not found.", "customers")
    if request.POST.get("everyone"):
        seen = {*ids, *wholes(request.POST.getlist("shown"))}
        customers += bulk.customers_with_unbilled_hours(organization, choices).exclude(pk__in=seen)
    return customers


@billing
def start(request):
    """Choose the period and the customers; POST orders the drafts, which the worker makes."""
    organization = current_organization(request)
    data = request.POST if request.method == "POST" else request.GET
    texts, errors, rows = _texts(data, organization), {}, []
    try:
        choices = _choices(texts, organization)
        if request.method == "POST":
            customers = _chosen(request, organization, choices)
            with transaction.atomic():
                if not use_up(request):
                    latest = BulkBilling.objects.filter(organization=organization, requested_by=request.user)
                    return redirect("invoices_bulk_job", latest.latest("pk").pk)
                job = bulk.start(organization, customers, choices, request.user)
            messages.success(request, "The drafts are being made. You can leave this page.")
            return redirect("invoices_bulk_job", job.pk)
    except TransactionRefused as refused:
        errors = {refused.field: refused.sentence}
    ids, number = [], 1
    if set(errors) <= {"customers"}:
        ids = list(bulk.customers_with_unbilled_hours(organization, choices).values_list("pk", flat=True))
        number = min(max(whole(data.get("page")) or 1, 1), max(-(-len(ids) // PER_PAGE), 1))
        shown = Customer.objects.filter(pk__in=ids[(number - 1) * PER_PAGE : number * PER_PAGE])
        rows = bulk.preview(organization, choices, shown.order_by("display_name", "pk"))
    sums = {}
    for row in rows:
        sums[row.currency] = sums.get(row.currency, 0) + row.amount
    jobs = (
        BulkBilling.objects.filter(organization=organization)
        .select_related("requested_by")
        .order_by("-pk")[:5]
    )
    return render(
        request,
        "transactions/bulk.html",
        {
            "texts": texts,
            "errors": errors,
            "rows": rows,
            "ticked": set(wholes(request.POST.getlist("customer"))) if request.method == "POST" else None,
            "sums": sorted(sums.items()),
            "minutes": sum(row.minutes for row in rows),
            "periods": PERIODS.items(),
            "groupings": GROUPINGS.items(),
            "taxes": Tax.objects.filter(organization=organization, is_active=True).order_by("name", "pk"),
            "others": len(ids) - len(rows),
            "page_number": number,
            "more_pages": number * PER_PAGE < len(ids),
            "query": urlencode({name: value for name, value in texts.items() if value}),
            "jobs": jobs,
            "once": new_token(),
            **rights(request),
        },
    )


@viewing
def job(request, pk):
    """How far the drafts are, and what became of each customer; refreshes itself until it is done."""
    found = ours(request, BulkBilling.objects.select_related("requested_by"), pk)
    counts = dict(found.rows.order_by().values_list("status").annotate(Count("pk")))
    total = sum(counts.values())
    rows = found.rows.select_related("customer", "invoice").order_by("pk")
    page = keyset_page(rows, ("pk",), request.GET.dict(), per_page=200)
    context = {
        "job": found,
        "page": page,
        "made": counts.get("made", 0),
        "refused": counts.get("refused", 0),
        "waiting": counts.get("waiting", 0),
        "done": total - counts.get("waiting", 0),
        "total": total,
    }
    template = "transactions/_bulk_job.html" if request.htmx else "transactions/bulk_job.html"
    return render(request, template, context)
