"""Which hours and which expenses stand on which line: kept for ever, live until released.

A row with `released_at` empty is live: its entry is billed. The partial unique constraint makes "no entry on two live
invoices" a fact of the database. Releasing (void, credit, draft or line deleted) fills `released_at` and never
deletes the row: what was billed, when, at which rate stays to be read.
"""

from django.db import models

from organizations.money import amount_field, rate_field


def protect_live(collector, field, sub_objs, using):
    """on_delete: a live row keeps what it points to from being deleted; history rows only lose the link."""
    if live := list(sub_objs.filter(released_at=None)[:5]):
        raise models.ProtectedError("It stands on a live invoice.", set(live))
    models.SET_NULL(collector, field, sub_objs, using)


class Release(models.TextChoices):
    """Why a row is no longer live."""

    ENTRY_REMOVED = "entry_removed", "Taken off the draft"
    LINE_REMOVED = "line_removed", "Line removed from the draft"
    DRAFT_DELETED = "draft_deleted", "Draft deleted"
    VOIDED = "voided", "Invoice voided"
    CREDITED = "credited", "Credited"


class Billed(models.Model):
    """What the link to an hour and the link to an expense have in common."""

    organization = models.ForeignKey("organizations.Organization", models.PROTECT, related_name="%(class)ss")
    document_text = models.CharField(
        max_length=300, blank=True, help_text="Of which document, once its line is gone."
    )
    amount = amount_field(
        default=0, help_text="This row's share; the shares of a line add up to its quantity × rate."
    )
    billed_at = models.DateTimeField(auto_now_add=True)
    released_at = models.DateTimeField(null=True, blank=True)
    release = models.CharField(max_length=20, choices=Release.choices, blank=True)

    class Meta:
        abstract = True


class BilledTimeEntry(Billed):
    """An hour on an invoice line, with a copy of what it was when billed.

    `minutes` are the entry's, `billed_minutes` what was charged after the organization's rounding. `rate` is per
    hour; None where the line has a price of its own (fixed cost, milestone) and the hours only come along.
    """

    time_entry = models.ForeignKey(
        "timetracking.TimeEntry", protect_live, null=True, blank=True, related_name="billings"
    )
    line = models.ForeignKey(
        "transactions.InvoiceLine", protect_live, null=True, blank=True, related_name="billed_entries"
    )
    credit_line = models.ForeignKey(
        "transactions.CreditNoteLine", models.PROTECT, null=True, blank=True, related_name="billed_entries"
    )
    entry_number = models.BigIntegerField(help_text="The entry's id, also after it is gone.")
    project = models.ForeignKey(
        "timetracking.Project", models.SET_NULL, null=True, blank=True, related_name="billed_entries"
    )
    date = models.DateField()
    minutes = models.PositiveIntegerField()
    billed_minutes = models.PositiveIntegerField()
    rate = rate_field(null=True, blank=True)
    person_name = models.CharField(max_length=1000)
    work_text = models.CharField(
        max_length=1000, blank=True, help_text="Name of the task or bug, or the title."
    )
    notes = models.TextField(blank=True)

    class Meta:
        ordering = ["date", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["time_entry"],
                condition=models.Q(released_at=None),
                name="entry_on_one_live_line",
            ),
            models.CheckConstraint(
                condition=~models.Q(released_at=None)
                | models.Q(line__isnull=False, time_entry__isnull=False),
                name="live_billed_entry_has_both_ends",
            ),
        ]
        indexes = [models.Index(fields=["project", "released_at"], name="billed_by_project")]

    def __str__(self):
        return f"entry {self.entry_number} on {self.document_text or f'line {self.line_id}'}"


class BilledExpense(Billed):
    """An expense on an invoice line, with a copy of what it was when billed; `amount` contains the mark-up."""

    expense = models.ForeignKey(
        "transactions.Expense", protect_live, null=True, blank=True, related_name="billings"
    )
    line = models.ForeignKey(
        "transactions.InvoiceLine", protect_live, null=True, blank=True, related_name="billed_expenses"
    )
    credit_line = models.ForeignKey(
        "transactions.CreditNoteLine", models.PROTECT, null=True, blank=True, related_name="billed_expenses"
    )
    date = models.DateField()
    text = models.CharField(max_length=1000, blank=True)
    cost = amount_field(help_text="The expense's amount before mark-up.")

    class Meta:
        ordering = ["date", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["expense"], condition=models.Q(released_at=None), name="expense_on_one_live_line"
            ),
            models.CheckConstraint(
                condition=~models.Q(released_at=None) | models.Q(line__isnull=False, expense__isnull=False),
                name="live_billed_expense_has_both_ends",
            ),
        ]

    def __str__(self):
        return f"{self.text or 'expense'} on {self.document_text or f'line {self.line_id}'}"
