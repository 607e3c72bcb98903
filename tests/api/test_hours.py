"""Hours over the API: what somebody set aside stays aside, and an invoice of hours holds these hours alone."""

import datetime

import pytest

from tests import factories as make
from timetracking import entries
from timetracking.models import TimeEntry
from transactions import drift, life
from transactions.billing.choices import Choices
from transactions.billing.create import create_invoice
from transactions.models import DriftItem

pytestmark = pytest.mark.django_db
ROOT = "/projects/timeentries"


@pytest.fixture
def me(call):
    return make.StaffUserFactory(organization=call.organization, membership=call.membership)


@pytest.fixture
def customer(call):
    return make.CustomerFactory(organization=call.organization)


def log(call, me, project, day):
    """The id of an hour on a project, logged over the API."""
    make.ProjectStaffFactory(project=project, staff_user=me)
    body = {
        "project_id": str(project.pk),
        "log_time": "1:00",
        "log_date": f"2026-03-{day:02d}",
        "is_billable": True,
    }
    return int(call("post", ROOT, body)["time_entry"]["time_entry_id"])


def test_a_new_note_does_not_bill_what_somebody_set_aside(call, me, customer):
    project = make.ProjectFactory(organization=call.organization, customer=customer, rate="60")
    pk = log(call, me, project, 2)
    entries.mark(call.membership, TimeEntry.objects.all(), billable=False)
    assert call("put", f"{ROOT}/{pk}", {"notes": "x"})["time_entry"]["billed_status"] == "non_billable"
    assert call("put", f"{ROOT}/{pk}", {"is_billable": True})["time_entry"]["billed_status"] == "unbilled"


def test_an_invoice_of_hours_holds_no_correction_of_another_project(call, me, customer):
    one, two = (
        make.ProjectFactory(organization=call.organization, customer=customer, rate="60") for _ in range(2)
    )
    billed, hour = log(call, me, one, 2), log(call, me, two, 3)
    life.issue(create_invoice(customer, Choices(project_ids=(one.pk,))))
    drift.report({billed: drift.Finding("changed", 120, datetime.date(2026, 3, 2), "1:00 → 2:00")})
    drift.next_invoice(DriftItem.objects.get())
    body = {"customer_id": str(customer.pk), "line_items": [{"time_entry_ids": [str(hour)]}]}
    assert call("post", "/invoices", body)["invoice"]["total"] == 60
    assert DriftItem.objects.get().correction_line is None  # it waits for the next invoice of its own project
