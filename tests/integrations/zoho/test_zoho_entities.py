"""The parsers, on the sample bodies of the API reference and on every quirk that is known."""

import copy
import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.zoho.entities import (
    bugs,
    clients,
    fields,
    milestones,
    portals,
    projects,
    recycle_bin,
    task_lists,
    tasks,
    time_logs,
    users,
)
from integrations.zoho.errors import InvalidRecord
from integrations.zoho.records import parse_page
from tests.integrations.zoho.samples import LOG, MARA, PROJECT, TASK


def test_a_task():
    """Every field of the sample; the day of a timestamp depends on the portal's zone."""
    record = tasks.parse(TASK, {}, zone="Europe/Berlin")
    assert (record.task_list_id, record.milestone_id, record.parent_id) == (
        "219300000000061003",
        "219300000000071001",
        "219300000000081011",
    )
    assert (record.start_date, record.due_date) == (date(2026, 3, 2), date(2026, 3, 7))
    assert tasks.parse(TASK, {}).due_date == date(2026, 3, 6)
    assert (record.percent_complete, record.work_minutes, record.priority) == (40, 720, "medium")
    assert (record.is_closed, record.is_billable) == (False, True)


def test_task_variants():
    """Priority as an object, percentage as text, the None phase, closed by flag alone, billing words."""
    raw = TASK | {
        "priority": {"id": "1", "name": "High"},
        "completion_percentage": None,
        "percent_complete": "70",
        "milestone": {"id": "219300000000000073", "name": "None"},
        "status": None,
        "is_completed": True,
        "billing_type": "Non Billable",
        "owners_and_work": None,
        "parental_info": None,
        "start_date": None,
    }
    record = tasks.parse(raw, {})
    assert (record.priority, record.percent_complete, record.milestone_id) == ("high", 70, "")
    assert (record.is_closed, record.is_billable, record.work_minutes) == (True, False, None)
    assert (record.parent_id, record.start_date) == ("", None)
    assert tasks.parse(TASK | {"billing_type": "none"}, {}).is_billable
    assert tasks.parse(TASK | {"completion_percentage": "lots"}, {}).remarks


@pytest.mark.parametrize("field", ["start_date", "end_date"])
@pytest.mark.parametrize("value", ["0001-01-01T00:00:00Z", "02-30-2025", "never", 5])
def test_absurd_task_dates_make_the_record_unreadable(field, value):
    """The message names the field."""
    with pytest.raises(InvalidRecord) as caught:
        tasks.parse(TASK | {field: value}, {})
    assert caught.value.field == field
    assert caught.value.name == "Size the pump"


def test_a_bug():
    """Severity, people, due date; the older key for its name."""
    raw = {
        "id": "219300000000091007",
        "title": "Leak at fitting 4",
        "project": PROJECT,
        "status": {"name": "Closed", "is_closed_type": True},
        "severity": {"id": "1", "value": "Major"},
        "assignee": {"name": "Unassigned User"},
        "reporter": MARA,
        "due_date": "2026-03-20T16:00:00.000Z",
        "last_updated_time": "2026-03-12T09:15:27.000Z",
    }
    record = bugs.parse(raw, {})
    assert (record.name, record.severity, record.is_closed) == ("Leak at fitting 4", "Major", True)
    assert (record.assignee, record.reporter.name) == (None, "Mara Voss")
    assert record.due_date == date(2026, 3, 20)
    assert record.modified_at.day == 12


def test_task_lists_and_phases():
    """Status as a word, phases with their own key names, the None phase, the bin flag as text."""
    record = task_lists.parse(
        {
            "id": 5,
            "name": "Hydraulics",
            "status": "completed",
            "project": PROJECT,
            "milestone": {"id": "219300000000000073", "name": "None"},
        },
        {},
    )
    assert (record.id, record.is_closed, record.milestone_id) == ("5", True, "")
    phase = milestones.parse(
        {
            "id": "219300000000071001",
            "name": "Design",
            "start_date": "2026-01-12",
            "end_date": "2026-03-15",
            "status": {"statusName": "Done", "closed": True},
            "isTrashed": "1",
            "project": {"id": 219300000000041015},
        },
        {},
    )
    assert (phase.is_closed, phase.is_trashed, phase.is_none) == (True, True, False)
    assert phase.project_id == PROJECT["id"]
    assert milestones.parse({"id": "219300000000000073", "name": "None"}, {}).is_none
    assert not milestones.parse({"id": "219300000001234073", "name": "Nones"}, {}).is_none
    assert milestones.parse({"id": "1", "name": "P", "status_type": "closed", "isTrashed": "0"}, {}).is_closed
    with pytest.raises(InvalidRecord):
        milestones.parse({"id": "1", "name": "P", "end_date": "9999-12-31"}, {})


