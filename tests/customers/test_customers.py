"""Customers: list, details, and what the database refuses."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from customers.models import ContactPerson, Customer
from tests.factories import (
    ContactPersonFactory,
    CustomerFactory,
    CustomFieldFactory,
    MembershipFactory,
    OrganizationFactory,
    ProjectFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization(client):
    membership = MembershipFactory(role="staff")
    client.force_login(membership.user)
    client.get("/")  # the first request of a session also writes it
    return membership.organization


def refused(make):
    with pytest.raises(IntegrityError), transaction.atomic():
        make()


def test_a_name_is_taken_once_per_organization_whatever_its_case():
    organization = OrganizationFactory()
    CustomerFactory(organization=organization, display_name="Blue Door")
    refused(lambda: CustomerFactory(organization=organization, display_name="BLUE door"))
    CustomerFactory(display_name="Blue Door")


def test_name_and_currency_cannot_be_empty():
    refused(lambda: CustomerFactory(display_name=""))
    refused(lambda: CustomerFactory(currency=""))


def test_a_customer_has_one_primary_contact_and_each_address_once():
    person = ContactPersonFactory(is_primary=True, email="a@example.test")
    refused(lambda: ContactPersonFactory(customer=person.customer, is_primary=True))
    refused(lambda: ContactPersonFactory(customer=person.customer, email="A@example.test"))
    ContactPersonFactory(customer=person.customer, email="")
    ContactPersonFactory(customer=person.customer, email="")
    assert ContactPerson.objects.filter(customer=person.customer).count() == 3


def test_search_and_status_narrow_the_list(client, organization):
    CustomerFactory(organization=organization, display_name="Blue Door")
    CustomerFactory(organization=organization, display_name="Red Roof", email="blue@example.test")
    CustomerFactory(organization=organization, display_name="Blue Gone", is_active=False)

    def found(**params):
        return {row.display_name for row in client.get(reverse("customers"), params).context["page"]}

    assert found(q="blue") == {"Blue Door", "Red Roof", "Blue Gone"}
    assert found(q="blue", status="active") == {"Blue Door", "Red Roof"}
    assert found(q="100%") == set()
    assert "Nothing matches" in client.get(reverse("customers"), {"q": "100%"}).content.decode()


def test_an_empty_list_says_where_customers_come_from(client, organization):
    assert "No customers yet" in client.get(reverse("customers")).content.decode()


def test_details_show_contacts_projects_and_custom_values_as_text(client, organization):
    CustomFieldFactory(organization=organization, module="customers", key="tier", label="Tier")
    customer = CustomerFactory(
        organization=organization, custom_fields={"tier": "<b>Gold</b>", "unknown": "x"}
    )
    ContactPersonFactory(customer=customer, last_name="Bright", is_primary=True)
    ProjectFactory(organization=organization, customer=customer, name="New roof")
    text = client.get(reverse("customer", args=[customer.pk])).content.decode()
    assert "Bright" in text and "New roof" in text and "Tier" in text
    assert "&lt;b&gt;Gold&lt;/b&gt;" in text


def test_the_list_takes_the_same_queries_for_five_rows_as_for_fifty(
    client, organization, django_assert_num_queries
):
    CustomerFactory.create_batch(5, organization=organization)
    with django_assert_num_queries(5):  # session, user, memberships, rows, capped count
        client.get(reverse("customers"))
    CustomerFactory.create_batch(60, organization=organization)
    with django_assert_num_queries(5):
        assert len(client.get(reverse("customers")).context["page"].rows) == 50
    assert Customer.objects.count() == 65
