"""A run of the sync, its parts, and the lease of whoever works on it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from integrations.models.synced_record import Module


class SyncRun(models.Model):
    """One reading of the portal. At most one is queued or running per connection (a constraint holds it)."""

    class Trigger(models.TextChoices):
        INITIAL = "initial", "First sync"
        INSTANT = "instant", "Instant Sync"
        SCHEDULED = "scheduled", "Scheduled"
        RESUME = "resume", "Re-enabled"
        RETRY = "retry", "Retry"
        COMMAND = "command", "Command"
        WEBHOOK = "webhook", "Webhook"

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    ACTIVE = (Status.QUEUED, Status.RUNNING)

    connection = models.ForeignKey("integrations.Connection", models.CASCADE, related_name="runs")
    trigger = models.CharField(max_length=10, choices=Trigger.choices)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="sync_runs"
    )
    queued_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    message = models.TextField(blank=True)
    modules = models.JSONField(default=list, blank=True, help_text="Only these modules; empty means all.")
    selection = models.JSONField(
        default=dict,
        blank=True,
        help_text="What a retry re-reads: ledger ids, or a module and a cause; or the projects that hints named.",
    )
    is_whole = models.BooleanField(default=False, help_text="Read everything, whatever changed.")
    plan = models.JSONField(
        default=dict, blank=True, help_text="What is read of each module and why; settled at the start."
    )
    shape = models.CharField(
        max_length=16,
        blank=True,
        default="",
        help_text="Which program wrote the checkpoints, see `sync.shape`.",
    )
    requests = models.JSONField(default=dict, blank=True, help_text="Requests made, per path pattern.")

    # The lease: who works on the run. `fencing` grows with each holder; every page transaction checks it.
    holder = models.CharField(max_length=100, blank=True)
    fencing = models.PositiveIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Starts since the last progress.")
    not_before = models.DateTimeField(
        null=True, blank=True, help_text="Zoho's limit or a pause after a fault."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection"], condition=Q(status__in=["queued", "running"]), name="one_active_run"
            )
        ]
        indexes = [models.Index(fields=["connection", "-id"], name="run_list")]

    def __str__(self):
        return f"run {self.pk} ({self.status})"

    @property
    def hinted(self):
        """Zoho ids of the projects that hints named, when only these are read; else []."""
        return self.selection.get("projects", [])

    @property
    def is_retry(self):
        """Records that somebody chose are read again; the brake asks nothing then."""
        return bool(self.selection) and not self.hinted

    @property
    def is_active(self):
        """Queued or running."""
        return self.status in self.ACTIVE


class ModuleRun(models.Model):
    """What a run did with one module: its counts, its checkpoint, the field map it used."""

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"
        SKIPPED = "skipped", "Skipped"

    run = models.ForeignKey(SyncRun, models.CASCADE, related_name="module_runs")
    module = models.CharField(max_length=20, choices=Module.choices)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    seen = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    excluded = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    deleted = models.PositiveIntegerField(default=0)
    message = models.TextField(blank=True)
    field_map = models.JSONField(default=list, blank=True)
    changes = models.JSONField(
        default=dict, blank=True, help_text="Kind of change → how many; only the first of each are listed."
    )
    started_at = models.DateTimeField(null=True, blank=True)
    written_at = models.DateTimeField(null=True, blank=True, help_text="When its latest page was written.")
    cursor = models.JSONField(
        default=dict, blank=True, help_text="Where the next page of this module begins."
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["run", "module"], name="module_run_once"),
            models.CheckConstraint(
                condition=Q(seen=F("created") + F("updated") + F("unchanged") + F("excluded") + F("failed")),
                name="module_run_adds_up",
            ),
        ]

    def __str__(self):
        return f"{self.module} of run {self.run_id}"


class RunChange(models.Model):
    """What one run changed about one record: its outcome before and after, and the fields of ours from → to."""

    class Kind(models.TextChoices):
        FAILED = "failed", "Newly failed"
        HEALED = "healed", "Newly healed"
        CREATED = "created", "Added"
        UPDATED = "updated", "Updated"
        EXCLUDED = "excluded", "Left out by the rules"
        DELETED = "deleted", "Gone in Zoho Projects"

    run = models.ForeignKey(SyncRun, models.CASCADE, related_name="changes", db_index=False)
    module = models.CharField(max_length=20, choices=Module.choices)
    record = models.ForeignKey("integrations.SyncedRecord", models.CASCADE, related_name="run_changes")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    before = models.CharField(max_length=10, blank=True, help_text="Outcome before; empty for a new record.")
    reason = models.CharField(max_length=40, blank=True, help_text="The reason after (before, when healed).")
    fields = models.JSONField(default=list, blank=True, help_text="[[our field, from, to], …]")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "record"], name="run_change_once")]
        indexes = [models.Index(fields=["run", "kind", "module", "id"], name="run_change_list")]

    def __str__(self):
        return f"{self.kind}: record {self.record_id} in run {self.run_id}"


class SeenChunk(models.Model):
    """Which ledger rows an active run has met so far: one bit per row, 4,096 rows to a chunk.

    Kept so that a run taken over by another process still knows what it has seen (a record listed twice
    counts once; only a record truly not listed is missing). Erased when the run ends.
    """

    run = models.ForeignKey(SyncRun, models.CASCADE, related_name="seen_chunks")
    module = models.CharField(max_length=20, choices=Module.choices)
    number = models.BigIntegerField()
    bits = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "module", "number"], name="seen_chunk_once")]

    def __str__(self):
        return f"{self.module} {self.number} of run {self.run_id}"
