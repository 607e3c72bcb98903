"""The page of a project: header, overview, what rests with its reason, and what is done with projects of one's own."""

import datetime

import pytest
from django.urls import reverse

from organizations import panels
from organizations.activity import Activity
from tests.factories import (
    CustomerFactory,
    MembershipFactory,
    ProjectFactory,
    ProjectStaffFactory,
    StaffUserFactory,
    TaskFactory,
    TimeEntryFactory,
)
from tests.timetracking.linked import link
from timetracking.models import Project, ProjectStaff, Task

pytestmark = pytest.mark.django_db
PARTS = ("project_person", "project_person_remove", "task_edit", "task_delete")


@pytest.fixture
def membership(client):
    membership = MembershipFactory()
    client.force_login(membership.user)
    return membership


@pytest.fixture
def project(membership):
    return ProjectFactory(organization=membership.organization, rate="80", budget_hours="2")


def page(client, project, **params):
    return client.get(reverse("project", args=[project.pk]), params)


def form_of(project, **changes):
    values = {
        "customer": project.customer_id,
        "name": project.name,
        "billing_method": project.billing_method,
        "budget_type": "",
    }
    return {**values, **changes}


def test_the_overview_adds_up_hours_and_their_worth(client, membership, project):
    person = ProjectStaffFactory(project=project, cost_rate="30").staff_user
    for status, minutes in (("unbilled", 90), ("invoiced", 60), ("non_billable", 20)):
        TimeEntryFactory(project=project, staff_user=person, billing_status=status, minutes=minutes)
    answer = page(client, project)
    shown = {row.label: (row.minutes, row.value) for row in answer.context["hours"]}
    assert {label: (minutes, float(value)) for label, (minutes, value) in shown.items()} == {
        "Logged": (170, 226.67),
        "Billable": (150, 200.0),
        "Billed": (60, 80.0),
        "Unbilled": (90, 120.0),
        "Non-billable": (20, 26.67),
    }
    cost = answer.context["cost"]
    assert (float(cost["cost"]), float(cost["margin"])) == (85.0, 115.0)
    budget = answer.context["budgets"][0]
    assert (budget["percent"], budget["over"]) == (142, True)
    text = answer.content.decode()
    assert "over budget" in text and "Week of 2 Mar 2026: 2:50" in text and "<svg" in text


def test_rates_fall_back_from_task_and_person_to_the_project(client, membership, project):
    task = TaskFactory(project=project, rate="100")
    plain = TaskFactory(project=project)
    dear = ProjectStaffFactory(project=project, rate="200").staff_user
    for item in (task, plain):
        TimeEntryFactory(project=project, staff_user=dear, kind="task", task=item, title="", minutes=60)
    for method, worth in (("project_hours", 160), ("task_hours", 180), ("staff_hours", 400)):
        Project.objects.filter(pk=project.pk).update(billing_method=method)
        assert page(client, project).context["hours"][0].value == worth
    Project.objects.filter(pk=project.pk).update(billing_method="project_hours", rate=None)
    answer = page(client, project)
    assert answer.context["without_rate"] == 120 and "have no rate" in answer.content.decode()
    Project.objects.filter(pk=project.pk).update(billing_method="fixed_cost")
    assert page(client, project).context["hours"][0].value is None


def test_a_project_from_zoho_says_so_and_rests_where_it_follows_zoho(client, membership, project):
    link(project, "projects", name=project.name)
    text = page(client, project).content.decode()
    assert "from Zoho Projects" in text and "last sync" in text and "Log Time" not in text
    assert "from Zoho Projects" in client.get(reverse("projects")).content.decode()
    edit = reverse("project_edit", args=[project.pk])
    text = client.get(edit).content.decode()
    assert "Change it there" in text
    other = CustomerFactory(organization=membership.organization)
    client.post(
        edit, form_of(project, name="Stolen", customer=other.pk, rate="91.5", billing_method="staff_hours")
    )
    project.refresh_from_db()
    assert project.name != "Stolen" and project.customer_id != other.pk
    assert (str(project.rate), project.billing_method) == ("91.50", "staff_hours")  # ours to edit
    client.post(reverse("project_status", args=[project.pk]), {"status": "inactive"})
    client.post(reverse("project_delete", args=[project.pk]))
    client.post(reverse("project_person_add", args=[project.pk]), {})
    client.post(reverse("task_new", args=[project.pk]), {"name": "Mine", "status": "open"})
    project.refresh_from_db()
    assert project.status == "active" and not Task.objects.filter(name="Mine").exists()


