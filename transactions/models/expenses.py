"""Expenses, their receipts, and expenses that come again and again."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from organizations.history import recorded
from organizations.money import amount_field, exchange_rate_field, percent_field
from transactions.models.recurring import Schedule


class ExpenseFields(models.Model):
    """What an expense and a recurring expense have in common.

    `amount` is what was paid, in `currency`, tax included when `tax_inclusive` (else tax comes on top). Billed on is
    the amount plus `markup_percent`, in the customer's currency.
    """

    category = models.CharField(max_length=100, help_text="Such as Travel, Materials, Software.")
    vendor = models.CharField(max_length=200, blank=True)
    paid_through = models.CharField(max_length=100, blank=True)
    employee = models.ForeignKey(
        "timetracking.StaffUser", models.PROTECT, null=True, blank=True, related_name="%(class)ss"
    )
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, null=True, blank=True, related_name="%(class)ss"
    )
    project = models.ForeignKey(
        "timetracking.Project", models.PROTECT, null=True, blank=True, related_name="%(class)ss"
    )
    currency = models.CharField(max_length=3)
    exchange_rate = exchange_rate_field(null=True, blank=True)
    amount = amount_field()
    tax = models.ForeignKey("transactions.Tax", models.PROTECT, null=True, blank=True, related_name="+")
    tax_inclusive = models.BooleanField(default=True)
    is_billable = models.BooleanField(default=False)
    markup_percent = percent_field(default=0)
    reference = models.CharField(max_length=100, blank=True)
    description = models.CharField(max_length=500, blank=True)

    class Meta:
        abstract = True


class Expense(ExpenseFields):
    """Money spent, perhaps for a customer's project. On an invoice once: see BilledExpense."""

    class BillingStatus(models.TextChoices):
        UNBILLED = "unbilled", "Unbilled"
        INVOICED = "invoiced", "Invoiced"
        NON_BILLABLE = "non_billable", "Non-billable"

    organization = models.ForeignKey("organizations.Organization", models.PROTECT, related_name="expenses")
    date = models.DateField()
    billing_status = models.CharField(
        max_length=12, choices=BillingStatus.choices, default=BillingStatus.NON_BILLABLE, editable=False
    )
    reimbursed_at = models.DateTimeField(null=True, blank=True, editable=False)
    tax_name = models.CharField(max_length=100, blank=True, editable=False)
    tax_rate = percent_field(default=0, editable=False)
    tax_amount = amount_field(default=0, editable=False)
    total = amount_field(default=0, editable=False)
    recurring_expense = models.ForeignKey(
        "transactions.RecurringExpense",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="expenses",
    )
    creation_key = models.CharField(max_length=64, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    history = recorded()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="expense_positive"),
            models.UniqueConstraint(
                fields=["organization", "creation_key"],
                condition=~models.Q(creation_key=""),
                name="expense_created_once_per_key",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-date", "-id"], name="expense_list"),
            models.Index(fields=["project", "-date", "-id"], name="expense_by_project"),
        ]

    def __str__(self):
        return f"{self.category} of {self.date}"


class ExpenseReceipt(models.Model):
    """A receipt's file, kept outside the web root under a name of ours."""

    expense = models.ForeignKey(Expense, models.CASCADE, related_name="receipts")
    name = models.CharField(max_length=200, help_text="As the person's file was called.")
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField(help_text="Bytes.")
    stored_name = models.CharField(max_length=100, unique=True, editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    uploaded_at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return self.name


class RecurringExpense(Schedule, ExpenseFields):
    """Makes an expense per period."""

    history = recorded()

    class Meta:
        constraints = [
            models.UniqueConstraint("organization", Lower("name"), name="recurring_expense_name_once_ci"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="recurring_expense_positive"),
            models.CheckConstraint(condition=models.Q(repeat_every__gte=1), name="recurring_expense_repeats"),
        ]
        indexes = [models.Index(fields=["status", "next_date"], name="recurring_expense_due")]


class RecurringExpenseRun(models.Model):
    """One period of a recurring expense that ran. One row per period, ever."""

    profile = models.ForeignKey(RecurringExpense, models.CASCADE, related_name="runs")
    period = models.DateField()
    expense = models.OneToOneField(
        Expense, models.SET_NULL, null=True, blank=True, related_name="recurring_run"
    )
    ran_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-period", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["profile", "period"], name="recurring_expense_once_per_period")
        ]

    def __str__(self):
        return f"{self.profile} for {self.period}"
