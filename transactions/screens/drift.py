"""Hours that changed at their source after they were billed: all open items, and what one decides about each."""

from django.contrib import messages
from django.db.models import Count, Sum
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from organizations.current import current_organization
from organizations.ids import whole
from organizations.paging import keyset_page
from transactions import drift
from transactions.errors import TransactionRefused
from transactions.models import DriftItem, Invoice
from transactions.screens.access import billing, deleting, ours, rights, viewing

DONE = {
    "credit": "The hour was credited.",
    "next_invoice": "The difference stands on the project's next invoice.",
    "keep": "It stays as it was billed.",
}
CHOICES = {"credit": drift.credit, "next_invoice": drift.next_invoice, "keep": drift.keep}


def sums(rows):
    """One row per currency: how many items, hours and money; never added across currencies."""
    found = rows.order_by().values("currency")
    found = found.annotate(
        count=Count("pk"), minutes=Sum("difference_minutes"), money=Sum("difference_amount")
    )
    return list(found.order_by("currency"))


@viewing
def drift_list(request):
    """All open items, newest first; `?project=` and `?customer=` narrow."""
    params = request.GET.dict()
    rows = drift.open_items(current_organization(request))
    if project := whole(params.get("project")):
        rows = rows.filter(project_id=project)
    if customer := whole(params.get("customer")):
        rows = rows.filter(project__customer_id=customer)
    page = keyset_page(rows.defer("project__description"), ("-id",), params)
    return render(
        request,
        "transactions/drift_list.html",
        {"page": page, "drift": page.rows, "params": params, "sums": sums(rows), **rights(request)},
    )


@billing
@require_POST
def decide(request, pk):
    """Keep it as billed, or put the difference on the next invoice."""
    return _decide(request, pk, ("keep", "next_invoice"))


@deleting
@require_POST
def credit(request, pk):
    """Credit the hour, or take it off where its invoice is still a draft."""
    return _decide(request, pk, ("credit",))


def _decide(request, pk, possible):
    item = ours(request, DriftItem.objects.select_related("billed__line"), pk)
    choice = request.POST.get("choice", possible[0] if len(possible) == 1 else "")
    invoice = Invoice.objects.filter(lines=item.billed.line_id).first() if item.billed.line_id else None
    to_invoice = invoice and request.POST.get("back") == "invoice"
    back = reverse("invoice", args=[invoice.pk]) if to_invoice else reverse("drift")
    if choice not in possible:
        messages.error(request, "Choose what to do with the difference.")
        return redirect(back)
    try:
        CHOICES[choice](item, request.user)
    except TransactionRefused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, DONE[choice])
    return redirect(back)
