"""Settings → Organization."""

import datetime

import pytest
from django.apps import apps
from django.urls import reverse

from organizations.models import Organization
from tests.factories import CustomerFactory, MembershipFactory, OrganizationFactory, StaffUserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization(client):
    membership = MembershipFactory(user__is_staff=True, user__is_superuser=True)
    client.force_login(membership.user)
    return membership.organization


def fields(organization, **changed):
    values = {
        "name": organization.name,
        "address": "",
        "tax_number": "",
        "base_currency": "EUR",
        "time_zone": "Europe/Berlin",
        "employee_portal_limit": "",
    }
    return values | changed


def test_values_are_saved_and_shown(client, organization):
    address = reverse("organization_settings")
    assert client.get(address).status_code == 200
    changed = fields(
        organization,
        name="Harbour Works",
        address="Quay 1\r\n\r\n 20457  Hamburg ",
        tax_number="DE 1",
        base_currency="USD",
        time_zone="Asia/Kolkata",
        employee_portal_limit="1",
        project_creation_restricted="on",
    )
    StaffUserFactory.create_batch(2, organization=organization, has_portal_access=True)
    page = client.post(address, changed, follow=True).content.decode()
    assert "The organization was saved." in page and "2 people have portal access already" in page
    organization.refresh_from_db()
    assert organization.address == "Quay 1\n20457 Hamburg"
    assert (organization.base_currency, organization.time_zone) == ("USD", "Asia/Kolkata")
    assert organization.employee_portal_limit == 1 and organization.project_creation_restricted
    assert client.get(reverse("project_new")).status_code == 403
    assert "Tax number: – → DE 1" in client.get(address).content.decode()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": "  "}, "required"),
        ({"name": "x" * 201}, "at most 200"),
        ({"name": "taken"}, "has this name"),
        ({"name": "a\tb"}, "one line"),
        ({"address": "\n".join("abcdefghi")}, "At most 8 lines"),
        ({"tax_number": "9" * 51}, "at most 50"),
        ({"base_currency": "XXZ"}, "valid choice"),
        ({"base_currency": "XAU"}, "valid choice"),  # gold: nobody is billed in it
        ({"time_zone": "Mars/Base"}, "valid choice"),
        ({"employee_portal_limit": "-1"}, "greater than or equal to 0"),
        ({"employee_portal_limit": "9" * 30}, "less than or equal to"),
    ],
)
def test_what_cannot_be_used_is_named_and_changes_nothing(client, organization, changed, words):
    OrganizationFactory(name="Taken")
    before = Organization.objects.filter(pk=organization.pk).values().get()
    answer = client.post(reverse("organization_settings"), fields(organization, **changed))
    assert answer.status_code == 200 and words in answer.content.decode()
    assert Organization.objects.filter(pk=organization.pk).values().get() == before


def test_the_base_currency_is_fixed_once_documents_exist(client, organization):
    customer = CustomerFactory(organization=organization)
    apps.get_model("transactions", "Invoice").objects.create(
        organization=organization,
        customer=customer,
        number="I-1",
        currency="EUR",
        date=datetime.date(2026, 1, 2),
    )
    address = reverse("organization_settings")
    assert "The base currency is fixed now" in client.get(address).content.decode()
    client.post(address, fields(organization, base_currency="USD", tax_number="7"))
    organization.refresh_from_db()
    assert (organization.base_currency, organization.tax_number) == ("EUR", "7")
    page = client.post(
        reverse("admin:organizations_organization_change", args=[organization.pk]),
        fields(organization, base_currency="USD"),
    )
    assert "The base currency is fixed now" in page.content.decode()
