"""An employee created here by hand who exists in Zoho Projects is joined to their projects, by every entrance."""

import pytest
from django.urls import reverse
from django.utils import timezone

from integrations.models import SyncedRecord
from tests.factories import ConnectionFactory, MembershipFactory, ProjectFactory, StaffUserFactory
from timetracking.models import StaffUser

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection(client):
    membership = MembershipFactory(user__is_staff=True, user__is_superuser=True)
    client.force_login(membership.user)
    return ConnectionFactory(organization=membership.organization, sync_users=False)


def record(connection, module, zoho_id, outcome="synced", **fields):
    return SyncedRecord.objects.create(
        connection=connection,
        module=module,
        zoho_id=zoho_id,
        outcome=outcome,
        first_seen_at=timezone.now(),
        **fields,
    )


def person(connection, zoho_id, email, outcome="excluded", *, is_client=False, object_id=None):
    source = {"record": {"name": "Z", "email": email, "is_client": is_client, "is_active": True}}
    reason = "no_synced_work" if outcome == "excluded" else ""
    return record(connection, "users", zoho_id, outcome, reason=reason, source=source, object_id=object_id)


@pytest.fixture
def project(connection):
    project = ProjectFactory(organization=connection.organization)
    record(connection, "projects", "P1", object_id=project.pk, source={"members": ["7", "8", "9"]})
    record(connection, "projects", "P2", "failed", source={"members": ["7"]})
    other = ProjectFactory(organization=connection.organization)
    record(connection, "projects", "P3", object_id=other.pk, source={"members": ["9"]})
    return project


@pytest.mark.parametrize(
    "entrance", ["form", "admin", "code", "address added later", "member added to staff"]
)
def test_every_entrance_joins_at_once_whatever_the_case(client, connection, project, entrance):
    row = person(connection, "7", "New.One@works.example")
    organization, email = connection.organization, "NEW.one@Works.Example"
    if entrance == "form":
        fields = {"name": "By hand", "email": email, "role": "staff"}
        page = client.post(reverse("person_new"), fields, follow=True).content.decode()
        assert "joined to 1 project." in page
    elif entrance == "admin":
        fields = {
            "organization": organization.pk,
            "name": "A",
            "email": email,
            "role": "staff",
            "status": "active",
        }
        assert client.post(reverse("admin:timetracking_staffuser_add"), fields).status_code == 302
    elif entrance == "code":
        StaffUser.objects.create(organization=organization, name="A", email=email)
    elif entrance == "address added later":
        staff = StaffUserFactory(organization=organization, email="")
        client.post(reverse("person_edit", args=[staff.pk]), {"name": "A", "email": email, "role": "staff"})
    else:
        member = MembershipFactory(organization=organization, role="staff", user__email=email)
        client.post(reverse("member_add", args=[member.pk]))
    made = StaffUser.objects.get(email__iexact=email)
    assert [item.project for item in made.project_staff.all()] == [project]
    row.refresh_from_db()
    assert (row.outcome, row.reason, row.object_id) == ("synced", "", made.pk)


def test_who_is_not_to_be_joined_is_left_alone(connection, project):
    organization = connection.organization
    linked = StaffUserFactory(organization=organization, email="old@works.example")
    elsewhere = ConnectionFactory()
    rows = [
        person(connection, "7", "a@works.example", is_client=True),
        person(connection, "8", "a@works.example", "deleted"),
        person(connection, "9", "a@works.example", "synced", object_id=linked.pk),
        person(elsewhere, "7", "a@works.example"),
        person(connection, "10", ""),
    ]
    before = [(row.outcome, row.object_id) for row in rows]
    StaffUserFactory(organization=organization, email="a@works.example")
    StaffUserFactory(organization=organization, email="")
    for row in rows:
        row.refresh_from_db()
    assert [(row.outcome, row.object_id) for row in rows] == before
    assert not project.staff.exists()


def test_a_person_whose_staff_user_was_removed_here_is_joined_anew(connection, project):
    person(connection, "7", "a@works.example", "synced", object_id=10**9)
    made = StaffUserFactory(organization=connection.organization, email="A@works.example")
    assert made.project_staff.count() == 1


def test_joining_goes_on_while_the_integration_is_disabled_but_not_after_delete(connection, project):
    person(connection, "7", "a@works.example")
    connection.status, connection.is_deleted = "disabled", True
    connection.save()
    made = StaffUserFactory(organization=connection.organization, email="a@works.example")
    assert not made.project_staff.exists()
    made.delete()
    connection.is_deleted = False
    connection.save()
    made = StaffUserFactory(organization=connection.organization, email="a@works.example")
    assert made.project_staff.count() == 1


def test_giving_access_by_hand_ends_the_remark_that_the_limit_was_reached(client, connection):
    staff = StaffUserFactory(organization=connection.organization, role="employee_submitter")
    row = person(connection, "7", staff.email, "synced", object_id=staff.pk)
    SyncedRecord.objects.update(reason="portal_limit_reached")
    client.post(reverse("person_edit", args=[staff.pk]), {"name": "A", "email": staff.email, "role": "staff"})
    row.refresh_from_db()
    assert row.reason == "portal_limit_reached"
    client.post(reverse("person_access", args=[staff.pk]), {"access": "on"})
    row.refresh_from_db()
    assert (row.outcome, row.reason) == ("synced", "")
