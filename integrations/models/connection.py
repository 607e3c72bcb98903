"""The connection of an organization with a Zoho Projects portal: tokens, preferences, life."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from integrations.fields import EncryptedTextField


class Connection(models.Model):
    """One row per organization and portal. It outlives Delete as `disabled` with its tokens erased, so that
    connecting the same portal again finds its records."""

    class Status(models.TextChoices):
        CONNECTING = "connecting", "Connecting"
        ACTIVE = "active", "Active"
        DISABLED = "disabled", "Disabled"
        NEEDS_RECONNECT = "needs_reconnect", "Reconnect needed"

    class Duplication(models.TextChoices):
        CLONE = "clone", "Clone"
        OVERWRITE = "overwrite", "Overwrite"

    class Interval(models.IntegerChoices):
        """Minutes between two scheduled runs."""

        QUARTER = 15, "Every 15 minutes"
        HOUR = 60, "Every hour"
        SIX_HOURS = 360, "Every 6 hours"
        DAY = 1440, "Every 24 hours"
        OFF = 0, "Off"

    class Health(models.TextChoices):
        HEALTHY = "healthy", "healthy"
        FAILING = "failing", "failing"
        NEEDS_RECONNECT = "needs_reconnect", "in need of a new connection"

    organization = models.ForeignKey("organizations.Organization", models.PROTECT, related_name="connections")
    data_center = models.CharField(max_length=10, default="us")
    accounts_url = models.URLField(blank=True)
    api_url = models.URLField(blank=True)
    web_url = models.URLField(blank=True)
    portal_id = models.CharField(max_length=30, blank=True)
    portal_name = models.CharField(max_length=300, blank=True)
    portal_currency = models.CharField(max_length=3, blank=True)
    portal_time_zone = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.CONNECTING)
    is_deleted = models.BooleanField(default=False, help_text="The integration was deleted; links are kept.")
    is_owner = models.BooleanField(
        default=True, help_text="The connected Zoho user owned the portal when last asked."
    )
    connected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="zoho_connections"
    )
    zoho_account = models.CharField(
        max_length=300, blank=True, help_text="E-mail of the consenting Zoho account."
    )

    refresh_token = EncryptedTextField(blank=True, default="")
    access_token = EncryptedTextField(blank=True, default="")
    access_token_expires_at = models.DateTimeField(null=True, blank=True)

    sync_timesheets = models.BooleanField(default=True)
    invoiced_before = models.DateField(
        null=True, blank=True, help_text="Timesheets before this day arrive as Invoiced; empty: all Unbilled."
    )
    customer_duplication = models.CharField(
        max_length=10, choices=Duplication.choices, default=Duplication.CLONE
    )
    sync_users = models.BooleanField(default=False)
    users_portal_access = models.BooleanField(default=False)
    restrict_project_creation = models.BooleanField(default=False)

    interval_minutes = models.PositiveIntegerField(
        choices=Interval.choices, default=Interval.DAY, help_text="Minutes between scheduled runs; 0: none."
    )
    next_run_at = models.DateTimeField(null=True, blank=True)
    full_pass_modules = models.JSONField(
        default=list, blank=True, help_text="Modules whose next reading must be whole: a preference changed."
    )
    restricted_by_sync = models.BooleanField(
        default=False, help_text="Project creation was restricted by the set-up, so Delete lifts it again."
    )
    settings_version = models.PositiveIntegerField(
        default=0, help_text="Grows with every change of preferences or map, to notice stale pages."
    )
    told_health = models.CharField(
        max_length=20,
        blank=True,
        choices=Health.choices,
        help_text="What the last e-mail said, or would say.",
    )
    mail_problem = models.TextField(blank=True, help_text="Why the last e-mail could not be sent.")
    last_synced_at = models.DateTimeField(null=True, blank=True)
    history_days = models.PositiveIntegerField(
        default=180, help_text="Runs older than this many days are erased; 0 keeps them all."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "portal_id"],
                condition=~Q(portal_id=""),
                name="connection_portal_once",
            ),
            models.UniqueConstraint(
                fields=["organization"], condition=Q(is_deleted=False), name="one_live_connection"
            ),
        ]

    def __str__(self):
        return self.portal_name or "Zoho Projects"
