"""The timeline of the integration's settings: who changed what, from what to what, and when."""

from django.conf import settings
from django.db import models


class SettingsChange(models.Model):
    """One change. It holds words for people, never tokens or secrets, and outlives the connection."""

    organization = models.ForeignKey(
        "organizations.Organization", models.CASCADE, related_name="settings_changes"
    )
    connection = models.ForeignKey(
        "integrations.Connection", models.SET_NULL, null=True, blank=True, related_name="settings_changes"
    )
    portal_name = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(auto_now_add=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="settings_changes"
    )
    user_name = models.CharField(max_length=300, help_text="Kept for the day the person is removed.")
    what = models.CharField(max_length=200)
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["organization", "-id"], name="settings_timeline")]

    def __str__(self):
        return self.what
