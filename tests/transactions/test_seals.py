"""An issued document that is changed in the database is found, whichever column it is, and so is a changed seal."""

import io
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models

from tests.transactions.factories import ExpenseFactory, TaxFactory
from transactions import credit, drafts, life, quotes, seals
from transactions.billing.choices import Choices
from transactions.billing.create import create_invoice
from transactions.drafts import LineValues
from transactions.errors import TransactionRefused
from transactions.models import (
    BilledExpense,
    BilledTimeEntry,
    CreditNote,
    CreditNoteLine,
    DocumentSeal,
    Invoice,
    InvoiceLine,
    Quote,
    QuoteLine,
)

pytestmark = pytest.mark.django_db
SEALED = {
    "quote": Quote, "invoice": Invoice, "credit_note": CreditNote, "quote_line": QuoteLine,
    "invoice_line": InvoiceLine, "credit_note_line": CreditNoteLine, "hour": BilledTimeEntry, "expense": BilledExpense,
}  # fmt: skip
# Columns that an issued document may change, or whose other end may be deleted.
NOT_SEALED = set(
    "status address_is_own wanted_number creation_key created_by_id created_at updated_at viewed_at accepted_at "
    "declined_at decided_through recurring_invoice_id billing_choices addition_keys paid_total credited_total "
    "written_off_total balance voided_at void_reason task_id milestone_id credit_note_id credit_line_id "
    "document_text billed_at released_at release time_entry_id project_id expense_id organization_id invoice_id "
    "quote_id".split()
)


@pytest.fixture
def issued(customer, project, log, organization):
    """A quote, an invoice of hours and an expense, and a credit note of a part of it."""
    tax = TaxFactory(organization=organization)
    quote = life.issue(drafts.create_quote(customer, {}, [LineValues("Plan", rate="100", tax=tax)]))
    log(90, notes="first")
    log(30, day=3)
    ExpenseFactory(organization=organization, customer=customer, project=project, billing_status="unbilled")
    invoice = life.issue(create_invoice(customer, Choices(include_expenses=True, tax_id=tax.pk)))
    row = BilledTimeEntry.objects.first()
    note = credit.credit_parts(invoice, [credit.CreditPart(row.line_id, [row.pk])])
    return {"quote": quote, "invoice": invoice, "credit_note": note}


def problems(organization):
    return [problem for kind in seals.MODELS for problem in seals.verify(organization, kind).problems]


def other(field, value):
    """Another value of the kind the column holds, as it stands in the database."""
    if isinstance(field, models.BooleanField):
        return not value
    if isinstance(field, models.CharField | models.TextField):
        return f"{(value or '')[:-1]}{'y' if value and value[-1] == 'x' else 'x'}"  # as long as it was
    if isinstance(field, models.DateTimeField | models.DateField):
        return "2001-02-03 04:05:06" if isinstance(field, models.DateTimeField) else "2001-02-03"
    return (value or 0) + 1


