"""People: created by hand, changed, given access, invited, deactivated; and what is refused."""

import re

import pytest
from django.core import mail
from django.urls import reverse

from organizations.models import Invitation, Membership, User
from tests.factories import (
    PASSWORD,
    MembershipFactory,
    StaffUserFactory,
    TimeEntryFactory,
    UserFactory,
)
from timetracking.models import StaffUser

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "seven green lanterns"


@pytest.fixture
def admin(client):
    membership = MembershipFactory(user__is_staff=True, user__is_superuser=True)
    client.force_login(membership.user)
    return membership


@pytest.fixture
def organization(admin):
    return admin.organization


def act(client, name, person, **data):
    """Press a button on a person's page; the page that follows."""
    answer = client.post(reverse(name, args=[person.pk]), data, follow=True)
    person.refresh_from_db()
    return answer.content.decode()


def link_in(message):
    return re.search(r"https?://[^/]+(/invitation/\S+/)", message.body)[1]


def employee(organization, **fields):
    return StaffUserFactory(
        organization=organization, role="timesheet_staff", status="inactive", name="Ines Example", **fields
    )


def test_an_employee_is_created_by_hand_and_bad_values_are_named(client, organization):
    address = reverse("person_new")
    fields = {
        "name": "  Ada   Invented ",
        "email": "Ada@works.example",
        "role": "staff",
        "cost_rate": "41.50",
    }
    answer = client.post(address, fields, follow=True)
    assert "Ada Invented was created." in answer.content.decode()
    person = StaffUser.objects.get()
    assert (person.name, person.role, str(person.cost_rate)) == ("Ada Invented", "staff", "41.50")
    assert "41.50 EUR" in answer.content.decode()
    for change, words in (
        ({"email": "ada@WORKS.example"}, "has this address already"),
        ({"email": "nobody"}, "This is no e-mail address"),
        ({"email": "b@works.example", "name": "   "}, "required"),
        ({"email": "b@works.example", "name": "x" * 1001}, "at most 1000"),
        ({"email": "b@works.example", "name": "a\0b"}, "Null characters"),
        ({"email": "b@works.example", "cost_rate": "-1"}, "cannot be negative"),
        ({"email": "b@works.example", "cost_rate": "1e40"}, "Enter a number"),
        ({"email": "b@works.example", "role": "owner"}, "Select a valid choice"),
    ):
        answer = client.post(address, fields | change)
        assert answer.status_code == 200 and words in answer.content.decode(), change
    assert StaffUser.objects.count() == 1


def test_people_without_an_address_can_be_created_but_neither_invited_nor_given_access(client, organization):
    answer = client.post(
        reverse("person_new"), {"name": "No Mail", "role": "employee_submitter", "has_portal_access": "on"}
    )
    assert "Portal access needs an e-mail address" in answer.content.decode()
    client.post(reverse("person_new"), {"name": "No Mail", "role": "employee_submitter"})
    person = StaffUser.objects.get()
    assert "has no e-mail address" in act(client, "person_invite", person)
    assert "needs an e-mail address" in act(client, "person_access", person, access="on")
    assert not mail.outbox and not person.has_portal_access


def test_inviting_turns_a_timesheet_staff_into_a_user_and_keeps_the_hours(client, organization):
    person = employee(organization)
    entry = TimeEntryFactory(project__organization=organization, staff_user=person)
    page = act(client, "person_invite", person)
    assert f"sent to {person.email}" in page and "Invited on" in page and "Invite Again" in page
    assert person.status == "inactive" and not person.membership.is_active
    assert "Invited" in client.get(reverse("staff"), {"status": "invited"}).content.decode()
    link = link_in(mail.outbox[-1])
    assert Invitation.objects.get().secret_hash not in link
    client.logout()
    page = client.get(link).content.decode()
    assert "Choose a password" in page and organization.name in page
    weak = client.post(link, {"new_password1": "short", "new_password2": "short"}).content.decode()
    assert "too short" in weak and not Membership.objects.get(staff_users=person).is_active
    answer = client.post(link, {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}, follow=True)
    assert organization.name in answer.content.decode()  # signed in at once
    person.refresh_from_db()
    assert person.status == "active" and person.membership.role == "timesheet_staff"
    assert client.get(reverse("timesheets")).context["page"].rows == [entry]
    client.logout()
    assert client.post(link, {"new_password1": "x", "new_password2": "x"}).status_code == 410  # once only
    sign_in = client.post(reverse("login"), {"username": person.email.upper(), "password": NEW_PASSWORD})
    assert sign_in.status_code == 302


