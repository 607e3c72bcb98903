"""The ledger: one row per record ever seen in the portal, with its outcome and our object."""

from django.db import models


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

    connection = models.ForeignKey("integrations.Connection", models.CASCADE, related_name="synced_records")
    module = models.CharField(max_length=20, choices=Module.choices)
    zoho_id = models.CharField(max_length=100)
    name = models.TextField(blank=True)
    project_zoho_id = models.CharField(max_length=30, blank=True)
    object_id = models.BigIntegerField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    reason = models.CharField(max_length=40, blank=True)
    detail = models.TextField(blank=True)
    fingerprint = models.CharField(max_length=32, blank=True)
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
                fields=["connection", "module", "outcome", "reason", "id"], name="synced_by_outcome"
            ),
            models.Index(fields=["connection", "module", "project_zoho_id"], name="synced_by_project"),
            models.Index(fields=["module", "object_id"], name="synced_by_object"),
        ]

    def __str__(self):
        return f"{self.module} {self.zoho_id}: {self.outcome}"
