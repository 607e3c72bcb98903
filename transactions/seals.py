"""Seals: what a document was when it was issued, as a hash chained to the one before, so that a later change is found.

Services, forms, the admin site and, on PostgreSQL, triggers keep issued documents as they are. Seals find what got
past all of them: somebody with the database in hand. Each kind of document of an organization has its own chain; a
seal holds the hash of the document with its lines and of what was billed on them, and the hash of the seal before.
`verify` reads all of it anew. The last hash of a chain, noted elsewhere, also shows that nobody wrote the whole chain
anew.
"""

import json
from dataclasses import dataclass, field
from hashlib import sha256

from django.db.models import Max

from transactions.models import (
    BilledExpense,
    BilledTimeEntry,
    CreditNote,
    DocumentSeal,
    Invoice,
    NumberSeries,
    Quote,
    Release,
)

EVENT = DocumentSeal.Event
MODELS = {"quote": Quote, "invoice": Invoice, "credit_note": CreditNote}
# Columns that are sealed. A list never changes: a new column comes with a new version of all of them, so that old seals
# can still be read. Left out is what an issued document may change, and links that end when their other end is deleted.
SHARED = (
    "id organization_id customer_id number date reference language currency exchange_rate tax_inclusive "
    "discount_percent discount_amount shipping_charge adjustment adjustment_description notes terms sub_total "
    "discount_total tax_total total customer_name customer_email billing_street billing_city billing_state "
    "billing_postal_code billing_country sender_name sender_address sender_tax_number issued_at"
)
LINE = (
    "id position kind project_id name description quantity minutes unit rate discount_percent tax_id tax_name "
    "tax_rate amount document_discount tax_amount"
)
COLUMNS = {
    1: {
        "quote": f"{SHARED} project_id expiry_date",
        "invoice": f"{SHARED} payment_terms due_date quote_id",
        "credit_note": f"{SHARED} invoice_id reason",
        "quote_line": LINE,
        "invoice_line": LINE,
        "credit_note_line": f"{LINE} invoice_line_id",
        "hour": "id line_id entry_number date minutes billed_minutes rate amount person_name work_text notes",
        "expense": "id line_id date text cost amount",
    }
}
VERSION = max(COLUMNS)
LIVED = ("", Release.CREDITED, Release.VOIDED)  # was on the line when the document was issued


def seal(document, event=EVENT.ISSUED):
    """Add a seal for a document as it stands in the database now; in the transaction that issues or reopens it."""
    kind = document.KIND
    # one at a time: two documents of a kind never follow the same seal
    NumberSeries.objects.select_for_update().filter(
        organization_id=document.organization_id, kind=kind
    ).first()
    last = (
        DocumentSeal.objects.filter(organization_id=document.organization_id, kind=kind)
        .order_by("position")
        .last()
    )
    made = DocumentSeal(
        organization_id=document.organization_id,
        kind=kind,
        position=last.position + 1 if last else 1,
        document_id=document.pk,
        number=document.number,
        event=event,
        version=VERSION,
        previous_hash=last.hash if last else "",
    )
    if event == EVENT.ISSUED:
        made.rows_after = _rows_before(document)
        made.content_hash = content_hash(document, made)
    made.hash = link_hash(made)
    made.save()
    return made


def _rows_before(document):
    """The highest id of what was billed in an earlier life of an invoice that was voided and taken back; 0 for none."""
    if document.KIND != "invoice":
        return 0
    rows = BilledTimeEntry.objects.filter(line__invoice=document, release=Release.VOIDED)
    spent = BilledExpense.objects.filter(line__invoice=document, release=Release.VOIDED)
    return max(found.aggregate(last=Max("pk"))["last"] or 0 for found in (rows, spent))


def content_hash(document, of):
    """The hash of what the database holds of a document, in the columns of the seal's version."""
    columns, kind = COLUMNS[of.version], document.KIND
    digest = sha256()

    def add(name, rows):
        names = columns[name].split()
        for values in rows.order_by("pk").values_list(*names).iterator():
            digest.update(_text([name, *map(_plain, values)]))

    add(kind, MODELS[kind]._base_manager.filter(pk=document.pk))
    add(f"{kind}_line", document.lines.all())
    if kind == "invoice":
        where = {"line__invoice": document, "release__in": LIVED, "pk__gt": of.rows_after}
        add("hour", BilledTimeEntry.objects.filter(**where))
        add("expense", BilledExpense.objects.filter(**where))
    return digest.hexdigest()


def link_hash(of):
    """The hash of a seal over itself and the one before."""
    parts = (
        of.organization_id, of.kind, of.position, of.document_id, of.number, of.event, of.version, of.rows_after,
        of.content_hash, of.previous_hash,
    )  # fmt: skip
    return sha256(_text(list(parts))).hexdigest()


def _text(parts):
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _plain(value):
    return value if value is None or isinstance(value, bool | int | str) else str(value)


@dataclass
class Report:
    """What `verify` found in one chain. `problems`: sentences; `head`: the last hash, worth noting elsewhere."""

    organization_id: int
    kind: str
    sealed: int = 0
    unsealed: int = 0
    head: str = ""
    problems: list[str] = field(default_factory=list)


def verify(organization, kind):
    """Read a chain and every document of its kind anew; a Report."""
    report = Report(organization.pk, kind)
    previous, latest = "", {}
    rows = DocumentSeal.objects.filter(organization=organization, kind=kind).order_by("position")
    for position, row in enumerate(rows.iterator(), 1):
        if row.position != position or row.previous_hash != previous or row.hash != link_hash(row):
            report.problems.append(f"The seal at place {position} ({row.number}) is not as it was written.")
            break
        previous = report.head = row.hash
        report.sealed += 1
        latest[row.document_id] = row
    else:
        _verify_documents(organization, kind, latest, report)
    return report


def _verify_documents(organization, kind, latest, report):
    documents = MODELS[kind]._base_manager.filter(organization=organization).order_by("pk")
    for document in documents.iterator():
        found = latest.pop(document.pk, None)
        issued = document.status != "draft"
        if found is None:
            report.unsealed += issued
        elif issued != (found.event == EVENT.ISSUED):
            report.problems.append(
                f"{found.number} is {document.status}, but its seal says: {found.get_event_display()}."
            )
        elif issued and content_hash(document, found) != found.content_hash:
            report.problems.append(
                f"{found.number} is not what was issued: it, its lines or what was billed changed."
            )
    report.problems += [f"{found.number} was sealed and is gone." for found in latest.values()]


def seal_unsealed(organization, kind):
    """Seal what was issued before there were seals, as it stands now; how many."""
    sealed = set(
        DocumentSeal.objects.filter(organization=organization, kind=kind).values_list(
            "document_id", flat=True
        )
    )
    documents = MODELS[kind]._base_manager.filter(organization=organization).exclude(status="draft")
    rest = [document for document in documents.order_by("issued_at", "pk") if document.pk not in sealed]
    for document in rest:
        seal(document)
    return len(rest)