def test_projects():
    """Archived and closed ones, templates, currency, and a budget only when given."""
    raw = {
        "id": "219300000000041015",
        "key": "VE-41",
        "name": "Harbour &amp; crane",
        "project_type": "active",
        "status": {"name": "In Progress", "is_closed_type": False},
        "owner": MARA,
        "start_date": "2026-01-12",
        "budget_info": {"currency": "EUR", "tracking_method": "project_hours"},
        "is_completed": True,
        "modified_time": "2026-03-30T07:58:19.896Z",
        "cost_centre": "CC-7100",
        "description": "<p>x</p>",
    }
    record = projects.parse(raw, {"cost_centre": "singleline"})
    assert (record.name, record.key, record.description) == ("Harbour & crane", "VE-41", "x")
    assert (record.currency, record.billing_method, record.rate) == ("EUR", "project_hours", None)
    assert (record.is_closed, record.is_template, record.crm) == (False, False, False)
    assert record.custom == {"cost_centre": "CC-7100"}
    assert projects.parse(raw | {"project_type": "archived"}, {}).is_closed
    assert projects.parse(raw | {"status": {"is_closed_type": "true"}}, {}).is_closed
    assert projects.parse(raw | {"project_type": "template"}, {}).is_template
    assert projects.parse(raw | {"budget_info": {"tracking_method": "by magic"}}, {}).billing_method == ""
    assert projects.parse(raw | {"budget_info": {"cost_per_hour": {"amount": "80"}}}, {}).rate == Decimal(80)
    with pytest.raises(InvalidRecord) as caught:
        projects.parse(raw | {"name": " \u200b "}, {})
    assert caught.value.field == "name"


def test_users():
    """Keyed by zpuid; several keys can mark a customer's person or an inactive one."""
    raw = {
        "zpuid": 219300000000012044,
        "zuid": 610990077,
        "full_name": "Jo Hale",
        "email": "jo@client.example",
    }
    record = users.parse(raw, {})
    assert (record.id, record.zuid, record.name) == ("219300000000012044", "610990077", "Jo Hale")
    assert (record.is_active, record.is_client) == (True, False)
    assert users.parse(raw | {"user_type": "client"}, {}).is_client
    assert users.parse(raw | {"user_type": 2}, {}).is_client
    assert users.parse(raw | {"client_company_id": "5"}, {}).client_id == "5"
    assert not users.parse(raw | {"is_active": "false"}, {}).is_active
    assert not users.parse(raw | {"status": "inactive"}, {}).is_active
    for bad in ({"full_name": "No Id"}, {"zpuid": "1"}, {"zpuid": "1", "email": "nobody@example.test"}):
        with pytest.raises(InvalidRecord):
            users.parse(bad, {})


def test_clients_and_contacts():
    """The older API's records too; contacts without name parts get them from the name."""
    record = clients.parse(
        {
            "id": 219300000000050002,
            "name": "Port of Sund",
            "currency_code": "eur",
            "crm_account": {"id": "1"},
        },
        {},
    )
    assert (record.id, record.currency_code, record.crm) == ("219300000000050002", "EUR", True)
    assert (
        clients.parse({"id": 2.1e17, "id_string": "219300000000050002", "name": "P"}, {}).id
        == "219300000000050002"
    )
    assert clients.parse({"client_id": "7", "client_name": "P"}, {}).name == "P"
    odd = clients.parse({"id": "7", "name": "P", "currency_code": "Euro"}, {})
    assert odd.currency_code == ""
    assert odd.remarks
    contact = clients.parse_contact({"id": "1", "name": "Ann Mary Lee", "client_id": 7}, {})
    assert (contact.first_name, contact.last_name, contact.client_id) == ("Ann Mary", "Lee", "7")


def project_client(client_id, **keys):
    """One customer of a project."""
    return clients.parse_project_client({"id": client_id, "name": f"C{client_id}"} | keys)


