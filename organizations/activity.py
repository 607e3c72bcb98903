"""Who did what to a project or a customer, when, and from which value to which."""

from django.conf import settings
from django.db import models

SHOWN = 100


class Activity(models.Model):
    """One event in the life of a row. `subject` is its table's word (`project`, `customer`), `subject_id` its id."""

    organization = models.ForeignKey("organizations.Organization", models.CASCADE, related_name="activities")
    subject = models.CharField(max_length=30)
    subject_id = models.BigIntegerField()
    at = models.DateTimeField(auto_now_add=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="activities"
    )
    text = models.TextField()
    changes = models.JSONField(default=list, blank=True, help_text="List of [what, from, to], as read.")

    class Meta:
        verbose_name_plural = "activities"
        indexes = [models.Index(fields=["subject", "subject_id", "-id"], name="activity_of_subject")]

    def __str__(self):
        return self.text


def record(row, user, text, changes=()):
    """Note an event of a project or customer; `changes` are triples (what, from, to) of texts."""
    return Activity.objects.create(
        organization_id=row.organization_id,
        subject=row._meta.model_name,
        subject_id=row.pk,
        user=user if user is not None and user.is_authenticated else None,
        text=text,
        changes=[list(change) for change in changes],
    )


def form_changes(form):
    """Triples (label, from, to) of what a bound, valid model form changes, as people read the values."""
    found = []
    for name in form.changed_data:
        field = form.fields[name]
        before, after = form.initial.get(name), form.cleaned_data.get(name)
        if hasattr(field, "queryset"):
            before = field.queryset.filter(pk=before).first() if before else None
        if _text(before) != _text(after):
            label = str(field.label or name.replace("_", " ").capitalize())
            choices = dict(getattr(field, "choices", ())) if not hasattr(field, "queryset") else {}
            found.append((label, _text(choices.get(before, before)), _text(choices.get(after, after))))
    return found


def _text(value):
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return str(value)


def activities(row):
    """The latest events of a row, newest first, at most 100, with their people."""
    rows = Activity.objects.filter(subject=row._meta.model_name, subject_id=row.pk)
    return rows.select_related("user").order_by("-id")[:SHOWN]
