"""Signs of life of the background processes."""

from django.db import models


class Heartbeat(models.Model):
    """When a background process was last seen alive; one row per name ('worker', 'watch')."""

    name = models.CharField(max_length=40, primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.seen_at:%Y-%m-%d %H:%M:%S}"


class Tally(models.Model):
    """A number that only grows, such as requests answered; in a table, since several machines count together."""

    name = models.CharField(max_length=60)
    labels = models.JSONField(default=dict)
    key = models.CharField(max_length=64, unique=True, help_text="Tells name and labels from all others.")
    value = models.FloatField(default=0)

    class Meta:
        verbose_name_plural = "tallies"

    def __str__(self) -> str:
        return f"{self.name} {self.labels}: {self.value:g}"


class Summary(models.Model):
    """A count over a large table, made now and then by the watch so that looking at it costs nothing."""

    name = models.CharField(max_length=60, primary_key=True)
    rows = models.JSONField(default=list, help_text="[[labels, number], …]")
    counted_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "summaries"

    def __str__(self) -> str:
        return f"{self.name} at {self.counted_at:%Y-%m-%d %H:%M:%S}"
