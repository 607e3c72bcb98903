"""Makes the printed structure from a quote, an invoice or a credit note. Reads the database, writes nothing."""

from __future__ import annotations

from pathlib import Path

from transactions import addresses, files, totals
from transactions.models import BilledTimeEntry, PaperSettings
from transactions.printing.paper import Party, Printed, PrintedEntry, PrintedLine, PrintedTax
from transactions.states import state_of

INVOICE_STAMPS = ("draft", "void", "paid")
QUOTE_STAMPS = ("draft", "accepted", "declined", "expired", "invoiced")


def paper_settings(organization):
    """The organization's PaperSettings, unsaved with the defaults while nobody changed any."""
    return PaperSettings.objects.filter(organization=organization).first() or PaperSettings(
        organization=organization
    )


def printed(document, with_sheet=True):
    """The document as `Printed`. A draft shows sender and customer as they are now, an issued one as of issue."""
    look = paper_settings(document.organization)
    lines = list(document.lines.select_related("project").order_by("position", "id"))
    invoice, quote = document.KIND == "invoice", document.KIND == "quote"
    return Printed(
        kind=document.KIND,
        number=document.number or document.wanted_number,
        date=document.date,
        currency=document.currency,
        language=document.language,
        sender=_sender(document, look),
        customer=_customer(document),
        lines=tuple(_line(line) for line in lines),
        subtotal=document.sub_total,
        total=document.total,
        due_date=document.due_date if invoice else None,
        valid_until=document.expiry_date if quote else None,
        reference=document.reference,
        subject=_subject(document, lines),
        corrects=str(document.invoice) if document.KIND == "credit_note" else "",
        discount=document.discount_total or None,
        discount_percent=document.discount_percent,
        shipping=document.shipping_charge or None,
        adjustment=document.adjustment or None,
        adjustment_label=document.adjustment_description,
        taxes=tuple(
            PrintedTax(name=tax.name, amount=tax.amount, percent=tax.rate, base=tax.taxable)
            for tax in totals.tax_summary(document, lines)
        ),
        prices_include_tax=document.tax_inclusive,
        paid=(document.paid_total or None) if invoice else None,
        credited=(document.credited_total or None) if invoice else None,
        balance=_balance(document) if invoice else None,
        notes=document.notes,
        terms=document.terms,
        stamp=_stamp(document),
        entries=tuple(_entries(document, lines)) if invoice and with_sheet else (),
        logo=_logo(look),
        accent=look.accent,
        paper=look.paper,
    )


def _balance(document):
    if document.is_draft:
        return document.total
    return document.balance if document.status == "sent" else None


def _stamp(document):
    state = state_of(document)
    if document.KIND == "quote":
        return state if state in QUOTE_STAMPS else ""
    return state if state in INVOICE_STAMPS else ""


def _sender(document, look):
    organization = document.organization
    if document.is_draft or not document.sender_name:
        name, address, number = organization.name, organization.address, organization.tax_number
    else:
        name, address, number = document.sender_name, document.sender_address, document.sender_tax_number
    return Party(name, address, number, look.reply_to)


def _customer(document):
    customer = document.customer if document.is_draft or not document.customer_name else document
    name = getattr(customer, "customer_name", "") or getattr(customer, "display_name", "")
    address = addresses.source(document)
    town = " ".join(part for part in (address.billing_postal_code, address.billing_city) if part)
    parts = (address.billing_street, town, address.billing_state, address.billing_country)
    return Party(name, "\n".join(part for part in parts if part))


def _subject(document, lines):
    names = list(dict.fromkeys(line.project.name for line in lines if line.project_id))
    if document.KIND == "quote" and document.project_id and document.project.name not in names:
        names.insert(0, document.project.name)
    if document.KIND == "credit_note" and document.reason:
        names.insert(0, document.reason)
    shown = ", ".join(names[:3])
    return f"{shown} …" if len(names) > 3 else shown


def _line(line):
    return PrintedLine(
        title=line.name,
        description=line.description,
        quantity=line.quantity,
        minutes=line.minutes,
        unit=line.unit,
        rate=line.rate,
        discount_percent=line.discount_percent or None,
        tax=f"{line.tax_name} {line.tax_rate.normalize():f} %" if line.tax_name else "",
        amount=line.amount,
    )


def _entries(document, lines):
    """The hours on the invoice: what is live, and on a void one nothing."""
    rows = (
        BilledTimeEntry.objects.filter(line__in=[line.pk for line in lines])
        .exclude(release__in=["entry_removed", "line_removed", "draft_deleted"])
        .select_related("project")
        .order_by("date", "person_name", "id")
    )
    for row in rows:
        yield PrintedEntry(
            date=row.date,
            person=row.person_name,
            task=row.work_text,
            minutes=row.billed_minutes,
            amount=row.amount if row.rate is not None else None,
            notes=row.notes,
            project=row.project.name if row.project_id else "",
        )


def _logo(look):
    path = files.path_of("logos", look.logo) if look.logo else None
    return path.resolve() if path is not None and Path(path).is_file() else None
