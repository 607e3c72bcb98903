"""How far the sync has read each module: from which moment on the next run has to look for changes."""

from django.db import models

from integrations.models.synced_record import Module


class SyncMark(models.Model):
    """One row per connection and module, written when a run ended well and at no other time.

    All moments are those of Zoho's clock. `read_until`: whatever changed before it has been read. `whole_at` and
    `recent_at`: start of the run that last read the module whole, or read the recent time logs and every project's
    people again. `basis`: what, besides the records, their outcomes rested on (field map, cutoff, time zone).
    `facts`: what this portal was found to do.
    """

    connection = models.ForeignKey("integrations.Connection", models.CASCADE, related_name="marks")
    module = models.CharField(max_length=20, choices=Module.choices)
    read_until = models.DateTimeField()
    whole_at = models.DateTimeField()
    recent_at = models.DateTimeField()
    basis = models.CharField(max_length=32)
    run = models.ForeignKey("integrations.SyncRun", models.SET_NULL, null=True, related_name="+")
    facts = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "module"], name="sync_mark_once")]

    def __str__(self):
        return f"{self.module} until {self.read_until:%Y-%m-%d %H:%M}"
