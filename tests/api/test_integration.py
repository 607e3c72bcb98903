"""The state of the integration over the API."""

import datetime

import pytest
from django.utils import timezone

from integrations.models import ModuleRun, SettingsChange, SyncRun
from tests.api.conftest import Caller
from tests.factories import ConnectionFactory, MembershipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection(call):
    return ConnectionFactory(organization=call.organization, portal_name="invented")


def failed(connection, zoho_id="4711"):
    return connection.synced_records.create(
        module="projects", zoho_id=zoho_id, name="Odd", outcome="failed", reason="no_primary_customer",
        first_seen_at=timezone.now(),
    )  # fmt: skip


def test_runs_are_started_counted_and_stopped(call, connection):
    shown = call("get", "/integrations/connections")["connections"][0]
    assert (shown["portal_name"], shown["status"], shown["active_run_id"]) == ("invented", "active", "")
    run = call("post", "/integrations/runs")["run"]
    assert (run["status"], run["trigger"]) == ("queued", "instant")
    assert "in progress" in call("post", "/integrations/runs", status=400)["message"]
    ModuleRun.objects.filter(run=run["run_id"], module="projects").update(seen=3, created=2, failed=1)
    found = call("get", f"/integrations/runs/{run['run_id']}")["run"]
    assert (found["counts"]["seen"], found["counts"]["failed"]) == (3, 1)
    assert call("post", f"/integrations/runs/{run['run_id']}/stop")["message"] == "The sync has been stopped."
    assert (
        call("get", "/integrations/runs", filter_by="Status.Cancelled")["runs"][0]["run_id"] == run["run_id"]
    )
    assert call("post", f"/integrations/runs/{run['run_id']}/stop", status=400)["code"] == 70000


def test_records_say_their_reason_and_are_read_again(call, connection):
    row = failed(connection)
    found = call("get", "/integrations/records", filter_by="Status.Failed", module="projects")["records"]
    assert [(item["zoho_id"], item["reason_title"]) for item in found] == [("4711", "No primary customer")]
    assert call("get", "/integrations/connections")["connections"][0]["failing"]["projects"] == 1
    run = call("post", "/integrations/retry", {"record_ids": [str(row.pk)]})["run"]
    assert run["trigger"] == "retry"
    assert call("post", "/integrations/retry", {"record_ids": ["987654"]}, 400)["code"] == 1002
    theirs = failed(ConnectionFactory())
    assert call("get", f"/integrations/records/{theirs.pk}", status=404)["code"] == 1002
    assert call("post", "/integrations/retry", {"record_ids": [str(theirs.pk)]}, 400)["code"] == 1002


def test_settings_go_out_and_come_in_with_a_look_first(call, connection):
    settings = call("get", "/integrations/settings")["settings"]
    assert settings["preferences"]["interval_minutes"] == 1440
    wanted = {
        "preferences": {**settings["preferences"], "invoiced_before": "2026-01-01", "interval_minutes": 60}
    }
    looked = call("put", "/integrations/settings", wanted, dry_run="true")["settings"]
    assert {item["name"]: item["to"] for item in looked["changes"]} == {
        "invoiced_before": "2026-01-01", "interval_minutes": 60}  # fmt: skip
    connection.refresh_from_db()
    assert connection.invoiced_before is None and not SettingsChange.objects.exists()
    call("put", "/integrations/settings", wanted)
    connection.refresh_from_db()
    assert (connection.invoiced_before, connection.interval_minutes) == (datetime.date(2026, 1, 1), 60)
    assert "timesheets" in connection.full_pass_modules and SettingsChange.objects.count() == 2
    stale = {"preferences": {"sync_users": True}, "version": settings["version"]}
    assert call("put", "/integrations/settings", stale, 400)["code"] == 70000
    for name, value in (("sync_users", "maybe"), ("customer_duplication", "odd"), ("invoiced_before", "x")):
        refused = call("put", "/integrations/settings", {"preferences": {name: value}}, 400)
        assert refused["field"] == f"preferences.{name}"
    assert call("put", "/integrations/settings", {"preferences": {"status": "x"}}, 400)["code"] == 70002


def test_administrators_only_and_nothing_without_an_integration(call, membership):
    assert call("get", "/integrations/connections")["connections"] == []
    assert call("get", "/integrations/runs", status=404)["code"] == 1002
    staff = Caller(MembershipFactory(organization=membership.organization, role="staff"))
    ConnectionFactory(organization=membership.organization)
    assert staff("get", "/integrations/runs", status=403)["code"] == 57
    assert staff("post", "/integrations/runs", status=403)["code"] == 57
    assert not SyncRun.objects.exists()
