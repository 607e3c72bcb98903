"""Invoices and which time entry stands on which of their lines."""

from django.db import models


class Invoice(models.Model):
    """A demand for payment to one customer, in the customer's currency."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        SENT = "sent", "Sent"
        VOID = "void", "Void"

    organization = models.ForeignKey("organizations.Organization", models.PROTECT, related_name="invoices")
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="invoices")
    number = models.CharField(max_length=50)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.DRAFT)
    currency = models.CharField(max_length=3)
    date = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "number"], name="invoice_number_once")]

    def __str__(self):
        return self.number


class InvoiceLine(models.Model):
    """One line of an invoice."""

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="lines")
    project = models.ForeignKey(
        "timetracking.Project", models.PROTECT, null=True, blank=True, related_name="invoice_lines"
    )
    description = models.TextField()
    minutes = models.PositiveIntegerField(null=True, blank=True)
    rate = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2)

    def __str__(self):
        return self.description


class BilledTimeEntry(models.Model):
    """Ties a time entry to the live invoice line that bills it.

    The one-to-one link is what makes "no entry on two live invoices" a fact: voiding or deleting an
    invoice removes its links and so frees exactly its entries.
    """

    line = models.ForeignKey(InvoiceLine, models.CASCADE, related_name="billed_entries")
    time_entry = models.OneToOneField("timetracking.TimeEntry", models.PROTECT, related_name="billed")

    def __str__(self):
        return f"entry {self.time_entry_id} on line {self.line_id}"
