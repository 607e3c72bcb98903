"""How documents look and reach the customer: settings, texts, links that need no sign-in, and the outbox."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone


class Purpose(models.TextChoices):
    """What an e-mail is for; each has a text of its own."""

    INVOICE = "invoice", "Invoice"
    QUOTE = "quote", "Quote"
    CREDIT_NOTE = "credit_note", "Credit note"
    REMINDER = "reminder", "Payment reminder"
    ANSWER = "answer", "Answer to a quote"  # to the people here who bill; it has no text to change


class PaperSettings(models.Model):
    """How an organization's documents look and from whom their e-mails come."""

    class Paper(models.TextChoices):
        A4 = "a4", "A4"
        LETTER = "us-letter", "US Letter"

    organization = models.OneToOneField(
        "organizations.Organization", models.CASCADE, related_name="paper_settings"
    )
    logo = models.CharField(max_length=100, blank=True, editable=False)
    accent = models.CharField(
        "colour",
        max_length=7,
        default="#1d4f91",
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$", "Give a colour such as #1d4f91.")],
        help_text="Of titles and lines on documents; dark enough to be read on white.",
    )
    paper = models.CharField(max_length=10, choices=Paper.choices, default=Paper.A4)
    reply_to = models.EmailField(
        "answers go to", blank=True, help_text="Empty: to the person who sends the document."
    )
    link_days = models.PositiveSmallIntegerField(
        "links to documents work for",
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(730)],
        help_text="Days.",
    )

    class Meta:
        verbose_name_plural = "paper settings"

    def __str__(self):
        return f"Documents of {self.organization}"


class MailTemplate(models.Model):
    """An organization's own text for one purpose in one language of documents, or in every other one ("").

    Without one the standard text in the document's language is used.
    """

    organization = models.ForeignKey(
        "organizations.Organization", models.CASCADE, related_name="mail_templates"
    )
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    language = models.CharField(
        max_length=20, blank=True, help_text="Empty: for every language without a text of its own."
    )
    subject = models.CharField(max_length=300)
    body = models.TextField(max_length=20000)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "purpose", "language"], name="mail_template_once_per_language"
            )
        ]

    def __str__(self):
        return f"{self.get_purpose_display()} {self.language}".strip()


class OfDocument(models.Model):
    """Belongs to exactly one quote, invoice or credit note."""

    organization = models.ForeignKey("organizations.Organization", models.CASCADE, related_name="+")
    invoice = models.ForeignKey(
        "transactions.Invoice", models.CASCADE, null=True, blank=True, related_name="%(class)ss"
    )
    quote = models.ForeignKey(
        "transactions.Quote", models.CASCADE, null=True, blank=True, related_name="%(class)ss"
    )
    credit_note = models.ForeignKey(
        "transactions.CreditNote", models.CASCADE, null=True, blank=True, related_name="%(class)ss"
    )

    class Meta:
        abstract = True

    @property
    def document(self):
        """The quote, invoice or credit note."""
        return self.invoice or self.quote or self.credit_note


def one_document(name):
    """The constraint of OfDocument."""
    kinds = ("invoice", "quote", "credit_note")
    only = models.Q()
    for kind in kinds:
        only |= models.Q(**{f"{other}__isnull": other != kind for other in kinds})
    return models.CheckConstraint(condition=only, name=f"{name}_of_one_document")


class PublicLink(OfDocument):
    """An address where a customer sees a document without signing in. The address itself is not stored.

    It is derived from `nonce` and the server's secret key; `token_hash` finds the row. See `mailing.links`.
    """

    nonce = models.CharField(max_length=64, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_viewed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [one_document("public_link")]

    def __str__(self):
        return f"Link to {self.document}"

    @property
    def works(self):
        """True while it leads to the document."""
        return self.revoked_at is None and self.expires_at > timezone.now()


class QuoteDecision(models.Model):
    """What a customer said about a quote through a public link."""

    quote = models.ForeignKey("transactions.Quote", models.CASCADE, related_name="decisions")
    link = models.ForeignKey(PublicLink, models.SET_NULL, null=True, related_name="decisions")
    accepted = models.BooleanField()
    name = models.CharField(max_length=120)
    comment = models.TextField(max_length=2000, blank=True)
    decided_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self):
        return f"{'Accepted' if self.accepted else 'Declined'} by {self.name}"


class WrongLink(models.Model):
    """How often an address (as a hash) tried links that don't exist, since when."""

    address_hash = models.CharField(max_length=64, unique=True)
    since = models.DateTimeField()
    tries = models.PositiveIntegerField(default=1)

    def __str__(self):
        return f"{self.tries} since {self.since}"


class OutgoingMail(OfDocument):
    """One e-mail about a document, and what became of it. The row is the truth, not the queue."""

    class Status(models.TextChoices):
        QUEUED = "queued", "Waiting"
        SENDING = "sending", "Being handed over"
        SENT = "sent", "Handed to the mail server"
        FAILED = "failed", "Not sent"

    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    to = models.JSONField(default=list)
    cc = models.JSONField(default=list, blank=True)
    subject = models.CharField(max_length=300)
    body = models.TextField()
    attach_pdf = models.BooleanField(default=True)
    link = models.ForeignKey(PublicLink, models.SET_NULL, null=True, blank=True, related_name="mails")
    sender_name = models.CharField(max_length=200, blank=True)
    reply_to = models.CharField(max_length=254, blank=True)
    message_id = models.CharField(max_length=200, editable=False)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(
        max_length=500, blank=True, help_text="The mail server's last answer, in words."
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [one_document("outgoing_mail")]
        indexes = [
            models.Index(
                fields=["not_before"],
                condition=models.Q(status__in=["queued", "sending"]),
                name="outgoing_mail_due",
            )
        ]

    def __str__(self):
        return f"{self.subject} to {', '.join(self.to)}"
