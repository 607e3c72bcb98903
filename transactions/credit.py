"""Credit notes: taking back a part of an issued invoice, or all of it, and freeing exactly the hours credited.

Credited is what was charged: for chosen hours minutes × rate with the line's discount, its share of the document's
discount and its tax; whoever credits the last part of a line gets exactly what is left of it, a cent of rounding on a
line of its own, so that the credits of an invoice add up to the invoice.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from organizations.money import round_money
from organizations.zones import today_in
from transactions import addresses, checks, corrections, life, numbers, payments, seals, totals
from transactions.errors import TransactionRefused
from transactions.locking import lock
from transactions.models import (
    BilledExpense,
    BilledTimeEntry,
    CreditNote,
    CreditNoteLine,
    DriftItem,
    Invoice,
    LineFields,
    Release,
)
from transactions.release import live_rows, lock_under, release

ZERO = totals.ZERO


@dataclass
class CreditPart:
    """What of one invoice line is credited.

    A line of hours: `billed_ids`, ids of its live BilledTimeEntry rows, or None for all that are left. Other lines:
    `quantity`, or None for all that is left; a line of quantity 1 may be credited by `amount` (before discounts).
    """

    line_id: int
    billed_ids: list[int] | None = None
    quantity: Any = None
    amount: Any = None


@dataclass
class Left:
    """What of an invoice line was not credited yet."""

    amount: Any
    document_discount: Any
    tax: Any
    quantity: Any
    minutes: int
    gross: Any


def credit_all(invoice, reason="", user=None, rebill=True, creation_key=""):
    """Credit everything that is left of an invoice, shipping and adjustment included; returns the CreditNote."""
    parts = [CreditPart(pk) for pk in invoice.lines.order_by("position", "id").values_list("pk", flat=True)]
    return credit_parts(invoice, parts, reason, user, rebill, creation_key, everything=True)


def credit_parts(
    invoice, parts, reason="", user=None, rebill=True, creation_key="", everything=False, date=None
):
    """Credit `parts` (CreditPart) of an issued invoice and return the CreditNote, which is issued at once.

    The hours and expenses on what is credited become unbilled, or with `rebill=False` non-billable. The same
    `creation_key` gives the same credit note. Raises TransactionRefused.
    """
    made = CreditNote.objects.filter(organization_id=invoice.organization_id, creation_key=creation_key)
    if creation_key and (found := made.first()):
        return found
    try:
        with transaction.atomic():
            return _credit(lock(invoice), parts, reason, user, rebill, creation_key, everything, date)
    except IntegrityError:
        if creation_key and (found := made.first()):
            return found
        raise


def _credit(invoice, parts, reason, user, rebill, creation_key, everything, date):
    if invoice.status not in (Invoice.Status.SENT, Invoice.Status.WRITTEN_OFF):
        raise TransactionRefused(
            "not_sent", f"Only an issued invoice can be credited; this one is {invoice.state_label.lower()}."
        )
    if invoice.status == Invoice.Status.WRITTEN_OFF:
        raise TransactionRefused("written_off", "It was written off. Cancel that first, then credit it.")
    note = CreditNote(
        organization=invoice.organization,
        customer=invoice.customer,
        invoice=invoice,
        currency=invoice.currency,
        exchange_rate=invoice.exchange_rate,
        language=invoice.language,
        tax_inclusive=invoice.tax_inclusive,
        date=checks.day(date, "date", "Date", invoice.organization) or today_in(invoice.organization),
        reference=invoice.number,
        reason=checks.text(reason, "reason", "Reason", 500),
        created_by=user,
        creation_key=creation_key,
    )
    _lock_hours(invoice, parts)
    note.save()
    invoice_lines = {line.pk: line for line in invoice.lines.order_by("position", "id")}
    seen = set()
    for part in parts:
        line = invoice_lines.get(part.line_id)
        if line is None or line.pk in seen:
            raise TransactionRefused("unknown", "A line was not found on this invoice.", "lines")
        seen.add(line.pk)
        _credit_line(note, line, part, rebill, everything)
    lines = list(note.lines.order_by("position", "id"))
    if everything:
        _rest_of_charges(note, invoice)
    if not lines and not (note.shipping_charge or note.adjustment):
        raise TransactionRefused("nothing_to_credit", "Nothing of this invoice is left to credit.", "lines")
    note.sub_total = sum((line.amount for line in lines), ZERO)
    note.discount_total = sum((line.document_discount for line in lines), ZERO)
    note.tax_total = sum((line.tax_amount for line in lines), ZERO)
    note.total = note.sub_total - note.discount_total + note.shipping_charge + note.adjustment
    if not note.tax_inclusive:
        note.total += note.tax_total
    if note.total < 0 or note.total > invoice.total - invoice.credited_total:
        raise TransactionRefused("too_much", "This would credit more than was charged.", "lines")
    addresses.carry(invoice, note)
    life.copy_parties(note)
    numbers.give_number(note)
    note.status, note.issued_at = CreditNote.Status.SENT, timezone.now()
    note.save()
    seals.seal(note)
    payments.settle(invoice)
    return note


def _lock_hours(invoice, parts):
    """Lock the hours of all parts at once, before the first part locks what hangs on them."""
    lines = invoice.lines.filter(pk__in=[part.line_id for part in parts])
    rows = BilledTimeEntry.objects.filter(line__in=lines, released_at=None)
    some = [part.line_id for part in parts if part.billed_ids is not None]
    chosen = [pk for part in parts for pk in part.billed_ids or ()]
    others = Q(line__in=some, line__kind=LineFields.Kind.HOURS) & ~Q(pk__in=chosen)
    lock_under(rows.exclude(others), lines)


def left_of(line):
    """What of an invoice line was not credited yet, as a Left."""
    currency = line.invoice.currency
    left = Left(
        line.amount,
        line.document_discount,
        line.tax_amount,
        line.quantity,
        line.minutes or 0,
        totals.gross_of(line, currency),
    )
    for credited in line.credit_lines.order_by("pk"):
        left.amount -= credited.amount
        left.document_discount -= credited.document_discount
        left.tax -= credited.tax_amount
        if credited.name != ROUNDING:
            left.quantity -= credited.quantity
            left.minutes -= credited.minutes or 0
            left.gross -= totals.gross_of(credited, currency)
    return left


ROUNDING = "Rounding"


def _credit_line(note, line, part, rebill, everything):
    left = left_of(line)
    rows = list(live_rows(BilledTimeEntry, line=line).select_for_update())
    spent = list(live_rows(BilledExpense, line=line).select_for_update())
    credit = CreditNoteLine(
        credit_note=note, invoice_line=line, position=note.lines.count() + 1, kind=line.kind, project=line.project,
        name=line.name, description=line.description, unit=line.unit, rate=line.rate, tax=line.tax,
        discount_percent=line.discount_percent, tax_name=line.tax_name, tax_rate=line.tax_rate,
    )  # fmt: skip
    if line.minutes is not None and line.kind == LineFields.Kind.HOURS:
        rows = _chosen(rows, part)
        credit.minutes = sum(row.billed_minutes for row in rows)
        credit.quantity = totals.hours_of(credit.minutes)
        last = credit.minutes == left.minutes
        if not credit.minutes:
            if everything:
                return
            raise TransactionRefused("nothing_to_credit", f"Nothing of “{line}” is left to credit.", "lines")
    else:
        last = _set_quantity(credit, line, part, left, note.currency)
        if not credit.quantity:
            if everything:
                return
            raise TransactionRefused("nothing_to_credit", f"Nothing of “{line}” is left to credit.", "lines")
        if not last:
            rows, spent = [], []  # hours and expenses behind a price of its own are freed with its last part
    _set_amounts(credit, line, left, last, note)
    credit.save()
    release(rows, spent, Release.CREDITED, f"Invoice {line.invoice}", credit, rebill)
    if line.kind == LineFields.Kind.CORRECTION:  # somebody decides anew, or it is settled with this
        corrections.put_back([line], "" if rebill else DriftItem.Choice.KEEP)
    if last:
        _rounding(note, credit, left)


def _chosen(rows, part):
    if part.billed_ids is None:
        return rows
    chosen = [row for row in rows if row.pk in set(part.billed_ids)]
    if len(chosen) != len(set(part.billed_ids)):
        raise TransactionRefused("entry_gone", "An hour was credited meanwhile. Reload the page.", "lines")
    return chosen


def _set_quantity(credit, line, part, left, currency):
    """Set what is credited of a line that is not made of hours; True when nothing of it is left afterwards."""
    if line.minutes is not None:  # a correction: as a whole
        credit.minutes, credit.quantity = left.minutes, left.quantity
        return True
    if line.quantity == 1:
        return _set_price(credit, line, part, left, currency)
    if part.amount is not None:
        raise TransactionRefused("by_quantity", f"“{line}” is credited by quantity.", "amount")
    quantity = checks.number(part.quantity, "quantity", "Quantity", 8, above=0)
    credit.quantity = left.quantity if quantity is None else quantity
    if credit.quantity > left.quantity:
        raise TransactionRefused(
            "too_much", f"Of “{line}” {left.quantity.normalize():f} are left.", "quantity"
        )
    return credit.quantity == left.quantity


def _set_price(credit, line, part, left, currency):
    """One piece is credited by parts of its price."""
    wanted = checks.money(part.amount, currency, "amount", "Amount", at_least=None, above=0)
    if wanted is None and part.quantity is not None:
        share = checks.number(part.quantity, "quantity", "Quantity", 8, above=0, at_most=1)
        wanted = round_money(Fraction(share) * Fraction(line.rate), currency)
    if wanted is not None and wanted > left.gross:
        raise TransactionRefused("too_much", f"Of “{line}” {left.gross} {currency} are left.", "amount")
    last = wanted is None or wanted == left.gross
    if not last or left.gross != totals.gross_of(line, currency):
        credit.rate = left.gross if last else wanted
    credit.quantity = 1 if left.gross else 0
    return last


def _set_amounts(credit, line, left, last, note):
    currency = note.currency
    gross = totals.gross_of(credit, currency)
    credit.amount = gross - round_money(Fraction(gross) * Fraction(line.discount_percent) / 100, currency)
    if last:
        credit.document_discount, credit.tax_amount = left.document_discount, left.tax
        return
    if credit.amount > left.amount:
        credit.amount = left.amount
    share = Fraction(credit.amount) / Fraction(line.amount) if line.amount else Fraction(0)
    credit.document_discount = min(
        round_money(Fraction(line.document_discount) * share, currency), left.document_discount
    )
    rate = Fraction(line.tax_rate)
    part = rate / (100 + rate) if note.tax_inclusive else rate / 100
    taxed = round_money(Fraction(credit.amount - credit.document_discount) * part, currency)
    credit.tax_amount = min(taxed, left.tax) if left.tax >= 0 else taxed


def _rounding(note, credit, left):
    difference = left.amount - credit.amount
    if difference:
        CreditNoteLine.objects.create(
            credit_note=note, invoice_line=credit.invoice_line, position=credit.position + 1, name=ROUNDING,
            quantity=1, rate=difference, amount=difference, tax=credit.tax, tax_name=credit.tax_name,
            tax_rate=credit.tax_rate, project=credit.project,
        )  # fmt: skip


def _rest_of_charges(note, invoice):
    others = invoice.credit_notes.exclude(pk=note.pk)
    note.shipping_charge = invoice.shipping_charge - sum(
        others.values_list("shipping_charge", flat=True), ZERO
    )
    note.adjustment = invoice.adjustment - sum(others.values_list("adjustment", flat=True), ZERO)
    note.adjustment_description = invoice.adjustment_description
