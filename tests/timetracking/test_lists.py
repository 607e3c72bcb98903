"""Projects, hours and people on screen: filters, tree, query counts."""

import datetime
from functools import partial
from urllib.parse import parse_qsl

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from organizations.paging import keyset_page
from tests.factories import (
    BugFactory,
    MembershipFactory,
    MilestoneFactory,
    ProjectFactory,
    ProjectStaffFactory,
    StaffUserFactory,
    TaskFactory,
    TimeEntryFactory,
)
from timetracking.templatetags.durations import hm

pytestmark = pytest.mark.django_db
FIXED = 3  # session, user, memberships


@pytest.fixture
def organization(client):
    membership = MembershipFactory()
    client.force_login(membership.user)
    client.get("/")  # the first request of a session also writes it
    return membership.organization


def fill(project, number):
    """`number` rows of everything in a project."""
    for _ in range(number):
        task = TaskFactory(project=project)
        TaskFactory(project=project, parent=TaskFactory(project=project, parent=task))
        bug = BugFactory(project=project)
        MilestoneFactory(project=project)
        ProjectStaffFactory(project=project)
        TimeEntryFactory(project=project, kind="task", task=task, title="")
        TimeEntryFactory(project=project, kind="bug", bug=bug, title="")
        ProjectFactory(organization=project.organization)


@pytest.mark.parametrize(
    ("name", "tab", "queries"),
    [
        ("projects", "", 3),  # rows, count, where they come from
        ("timesheets", "", 9),  # rows, count, two kinds of locks, oneself, saved filters, three drop-downs
        ("staff", "", 4),  # and seats used, members who are no staff
        # project, origin, custom fields, hours, weeks, cost rates, costs, and what documents add
        ("project", "overview", 12),
        ("project", "tasks", 6),  # project, origin, top tasks, count, subtasks of all depths, hours
        ("project", "bugs", 4),
        ("project", "milestones", 5),  # and task lists
        ("project", "timesheets", 4),
        ("project", "people", 5),  # and their hours
        ("project", "activity", 7),  # project, origin, events, changes, people, their changes, comments
    ],
)
def test_the_number_of_queries_does_not_grow_with_the_rows(
    client, organization, django_assert_num_queries, name, tab, queries
):
    project = ProjectFactory(organization=organization)
    address = reverse(name, args=[project.pk] if tab else [])
    for rows in (2, 6):
        fill(project, rows)
        with django_assert_num_queries(FIXED + queries):
            assert client.get(address, {"tab": tab} if tab else {}).status_code == 200


def test_tasks_stand_as_a_tree(client, organization):
    project = ProjectFactory(organization=organization)
    beta, alpha = (TaskFactory(project=project, name=name) for name in ("Beta", "Alpha"))
    child = TaskFactory(project=project, name="Child", parent=alpha)
    grandchild = TaskFactory(project=project, name="Aaa grandchild", parent=child)
    address = reverse("project", args=[project.pk])
    tasks = client.get(address, {"tab": "tasks"}).context["tasks"]
    assert [(task.pk, task.level) for task in tasks] == [
        (alpha.pk, 0),
        (child.pk, 1),
        (grandchild.pk, 2),
        (beta.pk, 0),
    ]
    found = client.get(address, {"tab": "tasks", "q": "grand"})
    assert [task.pk for task in found.context["tasks"]] == [grandchild.pk]
    assert "under Child" in found.content.decode()


def test_hours_are_filtered_by_day_billing_kind_and_name(client, organization):
    project = ProjectFactory(organization=organization, name="Roof")
    early = TimeEntryFactory(project=project, date=datetime.date(2026, 1, 5), billing_status="invoiced")
    late = TimeEntryFactory(project=project, date=datetime.date(2026, 2, 5), staff_user__name="Zed Invented")

    def found(**params):
        return [row.pk for row in client.get(reverse("timesheets"), params).context["page"]]

    assert found() == [late.pk, early.pk]
    assert found(sort="date") == [early.pk, late.pk]
    assert found(billing="invoiced") == [early.pk]
    assert found(**{"from": "2026-01-06"}) == found(q="zed") == [late.pk]
    assert found(to="2026-01-05") == [early.pk]
    assert found(kind="bug") == []
    assert found(q="roof") == [late.pk, early.pk]
    assert found(to="2026-99-99", billing="nonsense", q="") == [late.pk, early.pk]


