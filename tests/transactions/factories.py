"""Documents for tests, as rows. Tests of rules make them through the services instead."""

import datetime

import factory
from factory.django import DjangoModelFactory

from tests.factories import CustomerFactory, OrganizationFactory, TimeEntryFactory


class TaxFactory(DjangoModelFactory):
    class Meta:
        model = "transactions.Tax"

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Tax {n}")
    rate = "19"


class InvoiceFactory(DjangoModelFactory):
    """A draft of a new customer; `status="sent"` needs a `number`."""

    class Meta:
        model = "transactions.Invoice"

    organization = factory.SubFactory(OrganizationFactory)
    customer = factory.SubFactory(CustomerFactory, organization=factory.SelfAttribute("..organization"))
    date = datetime.date(2026, 3, 31)
    currency = factory.SelfAttribute("customer.currency")


class InvoiceLineFactory(DjangoModelFactory):
    class Meta:
        model = "transactions.InvoiceLine"

    invoice = factory.SubFactory(InvoiceFactory)
    name = "Work"
    rate = "10"
    amount = "10"


class QuoteFactory(DjangoModelFactory):
    class Meta:
        model = "transactions.Quote"

    organization = factory.SubFactory(OrganizationFactory)
    customer = factory.SubFactory(CustomerFactory, organization=factory.SelfAttribute("..organization"))
    date = datetime.date(2026, 3, 31)
    currency = factory.SelfAttribute("customer.currency")


class ExpenseFactory(DjangoModelFactory):
    class Meta:
        model = "transactions.Expense"

    organization = factory.SubFactory(OrganizationFactory)
    date = datetime.date(2026, 3, 3)
    category = "Travel"
    amount = "50"
    currency = "EUR"


class BilledTimeEntryFactory(DjangoModelFactory):
    """An hour on a draft invoice of its project's customer."""

    class Meta:
        model = "transactions.BilledTimeEntry"

    time_entry = factory.SubFactory(TimeEntryFactory)
    organization = factory.SelfAttribute("time_entry.organization")
    line = factory.SubFactory(
        InvoiceLineFactory,
        kind="hours",
        invoice__organization=factory.SelfAttribute("...time_entry.organization"),
        invoice__customer=factory.SelfAttribute("...time_entry.project.customer"),
        project=factory.SelfAttribute("..time_entry.project"),
    )
    entry_number = factory.SelfAttribute("time_entry.pk")
    project = factory.SelfAttribute("time_entry.project")
    date = factory.SelfAttribute("time_entry.date")
    minutes = factory.SelfAttribute("time_entry.minutes")
    billed_minutes = factory.SelfAttribute("time_entry.minutes")
    rate = "100"
    person_name = factory.SelfAttribute("time_entry.staff_user.name")
