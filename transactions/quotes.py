"""What becomes of a quote once it is issued."""

from django.db import transaction
from django.utils import timezone

from transactions import addresses, drafts, totals
from transactions.errors import TransactionRefused
from transactions.locking import lock
from transactions.models import Invoice, Quote

COPIED_LINE = (
    "position", "kind", "project_id", "name", "description", "quantity", "minutes", "unit", "rate",
    "discount_percent", "tax_id", "tax_name", "tax_rate",
)  # fmt: skip
COPIED = (
    "reference", "language", "exchange_rate", "tax_inclusive", "discount_percent", "discount_amount",
    "shipping_charge", "adjustment", "adjustment_description", "notes", "terms",
)  # fmt: skip


@transaction.atomic
def accept(quote, through=""):
    """Note that the customer accepted; also after declining or expiry. `through`: who said so."""
    return _decide(quote, Quote.Status.ACCEPTED, ("sent", "declined"), through)


@transaction.atomic
def decline(quote, through=""):
    """Note that the customer declined."""
    return _decide(quote, Quote.Status.DECLINED, ("sent", "accepted"), through)


def _decide(quote, status, possible, through):
    lock(quote)
    if quote.status == status:
        return quote
    if quote.status not in possible:
        raise TransactionRefused(
            "wrong_state", f"A quote that is {quote.state_label.lower()} cannot become {status}."
        )
    quote.status, quote.decided_through = status, through[:200]
    moment = timezone.now()
    quote.accepted_at = moment if status == Quote.Status.ACCEPTED else None
    quote.declined_at = moment if status == Quote.Status.DECLINED else None
    quote.save(update_fields=["status", "decided_through", "accepted_at", "declined_at", "updated_at"])
    return quote


@transaction.atomic
def convert(quote, user=None):
    """Make a draft invoice of an issued or accepted quote, also an expired one, once; returns the invoice."""
    lock(quote)
    if quote.status == Quote.Status.INVOICED:
        raise TransactionRefused("already_invoiced", f"{quote} was turned into an invoice already.")
    if quote.status not in (Quote.Status.SENT, Quote.Status.ACCEPTED):
        raise TransactionRefused(
            "wrong_state", f"A quote that is {quote.state_label.lower()} cannot be invoiced. Accept it first."
        )
    invoice = drafts.new_document(Invoice, quote.customer, {}, user)
    if invoice.currency != quote.currency:
        raise TransactionRefused(
            "currency_mismatch",
            f"The customer's currency is {invoice.currency} now, the quote's {quote.currency}.",
        )
    copy_onto(quote, invoice)
    invoice.quote = quote
    totals.recalculate(invoice)
    quote.status = Quote.Status.INVOICED
    quote.save(update_fields=["status", "updated_at"])
    return invoice


@transaction.atomic
def duplicate(document, user=None):
    """A new draft with the same lines (of hours and expenses their text and price only), dated today."""
    copy = drafts.new_document(type(document), document.customer, {}, user)
    copy_onto(document, copy)
    if isinstance(document, Quote):
        copy.project = document.project
    totals.recalculate(copy)
    return copy


def copy_onto(source, target):
    """Copy texts, charges and lines of one document onto a stored draft of the same customer."""
    for name in COPIED:
        setattr(target, name, getattr(source, name))
    addresses.carry(source, target)
    model = target.lines.model
    lines = []
    for line in source.lines.order_by("position", "id"):
        copied = model(**{name: getattr(line, name) for name in COPIED_LINE}, **{model.DOCUMENT: target})
        if copied.minutes is not None:  # a plain quantity from now on: no hour stands behind it
            copied.unit = copied.unit or "h"
            copied.quantity, copied.minutes = line.quantity, None
        copied.kind = "custom"
        lines.append(copied)
    model.objects.bulk_create(lines)
