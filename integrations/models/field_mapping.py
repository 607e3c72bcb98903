"""Which field of Zoho Projects lands in which field here."""

from django.db import models
from django.db.models import Q

from integrations.models.synced_record import Module


class FieldMapping(models.Model):
    """A pair of the field map. Custom pairs join fields of one data type; the default pairs live in code."""

    connection = models.ForeignKey("integrations.Connection", models.CASCADE, related_name="field_mappings")
    module = models.CharField(max_length=20, choices=Module.choices)
    source_field = models.CharField(max_length=200)
    source_label = models.CharField(max_length=300, blank=True)
    target_field = models.CharField(max_length=200)
    data_type = models.CharField(max_length=30)
    is_custom = models.BooleanField(default=True)
    paused = models.TextField(
        blank=True, help_text="Why the pair rests: its values here are not touched. Empty: it does not."
    )
    source_options = models.JSONField(
        default=list, blank=True, help_text="Choices of the source's pick list when last looked at."
    )
    # "New records only": the pair holds for objects above `from_object_id`; an ended one up to `until_object_id`.
    from_object_id = models.BigIntegerField(null=True, blank=True)
    until_object_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "module", "source_field"],
                condition=Q(until_object_id=None),
                name="source_field_once",
            ),
            models.UniqueConstraint(
                fields=["connection", "module", "target_field"],
                condition=Q(until_object_id=None),
                name="target_field_once",
            ),
        ]

    def __str__(self):
        return f"{self.module}: {self.source_field} → {self.target_field}"