def test_inviting_again_replaces_the_link_and_withdrawing_ends_it(client, organization):
    person = employee(organization)
    act(client, "person_invite", person)
    act(client, "person_invite", person)
    old, new = (link_in(message) for message in mail.outbox)
    assert old != new and client.get(old).status_code == 410
    assert "Sign out first" in client.get(new).content.decode()  # the administrator opened it
    page = act(client, "person_uninvite", person)
    assert "withdrawn" in page and client.get(new).status_code == 410
    assert person.membership is None and not User.objects.filter(email=person.email).exists()
    act(client, "person_invite", person)
    Invitation.objects.update(expires_at="2020-01-01T00:00:00Z")
    assert client.get(link_in(mail.outbox[-1])).status_code == 410
    assert client.get(reverse("invitation", args=["guessed"])).status_code == 410


def test_an_address_of_another_organization_joins_without_losing_it_or_its_password(client, organization):
    other = MembershipFactory(role="staff", user__email="Ines@elsewhere.example")
    person = employee(organization, email="ines@ELSEWHERE.example")
    act(client, "person_invite", person)
    link = link_in(mail.outbox[-1])
    client.logout()
    page = client.get(link).content.decode()
    assert "has a login already" in page and "password1" not in page
    client.post(link, {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD})
    other.user.refresh_from_db()
    assert other.user.check_password(PASSWORD), "whoever has the link must not take the login over"
    client.force_login(other.user)
    assert client.post(link).status_code == 302
    roles = set(Membership.objects.filter(user=other.user, is_active=True).values_list("role", flat=True))
    assert roles == {"staff", "timesheet_staff"} and User.objects.count() == 2


def test_a_failing_mail_server_is_shown_and_the_message_can_be_sent_again(client, organization, settings):
    person = employee(organization)
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = (
        "django.core.mail.backends.smtp.EmailBackend",
        "127.0.0.1",
        1,
    )
    page = act(client, "person_invite", person)
    assert "message was not sent" in page and "ConnectionRefusedError" in page
    assert "could not be sent" in client.get(reverse("staff_user", args=[person.pk])).content.decode()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert "could not be sent" not in act(client, "person_invite", person) and len(mail.outbox) == 1


def test_a_member_of_the_organization_is_linked_without_a_message(client, organization):
    member = MembershipFactory(organization=organization, role="staff")
    person = employee(organization, email=member.user.email.upper())
    StaffUser.objects.update(membership=None)  # as in books from before they were linked by themselves
    assert "is a member here already" in act(client, "person_invite", person)
    assert (person.membership, person.role, person.status) == (member, "staff", "active") and not mail.outbox
    new = MembershipFactory(organization=organization, role="admin")
    client.post(reverse("person_new"), {"name": "X", "email": new.user.email, "role": "staff"})
    assert StaffUser.objects.get(name="X").membership == new
    new.refresh_from_db()
    assert new.role == "admin"
    third = MembershipFactory(organization=organization, role="employee")
    assert third.user.email in client.get(reverse("staff")).content.decode()
    client.post(reverse("member_add", args=[third.pk]))
    assert StaffUser.objects.get(membership=third).role == "employee_submitter"
    assert client.post(reverse("member_add", args=[MembershipFactory().pk])).status_code == 404


