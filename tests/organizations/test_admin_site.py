"""The admin site: every table is there, within one's organizations, without secrets."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from organizations.models import Organization
from tests.factories import (
    BugFactory,
    ConnectionFactory,
    CustomerFactory,
    MembershipFactory,
    ProjectFactory,
    ProjectStaffFactory,
    StaffUserFactory,
    TaskFactory,
    TimeEntryFactory,
    UserFactory,
)
from tests.transactions.factories import BilledTimeEntryFactory

pytestmark = pytest.mark.django_db
OURS = ("organizations", "customers", "timetracking", "transactions", "integrations", "operations")
# History is read on the pages of the rows it belongs to.
MODELS = [
    model
    for app in OURS
    for model in apps.get_app_config(app).get_models()
    if not hasattr(model, "history_date")
]


@pytest.fixture
def membership(client):
    membership = MembershipFactory(user__is_staff=True, user__is_superuser=True)
    client.force_login(membership.user)
    return membership


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_table_can_be_listed_searched_and_filtered(client, membership, model):
    page = admin.site._registry[model]
    assert page.search_fields
    if model is not Organization:
        assert page.list_filter
    assert client.get(address(model, "changelist"), {"q": "words"}).status_code == 200


@pytest.mark.parametrize(
    "factory",
    [
        CustomerFactory,
        ProjectFactory,
        StaffUserFactory,
        ProjectStaffFactory,
        TaskFactory,
        BugFactory,
        TimeEntryFactory,
        ConnectionFactory,
        MembershipFactory,
    ],
)
def test_rows_of_another_organization_are_not_there(client, membership, factory):
    foreign = factory()
    answer = client.get(address(type(foreign), "change", foreign.pk))
    assert answer.status_code == 302 and answer["Location"] == reverse("admin:index")
    listing = client.get(address(type(foreign), "changelist"))
    assert foreign not in listing.context["cl"].result_list


def test_tokens_are_never_shown(client, membership):
    connection = ConnectionFactory(
        organization=membership.organization,
        refresh_token="1000.secret.refresh",
        access_token="1000.secret.access",
    )
    for page in (
        client.get(address(type(connection), "changelist")),
        client.get(address(type(connection), "change", connection.pk)),
    ):
        text = page.content.decode()
        assert page.status_code == 200
        assert "1000.secret" not in text and "refresh_token" not in text and "gAAAA" not in text


@pytest.mark.parametrize("name", ["SyncedRecord", "SyncRun", "ModuleRun", "Connection"])
def test_what_the_sync_writes_is_only_read(client, membership, name):
    model = apps.get_model("integrations", name)
    assert client.get(address(model, "add")).status_code == 403


def project_fields(customer, /, **more):
    return {
        "organization": customer.organization_id,
        "customer": customer.pk,
        "name": "By hand",
        "status": "active",
        "billing_method": "project_hours",
        "currency": "EUR",
        "custom_fields": "{}",
        "staff-TOTAL_FORMS": "0",
        "staff-INITIAL_FORMS": "0",
        **more,
    }


def test_restricted_project_creation_is_refused_with_the_reason(client, membership):
    customer = CustomerFactory(organization=membership.organization)
    model = type(ProjectFactory.build(organization=None, customer=None))
    Organization.objects.update(project_creation_restricted=True)
    answer = client.post(address(model, "add"), project_fields(customer))
    assert "Projects come from Zoho Projects only" in answer.content.decode()
    assert not model.objects.exists()
    Organization.objects.update(project_creation_restricted=False)
    assert client.post(address(model, "add"), project_fields(customer)).status_code == 302
    assert model.objects.get().customer == customer


def test_a_project_cannot_get_a_customer_of_another_organization(client, membership):
    own, foreign = CustomerFactory(organization=membership.organization), CustomerFactory()
    model = type(ProjectFactory.build(organization=None, customer=None))
    answer = client.post(address(model, "add"), project_fields(own, customer=foreign.pk))
    assert answer.status_code == 200
    second = MembershipFactory(user=membership.user)  # even where one may see both
    other = CustomerFactory(organization=second.organization)
    answer = client.post(address(model, "add"), project_fields(own, customer=other.pk))
    assert "belong to different organizations" in answer.content.decode()
    assert not model.objects.exists()


def test_a_person_can_be_added_and_found_again(client, membership):
    model = type(membership.user)
    fields = {"email": "New@example.test", "usable_password": "true"}
    fields |= {"password1": "long-enough-word-9", "password2": "long-enough-word-9"}
    assert client.post(address(model, "add"), fields).status_code == 302
    person = model.objects.get(email__iexact="new@example.test")
    assert client.get(address(model, "change", person.pk)).status_code == 200
    stranger = MembershipFactory(user=UserFactory()).user
    assert client.get(address(model, "change", stranger.pk)).status_code == 302


def test_an_hour_on_a_live_invoice_cannot_be_changed(client, membership):
    entry = TimeEntryFactory(project__organization=membership.organization)
    assert client.post(address(type(entry), "change", entry.pk), {}).status_code == 200
    BilledTimeEntryFactory(time_entry=entry)
    assert client.get(address(type(entry), "change", entry.pk)).status_code == 200
    assert client.post(address(type(entry), "change", entry.pk), {}).status_code == 403
