"""The ledger: one row per record ever seen in the portal, with its outcome and our object."""

from django.conf import settings
from django.db import models
from django.db.models import Case, Q, Value, When


class Module(models.TextChoices):
    """In the order in which a run settles them."""

    CUSTOMERS = "customers", "Customers"
    USERS = "users", "Users"
    PROJECTS = "projects", "Projects"
    MILESTONES = "milestones", "Milestones"
    TASK_LISTS = "task_lists", "Task lists"
    TASKS = "tasks", "Tasks"
    BUGS = "bugs", "Bugs"
    TIMESHEETS = "timesheets", "Timesheets"


class SyncedRecord(models.Model):
    """At once the link map, the ledger of outcomes and the error list. It outlives the connection's deletion."""

    class Outcome(models.TextChoices):
        SYNCED = "synced", "Synced"
        EXCLUDED = "excluded", "Excluded"
        FAILED = "failed", "Failed"
        DELETED = "deleted", "Deleted"

    # no index of its own: several below begin with it
    connection = models.ForeignKey(
        "integrations.Connection", models.CASCADE, related_name="synced_records", db_index=False
    )
    module = models.CharField(max_length=20, choices=Module.choices)
    zoho_id = models.CharField(max_length=100)
    name = models.TextField(blank=True)
    project_zoho_id = models.CharField(max_length=30, blank=True)
    object_id = models.BigIntegerField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    reason = models.CharField(max_length=40, blank=True)
    detail = models.TextField(blank=True)
    minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="Of a time log that can be read, whatever its outcome."
    )
    # Null where nothing is waited for: the index below then holds those that wait and nothing else.
    blocked_by = models.CharField(
        max_length=100, null=True, blank=True, help_text="Zoho id of the record whose failure keeps it out."
    )
    has_remark = models.GeneratedField(
        expression=Case(
            When(Q(outcome="synced") & (~Q(reason="") | ~Q(detail="")), then=Value(True)), default=None
        ),
        output_field=models.BooleanField(null=True),
        db_persist=True,
    )
    fingerprint = models.CharField(max_length=32, blank=True)
    mark = models.BinaryField(
        max_length=22, null=True, help_text="Of what the verdict follows from, see `sync.standing`."
    )
    source_modified_at = models.DateTimeField(null=True, blank=True)
    first_seen_at = models.DateTimeField()
    last_changed_run = models.ForeignKey(
        "integrations.SyncRun", models.SET_NULL, null=True, blank=True, related_name="changed_records"
    )
    source = models.JSONField(
        null=True, blank=True, help_text="What was read, for people (to match employees made here later)."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "module", "zoho_id"], name="synced_record_once"),
        ]
        indexes = [
            models.Index(
                fields=["connection", "module", "outcome", "reason", "id", "minutes"],
                name="synced_by_outcome",
            ),
            models.Index(
                fields=["connection", "blocked_by", "module", "minutes"],
                condition=Q(blocked_by__isnull=False),
                name="synced_waiting",
            ),
            models.Index(
                fields=["connection", "module", "reason", "id"],
                condition=Q(has_remark__isnull=False),
                name="synced_with_remark",
            ),
            models.Index(fields=["connection", "module", "project_zoho_id"], name="synced_by_project"),
            models.Index(fields=["module", "object_id"], name="synced_by_object"),
        ]

    def __str__(self):
        return f"{self.module} {self.zoho_id}: {self.outcome}"


class IgnoredProblem(models.Model):
    """An administrator's decision to look away: from one record, or from a whole cause (`record` null).

    It holds while the record still fails for `reason` and until the day `until`; after that the problem is back.
    """

    connection = models.ForeignKey("integrations.Connection", models.CASCADE, related_name="ignored_problems")
    module = models.CharField(max_length=20, choices=Module.choices)
    reason = models.CharField(max_length=40)
    record = models.OneToOneField(SyncedRecord, models.CASCADE, null=True, blank=True, related_name="ignored")
    note = models.CharField(max_length=500)
    until = models.DateField(null=True, blank=True, help_text="The last day; empty: until it is taken back.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="ignored_problems"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "module", "reason"],
                condition=Q(record__isnull=True),
                name="ignored_cause_once",
            )
        ]

    def __str__(self):
        return f"{self.module} {self.reason} ignored"
