"""Time logs, on the sample body of the API reference and on every quirk that is known."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from integrations.zoho.entities import time_logs
from integrations.zoho.errors import InvalidRecord
from integrations.zoho.records import UserRef
from tests.integrations.zoho.samples import LOG, PROJECT


def log(**changes):
    """The sample log with changes; None takes a key away."""
    return {key: value for key, value in (LOG | changes).items() if value is not None}


def test_a_time_log():
    """Every field of the sample."""
    record = time_logs.parse(LOG, {})
    assert (record.id, record.name, record.project_id) == (
        "219300000000120031",
        "Size the pump",
        PROJECT["id"],
    )
    assert (record.kind, record.item_id, record.title) == ("task", "219300000000081020", "")
    assert (record.date, record.minutes) == (date(2026, 3, 5), 270)
    assert record.owner == UserRef("219300000000012005", "610448201", "Mara Voss", "mara@example.test")
    assert (record.is_billable, record.approval, record.is_invoiced) == (True, "approved", True)
    assert record.notes == "Flow & pressure table"
    assert record.modified_at == datetime(2026, 3, 6, 8, 0, 41, tzinfo=UTC)
    assert record.cost_rate is None


@pytest.mark.parametrize(
    ("status", "approval"),
    [
        ({"status": "Approved"}, "approved"),
        ({"status": "APPROVED"}, "approved"),
        ({"status": "Rejected"}, "rejected"),
        ({"status": "Pending"}, "pending"),
        ({"status": "Unapproved"}, "pending"),
        ({"status": ""}, "pending"),
        ({}, "pending"),
        ({"status": "Approved by nobody"}, "pending"),
        ("Approved", "approved"),
        (None, "absent"),
        ([{"status": "Approved"}], "approved"),
        ({"status": "Not Approved"}, "pending"),
    ],
)
def test_only_the_word_itself_approves(status, approval):
    """Unknown words never approve; no object at all is told apart."""
    assert time_logs.parse(log(approval=status), {}).approval == approval


@pytest.mark.parametrize(
    ("word", "billable"),
    [
        ("Billable", True),
        ("billable", True),
        ("Non Billable", False),
        ("Non-billable", False),
        ("non_billable", False),
        (None, False),
        ("Sometimes", False),
    ],
)
def test_billing_words(word, billable):
    """Compared without case and separators; what is unknown is not billed, with a remark."""
    record = time_logs.parse(log(billing_status=word), {})
    assert record.is_billable is billable
    assert bool(record.remarks) is (word == "Sometimes")


def test_issue_and_general_logs():
    """Issue logs call themselves issue outside and bug inside; general ones have a title."""
    bug = time_logs.parse(log(type="issue", module_detail={"id": 9, "name": "Leak", "type": "bug"}), {})
    assert (bug.kind, bug.item_id, bug.name) == ("bug", "9", "Leak")
    unsure = time_logs.parse(log(type=None, module_detail={"id": 9, "name": "Leak", "type": "bug"}), {})
    assert unsure.kind == "bug"
    general = time_logs.parse(log(type="general", module_detail=None, log_name="Stand-up"), {})
    assert (general.kind, general.item_id, general.name, general.title) == (
        "general",
        "",
        "Stand-up",
        "Stand-up",
    )
    named = time_logs.parse(log(type="general", module_detail=None, name="Travel"), {})
    assert named.title == "Travel"


def test_log_quirks():
    """Integer ids, null keys, notes under another name, an empty invoice id, an hour without minutes."""
    record = time_logs.parse(
        LOG
        | {
            "id": 219300000000120031,
            "project": {"id": 219300000000041015},
            "notes": None,
            "log_hour": "3",
            "invoice_id": "",
            "approval": None,
            "cost_rate_per_hour": {"amount": "45.50"},
        },
        {},
    )
    assert record.id == "219300000000120031"
    assert record.project_id == PROJECT["id"]
    assert record.notes == "other"
    assert (record.minutes, record.is_invoiced, record.approval) == (180, False, "absent")
    assert record.cost_rate == Decimal("45.50")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": None}, "id"),
        ({"id": 6.486e18}, "id"),
        ({"date": None}, "date"),
        ({"date": "03-05-2026"}, "date"),
        ({"date": "1900-01-01"}, "date"),
        ({"date": "2999-01-01"}, "date"),
        ({"log_hour": "00:00"}, "log_hour"),
        ({"log_hour": "24:01"}, "log_hour"),
        ({"log_hour": None}, "log_hour"),
        ({"log_hour": "-1:00"}, "log_hour"),
        ({"owner": None}, "owner"),
        ({"owner": {"name": "Unassigned User"}}, "owner"),
        ({"type": "milestone", "module_detail": None}, "type"),
    ],
)
def test_unreadable_logs_say_why(changes, field):
    """Field, sentence, and as far as known whose record it is."""
    with pytest.raises(InvalidRecord) as caught:
        time_logs.parse(log(**changes), {})
    assert caught.value.field == field
    assert caught.value.sentence.endswith(".")
    assert caught.value.project_id == PROJECT["id"]
    if field != "id":
        assert caught.value.zoho_id == LOG["id"]


def test_24_hours_and_a_future_day_are_fine():
    """The limits themselves are allowed."""
    record = time_logs.parse(log(log_hour="24:00", date=f"{datetime.now(UTC).year + 5}-12-31"), {})
    assert record.minutes == 1440
