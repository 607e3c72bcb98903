"""How many requests a path pattern has had lately, and until when it must rest."""

from django.db import models


class RequestBudget(models.Model):
    """Shared by all processes, since Zoho counts per portal and path pattern."""

    portal_id = models.CharField(max_length=30)
    pattern = models.CharField(max_length=300)
    stamps = models.JSONField(
        default=list, help_text="Seconds since the epoch of the requests in the window."
    )
    blocked_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["portal_id", "pattern"], name="request_budget_once")]

    def __str__(self):
        return self.pattern
