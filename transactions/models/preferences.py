"""How an organization bills, and what is remembered per customer."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower

from organizations.history import recorded
from organizations.money import percent_field


class Tax(models.Model):
    """A tax as data: a name and a percentage, 0 to 100. Documents keep a copy of both."""

    organization = models.ForeignKey("organizations.Organization", models.PROTECT, related_name="taxes")
    name = models.CharField(max_length=100)
    rate = percent_field(help_text="Percent, such as 19 or 7.5.")
    is_active = models.BooleanField(default=True)

    history = recorded()

    class Meta:
        verbose_name_plural = "taxes"
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint("organization", Lower("name"), name="tax_name_once_ci"),
            models.CheckConstraint(
                condition=models.Q(rate__gte=0, rate__lte=100), name="tax_rate_within_0_and_100"
            ),
        ]

    def __str__(self):
        return f"{self.name} ({self.rate.normalize():f} %)"


class NumberSeries(models.Model):
    """The counter behind the numbers of one kind of document: prefix + counter, at least `digits` digits."""

    class Kind(models.TextChoices):
        QUOTE = "quote", "Quotes"
        INVOICE = "invoice", "Invoices"
        CREDIT_NOTE = "credit_note", "Credit notes"

    organization = models.ForeignKey(
        "organizations.Organization", models.PROTECT, related_name="number_series"
    )
    kind = models.CharField(max_length=20, choices=Kind.choices)
    prefix = models.CharField(
        max_length=20,
        blank=True,
        validators=[
            RegexValidator(r"^[A-Za-z0-9/_.-]*$", "Letters, digits and / _ . - are possible in a prefix.")
        ],
    )
    digits = models.PositiveSmallIntegerField(default=6)
    next_number = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name_plural = "number series"
        constraints = [
            models.UniqueConstraint(fields=["organization", "kind"], name="number_series_once"),
            models.CheckConstraint(condition=models.Q(digits__lte=12), name="number_series_digits"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.text(self.next_number)} is next"

    def text(self, number):
        """The document number for a count, such as INV-000042."""
        return f"{self.prefix}{number:0{self.digits}d}"


LONGEST_TERMS = 3650  # days; drafts take no more


def _refuse_long(row, *names):
    for name in names:
        if (getattr(row, name) or 0) > LONGEST_TERMS:
            raise ValidationError({name: f"At most {LONGEST_TERMS:,} days are possible."})


class BillingPreferences(models.Model):
    """An organization's defaults for documents. Made when first asked for: `transactions.preferences.of`."""

    class Rounding(models.TextChoices):
        NONE = "none", "Do not round"
        UP = "up", "Up to the next step"
        NEAREST = "nearest", "To the nearest step"

    class Step(models.IntegerChoices):
        SIX = 6, "6 minutes"
        FIFTEEN = 15, "15 minutes"
        THIRTY = 30, "30 minutes"

    organization = models.OneToOneField(
        "organizations.Organization", models.CASCADE, related_name="billing_preferences"
    )
    rounding = models.CharField(max_length=10, choices=Rounding.choices, default=Rounding.NONE)
    rounding_minutes = models.PositiveSmallIntegerField(choices=Step.choices, default=Step.SIX)
    payment_terms = models.PositiveSmallIntegerField(default=14, help_text="Days until an invoice is due.")
    language = models.CharField(max_length=20, default="en")
    tax = models.ForeignKey(Tax, models.SET_NULL, null=True, blank=True, related_name="+")
    tax_inclusive = models.BooleanField(default=False)
    invoice_notes = models.TextField(blank=True)
    invoice_terms = models.TextField(blank=True)
    quote_notes = models.TextField(blank=True)
    quote_terms = models.TextField(blank=True)
    quote_valid_days = models.PositiveSmallIntegerField(default=30)

    history = recorded()

    class Meta:
        verbose_name_plural = "billing preferences"

    def clean(self):
        """What new documents begin with has to be possible on them."""
        _refuse_long(self, "payment_terms", "quote_valid_days")

    def __str__(self):
        return f"Billing preferences of {self.organization}"


class CustomerBilling(models.Model):
    """What is remembered about billing a customer; empty fields mean the organization's default."""

    customer = models.OneToOneField("customers.Customer", models.CASCADE, related_name="billing")
    payment_terms = models.PositiveSmallIntegerField(null=True, blank=True)
    language = models.CharField(max_length=20, blank=True)
    tax = models.ForeignKey(Tax, models.SET_NULL, null=True, blank=True, related_name="+")
    choices = models.JSONField(default=dict, blank=True, help_text="The last choices made in Create Invoice.")

    history = recorded(excluded_fields=["choices"])

    def clean(self):
        """What new documents begin with has to be possible on them."""
        _refuse_long(self, "payment_terms")

    def __str__(self):
        return f"Billing of {self.customer}"