def test_the_admin_site_obeys_the_same_locks(client):
    membership = MembershipFactory(user__is_staff=True, user__is_superuser=True)
    client.force_login(membership.user)
    project = ProjectFactory(organization=membership.organization)
    link(project, "projects")
    address = reverse("admin:timetracking_project_change", args=[project.pk])
    fields = client.get(address).context["adminform"].form.fields
    assert "name" not in fields and "customer" not in fields and "rate" in fields
    entry = TimeEntryFactory(project=project)
    link(entry, "timesheets")
    address = reverse("admin:timetracking_timeentry_change", args=[entry.pk])
    assert client.post(address, {"minutes": 1}).status_code == 403
    assert client.post(reverse("admin:timetracking_timeentry_delete", args=[entry.pk])).status_code == 403
    assert client.post(reverse("admin:timetracking_project_delete", args=[project.pk])).status_code == 403


def test_one_s_own_project_is_edited_copied_shelved_and_deleted(client, membership, project):
    task = TaskFactory(project=project, rate="5")
    TaskFactory(project=project, parent=task)
    row = ProjectStaffFactory(project=project, rate="7")
    client.post(reverse("project_edit", args=[project.pk]), form_of(project, name="Roof", budget_hours="3"))
    text = page(client, project, tab="activity").content.decode()
    assert "→ Roof" in text and membership.user.name in text
    once = client.get(reverse("project_clone", args=[project.pk])).context["once"]
    for _ in range(2):  # a double click
        client.post(reverse("project_clone", args=[project.pk]), {"name": "Roof two", "once": once})
    copy = Project.objects.get(name="Roof two")
    assert copy.customer_id == project.customer_id and str(copy.staff.get().rate) == "7.00" and row.pk
    assert copy.tasks.count() == 2 and copy.tasks.exclude(parent=None).get().parent.rate == 5
    client.post(reverse("project_status", args=[copy.pk]), {"status": "inactive"})
    copy.refresh_from_db()
    assert copy.status == "inactive"
    assert client.post(reverse("project_delete", args=[copy.pk])).status_code == 302
    assert not Project.objects.filter(pk=copy.pk).exists()
    TimeEntryFactory(project=project)
    answer = client.post(reverse("project_delete", args=[project.pk]))
    assert answer.status_code == 409 and "Time has been logged" in answer.content.decode()


def test_dependents_of_other_apps_keep_a_project(client, membership, project):
    def keeps(project):
        return ["There is a quote."]

    panels.register("project.dependents", keeps)
    try:
        assert (
            "There is a quote." in client.post(reverse("project_delete", args=[project.pk])).content.decode()
        )
    finally:
        panels._providers["project.dependents"].remove(keeps)
    assert Project.objects.filter(pk=project.pk).exists()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("rate", "-1", "negative"),
        ("rate", "NaN", "Enter a number such as"),
        ("rate", "1e400", "Enter a number such as"),
        ("rate", "9" * 25, "digits"),
        ("rate", "0.12345678", "decimal"),
        ("budget_hours", "-0.5", "negative"),
        ("end_date", "1900-01-01", "before the start"),
        ("start_date", "0001-01-01", "year cannot be right"),
        ("budget_type", "total_project_cost", "how much the budget is"),
        ("name", "", "required"),
    ],
)
def test_bad_values_are_refused_with_a_sentence(client, membership, project, field, value, words):
    values = form_of(project, **{"start_date": "2026-01-01", field: value})
    answer = client.post(reverse("project_edit", args=[project.pk]), values)
    assert answer.status_code == 200 and words in answer.content.decode()
    assert str(Project.objects.get(pk=project.pk).rate) == "80.00"


