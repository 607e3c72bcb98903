"""Differences of billed hours that stand on a later invoice: what a change at the source comes to, and undoing them.

While such a correction is billed, the hour under it stays on its own invoice: freed, it would carry what the source
says now, and the difference would be billed a second time.
"""

from fractions import Fraction

from django.utils import timezone

from organizations.money import round_money
from transactions.errors import TransactionRefused
from transactions.models import DriftItem

CHOICE, STATUS = DriftItem.Choice, DriftItem.Status


def reckon(item, row, history):
    """Set the differences of an item: what the source says now less what was billed and corrected since."""
    corrected = sum(
        each.difference_minutes
        for each in history
        if each.pk != item.pk and each.choice == CHOICE.NEXT_INVOICE and each.correction_line_id
    )
    item.difference_minutes = (item.now_billed_minutes or 0) - row.billed_minutes - corrected
    item.difference_amount = (
        None
        if row.rate is None
        else round_money(Fraction(item.difference_minutes) * Fraction(row.rate) / 60, item.currency)
    )


def refuse_corrected(rows):
    """Raise TransactionRefused when a correction of any of these billed hours stands on another invoice."""
    items = DriftItem.objects.filter(billed__in=rows).order_by("pk")
    locked = items.select_for_update()  # an invoice made in this moment may put one on a line
    item = next((each for each in locked if each.correction_line_id is not None), None)
    if item is None:
        return
    invoice = item.correction_line.invoice
    where = f"invoice {invoice.number}" if invoice.number else "a draft invoice"
    undo = (
        "Take it off the draft first." if invoice.is_draft else "Void that invoice or credit that line first."
    )
    raise TransactionRefused(
        "corrected", f"A later change of one of these hours was billed as a correction on {where}. {undo}"
    )


def put_back(lines, choice=CHOICE.NEXT_INVOICE):
    """The corrections on these lines are billed no longer: they wait again, with the given choice.

    Where the source changed once more meanwhile, the newer item takes them in. `choice` KEEP: they are decided.
    """
    items = DriftItem.objects.select_for_update().filter(correction_line__in=lines).order_by("pk")
    for item in list(items.select_related(None)):
        history = list(DriftItem.objects.filter(billed_id=item.billed_id).order_by("pk"))
        newer = next((each for each in history if each.status == STATUS.OPEN), None)
        item.correction_line = None
        if newer is not None:
            item.choice = CHOICE.TAKEN_IN
        elif choice == CHOICE.KEEP or item.billed.released_at is not None:
            item.choice = CHOICE.KEEP
        else:
            item.status, item.choice, item.closed_at = STATUS.OPEN, choice, None
        item.save()
        if newer is not None:
            reckon(newer, newer.billed, [each for each in history if each.pk != item.pk])
            newer.save()


def settle_on(line, item_id):
    """The correction stands on this line from now on; refused when it was billed in this moment."""
    changed = DriftItem.objects.filter(pk=item_id, status=STATUS.OPEN, correction_line=None).update(
        correction_line=line, status=STATUS.CLOSED, closed_at=timezone.now()
    )
    if not changed:
        raise TransactionRefused(
            "billed_meanwhile", "Somebody billed some of these hours in this moment. Look again."
        )
