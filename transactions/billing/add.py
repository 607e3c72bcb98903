"""Unbilled hours, expenses and shares onto a draft that exists: the rules and locks of Create Invoice."""

from dataclasses import replace

from django.db import IntegrityError, transaction

from transactions import totals
from transactions.billing import create
from transactions.errors import TransactionRefused
from transactions.locking import lock


def add_to_invoice(
    invoice, choices, seen=None, leave_out=frozenset(), confirmed=False, creation_key="", remember=False
):
    """Put what `choices` name onto the draft `invoice`, as lines after those it has; returns it read afresh.

    The arguments mean what they mean to `create.create_invoice`; a discount in `choices` is left out, for the draft has
    its own. The same `creation_key` adds once. Raises TransactionRefused; then nothing was written.
    """
    choices = replace(choices, discount_percent="")
    try:
        with transaction.atomic():
            lock(invoice)  # the document comes before its hours
            if creation_key and creation_key in invoice.addition_keys:
                return invoice
            _refuse(invoice)
            create.write_proposal(invoice, choices, seen, frozenset(leave_out), confirmed)
            if creation_key:
                invoice.addition_keys = [*invoice.addition_keys[-49:], creation_key]
            totals.recalculate(invoice)
    except IntegrityError:
        raise TransactionRefused(
            "billed_meanwhile", "Somebody billed some of these hours in this moment. Look again."
        ) from None
    if remember:
        create.remember_choices(invoice.customer, choices)
    return invoice


def _refuse(invoice):
    if not invoice.is_draft:
        raise TransactionRefused("issued", f"{invoice} was issued and does not change any more.")
    if invoice.currency != invoice.customer.currency:
        raise TransactionRefused(
            "currency_mismatch",
            f"The customer's currency is {invoice.customer.currency} now, this draft's {invoice.currency}. "
            "Make a new invoice.",
        )
