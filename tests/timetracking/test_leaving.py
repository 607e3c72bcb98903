"""People and projects that go: what still hangs on them keeps them, and no timer runs on for ever."""

import datetime

import pytest
from django.urls import reverse

from organizations.activity import Activity
from tests.factories import MembershipFactory, ProjectFactory, ProjectStaffFactory, StaffUserFactory
from timetracking import people, timers
from timetracking.models import Project, TimeEntry
from transactions import drafts, recurring, rules
from transactions.drafts import LineValues
from transactions.models import RecurringInvoice

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return ProjectFactory(rate="60")


@pytest.mark.parametrize("way", ["deactivate", "membership", "role"])
def test_the_timer_of_somebody_who_cannot_stop_it_is_stopped(project, way):
    member = MembershipFactory(organization=project.organization, role="timesheet_staff")
    ann = StaffUserFactory(organization=project.organization, membership=member, name="Ann")
    ProjectStaffFactory(project=project, staff_user=ann)
    entry = TimeEntry(organization=project.organization, project=project, kind="general", staff_user=ann)
    entry.date = datetime.date(2026, 3, 2)
    entry = timers.start(member, entry)
    if way == "deactivate":
        people.deactivate(ann)
    else:
        member.is_active, member.role = way != "membership", "employee" if way == "role" else member.role
        member.save()
        people.follow_membership(None, member)
    entry.refresh_from_db()
    assert (entry.timer_started_at, entry.minutes, entry.billing_status) == (None, 1, "unbilled")
    assert "The timer of Ann was stopped" in Activity.objects.get(subject="project").text


def test_a_line_for_a_project_keeps_it_and_its_customer(client, project):
    client.force_login(MembershipFactory(organization=project.organization, role="admin").user)
    line = [LineValues("Setup", project=project, rate="1")]
    quote = drafts.create_quote(project.customer, {}, line)
    page = client.post(reverse("project_delete", args=[project.pk]))
    assert page.status_code == 409 and "1 quotes" in page.content.decode()
    assert "quotes" in rules.project_customer_lock(project)
    quote.delete()
    profile = RecurringInvoice(organization=project.organization, customer=project.customer)
    values = {"name": "Monthly", "start_date": "2026-03-01", "unit": "months", "repeat_every": 1}
    recurring.save_recurring_invoice(profile, values, line)
    page = client.post(reverse("project_delete", args=[project.pk]))
    assert page.status_code == 409 and "recurring invoice" in page.content.decode()
    assert "recurring invoice" in rules.project_customer_lock(project)
    profile.delete()
    assert client.post(reverse("project_delete", args=[project.pk])).status_code == 302
    assert not Project.objects.exists()