def test_people_and_tasks_of_one_s_own_project(client, membership, project):
    person = StaffUserFactory(organization=membership.organization)
    foreign = StaffUserFactory()
    add = reverse("project_person_add", args=[project.pk])
    assert client.post(add, {"staff_user": foreign.pk}).status_code == 200
    client.post(add, {"staff_user": person.pk})
    row = ProjectStaff.objects.get(project=project)
    rates = reverse("project_person", args=[project.pk, row.pk])
    assert "negative" in client.post(rates, {"rate": "-3"}).content.decode()
    client.post(rates, {"rate": "90", "cost_rate": "40.5", "budget_hours": ""})
    row.refresh_from_db()
    assert (str(row.rate), str(row.cost_rate)) == ("90.00", "40.50")
    client.post(
        reverse("task_new", args=[project.pk]), {"name": "Paint", "status": "open", "is_billable": "on"}
    )
    task = project.tasks.get()
    edit = reverse("task_edit", args=[project.pk, task.pk])
    client.post(edit, {"name": "Paint", "status": "open", "rate": "55"})
    task.refresh_from_db()
    assert (str(task.rate), task.is_billable) == ("55.00", False)
    entry = TimeEntryFactory(project=project, staff_user=person, kind="task", task=task, title="")
    client.post(reverse("task_delete", args=[project.pk, task.pk]))
    client.post(reverse("project_person_remove", args=[project.pk, row.pk]))
    assert project.tasks.exists() and project.staff.exists()
    assert page(client, project, tab="tasks").context["tasks"][0].minutes == 90
    entry.delete()
    client.post(reverse("task_delete", args=[project.pk, task.pk]))
    client.post(reverse("project_person_remove", args=[project.pk, row.pk]))
    assert not project.tasks.exists() and not project.staff.exists()
    assert Activity.objects.filter(subject="project", subject_id=project.pk).exists()


def test_a_task_from_zoho_takes_a_rate_and_nothing_else(client, membership, project):
    task = TaskFactory(project=project, name="Theirs")
    link(task, "tasks")
    client.post(
        reverse("task_edit", args=[project.pk, task.pk]), {"name": "Mine", "rate": "12", "status": "closed"}
    )
    task.refresh_from_db()
    assert (task.name, str(task.rate), task.status) == ("Theirs", "12.00", "open")


@pytest.mark.parametrize("role", ["admin", "staff", "timesheet_staff", "employee"])
def test_parts_of_foreign_projects_do_not_exist(client, role):
    membership = MembershipFactory(role=role)
    client.force_login(membership.user)
    foreign = ProjectFactory()
    parts = {"p": ProjectStaffFactory(project=foreign), "t": TaskFactory(project=foreign)}
    own = ProjectFactory(organization=membership.organization)
    wide = role in ("admin", "staff")
    for name in PARTS:
        part = parts["t" if name.startswith("task") else "p"]
        for project in (foreign, own):  # the second: a part of another project under one's own address
            answer = client.post(reverse(name, args=[project.pk, part.pk]))
            assert answer.status_code == (404 if wide else 403)


def test_staff_without_the_grants_see_no_money_and_set_none(client):
    membership = MembershipFactory(role="staff", can_view=False)
    client.force_login(membership.user)
    project = ProjectFactory(organization=membership.organization, rate="77.70")
    ProjectStaffFactory(project=project, rate="77.70", cost_rate="33.30")
    TimeEntryFactory(project=project, date=datetime.date(2026, 3, 2))
    for tab in ("overview", "people", "tasks", "activity"):
        text = page(client, project, tab=tab).content.decode()
        assert "77.70" not in text and "33.30" not in text
    assert "77.70" not in client.get(reverse("projects")).content.decode()
    client.post(reverse("project_edit", args=[project.pk]), form_of(project, rate="1"))
    project.refresh_from_db()
    assert str(project.rate) == "77.70"
    assert client.get(reverse("unbilled")).status_code == 403
