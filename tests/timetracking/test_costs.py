"""An hour keeps what it cost when it came in; a later change of somebody's cost leaves past margins."""

import datetime

import pytest

from organizations.models import Membership
from tests.factories import MembershipFactory, ProjectFactory, ProjectStaffFactory
from tests.transactions.source import Source
from timetracking import entries
from timetracking.models import StaffUser, TimeEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return MembershipFactory(role=Membership.Role.ADMIN)


def logged(admin, row, day):
    entry = TimeEntry(
        project=row.project,
        staff_user=row.staff_user,
        kind="general",
        date=datetime.date(2026, 3, day),
        minutes=60,
    )
    return entries.save_entry(admin, entry)


def test_an_hour_keeps_the_cost_of_its_time(client, admin):
    project = ProjectFactory(organization=admin.organization, rate="100")
    row = ProjectStaffFactory(project=project)
    StaffUser.objects.filter(pk=row.staff_user_id).update(cost_rate="30")
    first = logged(admin, row, 2)
    StaffUser.objects.filter(pk=row.staff_user_id).update(cost_rate="70")
    second = logged(admin, row, 3)
    first.notes = "changed later"
    entries.save_entry(admin, first)
    assert (first.cost_rate, second.cost_rate) == (30, 70)
    client.force_login(admin.user)
    cost = client.get(f"/time-tracking/projects/{project.pk}/").context["cost"]
    assert (cost["cost"], cost["margin"]) == (100, 100)
    row.cost_rate = 45  # in this project, in the project's currency
    row.save()
    assert logged(admin, row, 4).cost_rate == 45
    abroad = ProjectStaffFactory(
        project__organization=admin.organization, project__currency="USD", staff_user=row.staff_user
    )
    assert logged(admin, abroad, 5).cost_rate is None  # 70 EUR are not 70 USD


def test_hours_from_zoho_keep_it_too_and_a_cost_that_zoho_names_reaches_billed_hours(admin):
    project = ProjectFactory(organization=admin.organization, rate="100")
    person = ProjectStaffFactory(project=project).staff_user
    StaffUser.objects.filter(pk=person.pk).update(cost_rate="30")
    source = Source(admin.organization, [project], [], [person])
    key = source.add(60, 2, None, 0)
    source.sync()
    StaffUser.objects.filter(pk=person.pk).update(cost_rate="70")
    source.set(key, log_hour="02:00")
    source.sync()
    entry = TimeEntry.objects.get()
    assert (entry.minutes, entry.cost_rate) == (120, 30)
    entry.billing_status = "invoiced"
    entry.save()
    source.set(key, cost_rate_per_hour="55.5")
    source.sync()
    entry.refresh_from_db()
    assert str(entry.cost_rate) == "55.50"
