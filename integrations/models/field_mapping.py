"""Which field of Zoho Projects lands in which field here."""

from django.db import models

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

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "module", "source_field"], name="source_field_once"
            ),
            models.UniqueConstraint(
                fields=["connection", "module", "target_field"], name="target_field_once"
            ),
        ]

    def __str__(self):
        return f"{self.module}: {self.source_field} → {self.target_field}"
