"""One seal per issuing of a document: what it was then, chained to the seal before. Rows are added, never changed."""

from django.db import models

from transactions.errors import TransactionRefused


class DocumentSeal(models.Model):
    """A link of the chain of one kind of document of an organization. `transactions.seals` writes and verifies it."""

    class Event(models.TextChoices):
        ISSUED = "issued", "issued"
        REOPENED = "reopened", "taken back to draft"

    organization = models.ForeignKey(
        "organizations.Organization", models.PROTECT, related_name="document_seals"
    )
    kind = models.CharField(max_length=20)
    position = models.PositiveIntegerField()
    document_id = models.BigIntegerField(help_text="No foreign key: a seal outlives what it seals.")
    number = models.CharField(max_length=50)
    event = models.CharField(max_length=10, choices=Event.choices)
    version = models.PositiveSmallIntegerField(help_text="Which columns are in the hash.")
    rows_after = models.BigIntegerField(
        default=0, help_text="Hours billed in an earlier life end with this id."
    )
    content_hash = models.CharField(max_length=64, blank=True)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["organization", "kind", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "kind", "position"], name="document_seal_place_once"
            ),
        ]
        indexes = [models.Index(fields=["organization", "kind", "document_id"], name="seals_of_document")]

    def __str__(self):
        return f"{self.number} {self.get_event_display()}"

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise TransactionRefused("sealed", "A seal does not change.")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise TransactionRefused("sealed", "A seal is not deleted.")
