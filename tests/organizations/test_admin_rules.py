"""The admin site obeys the rules of the screens: hours, people of projects, currencies."""

import datetime

import pytest
from django.urls import reverse

from tests.factories import (
    CustomerFactory,
    MembershipFactory,
    ProjectFactory,
    ProjectStaffFactory,
    StaffUserFactory,
    TaskFactory,
)
from tests.timetracking.linked import link
from timetracking import entries
from timetracking.models import Project, ProjectStaff, Task, TimeEntry

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 3, 2)


class Site:
    """The admin site for an administrator with a project of their organization."""

    def __init__(self, client):
        self.client, self.membership = client, MembershipFactory(role="admin")
        user, self.organization = self.membership.user, self.membership.organization
        user.is_staff = user.is_superuser = True
        user.save()
        client.force_login(user)
        self.me = StaffUserFactory(organization=self.organization, membership=self.membership)
        self.project = ProjectFactory(organization=self.organization, rate="60")
        self.row = ProjectStaffFactory(project=self.project, staff_user=self.me)

    def post(self, what, pk=None, action="", **values):
        """The answer to a filled form; unnamed fields keep what the page shows."""
        action = action or ("change" if pk else "add")
        address = reverse(f"admin:{what}_{action}", args=[pk] if pk else [])
        data = {}
        if action != "delete":
            form = self.client.get(address).context["adminform"].form
            shown = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
            data = {name: value for name, value in shown.items() if value not in (None, False)}
            data["custom_fields"] = "{}"
            for prefix in ("staff", "contact_persons"):
                data |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
        return self.client.post(address, {**data, **values})

    def log(self):
        entry = TimeEntry(
            organization=self.organization, project=self.project, staff_user=self.me, kind="general"
        )
        entry.date, entry.minutes = DAY, 60
        return entries.save_entry(self.membership, entry)


@pytest.fixture
def site(client):
    return Site(client)


def test_hours_are_logged_by_the_rules_of_the_screens(site):
    good = {
        "organization": site.organization.pk, "project": site.project.pk, "staff_user": site.me.pk,
        "kind": "general", "date": "2026-03-02", "minutes": "90", "is_billable": "on",
    }  # fmt: skip
    stranger = StaffUserFactory(organization=site.organization)
    synced = ProjectFactory(organization=site.organization)
    link(synced, "projects")
    for wrong, words in [
        ({"date": "9999-12-31"}, "The day has to be between"),
        ({"minutes": "1441"}, "between one minute and 24 hours"),
        ({"staff_user": stranger.pk}, "does not work on"),
        ({"project": synced.pk}, "Log its hours there"),
        ({"kind": "task", "task": TaskFactory(project=synced).pk}, "does not belong to"),
    ]:
        assert words in site.post("timetracking_timeentry", **good | wrong).content.decode(), wrong
    assert not TimeEntry.objects.exists()
    assert site.post("timetracking_timeentry", **good).status_code == 302
    entry = TimeEntry.objects.get()
    entries.mark(site.membership, TimeEntry.objects.all(), billable=False)
    assert site.post("timetracking_timeentry", entry.pk, notes="x").status_code == 302
    entry.refresh_from_db()
    assert (entry.notes, entry.billing_status) == ("x", "non_billable")  # set aside stays aside


def test_people_and_tasks_of_projects_stay_by_the_rules_of_the_screens(site):
    site.log()
    task = TaskFactory(project=site.project)
    TimeEntry.objects.update(kind="task", task=task)
    assert site.post("timetracking_projectstaff", site.row.pk, "delete", post="yes").status_code == 403
    assert site.post("timetracking_task", task.pk, "delete", post="yes").status_code == 403
    link(site.project, "projects")
    other = StaffUserFactory(organization=site.organization)
    added = site.post("timetracking_projectstaff", project=site.project.pk, staff_user=other.pk)
    assert "Change its people there" in added.content.decode()
    added = site.post(
        "timetracking_task", project=site.project.pk, name="x", status="open", percent_complete="0"
    )
    assert "Add its tasks there" in added.content.decode()
    assert (ProjectStaff.objects.count(), Task.objects.count()) == (1, 1)


def test_a_project_has_its_customers_currency(site):
    customer = site.project.customer
    assert site.post("customers_customer", customer.pk, currency="USD", is_active="on").status_code == 302
    site.project.refresh_from_db()
    assert site.project.currency == "USD"
    dear = CustomerFactory(organization=site.organization, currency="CHF")
    made = site.post(
        "timetracking_project", organization=site.organization.pk, customer=dear.pk, name="New", status="active",
        billing_method="project_hours",
    )  # fmt: skip
    assert made.status_code == 302 and Project.objects.get(name="New").currency == "CHF"
    moved = site.post("timetracking_project", site.project.pk, customer=dear.pk)
    site.project.refresh_from_db()
    assert moved.status_code == 302 and site.project.currency == "CHF"
