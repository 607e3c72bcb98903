"""The brake: what a run did not write because it was unusually much, and what an administrator decided about it."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from integrations.models.synced_record import Module


class Brake(models.Model):
    """One question to an administrator: may the next run remove or change that much of a module?

    At most one is open per connection, module and kind; a run that meets it again updates it. `count` of `total`
    synced records. A decision to go on holds for one run and for about as many records as were asked about.
    """

    class Kind(models.TextChoices):
        REMOVE = "remove", "Remove"
        CHANGE = "change", "Change"

    class Decision(models.TextChoices):
        OPEN = "open", "Open"
        GO_ON = "go_on", "Go on"
        LEAVE = "leave", "Do not go on"
        USED = "used", "Gone on"

    connection = models.ForeignKey("integrations.Connection", models.CASCADE, related_name="brakes")
    run = models.ForeignKey("integrations.SyncRun", models.CASCADE, related_name="brakes")
    module = models.CharField(max_length=20, choices=Module.choices)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    count = models.PositiveIntegerField()
    total = models.PositiveIntegerField()
    decision = models.CharField(max_length=10, choices=Decision.choices, default=Decision.OPEN)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "module", "kind"],
                condition=~Q(decision="used"),
                name="brake_asked_once",
            )
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.count} of {self.total} {self.get_module_display()}"

    @property
    def percent(self):
        """How much of the module it is, in whole per cent."""
        return round(100 * self.count / self.total) if self.total else 100


class HeldPage(models.Model):
    """Raw records that would change what is here, kept until the module is read and it is known how many they are."""

    run = models.ForeignKey("integrations.SyncRun", models.CASCADE, related_name="held_pages")
    module = models.CharField(max_length=20, choices=Module.choices)
    raws = models.JSONField()
    count = models.PositiveIntegerField(help_text="Records among them that would change or leave.")

    def __str__(self):
        return f"{self.count} {self.module} of run {self.run_id}"
