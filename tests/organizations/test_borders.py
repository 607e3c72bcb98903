"""Every address, for members, for strangers and by role."""

import re

import pytest
from django.urls import reverse

from tests.factories import (
    CustomerFactory,
    CustomFieldFactory,
    MembershipFactory,
    ProjectFactory,
    ProjectStaffFactory,
    StaffUserFactory,
    TimeEntryFactory,
)

pytestmark = pytest.mark.django_db
TABS = ["overview", "tasks", "bugs", "milestones", "timesheets", "people"]


@pytest.fixture
def membership(client):
    membership = MembershipFactory()
    client.force_login(membership.user)
    return membership


@pytest.mark.parametrize(
    "name",
    ["home", "customers", "projects", "project_new", "timesheets", "staff", "settings", "custom_fields"],
)
def test_lists_answer_members_and_send_strangers_to_sign_in(client, membership, name):
    assert client.get(reverse(name)).status_code == 200
    client.logout()
    assert client.get(reverse(name))["Location"].startswith("/login/")


@pytest.mark.parametrize(
    ("name", "factory"),
    [
        ("customer", CustomerFactory),
        ("project", ProjectFactory),
        ("staff_user", StaffUserFactory),
        ("custom_field", CustomFieldFactory),
        ("custom_field_delete", CustomFieldFactory),
    ],
)
def test_details_answer_members_and_are_404_for_another_organization(client, membership, name, factory):
    own, foreign = factory(organization=membership.organization), factory()
    assert client.get(reverse(name, args=[own.pk])).status_code == 200
    assert client.get(reverse(name, args=[foreign.pk])).status_code == 404
    assert client.post(reverse(name, args=[foreign.pk])).status_code in (404, 405)


@pytest.mark.parametrize("tab", TABS)
def test_each_tab_of_a_foreign_project_is_404(client, membership, tab):
    own = ProjectFactory(organization=membership.organization)
    assert client.get(reverse("project", args=[own.pk]), {"tab": tab}).status_code == 200
    assert client.get(reverse("project", args=[ProjectFactory().pk]), {"tab": tab}).status_code == 404


def test_lists_show_nothing_of_another_organization(client, membership):
    entry = TimeEntryFactory(
        project__name="Foreign project", project__customer__display_name="Foreign customer"
    )
    for name in ("customers", "projects", "timesheets", "staff"):
        text = client.get(reverse(name)).content.decode()
        assert "Foreign" not in text and entry.staff_user.name not in text


def test_the_switcher_changes_the_organization_and_refuses_foreign_ones(client, membership):
    second = MembershipFactory(user=membership.user, organization__name="ZZ second")
    project = ProjectFactory(organization=second.organization)
    assert client.get(reverse("project", args=[project.pk])).status_code == 404
    switch = reverse("switch_organization")
    assert client.post(switch, {"organization": second.organization_id}).status_code == 302
    assert client.get(reverse("project", args=[project.pk])).status_code == 200
    foreign = MembershipFactory().organization_id
    for wrong in (foreign, "x", "", "9" * 30, "²"):
        assert client.post(switch, {"organization": wrong}).status_code == 404


@pytest.mark.parametrize("role", ["employee", "timesheet_staff"])
def test_people_with_a_narrow_role_see_their_own_work_without_rates(client, role):
    membership = MembershipFactory(role=role)
    client.force_login(membership.user)
    organization = membership.organization
    me = StaffUserFactory(organization=organization, membership=membership)
    mine = ProjectFactory(organization=organization, name="Mine", rate="77.70")
    other = ProjectFactory(organization=organization, name="Other")
    ProjectStaffFactory(project=mine, staff_user=me, rate="77.70", cost_rate="33.30")
    TimeEntryFactory(project=mine, staff_user=me, notes="my own note")
    TimeEntryFactory(project=mine, notes="note of a colleague")
    text = client.get(reverse("projects")).content.decode()
    assert "Mine" in text and "Other" not in text and "77.70" not in text
    for tab in TABS:
        text = client.get(reverse("project", args=[mine.pk]), {"tab": tab}).content.decode()
        assert "77.70" not in text and "33.30" not in text and "colleague" not in text
    text = client.get(reverse("timesheets")).content.decode()
    assert "my own note" in text and "colleague" not in text
    assert client.get(reverse("project", args=[other.pk])).status_code == 404
    for name in ("customers", "staff", "project_new", "settings", "custom_fields"):
        answer = client.get(reverse(name))
        assert answer.status_code == 403 and "needs the role" in answer.content.decode()
    assert client.get(reverse("customer", args=[mine.customer_id])).status_code == 403


def test_staff_may_not_open_settings(client):
    client.force_login(MembershipFactory(role="staff").user)
    assert client.get(reverse("settings")).status_code == 403
    assert client.get(reverse("customers")).status_code == 200


def test_the_404_page_is_ours_and_says_what_to_do(client, membership):
    text = client.get(reverse("customer", args=[10**15])).content.decode()
    assert "nothing at this address in your organization" in text
    assert "Practice portal: invented data" in text


def test_pages_carry_no_inline_script_style_or_handler(client, membership):
    """The content security policy would refuse them."""
    project = ProjectFactory(organization=membership.organization)
    for address in ("/", reverse("projects"), reverse("project", args=[project.pk]), reverse("project_new")):
        answer = client.get(address)
        text = answer.content.decode()
        assert "Content-Security-Policy" in answer.headers
        assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son[a-z]+=", text)
