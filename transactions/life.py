"""The life of quotes and invoices: issue, void, back to draft, write off, take off and delete.

Each function locks the document, checks anew what it found, does everything in one transaction and returns the
document. It reads the document afresh: unsaved changes on the object given are lost. Refusals: TransactionRefused.
"""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from organizations.money import known_currency
from organizations.zones import today_in
from transactions import addresses, numbers, seals, totals
from transactions.errors import TransactionRefused
from transactions.locking import lock
from transactions.models import BilledTimeEntry, DocumentSeal, Invoice, LineFields, Quote, Release
from transactions.models.frozen import unfrozen
from transactions.release import live_rows, lock_under, release, release_lines, take_back

COPIED = (
    "billing_street",
    "billing_city",
    "billing_state",
    "billing_postal_code",
    "billing_country",
)


@transaction.atomic
def issue(document, allow_zero=False, expected_total=None):
    """Give a draft its number, copy names and addresses, freeze it, and mark it as sent.

    `allow_zero`: the person confirmed a total of 0. `expected_total`: what the person saw; another total is refused.
    Sending the e-mail is not part of this.
    """
    lock(document)
    if not document.is_draft:
        raise TransactionRefused("already_issued", f"{document} was issued already.")
    refuse_unissuable(document, allow_zero)
    totals.recalculate(document)
    if expected_total is not None and expected_total != document.total:
        raise TransactionRefused(
            "total_changed", "The total has changed since you looked. Check the lines and try again."
        )
    _check_total(document, allow_zero)
    copy_parties(document)
    numbers.give_number(document)
    document.status, document.issued_at = "sent", timezone.now()
    if isinstance(document, Invoice):
        if document.due_date is None:
            document.due_date = document.date + timedelta(days=document.payment_terms or 0)
        document.balance = document.total
    document.save()
    seals.seal(document)
    return document


mark_sent = issue


def refuse_unissuable(document, allow_zero=False):
    """Raise TransactionRefused for what keeps a draft from being issued."""
    customer, organization = document.customer, document.organization
    if not document.lines.exists():
        raise TransactionRefused("no_lines", "There is nothing on it yet. Add a line first.", "lines")
    if not known_currency(document.currency):
        raise TransactionRefused("unknown_currency", f"The currency “{document.currency}” is not known.")
    if customer.currency != document.currency:
        raise TransactionRefused(
            "currency_mismatch",
            f"The customer's currency is {customer.currency} now, this document's {document.currency}. "
            "Make a new document.",
            "customer",
        )
    if document.exchange_rate is None:
        if document.currency != organization.base_currency:
            raise TransactionRefused(
                "no_exchange_rate",
                f"Give the exchange rate: how many {organization.base_currency} one {document.currency} is.",
                "exchange_rate",
            )
        document.exchange_rate = 1
    if document.exchange_rate != 1 and document.currency == organization.base_currency:
        raise TransactionRefused(
            "exchange_rate_of_base", "The exchange rate of the base currency is 1.", "exchange_rate"
        )
    end = getattr(document, "due_date", None) or getattr(document, "expiry_date", None)
    if end is not None and end < document.date:
        raise TransactionRefused("reversed_dates", "It would be due before its date.", "due_date")


def _check_total(document, allow_zero):
    if document.total < 0:
        raise TransactionRefused(
            "negative_total", "The total is negative. A credit note takes money back; an invoice cannot."
        )
    if document.total == 0 and not allow_zero:
        raise TransactionRefused("zero_total", "The total is 0. Confirm that this is meant.")


def warnings_for(document):
    """Sentences worth a look before issuing; none of them forbids it."""
    found, today = [], today_in(document.organization)
    customer = document.customer
    if not customer.email:
        found.append("The customer has no e-mail address.")
    address = addresses.source(document)
    if not (address.billing_street or address.billing_city):
        found.append("The customer has no billing address.")
    if document.date > today:
        found.append(f"It is dated in the future: {document.date}.")
    later = (
        type(document)
        .objects.filter(organization=document.organization, date__gt=document.date)
        .exclude(status="draft")
    )
    if found_later := later.order_by("-date").first():
        found.append(f"{found_later} was issued with a later date, {found_later.date}.")
    return found


def copy_parties(document):
    """Copy who sends and who receives onto a draft, as they are now."""
    customer, organization = document.customer, document.organization
    document.customer_name = customer.display_name
    document.customer_email = customer.email
    if not document.address_is_own:
        for name in COPIED:
            setattr(document, name, getattr(customer, name))
    document.sender_name = organization.name
    document.sender_address = organization.address
    document.sender_tax_number = organization.tax_number


@transaction.atomic
def void(invoice, reason=""):
    """Declare an issued invoice as never valid; its number stays used, its hours and expenses are free again."""
    lock(invoice)
    if invoice.status != Invoice.Status.SENT:
        raise TransactionRefused(
            "not_sent", f"Only an issued invoice can be voided; this one is {_word(invoice)}."
        )
    if invoice.payments.exists():
        raise TransactionRefused(
            "has_payments", "There are payments on it. Delete them first, or credit the invoice."
        )
    if invoice.credit_notes.exists():
        raise TransactionRefused("has_credits", "A part of it was credited. Credit the rest instead.")
    invoice.status, invoice.voided_at = Invoice.Status.VOID, timezone.now()
    invoice.void_reason, invoice.balance = reason.replace("\0", "").strip()[:500], 0
    invoice.save(update_fields=["status", "voided_at", "void_reason", "balance", "updated_at"])
    release_lines(list(invoice.lines.all()), Release.VOIDED, f"Invoice {invoice}")
    return invoice


