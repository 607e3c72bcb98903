"""Filters of the timesheets that a member keeps under a name."""

from django.db import models
from django.db.models.functions import Lower


class SavedFilter(models.Model):
    """A query string of the timesheets, of one member."""

    organization = models.ForeignKey(
        "organizations.Organization", models.CASCADE, related_name="saved_filters"
    )
    membership = models.ForeignKey("organizations.Membership", models.CASCADE, related_name="saved_filters")
    name = models.CharField(max_length=100)
    query = models.CharField(max_length=1000)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint("membership", Lower("name"), name="saved_filter_name_once"),
        ]

    def __str__(self):
        return self.name