def test_seats_are_limited_at_every_entrance(client, organization):
    organization.employee_portal_limit = 1
    organization.save()
    person = StaffUserFactory(organization=organization, role="employee_submitter")
    assert "1 of 1 seats used" in act(client, "person_access", person, access="on")
    second = StaffUserFactory(organization=organization, role="employee_submitter")
    refusal = "No seat with portal access is free: 1 of 1 are taken"
    assert refusal in act(client, "person_access", second, access="on")
    assert refusal in act(client, "person_invite", second) and second.membership is None
    page = client.post(
        reverse("person_new"),
        {"name": "C", "email": "c@x.example", "role": "staff", "has_portal_access": "on"},
    )
    assert refusal in page.content.decode()
    fields = {
        "name": "D",
        "email": "d@x.example",
        "role": "staff",
        "status": "active",
        "has_portal_access": "on",
    }
    page = client.post(
        reverse("admin:timetracking_staffuser_add"), fields | {"organization": organization.pk}
    )
    assert refusal in page.content.decode()
    page = client.post(reverse("admin:timetracking_staffuser_change", args=[second.pk]), fields)
    assert refusal in page.content.decode()
    assert StaffUser.objects.filter(has_portal_access=True).get() == person
    assert "no portal access now" in act(client, "person_access", person, access="off")
    assert "now has portal access" in act(client, "person_access", second, access="on")


def test_an_employee_comes_in_through_portal_access(client, organization):
    person = StaffUserFactory(organization=organization, role="employee_submitter")
    act(client, "person_invite", person)
    assert person.has_portal_access  # the seat is held from the invitation on
    client.logout()
    client.post(link_in(mail.outbox[0]), {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD})
    assert client.get(reverse("projects")).status_code == 200
    boss = User.objects.get(is_superuser=True)
    for action, status in (({"access": "off"}, 403), ({"access": "on"}, 200), ({"access": "off"}, 403)):
        client.force_login(boss)
        act(client, "person_access", person, **action)
        client.force_login(person.membership.user)
        assert client.get(reverse("projects")).status_code == status
    client.force_login(boss)
    assert "Switched off. Activate" in client.get(reverse("staff_user", args=[person.pk])).content.decode()
    act(client, "person_activate", person)
    client.force_login(person.membership.user)
    assert person.has_portal_access and client.get(reverse("projects")).status_code == 200


def test_a_role_given_on_the_admin_site_is_the_persons_role(client, organization):
    member = MembershipFactory(organization=organization, role="timesheet_staff")
    person = StaffUserFactory(organization=organization, membership=member, role="timesheet_staff")
    change = reverse("admin:organizations_membership_change", args=[member.pk])
    fields = {"organization": organization.pk, "user": member.user_id, "role": "employee", "is_active": "on"}
    assert client.post(change, fields).status_code == 302
    person.refresh_from_db()
    assert person.role == "employee_submitter"


def test_the_deactivated_cannot_sign_in_here_and_come_back(client, admin, organization):
    member = MembershipFactory(organization=organization, role="staff")
    person = StaffUserFactory(
        organization=organization, membership=member, role="staff", has_portal_access=True
    )
    TimeEntryFactory(project__organization=organization, staff_user=person)
    elsewhere = MembershipFactory(user=member.user, role="staff")
    assert "is inactive" in act(client, "person_deactivate", person)
    assert person.status == "inactive" and not person.has_portal_access and person.time_entries.count() == 1
    assert "was deactivated" in act(client, "person_invite", person)
    client.force_login(member.user)
    assert client.get("/").context["organization"] == elsewhere.organization
    client.force_login(admin.user)
    act(client, "person_activate", person)
    member.refresh_from_db()
    assert member.is_active and person.status == "active"


