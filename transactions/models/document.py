"""What quotes, invoices and credit notes have in common, and their lines."""

from django.conf import settings
from django.db import models

from organizations.money import (
    amount_field,
    exchange_rate_field,
    percent_field,
    quantity_field,
    rate_field,
)
from transactions import states
from transactions.models.frozen import FrozenLine, FrozenOnceIssued


class Document(FrozenOnceIssued, models.Model):
    """A paper to one customer, in the customer's currency.

    Amounts are in `currency`. `number` is empty until the document is issued; a draft may carry a `wanted_number`.
    Name and address are copied when the document is issued; a draft shows the customer's current ones. Totals are
    stored by `transactions.totals.recalculate` and always equal the sum of the lines.
    """

    organization = models.ForeignKey("organizations.Organization", models.PROTECT, related_name="%(class)ss")
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="%(class)ss")
    number = models.CharField(max_length=50, blank=True)
    wanted_number = models.CharField(max_length=50, blank=True)
    date = models.DateField()
    reference = models.CharField(max_length=100, blank=True)
    language = models.CharField(max_length=20, default="en")
    currency = models.CharField(max_length=3)
    exchange_rate = exchange_rate_field(
        null=True, blank=True, help_text="Base currency per unit of this currency; needed when issuing."
    )
    tax_inclusive = models.BooleanField(default=False, help_text="Rates contain the tax.")
    discount_percent = percent_field(null=True, blank=True)
    discount_amount = amount_field(null=True, blank=True)
    shipping_charge = amount_field(default=0)
    adjustment = amount_field(default=0)
    adjustment_description = models.CharField(max_length=100, blank=True)
    notes = models.TextField(blank=True)
    terms = models.TextField(blank=True)

    sub_total = amount_field(default=0, editable=False)
    discount_total = amount_field(default=0, editable=False)
    tax_total = amount_field(default=0, editable=False)
    total = amount_field(default=0, editable=False)

    customer_name = models.CharField(max_length=1000, blank=True, editable=False)
    customer_email = models.CharField(max_length=254, blank=True, editable=False)
    billing_street = models.TextField(blank=True, editable=False)
    billing_city = models.CharField(max_length=200, blank=True, editable=False)
    billing_state = models.CharField(max_length=200, blank=True, editable=False)
    billing_postal_code = models.CharField(max_length=50, blank=True, editable=False)
    billing_country = models.CharField(max_length=200, blank=True, editable=False)
    address_is_own = models.BooleanField(
        default=False,
        editable=False,
        help_text="The address was given on the draft and is not the customer's.",
    )

    sender_name = models.CharField(max_length=200, blank=True, editable=False)
    sender_address = models.TextField(blank=True, editable=False)
    sender_tax_number = models.CharField(max_length=100, blank=True, editable=False)

    creation_key = models.CharField(
        max_length=64, blank=True, editable=False, help_text="One-time key of the form that made it."
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    issued_at = models.DateTimeField(null=True, blank=True, editable=False)
    viewed_at = models.DateTimeField(null=True, blank=True, editable=False)

    # May change on an issued document, by the services that own them.
    CHANGES_WHEN_ISSUED = frozenset({"status", "updated_at", "viewed_at"})
    KIND = ""  # the key of its number series

    class Meta:
        abstract = True

    def __str__(self):
        return self.number or "Draft"

    @property
    def state(self):
        """What its life looks like today, such as "overdue"; a list asks `states.with_state` once instead."""
        return self.__dict__.get("state") or states.state_of(self)

    @state.setter
    def state(self, value):  # the column of `states.with_state`
        self.__dict__["state"] = value

    @property
    def state_label(self):
        """The state in words."""
        return states.LABELS[self.state]

    @property
    def is_draft(self):
        """True until the document is issued."""
        return self.status == "draft"


def document_constraints(name):
    """The constraints every kind of document has; `name` makes them unique in the database."""
    return [
        models.UniqueConstraint(
            fields=["organization", "number"], condition=~models.Q(number=""), name=f"{name}_number_once"
        ),
        models.UniqueConstraint(
            fields=["organization", "wanted_number"],
            condition=~models.Q(wanted_number=""),
            name=f"{name}_wanted_number_once",
        ),
        models.UniqueConstraint(
            fields=["organization", "creation_key"],
            condition=~models.Q(creation_key=""),
            name=f"{name}_created_once_per_key",
        ),
        models.CheckConstraint(
            condition=models.Q(discount_percent=None) | models.Q(discount_amount=None),
            name=f"{name}_one_kind_of_discount",
        ),
        models.CheckConstraint(
            condition=models.Q(status="draft") | ~models.Q(number=""), name=f"{name}_issued_has_number"
        ),
    ]


class LineFields(models.Model):
    """One line of a document or of a recurring profile.

    A line made of hours has `minutes`, and its amount is minutes × rate / 60, rounded once; `quantity` is then the
    same in hours, rounded up at the eighth decimal. Other lines: quantity × rate. `amount` is after the line's own
    discount and before the document's; `document_discount` is the line's share of the latter; `tax_amount` is this
    line's tax. All three are rounded half up to the currency's minor units.
    """

    class Kind(models.TextChoices):
        CUSTOM = "custom", "Free line"
        HOURS = "hours", "Hours"
        EXPENSE = "expense", "Expense"
        FIXED_COST = "fixed_cost", "Share of a fixed cost"
        MILESTONE = "milestone", "Milestone"
        CORRECTION = "correction", "Correction of billed hours"

    position = models.PositiveIntegerField(default=1)
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.CUSTOM)
    project = models.ForeignKey(
        "timetracking.Project", models.PROTECT, null=True, blank=True, related_name="%(class)ss"
    )
    name = models.CharField(max_length=1000, blank=True)
    description = models.TextField(blank=True)
    quantity = quantity_field(default=1)
    minutes = models.IntegerField(null=True, blank=True)
    unit = models.CharField(max_length=100, blank=True)
    rate = rate_field(default=0)
    discount_percent = percent_field(default=0)
    tax = models.ForeignKey("transactions.Tax", models.PROTECT, null=True, blank=True, related_name="+")
    tax_name = models.CharField(max_length=100, blank=True)
    tax_rate = percent_field(default=0)
    amount = amount_field(default=0)
    document_discount = amount_field(default=0)
    tax_amount = amount_field(default=0)

    class Meta:
        abstract = True

    def __str__(self):
        return self.name or self.description or f"line {self.position}"

    @property
    def quantity_text(self):
        """The quantity as printed: "7:20" for hours (exact, always), else a plain decimal such as "1.5"."""
        if self.minutes is not None:
            sign = "-" if self.minutes < 0 else ""
            return f"{sign}{abs(self.minutes) // 60}:{abs(self.minutes) % 60:02d}"
        return f"{self.quantity.normalize():f}"


class Line(FrozenLine, LineFields):
    """A line of a document."""

    class Meta:
        abstract = True
        ordering = ["position", "id"]
