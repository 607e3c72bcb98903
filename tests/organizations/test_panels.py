"""The registry by which apps above add to pages below, tokens of forms, and the note of who changed what."""

import pytest
from django.db import transaction
from django.test import RequestFactory

from organizations import panels
from organizations.once import UsedToken, new_token, use_up
from tests.factories import ConnectionFactory, CustomerFactory, MembershipFactory, ProjectFactory
from tests.timetracking.linked import link

pytestmark = pytest.mark.django_db


def test_providers_are_asked_once_each_in_their_order():
    first = panels.Action("b", "Second", "/b/", order=2)
    second = panels.Action("a", "First", "/a/", order=1)

    def provider(membership, project):
        return [first, second]

    panels.register("project.actions", provider)
    try:
        panels.register("project.actions", provider)
        assert [
            item.key for item in panels.collect("project.actions", None, None) if item.url in "/a//b/"
        ] == [
            "a",
            "b",
        ]
    finally:
        panels._providers["project.actions"].remove(provider)
    with pytest.raises(KeyError):
        panels.register("project.nonsense", provider)
    assert panels.address("no_such_page") == ""


def test_a_row_is_from_zoho_until_the_integration_is_deleted():
    project = ProjectFactory()
    own = ProjectFactory(organization=project.organization)
    record = link(project, "projects", rate="12.5", budget_hours=None)
    origin = panels.origins("projects", [project.pk, own.pk])
    assert set(origin) == {project.pk}
    locked = origin[project.pk].locked
    assert "name" in locked and "rate" in locked  # the source gives a rate
    assert "budget_hours" not in locked and "billing_method" not in locked  # ours to edit
    assert "Change it there" in locked["name"]
    record.connection.is_deleted = True
    record.connection.save()
    assert panels.origin("projects", project.pk) is None


def test_a_customer_s_empty_fields_stay_ours_to_fill():
    customer = CustomerFactory()
    link(customer, "customers", email="books@example.test", address="")
    locked = panels.origin("customers", customer.pk).locked
    assert "email" in locked and "display_name" in locked
    assert "billing_street" not in locked and "notes" not in locked


def test_a_project_of_a_web_portal_leads_there():
    project = ProjectFactory()
    connection = ConnectionFactory(organization=project.organization, web_url="https://projects.example.test")
    link(project, "projects", connection=connection)
    assert panels.origin("projects", project.pk).url.startswith("https://projects.example.test/portal/")


def test_a_form_sent_twice_works_once():
    membership = MembershipFactory()
    request = RequestFactory().post("/", {"once": new_token()})
    request.user, request.session = membership.user, {}
    with transaction.atomic():
        assert use_up(request)
        assert not use_up(request)
    assert UsedToken.objects.count() == 1
    bare = RequestFactory().post("/", {"once": "nonsense"})
    bare.user, bare.session = membership.user, {}
    assert use_up(bare) and use_up(bare)