def test_the_last_administrator_stays(client, admin, organization):
    client.post(reverse("member_add", args=[admin.pk]))
    me = StaffUser.objects.get(membership=admin)
    refusal = "is the last active administrator"
    assert refusal in act(client, "person_deactivate", me)
    fields = {"name": me.name, "role": "staff"}
    assert refusal in client.post(reverse("person_edit", args=[me.pk]), fields).content.decode()
    change = reverse("admin:organizations_membership_change", args=[admin.pk])
    page = client.post(
        change, {"organization": organization.pk, "user": admin.user_id, "role": "staff", "is_active": "on"}
    )
    assert refusal in page.content.decode()
    assert client.post(reverse("admin:organizations_membership_delete", args=[admin.pk])).status_code == 403
    assert client.post(reverse("admin:organizations_user_delete", args=[admin.user_id])).status_code == 403
    fields = {
        "name": me.name,
        "role": "staff",
        "status": "inactive",
        "membership": admin.pk,
        "email": me.email,
    }
    page = client.post(reverse("admin:timetracking_staffuser_change", args=[me.pk]), fields)
    assert refusal in page.content.decode()
    admin.refresh_from_db()
    assert (admin.role, admin.is_active) == ("admin", True)
    MembershipFactory(organization=organization, role="admin", user=UserFactory(is_active=False))
    assert refusal in act(client, "person_deactivate", me)  # who is switched off does not count
    MembershipFactory(organization=organization, role="admin")
    act(client, "person_deactivate", me)
    assert me.status == "inactive" and client.get(reverse("projects")).status_code == 403


def test_a_changed_role_changes_what_the_person_may_open(client, admin, organization):
    member = MembershipFactory(organization=organization, role="timesheet_staff")
    person = StaffUserFactory(organization=organization, membership=member, role="timesheet_staff")
    edit = reverse("person_edit", args=[person.pk])
    client.post(edit, {"name": "New Name", "role": "staff", "email": "other@x.example"})
    person.refresh_from_db()
    member.refresh_from_db()
    assert (person.name, person.role, member.role) == ("New Name", "staff", "staff")
    assert person.email != "other@x.example"  # they sign in with it
    page = client.get(reverse("staff_user", args=[person.pk])).content.decode()
    assert "Who changed what" in page and "Role: Timesheet staff → Staff" in page
    client.force_login(member.user)
    assert client.get(reverse("customers")).status_code == 200
    for name in ("person_new", "organization_settings"):
        assert client.get(reverse(name)).status_code == 403
    for name in ("person_edit", "person_invite", "person_access", "person_deactivate", "person_activate"):
        assert client.post(reverse(name, args=[person.pk])).status_code == 403


def test_what_staff_may_do_with_documents_is_chosen_on_their_page(client, organization):
    member = MembershipFactory(organization=organization, role="staff")
    person = StaffUserFactory(organization=organization, membership=member, role="staff")
    assert "may do with documents" in client.get(reverse("staff_user", args=[person.pk])).content.decode()
    page = act(client, "person_grants", person, can_view="on", can_send="on")
    assert "Bill: make and change quotes, invoices and expenses: Yes → No" in page
    member.refresh_from_db()
    assert (member.can_view, member.can_bill, member.can_send, member.can_delete) == (
        True,
        False,
        True,
        False,
    )
    assert "Tick View, too" in act(client, "person_grants", person, can_delete="on")
    member.refresh_from_db()
    assert member.can_view and not member.can_delete
    other = StaffUserFactory(organization=organization, role="staff")
    assert "Only people with the role staff" in act(client, "person_grants", other, can_view="on")


def test_a_person_and_a_login_with_one_address_find_each_other_whoever_comes_first(client, organization):
    member = MembershipFactory(
        organization=organization, role="timesheet_staff", user__email="A@works.example"
    )
    synced = StaffUser(
        organization=organization, name="A", email="a@WORKS.example", role="employee_submitter"
    )
    synced.made_by_sync = True  # as a run saves people
    synced.save()
    mine = TimeEntryFactory(project__organization=organization, staff_user=synced)
    client.force_login(member.user)
    assert client.get(reverse("timesheets")).context["page"].rows == [mine]
    person = StaffUserFactory(organization=organization, email="b@works.example")
    elsewhere = StaffUserFactory(email="b@works.example")
    later = MembershipFactory(organization=organization, user__email="B@works.example")
    person.refresh_from_db()
    elsewhere.refresh_from_db()
    assert person.membership == later and elsewhere.membership is None
