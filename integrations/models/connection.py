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

    interval_hours = models.PositiveSmallIntegerField(default=24)
    next_run_at = models.DateTimeField(null=True, blank=True)
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
