"""Quotes: what something would cost."""

from django.db import models

from organizations.history import recorded
from transactions.models.document import Document, Line, document_constraints


class Quote(Document):
    """An offer. `expired` is no stored status: see `transactions.states`."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        SENT = "sent", "Sent"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        INVOICED = "invoiced", "Invoiced"

    status = models.CharField(max_length=20, choices=Status.choices, default=Status.DRAFT, editable=False)
    project = models.ForeignKey(
        "timetracking.Project", models.PROTECT, null=True, blank=True, related_name="quotes"
    )
    expiry_date = models.DateField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True, editable=False)
    declined_at = models.DateTimeField(null=True, blank=True, editable=False)
    decided_through = models.CharField(
        max_length=200, blank=True, editable=False, help_text="Who decided: a user's name or the public link."
    )

    history = recorded()

    KIND = "quote"
    CHANGES_WHEN_ISSUED = Document.CHANGES_WHEN_ISSUED | {"accepted_at", "declined_at", "decided_through"}

    class Meta:
        constraints = document_constraints("quote")
        indexes = [models.Index(fields=["organization", "-date", "-id"], name="quote_list")]


class QuoteLine(Line):
    """One line of a quote."""

    quote = models.ForeignKey(Quote, models.CASCADE, related_name="lines")
    task = models.ForeignKey("timetracking.Task", models.SET_NULL, null=True, blank=True, related_name="+")

    DOCUMENT, STATUS_PATH = "quote", "quote__status"
