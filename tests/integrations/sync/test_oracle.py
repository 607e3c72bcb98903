"""The tables after runs, row by row against a model of the rules that shares no code with the sync."""

import os
import random
from datetime import date, timedelta

import pytest

from customers.models import Customer
from integrations.models import SyncedRecord
from tests.integrations.sync.edits import EDITS
from tests.integrations.sync.oracle import Oracle, text
from timetracking.models import Bug, Milestone, Project, ProjectStaff, StaffUser, Task, TaskList, TimeEntry

KNOWN = "mei.lin@LINDENWERK.example.test"
COMBINATIONS = [
    ("clone", None, None, None),
    ("overwrite", None, None, 70),
    ("clone", False, 2, 40),
    ("clone", True, 2, None),
    ("overwrite", True, None, None),
]


@pytest.fixture(params=COMBINATIONS, ids=lambda c: f"{c[0]}, users {c[1]}, limit {c[2]}, cutoff {c[3]}")
def oracle(request, connection, portal, settings):
    """The model, and the connection with the same preferences; some people and customers are here already."""
    settings.SYNC_BRAKE_PERCENT = 100  # the brake has tests of its own
    duplication, users, limit, days = request.param
    cutoff = date.today() - timedelta(days=days) if days else None
    connection.customer_duplication, connection.invoiced_before = duplication, cutoff
    connection.sync_users, connection.users_portal_access = users is not None, bool(users)
    connection.save()
    connection.organization.employee_portal_limit = limit
    connection.organization.save()
    StaffUser.objects.create(organization=connection.organization, name="Mei here", email=KNOWN, role="admin")
    here = {"meridian FOODS ": "EUR", "Prairie Rail Co.": "EUR", "Port of Silver Sound": "EUR"}
    for name, currency in here.items():
        Customer.objects.create(
            organization=connection.organization, display_name=name.strip(), currency=currency
        )
    preferences = {
        "customer_duplication": duplication,
        "sync_users": users is not None,
        "invoiced_before": cutoff,
    }
    found = next(p for p in portal.state.portals.values() if p.number == 1)
    return Oracle(found, preferences, [KNOWN], {name.strip(): currency for name, currency in here.items()})


def compare(oracle, connection):
    """Every table against the model."""
    rows = {
        (row.module, row.zoho_id): row
        for row in SyncedRecord.objects.filter(connection=connection)
        if row.zoho_id.isdigit()
    }
    limit = {"portal_limit_reached": ""}
    ledger = {key: (row.outcome, limit.get(row.reason, row.reason)) for key, row in rows.items()}
    assert differences(ledger, oracle.ledger) == {}

    def ours(module):
        return {
            key[1]: row.object_id for key, row in rows.items() if key[0] == module and row.outcome == "synced"
        }

    def named(module):
        return {pk: key for key, pk in ours(module).items()}

    projects = {
        key: {"name": p.name, "status": p.status, "customer": p.customer.display_name}
        for key, p in in_bulk(Project.objects.select_related("customer"), ours("projects")).items()
    }
    assert differences(projects, oracle.synced_projects) == {}
    customers = {key: c.display_name for key, c in in_bulk(Customer.objects, ours("customers")).items()}
    expected = {key: oracle.linked[key]["name"] for key in customers}
    assert differences(customers, expected) == {}
    found = {key: (m.name, m.status) for key, m in in_bulk(Milestone.objects, ours("milestones")).items()}
    assert differences(found, oracle.milestones) == {}
    lists = in_bulk(TaskList.objects.select_related("milestone"), ours("task_lists"))
    found = {key: (t.name, t.status, t.milestone and t.milestone.name) for key, t in lists.items()}
    assert differences(found, oracle.lists) == {}
    tasks, task_of, list_of = in_bulk(Task.objects, ours("tasks")), named("tasks"), named("task_lists")
    found = {
        key: (t.name, t.status, list_of.get(t.task_list_id), task_of.get(t.parent_id))
        for key, t in tasks.items()
    }
    expected = {key: task_row(oracle, data) for key, data in oracle.tasks.items()}
    assert differences(found, expected) == {}
    bugs = in_bulk(Bug.objects, ours("bugs"))
    assert differences({key: (b.name, b.status == "closed") for key, b in bugs.items()}, oracle.bugs) == {}
    compare_hours_and_people(oracle, rows, ours, named)


def compare_hours_and_people(oracle, rows, ours, named):
    """Entries, who is joined where, and what became of people."""
    project_of, task_of, bug_of = named("projects"), named("tasks"), named("bugs")
    people = {
        row.object_id: key[1] for key, row in rows.items() if key[0] == "users" and row.object_id is not None
    }
    entries = {
        key: (
            *(project_of.get(e.project_id), e.kind, task_of.get(e.task_id) or bug_of.get(e.bug_id)),
            *(people[e.staff_user_id], e.date.isoformat(), e.minutes, e.billing_status, e.notes),
        )
        for key, e in in_bulk(TimeEntry.objects, ours("timesheets")).items()
    }
    assert differences(entries, oracle.entries) == {}
    assert TimeEntry.objects.count() == len(entries), "entries without a synced log"
    every = {row.object_id: key[1] for key, row in rows.items() if key[0] == "projects"}
    joined = {
        (every[p], people.get(s)) for p, s in ProjectStaff.objects.values_list("project_id", "staff_user_id")
    }
    assert joined ^ oracle.joined == set()
    staff = {
        people[s.pk]: (s.role, s.status) for s in StaffUser.objects.exclude(name="Mei here") if s.pk in people
    }
    assert differences(staff, {k: (v["role"], v["status"]) for k, v in oracle.staff.items()}) == {}
    assert StaffUser.objects.count() == len(staff) + 1


def task_row(oracle, data):
    """Name, status, list and parent of a task."""
    parent = (data.get("parental_info") or {}).get("parent_task_id")
    task_list = (data.get("tasklist") or {}).get("id")
    return (
        text(data["name"]),
        "closed" if data["status"]["is_closed_type"] else "open",
        task_list if task_list in oracle.lists else None,
        parent if parent in oracle.tasks else None,
    )


def in_bulk(query, ids):
    """{Zoho id: our object}."""
    stored = query.in_bulk(ids.values())
    return {key: stored[pk] for key, pk in ids.items()}


def differences(found, expected):
    """{key: (found, expected)} where two dicts differ."""
    keys = found.keys() | expected.keys()
    return {key: (found.get(key), expected.get(key)) for key in keys if found.get(key) != expected.get(key)}


def test_first_run_changes_and_second_run_match_the_model(oracle, connection, control, sync, request):
    sync()
    oracle.run()
    compare(oracle, connection)
    if connection.organization.employee_portal_limit and connection.users_portal_access:
        assert StaffUser.objects.filter(has_portal_access=True).count() == 2
    dice = random.Random(request.node.callspec.id + os.environ.get("ORACLE_SEED", ""))
    for _ in range(3):
        done = [dice.choice(EDITS)(dice, oracle.portal, control) for _ in range(12)]
        run = sync()
        oracle.run()
        assert run.status == "succeeded", (run.message, done)
        try:
            compare(oracle, connection)
        except AssertionError as error:
            error.add_note(f"after {done}")
            raise
    ledger = list(SyncedRecord.objects.order_by("pk").values_list())
    sync()
    assert list(SyncedRecord.objects.order_by("pk").values_list()) == ledger
