"""Billed hours whose source changed: the sync reports here, a person decides here. The bill itself is never touched.

Per live billed hour at most one open item. It closes by itself when the source is as billed again, and when the hour is
released from its invoice. What was decided (`keep`, or a correction that was invoiced) stays decided until the source
changes once more.
"""

import datetime
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from transactions import corrections, life, preferences, source_values
from transactions import credit as crediting
from transactions.billing.rounding import billed_minutes
from transactions.errors import TransactionRefused
from transactions.locking import lock, lock_hours
from transactions.models import BilledTimeEntry, DriftItem

CAUSE, CHOICE, STATUS = DriftItem.Cause, DriftItem.Choice, DriftItem.Status


@dataclass(frozen=True)
class Finding:
    """What the source says of a billed hour now. `minutes` None: nothing is left to bill (deleted, not approved …).

    `values`: the hour's columns at the source (`source_values.COLUMNS`), which it takes over when it is freed.
    """

    cause: str
    minutes: int | None
    date: datetime.date | None
    what_changed: str = ""
    values: dict = field(default_factory=dict)


def report(found):
    """Take in what the sync found: {time entry id: Finding, or None where the source is as billed}.

    Opens, updates or closes items; writes nothing where nothing is new. Ids that are not billed are ignored. Call it
    inside the transaction that keeps what was read. Returns the number of items opened.
    """
    ids = concerned(found)
    if not ids:
        return 0
    lock_hours(
        ids
    )  # an hour that somebody frees in this moment is free, or still on its invoice, from here on
    opened = 0
    live = BilledTimeEntry.objects.filter(time_entry_id__in=ids, released_at=None).select_related(
        "line__invoice__organization"
    )
    rows = {row.time_entry_id: row for row in live.order_by("pk")}
    items = {}
    # locked: an invoice made in this moment may take a correction onto a line
    for item in DriftItem.objects.select_for_update().filter(billed__in=rows.values()).order_by("pk"):
        items.setdefault(item.billed_id, []).append(item)
    settings = {}
    for entry_id, row in rows.items():
        history = items.get(row.pk, [])
        item = next((each for each in history if each.status == STATUS.OPEN), None)
        finding = found[entry_id]
        if finding is None:
            if item is not None:
                _close(item, CHOICE.RETURNED)
            continue
        if item is None:
            if history and _same(history[-1], finding) and history[-1].choice != CHOICE.RETURNED:
                _note_values(history[-1], finding)
                continue  # decided already
            item = DriftItem(
                organization_id=row.organization_id, billed=row, project_id=row.project_id, was_minutes=row.minutes,
                was_billed_minutes=row.billed_minutes, was_date=row.date, currency=row.line.invoice.currency,
            )  # fmt: skip
            opened += 1
        elif _same(item, finding):
            _note_values(item, finding)
            continue
        else:
            item.choice, item.decided_by = "", None  # decided about something else
        organization = row.line.invoice.organization
        if organization.pk not in settings:
            settings[organization.pk] = preferences.of(organization)
        _describe(item, row, finding, settings[organization.pk], history)
        item.save()
    return opened


def concerned(found):
    """Ids of the hours about which `report` would have something to write: it locks them."""
    if not found:
        return set()
    waiting = DriftItem.objects.filter(status=STATUS.OPEN, billed__time_entry_id__in=list(found)).order_by()
    return {pk for pk, finding in found.items() if finding is not None} | set(
        waiting.values_list("billed__time_entry_id", flat=True)
    )


def _same(item, finding):
    return (item.cause, item.now_minutes, item.now_date, item.what_changed) == (
        finding.cause,
        finding.minutes,
        finding.date,
        finding.what_changed[:500],
    )


def _note_values(item, finding):
    """Nothing to decide anew, but what the hour takes over when it is freed may have changed."""
    if item.now_values != (values := source_values.noted(finding.values)):
        item.now_values = values
        item.save(update_fields=["now_values"])


def _describe(item, row, finding, settings, history):
    item.now_values = source_values.noted(finding.values)
    item.cause, item.now_minutes, item.now_date = finding.cause, finding.minutes, finding.date
    item.what_changed = finding.what_changed[:500]
    item.now_billed_minutes = None if finding.minutes is None else billed_minutes(finding.minutes, settings)
    corrections.reckon(item, row, history)


def _close(item, choice, user=None):
    item.status, item.choice, item.closed_at, item.decided_by = STATUS.CLOSED, choice, timezone.now(), user
    item.save()


def open_items(organization):
    """The open items of an organization, newest first, with what a list shows."""
    rows = DriftItem.objects.filter(organization=organization, status=STATUS.OPEN)
    return rows.select_related("billed__line__invoice", "project__customer").order_by("-pk")


def _locked(item):
    """The item with its invoice and its hour, all locked and open; in the order in which everybody locks."""
    billed = BilledTimeEntry.objects.select_related("line__invoice").filter(pk=item.billed_id).first()
    invoice = lock(billed.line.invoice) if billed and billed.line else None
    lock_hours([billed.time_entry_id] if billed and billed.time_entry_id else [])
    lock(item)
    if item.status != STATUS.OPEN:
        raise TransactionRefused("closed", "Somebody decided about this already. Reload the page.")
    billed = item.billed
    if billed.released_at is not None or invoice is None:
        raise TransactionRefused("released", "The hour is not on an invoice any more.")
    return billed, invoice


@transaction.atomic
def credit(item, user=None, reason=""):
    """Take the hour off its bill: credited when the invoice was issued, taken off when it is a draft.

    It is unbilled afterwards with what the source says now (to be billed again), or non-billable where the source has
    nothing to bill any more. Returns the item; `item.credit_note` is set for issued invoices.
    """
    billed, invoice = _locked(item)
    if billed.rate is None:
        raise TransactionRefused(
            "no_rate",
            "This hour had no price of its own. Credit the line of the invoice instead, or keep it.",
        )
    if invoice.is_draft:
        life.remove_entries(billed.line, [billed.pk])
    else:
        part = crediting.CreditPart(billed.line_id, [billed.pk])
        text = reason or f"{item.get_cause_display()} after billing: {item.what_changed}"[:500]
        item_note = crediting.credit_parts(invoice, [part], text, user)
    item.refresh_from_db()
    if not invoice.is_draft:
        item.credit_note = item_note
    _close(item, CHOICE.CREDIT, user)
    return item


@transaction.atomic
def next_invoice(item, user=None):
    """Put the difference on the project's next invoice, as a line at the billed rate (negative: less to pay).

    The item stays open, with this choice, until that invoice is made.
    """
    billed, _ = _locked(item)
    if billed.rate is None or not item.difference_minutes:
        raise TransactionRefused("no_difference", "There is no difference in money. Keep it as billed.")
    item.choice, item.decided_by = CHOICE.NEXT_INVOICE, user
    item.save()
    return item


@transaction.atomic
def keep(item, user=None):
    """Leave it as billed; a further change at the source opens a new item."""
    _locked(item)
    _close(item, CHOICE.KEEP, user)
    return item