def test_the_primary_customer():
    """Flag, then the only one, then the earliest; else a person has to say."""
    first, second = "2026-01-09T07:00:00.000Z", "2026-02-02T13:20:00.000Z"
    assert clients.primary_of([]) is None
    assert clients.parse_project_client("x") is None
    assert clients.primary_of([clients.parse_project_client({"id": 5})]).id == "5"
    assert (
        clients.primary_of([project_client("1", is_primary=False), project_client("2", is_primary="yes")]).id
        == "2"
    )
    assert clients.primary_of([project_client("1", primary=1), project_client("2")]).id == "1"
    assert clients.primary_of([project_client("1")]).id == "1"
    assert (
        clients.primary_of([project_client("1", added_time=second), project_client("2", added_time=first)]).id
        == "2"
    )
    assert clients.primary_of([project_client("1", added_time=first), project_client("2")]) == "unclear"
    assert (
        clients.primary_of([project_client("1", added_time=first), project_client("2", added_time=first)])
        == "unclear"
    )
    assert (
        clients.primary_of([project_client("1", is_primary=True), project_client("2", is_primary=True)])
        == "unclear"
    )
    assert (
        clients.primary_of([project_client("1", is_primary=False), project_client("2", is_primary=False)])
        is None
    )


def test_portals():
    """The owner by profile, by account id, by address; the older list's words."""
    raw = {
        "id": "60012345",
        "portal_name": "voss",
        "org_name": "Voss Engineering",
        "timezone": "CET",
        "owner": {"id": "610448201", "zpuid": "1", "email": "mara@example.test"},
        "profile": {"name": "Portal Owner", "id": 8},
    }
    record = portals.parse(raw)
    assert (record.id, record.org_name, record.is_owner, record.owner_email) == (
        "60012345",
        "Voss Engineering",
        True,
        "mara@example.test",
    )
    other = raw | {"profile": {"name": "Employee"}}
    assert not portals.parse(other).is_owner
    assert portals.parse(other, {"ZUID": 610448201}).is_owner
    assert not portals.parse(other, {"ZUID": 5, "Email": "mara@example.test"}).is_owner
    assert portals.parse(other, {"Email": "MARA@example.test"}).is_owner
    old = portals.parse(
        {
            "id": 1,
            "id_string": "1",
            "name": "voss",
            "role": "admin",
            "is_crm_partner": True,
            "settings": {"company_name": "V", "time_zone": "CET"},
        }
    )
    assert (old.org_name, old.is_owner, old.crm) == ("V", False, True)


def test_fields_and_the_bin():
    """Both forms of metadata, and every kind the bin knows."""
    field = fields.parse(
        {
            "api_name": "risk",
            "display_name": "Risk",
            "data_type": "picklist",
            "is_custom_field": True,
            "pick_list_values": [{"id": "1", "value": "Low"}],
        }
    )
    assert (field.label, field.data_type, field.is_custom, field.options) == (
        "Risk",
        "picklist",
        True,
        ["Low"],
    )
    assert fields.parse({"field_name": "cost", "display_name": "Cost"}).is_custom
    assert not fields.parse({"field_name": "priority", "display_name": "Priority"}).is_custom
    entry = recycle_bin.parse({"id": 7, "name": "Old", "module": "issues", "project": PROJECT})
    assert (entry.id, entry.module, entry.project_id) == ("7", "bugs", PROJECT["id"])
    assert recycle_bin.parse({"id": 7, "module": "forums"}).module == ""


def test_one_bad_record_never_spoils_its_page():
    """Results stand in the order of the records."""
    results = parse_page(
        time_logs.parse, [LOG, None, "x", LOG | {"id": None}, LOG | {"custom": 1}], {"risk": "number"}
    )
    assert [isinstance(result, InvalidRecord) for result in results] == [False, True, True, True, False]


PARSERS = [
    bugs.parse,
    clients.parse,
    clients.parse_contact,
    fields.parse,
    milestones.parse,
    projects.parse,
    recycle_bin.parse,
    task_lists.parse,
    tasks.parse,
    time_logs.parse,
    users.parse,
]
junk = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.just([])
    | st.just({})
    | st.just([{"id": "1"}])
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(PARSERS),
    st.dictionaries(st.sampled_from(sorted(LOG | TASK | {"zpuid": 1, "api_name": 1, "severity": 1})), junk),
)
def test_a_parser_raises_nothing_but_invalid_record(parse, changes):
    """Whatever stands under a known key."""
    raw = copy.deepcopy(TASK | LOG) | {"zpuid": "1", "api_name": "x"} | changes
    try:
        record = parse(raw, {"notes": "multiline", "depth": "number"})
    except InvalidRecord as error:
        assert error.sentence
        json.dumps([error.name, error.sentence, error.zoho_id]).encode()
    else:
        assert record is not None
