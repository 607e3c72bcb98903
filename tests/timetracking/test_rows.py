"""What the database refuses, and how projects are made by hand."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from tests.factories import (
    BugFactory,
    CustomerFactory,
    MembershipFactory,
    ProjectFactory,
    ProjectStaffFactory,
    StaffUserFactory,
    TaskFactory,
    TimeEntryFactory,
)
from timetracking.models import Project
from timetracking.rules import project_creation_refusal

pytestmark = pytest.mark.django_db


def refused(make):
    with pytest.raises(IntegrityError), transaction.atomic():
        make()


def test_minutes_are_positive():
    refused(lambda: TimeEntryFactory(minutes=0))
    refused(lambda: TimeEntryFactory(minutes=-5))


def test_an_entry_has_exactly_what_its_kind_says():
    project = ProjectFactory()
    task, bug = TaskFactory(project=project), BugFactory(project=project)
    for wrong in (
        {"kind": "task"},
        {"kind": "bug"},
        {"kind": "general", "task": task},
        {"kind": "task", "bug": bug},
        {"kind": "task", "task": task, "bug": bug},
        {"kind": "other"},
    ):
        refused(lambda wrong=wrong: TimeEntryFactory(project=project, **wrong))
    TimeEntryFactory(project=project, kind="task", task=task)
    TimeEntryFactory(project=project, kind="bug", bug=bug)


def test_unknown_words_and_doubles_are_refused():
    refused(lambda: TimeEntryFactory(billing_status="paid"))
    refused(lambda: TaskFactory(percent_complete=101))
    refused(lambda: ProjectFactory(name=""))
    row = ProjectStaffFactory()
    refused(lambda: ProjectStaffFactory(project=row.project, staff_user=row.staff_user))
    person = StaffUserFactory(email="w@example.test")
    refused(lambda: StaffUserFactory(organization=person.organization, email="W@example.test"))


@pytest.fixture
def organization(client):
    membership = MembershipFactory()
    client.force_login(membership.user)
    return membership.organization


def fields(customer, **more):
    return {
        "customer": customer.pk,
        "name": "By hand",
        "billing_method": "fixed_cost",
        "rate": "12.50",
    } | more


def test_a_project_made_here_has_its_customer_s_currency(client, organization):
    customer = CustomerFactory(organization=organization, currency="CHF")
    answer = client.post(reverse("project_new"), fields(customer))
    project = Project.objects.get()
    assert answer["Location"] == reverse("project", args=[project.pk])
    assert (project.currency, project.organization, str(project.rate)) == ("CHF", organization, "12.50")


def test_restricted_creation_is_refused_with_the_reason_and_hides_the_button(client, organization):
    customer = CustomerFactory(organization=organization)
    assert "New Project" in client.get(reverse("projects")).content.decode()
    organization.project_creation_restricted = True
    organization.save()
    for answer in (client.get(reverse("project_new")), client.post(reverse("project_new"), fields(customer))):
        assert answer.status_code == 403
        assert project_creation_refusal(organization) in answer.content.decode()
    by_code = Project(organization=organization, customer=customer, name="By an import", currency="EUR")
    with pytest.raises(ValidationError, match="Projects come from Zoho Projects only"):
        by_code.full_clean()
    assert not Project.objects.exists()
    assert "New Project" not in client.get(reverse("projects")).content.decode()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ""}, "required"),
        ({"rate": "-1"}, "cannot be negative"),
        ({"rate": "many"}, "Enter a number"),
        ({"start_date": "2026-02-02", "end_date": "2026-02-01"}, "end is before the start"),
        ({"start_date": "soon"}, "valid date"),
    ],
)
def test_wrong_fields_get_a_sentence_and_nothing_is_saved(client, organization, change, sentence):
    customer = CustomerFactory(organization=organization)
    answer = client.post(reverse("project_new"), fields(customer) | change)
    assert sentence in answer.content.decode()
    assert not Project.objects.exists()


def test_a_foreign_customer_is_no_choice(client, organization):
    answer = client.post(reverse("project_new"), fields(CustomerFactory(display_name="Foreign")))
    assert "Select a valid choice" in answer.content.decode()
    assert not Project.objects.exists()