@transaction.atomic
def back_to_draft(invoice):
    """Turn a voided invoice into a draft that keeps its number; its hours and expenses come back onto it."""
    lock(invoice)
    if invoice.status != Invoice.Status.VOID:
        raise TransactionRefused(
            "not_void",
            f"Only a voided invoice goes back to draft; this one is {_word(invoice)}. Void it first.",
        )
    with unfrozen():
        take_back(invoice)
        invoice.status, invoice.voided_at, invoice.void_reason = Invoice.Status.DRAFT, None, ""
        invoice.balance, invoice.viewed_at, invoice.issued_at = invoice.total, None, None
        invoice.save()
        seals.seal(invoice, DocumentSeal.Event.REOPENED)
    return invoice


@transaction.atomic
def write_off(invoice):
    """Give up an issued invoice's open balance."""
    lock(invoice)
    if invoice.status != Invoice.Status.SENT:
        raise TransactionRefused(
            "not_sent", f"Only an issued invoice can be written off; this one is {_word(invoice)}."
        )
    if invoice.balance <= 0:
        raise TransactionRefused("nothing_open", "Nothing is open on this invoice.")
    invoice.status, invoice.written_off_total, invoice.balance = (
        Invoice.Status.WRITTEN_OFF,
        invoice.balance,
        0,
    )
    invoice.save(update_fields=["status", "written_off_total", "balance", "updated_at"])
    return invoice


@transaction.atomic
def cancel_write_off(invoice):
    """Demand a written-off balance again."""
    lock(invoice)
    if invoice.status != Invoice.Status.WRITTEN_OFF:
        raise TransactionRefused("not_written_off", "This invoice was not written off.")
    invoice.status, invoice.balance = Invoice.Status.SENT, invoice.written_off_total
    invoice.written_off_total = 0
    invoice.save(update_fields=["status", "written_off_total", "balance", "updated_at"])
    return invoice


@transaction.atomic
def delete_draft(document):
    """Delete a draft that never had a number; its hours and expenses are free again."""
    lock(document)
    if not document.is_draft:
        raise TransactionRefused("issued", f"{document} was issued and cannot be deleted. Void it instead.")
    if document.number:
        raise TransactionRefused(
            "has_number",
            f"{document} has its number already; numbers leave no gap. Issue it again and void it.",
        )
    if isinstance(document, Invoice):
        quote = lock(document.quote) if document.quote_id else None  # before the hours, as everywhere
        text = f"Draft for {document.customer} of {document.date}"
        release_lines(list(document.lines.all()), Release.DRAFT_DELETED, text)
        if quote is not None:
            quote.status = Quote.Status.ACCEPTED if quote.accepted_at else Quote.Status.SENT
            quote.save(update_fields=["status", "updated_at"])
    document.delete()


@transaction.atomic
def remove_line(line):
    """Take a line off its draft; what is on it is free again. Returns the document."""
    document = lock(getattr(line, line.DOCUMENT))
    line = lock(line)
    _draft_only(document)
    if isinstance(document, Invoice):
        release_lines([line], Release.LINE_REMOVED, f"Draft for {document.customer}, line “{line}”")
    line.delete()
    totals.recalculate(document)
    return document


@transaction.atomic
def remove_entries(line, billed_ids):
    """Take single hours (ids of their BilledTimeEntry rows) off a line of a draft; an empty line goes, too."""
    document = lock(line.invoice)
    line = lock(line)
    _draft_only(document)
    wanted = live_rows(BilledTimeEntry, line=line, pk__in=list(billed_ids))
    lock_under(wanted)
    rows = list(wanted.select_for_update())
    if len(rows) != len(set(billed_ids)):
        raise TransactionRefused("entry_gone", "An hour was taken off meanwhile. Reload the page.")
    text = f"Draft for {document.customer}, line “{line}”"
    release(rows, [], Release.ENTRY_REMOVED, text)
    if line.kind == LineFields.Kind.HOURS:
        rest = list(live_rows(BilledTimeEntry, line=line))
        if rest:
            line.minutes = sum(row.billed_minutes for row in rest)
            line.save()
            share_out(line, rest, document.currency)
        else:
            line.delete()
    totals.recalculate(document)
    return document


def share_out(line, rows, currency):
    """Split what a line of hours costs among its rows by their minutes, exactly, and save the rows."""
    amounts = totals.shares(totals.gross_of(line, currency), [row.billed_minutes for row in rows], currency)
    for row, amount in zip(rows, amounts, strict=True):
        row.amount = amount
    BilledTimeEntry.objects.bulk_update(rows, ["amount"], batch_size=500)


def mark_viewed(document, at=None):
    """Note that the customer opened it; the first time counts."""
    type(document).objects.filter(pk=document.pk, viewed_at=None).exclude(status="draft").update(
        viewed_at=at or timezone.now()
    )


def _draft_only(document):
    if not document.is_draft:
        raise TransactionRefused("issued", f"{document} was issued and does not change any more.")


def _word(document):
    return document.state_label.lower()
