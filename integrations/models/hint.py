"""The address at which Zoho Projects hints that something changed."""

from django.db import models


class HintAddress(models.Model):
    """One per connection. The address holds a secret, of which only a hash is kept.

    `pending_at`: since when a hint waits for its sync; a hundred hints are one. `pending_projects`: Zoho ids of the
    projects that the waiting hints named; none of them: the whole portal.
    """

    connection = models.OneToOneField("integrations.Connection", models.CASCADE, related_name="hint_address")
    secret_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    last_hint_at = models.DateTimeField(null=True, blank=True)
    pending_projects = models.JSONField(default=list, blank=True)
    pending_at = models.DateTimeField(null=True, blank=True, db_index=True)

    def __str__(self):
        return f"Hint address of {self.connection}"
