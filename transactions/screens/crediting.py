"""Crediting a part of an invoice: chosen lines, single hours, a quantity or an amount, or all that is left."""

from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect, render

from organizations.ids import whole
from organizations.templatetags.amounts import amount
from transactions import credit
from transactions.credit import CreditPart
from transactions.errors import TransactionRefused
from transactions.models import BilledTimeEntry, Invoice
from transactions.screens.access import deleting, key_of, new_key, ours

SHOWN_ENTRIES = 2000  # boxes on one page; a line with more is credited as a whole or not at all


@deleting
def invoice_credit(request, pk):
    """Choose what is credited; the credit note is issued at once."""
    document = ours(request, Invoice.objects.select_related("customer", "organization"), pk)
    errors, post = {}, request.POST
    if request.method == "POST":
        rebill = post.get("rebill") != "no"
        try:
            parts, everything = _parts(document, post), "all" in post
            with transaction.atomic():
                if everything:
                    note = credit.credit_all(
                        document, post.get("reason", ""), request.user, rebill, key_of(request)
                    )
                else:
                    note = credit.credit_parts(
                        document, parts, post.get("reason", ""), request.user, rebill, key_of(request)
                    )
        except TransactionRefused as refused:
            errors = {refused.field or "": refused.sentence}
        else:
            messages.success(
                request, f"Credit note {note} of {amount(note.total, note.currency)} was issued."
            )
            return redirect("credit_note", note.pk)
    elif document.status != "sent" or document.total <= document.credited_total:
        messages.error(request, "Nothing of this invoice can be credited now.")
        return redirect("invoice", document.pk)
    rows = _rows(document, post)
    return render(
        request,
        "transactions/credit.html",
        {
            "document": document,
            "rows": rows,
            "errors": errors,
            "top_error": " ".join(sentence for name, sentence in errors.items() if name not in ("reason",)),
            "reason": post.get("reason", ""),
            "rebill": post.get("rebill", "yes"),
            "key": key_of(request) or new_key(),
            "has_hours": any(row["entries"] for row in rows),
        },
    )


def _parts(document, post):
    """The CreditParts that were chosen; refuses when nothing was."""
    parts = []
    for line in document.lines.order_by("position", "pk"):
        ticked = [number for number in map(whole, post.getlist(f"entries-{line.pk}")) if number]
        price = post.get(f"amount-{line.pk}", "").strip()
        quantity = post.get(f"quantity-{line.pk}", "").strip()
        if ticked and f"line-{line.pk}" not in post:
            parts.append(CreditPart(line.pk, billed_ids=ticked))
        elif f"line-{line.pk}" in post:
            parts.append(CreditPart(line.pk))
        elif price:
            parts.append(CreditPart(line.pk, amount=price))
        elif quantity:
            parts.append(CreditPart(line.pk, quantity=quantity))
    if not parts and "all" not in post:
        raise TransactionRefused("nothing_chosen", "Choose what is to be credited.")
    return parts


def _rows(document, post):
    """What the page shows per line: what is left of it, and the live hours to choose from."""
    live = {}
    entries = BilledTimeEntry.objects.filter(line__invoice=document, released_at=None).order_by("date", "pk")
    for entry in entries[:SHOWN_ENTRIES]:
        live.setdefault(entry.line_id, []).append(entry)
    rows = []
    for line in document.lines.select_related("invoice").order_by("position", "pk"):
        left = credit.left_of(line)
        hours = line.kind == "hours"
        rows.append(
            {
                "line": line,
                "left": left,
                "by_amount": not hours and line.quantity == 1,
                "by_quantity": not hours and line.quantity != 1 and line.minutes is None,
                "entries": live.get(line.pk, []) if hours else [],
                "gone": not left.amount and not left.tax,
                "ticked": {whole(text) for text in post.getlist(f"entries-{line.pk}")},
                "whole": f"line-{line.pk}" in post,
                "amount": post.get(f"amount-{line.pk}", ""),
                "quantity": post.get(f"quantity-{line.pk}", ""),
            }
        )
    return rows
