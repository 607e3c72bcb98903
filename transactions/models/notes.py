"""What people add to a document or a project beside its content: comments and files."""

from django.conf import settings
from django.db import models

SUBJECTS = ("invoice", "quote", "project")


def _one_of(names):
    found = models.Q()
    for name in names:
        found |= models.Q(**{f"{other}__isnull": other != name for other in names})
    return found


class Comment(models.Model):
    """A person's remark on one invoice, quote or project; part of its history, never printed."""

    organization = models.ForeignKey("organizations.Organization", models.CASCADE, related_name="+")
    invoice = models.ForeignKey(
        "transactions.Invoice", models.CASCADE, null=True, blank=True, related_name="comments"
    )
    quote = models.ForeignKey(
        "transactions.Quote", models.CASCADE, null=True, blank=True, related_name="comments"
    )
    project = models.ForeignKey(
        "timetracking.Project", models.CASCADE, null=True, blank=True, related_name="comments"
    )
    text = models.TextField(max_length=5000)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    through = models.CharField(max_length=200, blank=True, help_text="Such as “API token Reporting”.")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=_one_of(SUBJECTS), name="comment_on_one_row")]

    def __str__(self):
        return self.text[:60]


class Attachment(models.Model):
    """A file kept with an invoice or a quote, outside the web root under a name of ours."""

    organization = models.ForeignKey("organizations.Organization", models.CASCADE, related_name="+")
    invoice = models.ForeignKey(
        "transactions.Invoice", models.CASCADE, null=True, blank=True, related_name="attachments"
    )
    quote = models.ForeignKey(
        "transactions.Quote", models.CASCADE, null=True, blank=True, related_name="attachments"
    )
    name = models.CharField(max_length=200, help_text="As the person's file was called.")
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField(help_text="Bytes.")
    stored_name = models.CharField(max_length=100, unique=True, editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    send_in_mail = models.BooleanField(default=False, help_text="Goes along with e-mails about the document.")
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    uploaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=_one_of(("invoice", "quote")), name="attachment_of_one_document")
        ]

    def __str__(self):
        return self.name

    @property
    def document(self):
        """The invoice or quote."""
        return self.invoice or self.quote