@pytest.mark.parametrize("cap", [10_000, 0])  # rows are gathered and sorted, or walked
@pytest.mark.parametrize("many", [5_000, 1])  # ids are named, or asked for
def test_hours_of_a_customer_and_of_a_search_page_by_page(client, organization, monkeypatch, cap, many):
    monkeypatch.setattr("organizations.paging.COUNT_CAP", cap)
    monkeypatch.setattr("timetracking.entry_views.keyset_page", partial(keyset_page, per_page=2))
    monkeypatch.setattr("timetracking.selectors.MANY", many)
    roof, wall = (ProjectFactory(organization=organization, name=name) for name in ("Roof", "Wall"))
    ridge = ProjectFactory(organization=organization, customer=roof.customer, name="Ridge")
    days = [datetime.date(2026, 1, 5 + n % 2) for n in range(5)]
    rows = [TimeEntryFactory(project=(roof, ridge)[n % 2], date=day) for n, day in enumerate(days)]
    other = TimeEntryFactory(project=wall, staff_user__name="Raoul Roof", date=days[0])
    wanted = sorted(rows, key=lambda row: (row.date, row.pk), reverse=True)

    def walk(**params):
        found, query = [], params
        while query:
            page = client.get(reverse("timesheets"), query).context["page"]
            found += [row.pk for row in page]
            query = dict(parse_qsl(page.next_query))
        return found

    assert walk(customer=roof.customer_id) == [row.pk for row in wanted]
    assert walk(customer=roof.customer_id, sort="date") == [row.pk for row in wanted[::-1]]
    assert walk(customer=ProjectFactory(organization=organization).customer_id) == []
    of_roof = sorted([*rows[::2], other], key=lambda row: (row.date, row.pk), reverse=True)
    assert walk(q="roof") == [row.pk for row in of_roof]
    assert walk(q="roof", billing="invoiced") == walk(q="nobody") == []


def test_hours_of_a_customer_are_found_by_their_projects_and_not_among_all(client, organization):
    """Whatever the database knows of its tables: a million rows of others are not looked at."""
    project = ProjectFactory(organization=organization)
    TimeEntryFactory(project=project)
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("timesheets"), {"customer": project.customer_id})
    asked = [q["sql"] for q in queries.captured_queries if 'FROM "timetracking_timeentry"' in q["sql"]]
    assert len(asked) >= 3  # count, ids, rows
    assert not [sql for sql in asked if '"timetracking_timeentry"."organization_id" =' in sql]
    if connection.vendor == "sqlite":  # PostgreSQL chooses by what stands in the tables, here too little
        with connection.cursor() as cursor:
            for sql in asked:
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
                assert not [line for line in cursor.fetchall() if "(organization_id=?" in line[-1]], sql


def test_durations_read_as_hours_and_minutes(client, organization):
    assert [hm(5), hm(90), hm(1440)] == ["0:05", "1:30", "24:00"]
    TimeEntryFactory(project=ProjectFactory(organization=organization), minutes=65)
    assert ">1:05</a></td>" in client.get(reverse("timesheets")).content.decode()


def test_a_person_s_page_shows_their_projects_and_hours_only(client, organization):
    person = StaffUserFactory(organization=organization)
    project = ProjectFactory(organization=organization, name="Roof")
    ProjectStaffFactory(project=project, staff_user=person)
    mine = TimeEntryFactory(project=project, staff_user=person)
    TimeEntryFactory(project=project)
    answer = client.get(reverse("staff_user", args=[person.pk]))
    assert [row.pk for row in answer.context["page"]] == [mine.pk]
    assert "Roof" in answer.content.decode()


def test_empty_lists_say_so(client, organization):
    for name, words in (
        ("projects", "No projects yet"),
        ("timesheets", "No hours yet"),
        ("staff", "No staff yet"),
    ):
        assert words in client.get(reverse(name)).content.decode()
