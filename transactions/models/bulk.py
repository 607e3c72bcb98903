"""Drafts for many customers at once: a job and its customers, worked slice by slice."""

from django.conf import settings
from django.db import models


class BulkBilling(models.Model):
    """One order to make drafts for many customers with the same choices."""

    organization = models.ForeignKey(
        "organizations.Organization", models.PROTECT, related_name="bulk_billings"
    )
    choices = models.JSONField(default=dict)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return f"Drafts of {self.requested_at:%Y-%m-%d %H:%M}"


class BulkBillingRow(models.Model):
    """What became of one customer of the job."""

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        MADE = "made", "Draft made"
        REFUSED = "refused", "Not made"

    job = models.ForeignKey(BulkBilling, models.CASCADE, related_name="rows")
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    invoice = models.ForeignKey(
        "transactions.Invoice", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    sentence = models.CharField(max_length=500, blank=True, help_text="Why no draft was made.")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["job", "customer"], name="bulk_customer_once")]

    def __str__(self):
        return f"{self.customer}: {self.get_status_display()}"
