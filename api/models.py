"""Tokens of programs, how often they call, what they created already, and their own ids of our rows."""

from django.db import models


class ApiToken(models.Model):
    """What a program signs in with. It may what its owner may, within `scopes`. Only a hash of it is kept."""

    name = models.CharField(max_length=100)
    organization = models.ForeignKey("organizations.Organization", models.CASCADE, related_name="api_tokens")
    owner = models.ForeignKey("organizations.Membership", models.CASCADE, related_name="api_tokens")
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    beginning = models.CharField(max_length=12, editable=False, help_text="To recognise it by in the list.")
    scopes = models.JSONField(default=list, help_text="Such as ERP.invoices.READ.")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-id"]

    def __str__(self):
        return self.name


class RequestCount(models.Model):
    """Calls in one minute of one token, or of an organization; see `api.limits`."""

    scope = models.CharField(max_length=40, help_text="Such as “token 7” or “organization 1”.")
    minute = models.PositiveIntegerField(db_index=True, help_text="Minutes since 1970.")
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "minute"], name="api_count_once_a_minute")]

    def __str__(self):
        return f"{self.count} of {self.scope}"


class IdempotentCall(models.Model):
    """A creation with an Idempotency-Key: the same key and body get the same answer, whoever races."""

    token = models.ForeignKey(ApiToken, models.CASCADE, related_name="calls")
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, help_text="Of path and body.")
    answer = models.TextField(blank=True)
    status = models.PositiveSmallIntegerField(default=201)
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="api_key_once_per_token")]

    def __str__(self):
        return self.key


class ExternalId(models.Model):
    """Another system's own name of one of our rows: a unique custom field, by which it can address the row."""

    organization = models.ForeignKey(
        "organizations.Organization", models.CASCADE, related_name="external_ids"
    )
    module = models.CharField(max_length=30)
    object_id = models.BigIntegerField()
    key = models.CharField(max_length=60)
    value = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "module", "key", "value"], name="external_value_once"
            ),
            models.UniqueConstraint(
                fields=["organization", "module", "object_id", "key"], name="external_key_once_per_row"
            ),
        ]

    def __str__(self):
        return f"{self.key} {self.value}"
