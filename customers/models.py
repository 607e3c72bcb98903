"""Customers and their contact persons."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower

from organizations.history import recorded


class Customer(models.Model):
    """Who a project is billed to. Has one currency."""

    organization = models.ForeignKey("organizations.Organization", models.PROTECT, related_name="customers")
    display_name = models.CharField(max_length=1000)
    company_name = models.CharField(max_length=1000, blank=True)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=100, blank=True)
    website = models.CharField(max_length=500, blank=True)
    currency = models.CharField(max_length=3)
    billing_street = models.TextField(blank=True)
    billing_city = models.CharField(max_length=200, blank=True)
    billing_state = models.CharField(max_length=200, blank=True)
    billing_postal_code = models.CharField(max_length=50, blank=True)
    billing_country = models.CharField(max_length=200, blank=True)
    notes = models.TextField(blank=True)
    custom_fields = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)

    history = recorded(excluded_fields=["custom_fields"])

    class Meta:
        constraints = [
            models.UniqueConstraint("organization", Lower("display_name"), name="customer_name_once_ci"),
            models.CheckConstraint(condition=~models.Q(display_name=""), name="customer_has_name"),
            models.CheckConstraint(condition=~models.Q(currency=""), name="customer_has_currency"),
        ]
        indexes = [models.Index(fields=["organization", "display_name", "id"], name="customer_list")]

    def clean(self):
        """What must hold whoever saves the customer by a form: see `customers.rules`."""
        from customers.rules import customer_problems

        if problems := customer_problems(self):
            raise ValidationError(
                [f"{name.replace('_', ' ').capitalize()}: {text}" for name, text in problems.items()]
            )

    def __str__(self):
        return self.display_name


class ContactPerson(models.Model):
    """A person of a customer; never staff."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contact_persons")
    first_name = models.CharField(max_length=500, blank=True)
    last_name = models.CharField(max_length=500, blank=True)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=100, blank=True)
    mobile = models.CharField(max_length=100, blank=True)
    is_primary = models.BooleanField(default=False)

    class Meta:
        ordering = ["-is_primary", "id"]
        constraints = [
            models.UniqueConstraint(
                "customer",
                Lower("email"),
                condition=~models.Q(email=""),
                name="contact_email_once_per_customer",
            ),
            models.UniqueConstraint(
                fields=["customer"],
                condition=models.Q(is_primary=True),
                name="one_primary_contact_per_customer",
            ),
        ]

    def __str__(self):
        return f"{self.first_name} {self.last_name}".strip() or self.email
