"""Signs of life of the background processes."""

from django.db import models


class Heartbeat(models.Model):
    """When a background process was last seen alive; one row per name ('worker', 'watch')."""

    name = models.CharField(max_length=40, primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.seen_at:%Y-%m-%d %H:%M:%S}"
