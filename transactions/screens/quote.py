"""The page of a quote."""

from django.shortcuts import render

from transactions import totals
from transactions.life import warnings_for
from transactions.models import Quote
from transactions.screens.access import ours, rights, viewing
from transactions.screens.invoice import lines_of
from transactions.timeline import events

WORDS = {
    "draft": "Not issued yet: it can change.",
    "sent": "Issued and sent; waiting for the customer's answer.",
    "viewed": "The customer has opened it; waiting for the answer.",
    "accepted": "Accepted: it can be turned into an invoice.",
    "declined": "Declined. It can still be accepted, or revised as a new draft.",
    "expired": "Its last day has passed. It can still be accepted or invoiced.",
    "invoiced": "Turned into an invoice; nothing more happens to it.",
}


@viewing
def quote(request, pk):
    """One quote: lines, what it became, what can be done."""
    rows = Quote.objects.select_related("customer", "organization", "project", "created_by")
    document = ours(request, rows, pk)
    lines = lines_of(document)
    right = rights(request)
    can = set()
    if document.is_draft:
        can |= {"edit"} if right["may_bill"] else set()
        can |= {"send"} if right["may_send"] else set()
        can |= {"delete"} if right["may_delete"] and not document.number else set()
    elif right["may_bill"]:
        can |= {"revise"}
        can |= {"accept"} if document.status in ("sent", "declined") else set()
        can |= {"decline"} if document.status in ("sent", "accepted") else set()
        can |= {"convert"} if document.status in ("sent", "accepted") else set()
    context = {
        "document": document,
        "customer": document.customer,
        "lines": lines,
        "taxes": totals.tax_summary(document, lines),
        "state_words": WORDS[document.state],
        "made": list(document.invoices.order_by("pk")),
        "events": events(document),
        "warnings": warnings_for(document) if document.is_draft else [],
        "foreign": document.currency != document.organization.base_currency,
        "can": can,
        **right,
    }
    return render(request, "transactions/quote.html", context)
