"""Invoices, what is paid on them, and credit notes that take back a part of them."""

from django.conf import settings
from django.db import models

from organizations.history import recorded
from organizations.money import amount_field
from transactions.models.document import Document, Line, document_constraints


class Invoice(Document):
    """A demand for payment. Viewed, partially paid, paid, overdue are no stored status: see `transactions.states`.

    `balance` = total − paid − credited − written off, kept in the same transaction as each of these; 0 while void.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        SENT = "sent", "Sent"
        VOID = "void", "Void"
        WRITTEN_OFF = "written_off", "Written off"

    status = models.CharField(max_length=20, choices=Status.choices, default=Status.DRAFT, editable=False)
    payment_terms = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Days until it is due; 0: on receipt; empty: the due date is given."
    )
    due_date = models.DateField(
        null=True, blank=True, help_text="Empty on a draft: reckoned when it is issued."
    )
    quote = models.ForeignKey(
        "transactions.Quote", models.PROTECT, null=True, blank=True, editable=False, related_name="invoices"
    )
    recurring_invoice = models.ForeignKey(
        "transactions.RecurringInvoice",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="invoices",
    )
    billing_choices = models.JSONField(
        default=dict, blank=True, editable=False, help_text="The choices of Create Invoice it was made with."
    )
    addition_keys = models.JSONField(
        default=list, blank=True, editable=False, help_text="Keys of the forms that added to the draft."
    )
    paid_total = amount_field(default=0, editable=False)
    credited_total = amount_field(default=0, editable=False)
    written_off_total = amount_field(default=0, editable=False)
    balance = amount_field(default=0, editable=False)
    voided_at = models.DateTimeField(null=True, blank=True, editable=False)
    void_reason = models.CharField(max_length=500, blank=True, editable=False)

    history = recorded(excluded_fields=["billing_choices", "addition_keys"])

    KIND = "invoice"
    CHANGES_WHEN_ISSUED = Document.CHANGES_WHEN_ISSUED | {
        "paid_total",
        "credited_total",
        "written_off_total",
        "balance",
        "voided_at",
        "void_reason",
    }

    class Meta:
        constraints = document_constraints("invoice")
        indexes = [
            models.Index(fields=["organization", "-date", "-id"], name="invoice_list"),
            models.Index(fields=["customer", "-date", "-id"], name="invoice_by_customer"),
            models.Index(fields=["organization", "status", "due_date"], name="invoice_due"),
        ]


class InvoiceLine(Line):
    """One line of an invoice. Of which hours it is made stands in BilledTimeEntry, expenses in BilledExpense."""

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="lines")
    milestone = models.ForeignKey(
        "timetracking.Milestone", models.SET_NULL, null=True, blank=True, related_name="invoice_lines"
    )

    DOCUMENT, STATUS_PATH = "invoice", "invoice__status"


class CreditNote(Document):
    """Takes back a part of an issued invoice, or all of it; issued at once, final."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        SENT = "sent", "Issued"

    status = models.CharField(max_length=20, choices=Status.choices, default=Status.DRAFT, editable=False)
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="credit_notes")
    reason = models.CharField(max_length=500, blank=True)

    history = recorded()

    KIND = "credit_note"

    class Meta:
        constraints = document_constraints("credit_note")
        indexes = [models.Index(fields=["organization", "-date", "-id"], name="credit_note_list")]


class CreditNoteLine(Line):
    """One line of a credit note: what of which invoice line is taken back, in positive amounts."""

    credit_note = models.ForeignKey(CreditNote, models.CASCADE, related_name="lines")
    invoice_line = models.ForeignKey(
        InvoiceLine, models.PROTECT, null=True, blank=True, related_name="credit_lines"
    )

    DOCUMENT, STATUS_PATH = "credit_note", "credit_note__status"


class Payment(models.Model):
    """Money received for one invoice, in the invoice's currency."""

    organization = models.ForeignKey("organizations.Organization", models.PROTECT, related_name="payments")
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="payments")
    date = models.DateField()
    amount = amount_field()
    method = models.CharField(max_length=100, blank=True, help_text="Such as bank transfer, card, cash.")
    reference = models.CharField(max_length=100, blank=True)
    notes = models.TextField(blank=True)
    creation_key = models.CharField(max_length=64, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    history = recorded()

    class Meta:
        ordering = ["-date", "-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="payment_positive"),
            models.UniqueConstraint(
                fields=["organization", "creation_key"],
                condition=~models.Q(creation_key=""),
                name="payment_created_once_per_key",
            ),
        ]

    def __str__(self):
        return f"{self.amount} on {self.date}"
