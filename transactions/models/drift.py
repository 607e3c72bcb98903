"""Billed hours whose source changed afterwards: one item per billed hour, for a person to decide."""

from django.conf import settings
from django.db import models

from organizations.history import recorded
from organizations.money import amount_field


class DriftItem(models.Model):
    """What was billed, what the source says now, the difference, and what was decided.

    The bill itself is never touched. `was_…` are copied from the billed row. `now_minutes` is None where there is
    nothing to bill any more (deleted, approval withdrawn, not billable). Differences are now − billed: negative means
    that too much was billed. Amounts are in the invoice's currency; None where the hours had no rate of their own.
    """

    class Cause(models.TextChoices):
        CHANGED = "changed", "Changed"
        DELETED = "deleted", "Deleted"
        NOT_APPROVED = "not_approved", "Approval withdrawn"
        NOT_BILLABLE = "not_billable", "Not billable any more"

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"

    class Choice(models.TextChoices):
        CREDIT = "credit", "Credited"
        NEXT_INVOICE = "next_invoice", "Added to the next invoice"
        KEEP = "keep", "Kept as billed"
        RETURNED = "returned", "The source is as billed again"
        RELEASED = "released", "The hour was released from its invoice"
        TAKEN_IN = "taken_in", "Contained in a later change"

    organization = models.ForeignKey("organizations.Organization", models.PROTECT, related_name="drift_items")
    billed = models.ForeignKey("transactions.BilledTimeEntry", models.CASCADE, related_name="drift_items")
    project = models.ForeignKey(
        "timetracking.Project", models.SET_NULL, null=True, blank=True, related_name="drift_items"
    )
    cause = models.CharField(max_length=20, choices=Cause.choices)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    was_minutes = models.PositiveIntegerField(help_text="The entry's minutes when it was billed.")
    was_billed_minutes = models.PositiveIntegerField()
    was_date = models.DateField()
    now_minutes = models.PositiveIntegerField(null=True, blank=True)
    now_billed_minutes = models.PositiveIntegerField(null=True, blank=True, help_text="After rounding.")
    now_date = models.DateField(null=True, blank=True)
    now_values = models.JSONField(
        default=dict, blank=True, editable=False, help_text="The hour's columns at the source by now."
    )
    what_changed = models.CharField(max_length=500, blank=True, help_text="In words, such as “1:30 → 2:00”.")
    difference_minutes = models.IntegerField(default=0)
    difference_amount = amount_field(null=True, blank=True)
    currency = models.CharField(max_length=3)
    choice = models.CharField(max_length=20, choices=Choice.choices, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    credit_note = models.ForeignKey(
        "transactions.CreditNote", models.PROTECT, null=True, blank=True, related_name="drift_items"
    )
    correction_line = models.ForeignKey(
        "transactions.InvoiceLine", models.SET_NULL, null=True, blank=True, related_name="drift_items"
    )
    opened_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    history = recorded(excluded_fields=["now_values"])

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["billed"],
                condition=models.Q(status="open"),
                name="one_open_drift_item_per_billed_entry",
            )
        ]
        indexes = [models.Index(fields=["organization", "status", "-id"], name="drift_list")]

    def __str__(self):
        return f"{self.get_cause_display()}: entry of {self.was_date}"
