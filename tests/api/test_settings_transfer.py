"""Settings of the integration go out and come in with their field map: a look first, and the screen's refusals."""

import pytest

from integrations.models import Connection, FieldMapping, SettingsChange, SyncRun
from integrations.zoho.oauth import SCOPES
from organizations.models import CustomField
from tests.factories import ConnectionFactory
from tests.integrations.sync.conftest import control, portal

__all__ = ["control", "portal"]
pytestmark = pytest.mark.django_db
FIELD = "cost_centre"


@pytest.fixture
def connection(call, portal, control):
    for key, label, kind in (("centre", "Cost centre", "singleline"), ("other", "Other", "singleline"),
                             ("count", "Count", "number")):  # fmt: skip
        CustomField.objects.create(
            organization=call.organization, module="projects", key=key, label=label, data_type=kind
        )
    made = ConnectionFactory(
        organization=call.organization, accounts_url=portal.url, api_url=portal.url, portal_id="60012345",
        refresh_token=control.post("tokens/grant", {"scopes": SCOPES})["refresh_token"],
    )  # fmt: skip
    FieldMapping.objects.create(
        connection=made, module="projects", source_field=FIELD, source_label="Cost centre", target_field="centre",
        data_type="singleline", is_custom=True,
    )  # fmt: skip
    return made


def stored(connection):
    return (
        list(FieldMapping.objects.filter(connection=connection).order_by("pk").values()),
        list(Connection.objects.filter(pk=connection.pk).values(*("sync_users", "settings_version"))),
        SettingsChange.objects.count(),
    )


def test_the_field_map_goes_out_and_comes_in_after_a_look(call, connection):
    settings = call("get", "/integrations/settings")["settings"]
    (pair,) = settings["field_map"]
    assert (pair["module"], pair["source_field"], pair["target_field"]) == ("projects", FIELD, "centre")
    before = stored(connection)
    same = call("put", "/integrations/settings", settings)["settings"]  # what went out comes in as it is
    assert same["changes"] == [] and stored(connection) == before

    wanted = {
        "field_map": [{**pair, "target_field": "other"}],
        "scope": "all",
        "version": settings["version"],
    }
    looked = call("put", "/integrations/settings", wanted, dry_run="true")["settings"]
    change = {"name": f"field_map.projects.{FIELD}", "from": "centre", "to": "other"}
    assert looked["changes"] == [change] and looked["field_map"] == [pair] and stored(connection) == before
    done = call("put", "/integrations/settings", {**wanted, "preferences": {"sync_users": True}})["settings"]
    assert [item["name"] for item in done["changes"]] == ["sync_users", change["name"]]
    assert done["field_map"][0]["target_field"] == "other" and done["preferences"]["sync_users"] is True
    assert "for all records" in SettingsChange.objects.get(what__contains="Field map").what
    gone = call("put", "/integrations/settings", {"field_map": [], "scope": "new"})["settings"]
    assert gone["changes"] == [{**change, "from": "other", "to": ""}] and gone["field_map"] == []


@pytest.mark.parametrize("dry_run", ["true", "false"])
def test_what_the_screen_refuses_is_refused_and_nothing_changes(call, connection, dry_run):
    before = stored(connection)
    pair = {"module": "projects", "source_field": FIELD, "target_field": "other"}

    def refused(status=400, code=70000, **body):
        answer = call("put", "/integrations/settings", {"scope": "all", **body}, status, dry_run=dry_run)
        assert answer["code"] == code and stored(connection) == before
        return answer.get("field", ""), answer["message"]

    target = "field_map.0.target_field"
    assert refused(field_map=[{**pair, "target_field": "count"}])[0] == target  # another type
    assert "no such custom field here" in refused(field_map=[{**pair, "target_field": "nothing"}])[1]
    assert "no such custom field any more" in refused(field_map=[{**pair, "source_field": "nothing"}])[1]
    assert "no module" in refused(field_map=[{**pair, "module": "secrets"}])[1]
    assert refused(code=70001, field_map=[pair, pair])[0] == "field_map.1.source_field"
    assert refused(field_map=[pair], scope="")[0] == "scope"
    assert refused(code=70002, field_map=[{**pair, "odd": 1}])[0] == "field_map.0.odd"
    assert "Somebody else changed" in refused(field_map=[pair], version=999)[1]
    run = SyncRun.objects.create(connection=connection, trigger="instant")
    assert "under way" in refused(field_map=[pair])[1]
    run.delete()
    Connection.objects.update(api_url="http://127.0.0.1:9", accounts_url="http://127.0.0.1:9")
    assert "could not be asked" in refused(503, 70008, field_map=[pair])[1]
    Connection.objects.update(status="connecting")
    assert "set-up is not finished" in refused(preferences={"sync_users": True})[1]


def test_choices_follow_each_other_as_on_the_screen(call, connection):
    Connection.objects.update(sync_users=True, users_portal_access=True, invoiced_before="2026-01-01")
    body = {"preferences": {"sync_users": False, "sync_timesheets": False}}
    changes = call("put", "/integrations/settings", body)["settings"]["changes"]
    assert {item["name"]: item["to"] for item in changes} == {
        "sync_users": False, "sync_timesheets": False, "users_portal_access": False, "invoiced_before": None,
    }  # fmt: skip