def raw(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(
            "SET session_replication_role = replica"
        ) if connection.vendor == "postgresql" else None
        cursor.execute("PRAGMA defer_foreign_keys = ON") if connection.vendor == "sqlite" else None
        cursor.execute(sql, values)
        return cursor.fetchone() if sql.startswith("SELECT") else None


def test_every_column_that_is_changed_behind_our_back_is_found(issued, organization):
    assert problems(organization) == []
    for name, columns in seals.COLUMNS[seals.VERSION].items():
        model, row = SEALED[name], SEALED[name].objects.order_by("pk").first()
        table = model._meta.db_table
        for column in columns.split():
            if column in ("id", "organization_id") or column.endswith("line_id"):
                continue  # moved away, its document is found to miss it; below
            field = next(f for f in model._meta.concrete_fields if f.attname == column)
            [before] = raw(f'SELECT "{column}" FROM {table} WHERE id = %s', row.pk)
            raw(f'UPDATE {table} SET "{column}" = %s WHERE id = %s', other(field, before), row.pk)
            assert problems(organization), f"{table}.{column}"
            raw(f'UPDATE {table} SET "{column}" = %s WHERE id = %s', before, row.pk)
    assert problems(organization) == []


def test_every_column_is_sealed_or_says_why_not():
    for name, columns in seals.COLUMNS[seals.VERSION].items():
        known = set(columns.split()) | NOT_SEALED
        assert {field.attname for field in SEALED[name]._meta.concrete_fields} <= known, name


def test_what_is_gone_added_or_turned_back_is_found_and_the_command_fails(issued, organization):
    answer = io.StringIO()
    call_command("verify_documents", stdout=answer)
    head = DocumentSeal.objects.get(kind="invoice").hash
    assert f"invoice, 1 seals, last {head}" in answer.getvalue()
    invoice, quote = issued["invoice"], issued["quote"]
    line = invoice.lines.order_by("pk").last()
    for sql, values, words in (
        ("UPDATE transactions_invoice SET status = 'draft' WHERE id = %s", [invoice.pk], "its seal says"),
        ("UPDATE transactions_invoice SET status = 'sent' WHERE id = %s", [invoice.pk], ""),
        ("UPDATE transactions_billedexpense SET line_id = NULL, released_at = billed_at WHERE line_id = %s", [line.pk],
         "is not what was issued"),
        ("DELETE FROM transactions_quoteline WHERE quote_id = %s", [quote.pk], "is not what was issued"),
        ("DELETE FROM transactions_quote WHERE id = %s", [quote.pk], "sealed and is gone"),
    ):  # fmt: skip
        raw(sql, *values)
        assert words in " ".join(problems(organization)) if words else not problems(organization)
    with pytest.raises(CommandError):
        call_command("verify_documents", stderr=io.StringIO(), stdout=io.StringIO())


def test_a_chain_that_was_changed_is_found(customer, organization):
    for rate in ("1", "2", "3"):
        life.issue(drafts.create_invoice(customer, {}, [LineValues("x", rate=rate)]))
    rows = list(DocumentSeal.objects.order_by("position"))
    assert [row.position for row in rows] == [1, 2, 3] and rows[1].previous_hash == rows[0].hash
    for change in (rows[1].save, rows[1].delete):
        with pytest.raises(TransactionRefused):
            change()
    raw("UPDATE transactions_documentseal SET content_hash = %s WHERE id = %s", "0" * 64, rows[1].pk)
    assert "place 2" in problems(organization)[0]
    raw(
        "UPDATE transactions_documentseal SET content_hash = %s WHERE id = %s",
        rows[1].content_hash,
        rows[1].pk,
    )
    raw("DELETE FROM transactions_documentseal WHERE id = %s", rows[1].pk)
    assert "place 2" in problems(organization)[0]


def test_the_life_of_a_document_breaks_no_seal(customer, organization, log):
    entry = log(90)
    invoice = create_invoice(customer, Choices())
    for _ in range(2):
        life.issue(invoice)
        life.void(invoice)
        life.back_to_draft(invoice)
        assert problems(organization) == []
    life.issue(invoice)
    entry.staff_user.name = "Renamed"
    entry.staff_user.save()
    credit.credit_all(invoice)
    quote = life.issue(drafts.create_quote(customer, {}, [LineValues("x", rate="1")]))
    quotes.convert(quotes.accept(quote))
    assert problems(organization) == []
    assert [row.event for row in DocumentSeal.objects.filter(kind="invoice")] == [
        "issued",
        "reopened",
    ] * 2 + ["issued"]


def test_what_was_issued_before_there_were_seals_is_counted_and_can_be_sealed(issued, organization):
    raw("DELETE FROM transactions_documentseal")
    report = seals.verify(organization, "invoice")
    assert (report.sealed, report.unsealed, report.problems) == (0, 1, [])
    call_command("verify_documents", "--seal", stdout=io.StringIO())
    assert seals.verify(organization, "invoice").sealed == 1 and not problems(organization)
    assert issued["invoice"].total > Decimal(0)
