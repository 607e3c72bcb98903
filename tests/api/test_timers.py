"""Timers: what runs is no hour yet; what was stopped is one like any other."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from organizations.zones import today_in
from tests import factories as make
from timetracking.models import TimeEntry
from transactions.billing.choices import Choices
from transactions.billing.create import create_invoice
from transactions.errors import TransactionRefused

pytestmark = pytest.mark.django_db


@pytest.fixture
def me(call):
    return make.StaffUserFactory(organization=call.organization, membership=call.membership, name="Ann")


@pytest.fixture
def project(call, me):
    customer = make.CustomerFactory(organization=call.organization)
    found = make.ProjectFactory(organization=call.organization, customer=customer, rate="60")
    make.ProjectStaffFactory(project=found, staff_user=me)
    return found


def later(**span):
    return time_machine.travel(timezone.now() + timedelta(**span))


def test_a_timer_from_start_to_invoice(call, me, project):
    root = "/projects/timeentries"
    assert call("get", f"{root}/runningtimer/me", status=404)["code"] == 1002
    body = {"project_id": str(project.pk), "start_timer": True, "notes": "Sketch"}
    entry = call("post", root, body)["time_entry"]
    assert (entry["log_time"], entry["is_billable"], entry["log_date"]) == (
        "00:00", True, str(today_in(call.organization)),
    )  # fmt: skip
    one = f"{root}/{entry['time_entry_id']}"
    assert call("post", f"{one}/timer/start", status=400)["code"] == 20050
    assert "Another timer" in call("post", root, body, 400)["message"]
    assert call("put", one, {"notes": "x"}, 400)["code"] == 20054
    assert "being timed" in call("delete", one, status=400)["message"]
    with pytest.raises(TransactionRefused):  # nothing of it can be billed
        create_invoice(project.customer, Choices())
    with pytest.raises(IntegrityError), transaction.atomic():  # whatever does not ask
        TimeEntry.objects.update(billing_status="unbilled")
    with later(minutes=89, seconds=40):
        now = call("get", f"{root}/runningtimer/me")["time_entry"]
        assert (now["timer_duration_in_minutes"], now["time_entry_id"]) == ("90", entry["time_entry_id"])
        stopped = call("post", f"{root}/timer/stop")
    assert stopped["message"] == "Timer has been stopped successfully."
    assert (stopped["time_entry"]["log_time"], stopped["time_entry"]["billed_status"]) == (
        "01:30",
        "unbilled",
    )
    assert call("post", f"{root}/timer/stop", status=404)["code"] == 1002
    call("post", f"{one}/timer/start")
    with later(minutes=30):
        assert call("post", f"{root}/timer/stop")["time_entry"]["log_time"] == "02:00"
    assert create_invoice(project.customer, Choices()).total == 120
    assert call("post", f"{one}/timer/start", status=400)["code"] == 70000


def test_what_was_not_to_be_billed_stays_so_and_a_day_has_24_hours(call, me, project):
    root, today = "/projects/timeentries", str(today_in(call.organization))
    body = {"project_id": str(project.pk), "log_date": today, "log_time": "22:00"}
    one = call("post", root, body)["time_entry"]["time_entry_id"]
    TimeEntry.objects.update(billing_status="non_billable")
    call("post", f"{root}/{one}/timer/start")
    with later(hours=5):
        stopped = call("post", f"{root}/timer/stop")
    assert (stopped["time_entry"]["log_time"], stopped["time_entry"]["billed_status"]) == (
        "24:00",
        "non_billable",
    )
    assert "2:00 of it fit" in stopped["warnings"][0]
    call("post", root, {"project_id": str(project.pk), "log_date": today, "start_timer": True})
    with later(minutes=3):
        assert "Nothing was kept" in call("post", f"{root}/timer/stop", status=400)["message"]
    assert TimeEntry.objects.count() == 1


def test_nobody_else_s_and_no_synced_project_is_timed(call, me, project):
    other = make.StaffUserFactory(organization=call.organization)
    make.ProjectStaffFactory(project=project, staff_user=other)
    body = {"project_id": str(project.pk), "user_id": str(other.pk), "start_timer": True}
    assert "oneself" in call("post", "/projects/timeentries", body, 400)["message"]
    entry = make.TimeEntryFactory(project=project, organization=call.organization, staff_user=other)
    assert "oneself" in call("post", f"/projects/timeentries/{entry.pk}/timer/start", status=400)["message"]
    project.status = "inactive"
    project.save()
    body = {"project_id": str(project.pk), "start_timer": True}
    assert "inactive" in call("post", "/projects/timeentries", body, 400)["message"]
