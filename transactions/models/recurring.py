"""Recurring invoices: a profile with lines, hours or both, and one row per period that ran."""

from django.db import models
from django.db.models.functions import Lower

from organizations.history import recorded
from organizations.money import amount_field, percent_field
from transactions.models.document import LineFields


class Schedule(models.Model):
    """When a profile runs: every `repeat_every` `unit`s from `start_date`, until `end_date` (included) or for ever.

    A month that lacks the start's day runs on its last day and the next one on the start's day again. `next_date` is
    the next period to make; None once the end is reached. `expired` is derived: see `transactions.schedule.state`.
    """

    class Unit(models.TextChoices):
        DAYS = "days", "days"
        WEEKS = "weeks", "weeks"
        MONTHS = "months", "months"
        YEARS = "years", "years"

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        STOPPED = "stopped", "Stopped"

    organization = models.ForeignKey("organizations.Organization", models.PROTECT, related_name="%(class)ss")
    name = models.CharField(max_length=100)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE, editable=False)
    repeat_every = models.PositiveSmallIntegerField(default=1)
    unit = models.CharField(max_length=10, choices=Unit.choices, default=Unit.MONTHS)
    start_date = models.DateField()
    end_date = models.DateField(null=True, blank=True)
    next_date = models.DateField(null=True, blank=True, editable=False)
    last_date = models.DateField(null=True, blank=True, editable=False)
    not_before = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="After a failed run: when next."
    )
    problem = models.CharField(
        max_length=500, blank=True, editable=False, help_text="Why the last run failed."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    def __str__(self):
        return self.name


class RecurringInvoice(Schedule):
    """Makes an invoice per period, of its lines, of all unbilled hours of its projects up to the date, or of both."""

    class Creates(models.TextChoices):
        DRAFT = "draft", "Drafts, to be looked at first"
        SENT = "sent", "Invoices, issued and e-mailed at once"

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="recurring_invoices")
    creates = models.CharField(max_length=10, choices=Creates.choices, default=Creates.DRAFT)
    projects = models.ManyToManyField(
        "timetracking.Project",
        blank=True,
        related_name="recurring_invoices",
        help_text="Whose hours it bills.",
    )
    include_expenses = models.BooleanField(default=False)
    grouping = models.CharField(max_length=20, default="project")
    description_pattern = models.CharField(max_length=500, blank=True)
    payment_terms = models.PositiveSmallIntegerField(null=True, blank=True)
    reference = models.CharField(max_length=100, blank=True)
    language = models.CharField(max_length=20, blank=True)
    currency = models.CharField(max_length=3)
    tax = models.ForeignKey("transactions.Tax", models.PROTECT, null=True, blank=True, related_name="+")
    tax_inclusive = models.BooleanField(default=False)
    discount_percent = percent_field(null=True, blank=True)
    discount_amount = amount_field(null=True, blank=True)
    notes = models.TextField(blank=True)
    terms = models.TextField(blank=True)

    history = recorded()

    class Meta:
        constraints = [
            models.UniqueConstraint("organization", Lower("name"), name="recurring_invoice_name_once_ci"),
            models.CheckConstraint(condition=models.Q(repeat_every__gte=1), name="recurring_invoice_repeats"),
        ]
        indexes = [models.Index(fields=["status", "next_date"], name="recurring_invoice_due")]


class RecurringInvoiceLine(LineFields):
    """A line that each invoice of the profile gets."""

    profile = models.ForeignKey(RecurringInvoice, models.CASCADE, related_name="lines")

    class Meta:
        ordering = ["position", "id"]


class RecurringInvoiceRun(models.Model):
    """One period of a profile that ran: its invoice, or why there was nothing to bill. One row per period, ever."""

    profile = models.ForeignKey(RecurringInvoice, models.CASCADE, related_name="runs")
    period = models.DateField()
    invoice = models.OneToOneField(
        "transactions.Invoice", models.SET_NULL, null=True, blank=True, related_name="recurring_run"
    )
    remark = models.CharField(max_length=500, blank=True)
    ran_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-period", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["profile", "period"], name="recurring_invoice_once_per_period")
        ]

    def __str__(self):
        return f"{self.profile} for {self.period}"
