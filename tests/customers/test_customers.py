"""Customers: list, details, and what the database refuses."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from customers.models import ContactPerson, Customer
from organizations import panels
from tests.factories import (
    ContactPersonFactory,
    CustomerFactory,
    CustomFieldFactory,
    MembershipFactory,
    OrganizationFactory,
    ProjectFactory,
    TimeEntryFactory,
)
from tests.timetracking.linked import link

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


def form_of(customer, **changes):
    return {"display_name": customer.display_name, "currency": customer.currency, **changes}


def test_a_customer_of_one_s_own_is_made_changed_shelved_and_deleted(client, organization):
    once = client.get(reverse("customer_new")).context["once"]
    for _ in range(2):  # a double click
        client.post(reverse("customer_new"), {"display_name": "Blue Door", "currency": "eur", "once": once})
    customer = Customer.objects.get()
    assert customer.currency == "EUR"
    edit = reverse("customer_edit", args=[customer.pk])
    client.post(edit, form_of(customer, email="pay@example.test", billing_city="Bremen"))
    customer.refresh_from_db()
    assert (customer.email, customer.billing_city) == ("pay@example.test", "Bremen")
    client.post(reverse("customer_status", args=[customer.pk]), {"status": "inactive"})
    customer.refresh_from_db()
    assert not customer.is_active
    project = ProjectFactory(organization=organization, customer=customer)
    client.post(edit, form_of(customer, currency="USD"))
    project.refresh_from_db()
    assert project.currency == "USD"  # a project has its customer's currency
    delete = reverse("customer_delete", args=[customer.pk])
    answer = client.post(delete)
    assert answer.status_code == 409 and "There are projects" in answer.content.decode()
    project.delete()
    client.post(delete)
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"display_name": "TAKEN"}, "Another customer has this name"),
        ({"display_name": " "}, "required"),
        ({"currency": "XYZ"}, "no currency code"),
        ({"currency": ""}, "required"),
        ({"email": "nonsense"}, "valid email"),
        ({"website": "javascript:alert(1)"}, "web address"),
        ({"display_name": "x" * 1001}, "at most 1000"),
    ],
)
def test_bad_values_of_a_customer_are_refused_with_a_sentence(client, organization, values, words):
    CustomerFactory(organization=organization, display_name="Taken")
    answer = client.post(reverse("customer_new"), {"display_name": "New", "currency": "EUR", **values})
    assert answer.status_code == 200 and words in answer.content.decode()
    assert Customer.objects.count() == 1


def test_a_linked_customer_follows_its_source_and_takes_the_rest(client, organization):
    customer = CustomerFactory(organization=organization, display_name="Theirs", email="a@example.test")
    link(customer, "customers", name="Theirs", email="a@example.test", address="")
    edit = reverse("customer_edit", args=[customer.pk])
    assert "Change it there" in client.get(edit).content.decode()
    values = form_of(
        customer, display_name="Mine", email="b@example.test", billing_street="Quay 1", notes="x"
    )
    client.post(edit, values)
    customer.refresh_from_db()
    assert (customer.display_name, customer.email) == ("Theirs", "a@example.test")
    assert (customer.billing_street, customer.notes) == ("Quay 1", "x")
    client.post(reverse("customer_delete", args=[customer.pk]))
    assert Customer.objects.filter(pk=customer.pk).exists()
    assert "from Zoho Projects" in client.get(reverse("customer", args=[customer.pk])).content.decode()


def test_the_currency_is_fixed_once_there_are_documents(client, organization):
    customer = CustomerFactory(organization=organization)

    def lock(customer):
        return [{"currency": "The currency is fixed: there are invoices."}]

    panels.register("customer.locks", lock)
    try:
        edit = reverse("customer_edit", args=[customer.pk])
        assert "there are invoices" in client.get(edit).content.decode()
        client.post(edit, form_of(customer, currency="USD"))
        customer.currency = "USD"
        with pytest.raises(ValidationError):
            customer.full_clean()
    finally:
        panels._providers["customer.locks"].remove(lock)
    customer.refresh_from_db()
    assert customer.currency == "EUR"


def test_contact_persons_are_kept_with_one_primary(client, organization):
    customer = CustomerFactory(organization=organization)
    new = reverse("contact_new", args=[customer.pk])
    client.post(new, {"first_name": "Ada", "email": "a@example.test", "is_primary": "on"})
    client.post(new, {"first_name": "Bea", "is_primary": "on"})
    assert [person.first_name for person in customer.contact_persons.filter(is_primary=True)] == ["Bea"]
    assert "has this address" in client.post(new, {"email": "A@example.test"}).content.decode()
    assert "Write a name" in client.post(new, {"phone": "1"}).content.decode()
    ada = customer.contact_persons.get(first_name="Ada")
    client.post(reverse("contact_edit", args=[customer.pk, ada.pk]), {"first_name": "Adele"})
    foreign = ContactPersonFactory()
    for name in ("contact_edit", "contact_delete"):
        for owner in (customer, foreign.customer):
            assert client.post(reverse(name, args=[owner.pk, foreign.pk])).status_code == 404
    client.post(reverse("contact_delete", args=[customer.pk, ada.pk]))
    assert customer.contact_persons.count() == 1


def test_a_customer_s_page_shows_unbilled_hours_with_their_worth(client, organization):
    project = ProjectFactory(organization=organization, name="Roof", rate="60")
    TimeEntryFactory(project=project, minutes=90)
    text = client.get(reverse("customer", args=[project.customer_id])).content.decode()
    assert "1:30" in text and "90.00 EUR" in text
