"""Runs that read only what changed end where a whole reading would, for few requests."""

import contextlib
import json
import random
from datetime import timedelta

import pytest
import requests
from django.core.management import call_command
from django.utils import timezone

from integrations import lifecycle
from integrations.models import Module, SyncedRecord, SyncMark, SyncRun
from integrations.sync import marks
from integrations.sync.plan import decide
from integrations.zoho.oauth import SCOPES
from practice_portal.data.bulk import bulk_id
from practice_portal.server import start
from timetracking.models import Bug, Milestone, Project, ProjectStaff, Task, TaskList, TimeEntry

LEDGER = ("module", "zoho_id", "name", "project_zoho_id", "object_id", "outcome", "reason", "detail")
TABLES = (Project, Milestone, TaskList, Task, Bug, TimeEntry, ProjectStaff)


@pytest.fixture(autouse=True)
def no_brake(settings):
    """A small portal in which much changes at once is what these tests are about."""
    settings.SYNC_BRAKE_RECORDS = 10_000


def dump():
    """Everything that a sync writes beside its own records and the marks."""
    ledger = SyncedRecord.objects.values_list(*LEDGER, "fingerprint", "minutes", "blocked_by")
    tables = (ledger, *(model.objects.values_list() for model in TABLES))
    return [{str(row) for row in rows} for rows in tables]


def ids(portal, entity, **kind):
    """Ids of stored, visible records of the first portal."""
    table = portal.state.portals["60012345"].tables[entity]
    return [
        key
        for key, record in table.records.items()
        if table.visible(record) and all(record.data.get(k) == v for k, v in kind.items())
    ]


def api_calls(portal, after=0):
    """The logged calls of the Projects API."""
    return [
        entry for entry in portal.state.log if entry["number"] > after and entry["path"].startswith("/api/")
    ]


# -- random edits, seeded -------------------------------------------------------------------------------------


def edits(portal, control, chance):
    """Make some thirty changes of every sort that has a trace: change stamps, the bin, lists read whole."""
    logs, tasks = ids(portal, "logs"), [key for key in ids(portal, "tasks") if key.isdigit()]
    issues, projects = ids(portal, "issues"), [key for key in ids(portal, "projects") if key.isdigit()]
    logs = [key for key in logs if key.isdigit()]
    change = control.change
    for key in chance.sample(logs, 8):
        chance.choice(
            [
                lambda k: change("logs", {"id": k, "set": {"approval.status": "Approved"}}),
                lambda k: change("logs", {"id": k, "set": {"approval.status": "Rejected"}}),
                lambda k: change("logs", {"id": k, "set": {"log_hour": "01:23"}}),
                lambda k: change("logs", {"id": k, "set": {"billing_status": "Billable"}}),
                lambda k: change("logs", {"id": k, "set": {"billing_status": "Non Billable"}}),
            ]
        )(key)
    for key in chance.sample(tasks, 6):
        chance.choice(
            [
                lambda k: change("tasks", {"id": k, "set": {"name": "Renamed"}}),
                lambda k: change("tasks", {"id": k, "set": {"end_date": "1900-01-01T00:00:00.000Z"}}),
                lambda k: change("tasks", {"id": k, "set": {"end_date": "2026-05-05T00:00:00.000Z"}}),
                lambda k: change("tasks", {"action": "trash", "id": k}),
            ]
        )(key)
    for key in chance.sample(issues, 3):
        change("issues", {"id": key, "set": {"name": "Renamed bug"}})
    change("issues", {"action": "trash", "id": chance.choice(issues)})
    for key in chance.sample(projects, 3):
        chance.choice(
            [
                lambda k: change("projects", {"id": k, "set": {"name": "Renamed project"}}),
                lambda k: change("projects", {"action": "trash", "id": k}),
                lambda k: _customer(portal, control, k, chance),
                lambda k: _customer(portal, control, k, None),
            ]
        )(key)
    in_bin = portal.state.portals["60012345"].tables
    for entity in ("tasks", "issues", "projects"):
        trashed = [key for key, record in in_bin[entity].records.items() if record.trashed]
        if trashed:
            change(entity, {"action": "restore", "id": chance.choice(trashed)})
    project = chance.choice(ids(portal, "projects", project_type="active"))
    owner = chance.choice(ids(portal, "users"))
    lists = [k for k in ids(portal, "tasklists") if _project_of(portal, "tasklists", k) == project]
    task = {"name": "New task", "project_id": project, **({"tasklist_id": lists[0]} if lists else {})}
    made = change("tasks", {"action": "add", "record": task})
    item = made["results"][0]["id"]
    log = {"project_id": project, "item_id": item, "owner_id": owner, "hours": "02:00", "type": "task"}
    change("logs", {"action": "add", "record": {**log, "approval": {"status": "Approved"}}})
    change("clients", {"id": chance.choice(ids(portal, "clients")), "set": {"phone": "+49 30 5550100"}})
    change("users", {"id": owner, "set": {"email": f"moved.{owner}@lindenwerk.example.test"}})


def _project_of(portal, entity, key):
    return portal.state.portals["60012345"].tables[entity].records[key].project_id


def _customer(portal, control, project, chance):
    """Give the project another primary customer, or take all away; the project's stamp moves with it."""
    clients = [{"id": chance.choice(ids(portal, "clients")), "is_primary": True}] if chance else []
    control.post("records/1/project_clients", {"project_id": project, "clients": clients})
    control.change("projects", {"id": project, "set": {}})


@pytest.mark.parametrize("seed", range(4))
def test_after_random_edits_a_whole_reading_finds_nothing_left_to_write(
    seed, sync, portal, control, connection
):
    connection.sync_users = bool(seed % 2)
    connection.save()
    sync()
    chance = random.Random(seed)
    for _ in range(2):
        edits(portal, control, chance)
        run = sync(is_whole=False)
        assert run.status == SyncRun.Status.SUCCEEDED, run.message
        modes = {name: part["mode"] for name, part in run.plan["modules"].items()}
        assert modes["timesheets"] == "changed"
        for part in run.module_runs.all():
            assert part.seen == part.created + part.updated + part.unchanged + part.excluded + part.failed
    before = dump()
    again = sync()
    after = dump()
    for old, new in zip(before, after, strict=True):
        assert sorted(old ^ new) == []
    assert sum(part.created + part.updated + part.deleted for part in again.module_runs.all()) == 0


# -- a generated portal: what it costs --------------------------------------------------------------------------


@contextlib.contextmanager
def generated(connection, **size):
    """The connection, to a generated portal."""
    with start(size="large", throttle_limit=0, auto_consent=True, **size) as server:
        tokens = requests.post(
            f"{server.url}/control/tokens/grant", json={"scopes": SCOPES}, timeout=60
        ).json()
        connection.accounts_url = connection.api_url = connection.web_url = server.url
        connection.refresh_token, connection.access_token = tokens["refresh_token"], ""
        connection.access_token_expires_at = None
        connection.save()
        yield server


@pytest.fixture
def big(portal, connection):
    """A generated portal of 30 projects; small enough to be quick, of the same structure."""
    with generated(connection, projects=30, tasks=900, logs=2400) as server:
        ten_changes(server)  # some logs of long ago that were changed today
        yield server


def ten_changes(server):
    """Change ten records: tasks, issues, logs and a project."""
    tables = server.state.portals["60012345"].tables
    for entity, kinds, count in (
        ("tasks", ["tasks"], 3),
        ("issues", ["issues"], 2),
        ("projects", ["projects"], 1),
    ):
        for number in range(count):
            _post(
                server,
                entity,
                {"id": bulk_id(kinds[0], 7 * number + 3), "set": {"name": f"Changed {number}"}},
            )
    for number, kind in enumerate(("task", "task", "issue", "general")):
        key = bulk_id(kind, 11 * number + 5)
        assert tables["logs"].peek(key)
        _post(server, "logs", {"id": key, "set": {"log_hour": "03:21", "approval.status": "Approved"}})


def _post(server, entity, change):
    answer = requests.post(f"{server.url}/control/records/1/{entity}", json=change, timeout=60)
    assert answer.ok, answer.text


def counted(server, sync, **fields):
    """A run and the calls of the API that it made, counted by the portal."""
    before = server.state.calls
    run = sync(**fields)
    assert run.status == SyncRun.Status.SUCCEEDED, run.message
    return run, api_calls(server, before)


def test_of_a_long_list_without_a_filter_only_the_newest_are_read(portal, connection, sync, monkeypatch):
    """600 task lists; the run after the first asks for one page of them and finds what changed."""
    monkeypatch.setattr("integrations.sync.plan.FEW_PAGES", 0)
    with generated(connection, projects=60, tasks=6000, logs=60) as server:
        sync(is_whole=False)
        assert TaskList.objects.count() > 500
        key = SyncedRecord.objects.filter(module="task_lists", outcome="synced").values_list("zoho_id")[7][0]
        _post(server, "tasklists", {"id": key, "set": {"name": "Renamed since"}})
        run, calls = counted(server, sync, is_whole=False)
        assert run.plan["modules"]["task_lists"]["mode"] == "newest"
        assert sum("/all-tasklists" in call["path"] for call in calls) == 1
        assert TaskList.objects.filter(name="Renamed since").exists()


def test_ten_changes_cost_few_requests_and_no_change_writes_nothing(big, sync, connection, capsys):
    run, calls = counted(big, sync, is_whole=False)
    assert run.plan["modules"]["timesheets"]["mode"] == "whole"
    rows = SyncedRecord.objects.count()
    facts = {mark.module: mark.facts for mark in SyncMark.objects.all()}
    assert facts["timesheets"]["portal_wide"] is True
    # the portal's lists of logs were used, not three calls for each project
    assert sum("/timelogs" in call["path"] for call in calls) < 3 * 30
    assert rows == 30 + sum(part.seen for part in run.module_runs.exclude(module="projects"))

    before, stored = dump(), list(SyncedRecord.objects.order_by("pk").values_list())
    run, calls = counted(big, sync, is_whole=False)
    assert len(calls) <= 20
    assert dump() == before and list(SyncedRecord.objects.order_by("pk").values_list()) == stored

    ten_changes(big)
    call_command("sync_zoho_projects", plan=True, format="json")
    plan = json.loads(capsys.readouterr().out)
    assert (
        plan["modules"]["tasks"]["mode"] == "changed" and "Changed since" in plan["modules"]["tasks"]["why"]
    )
    run, calls = counted(big, sync, is_whole=False)
    assert len(calls) <= 30
    assert plan["requests"] <= len(calls) + 2
    assert sum(part.updated for part in run.module_runs.all()) >= 8
    before = dump()
    counted(big, sync)
    assert dump() == before


def test_a_week_only_portal_and_a_refused_filter_cost_requests_but_no_record(big, sync):
    big.state.set_switch("portal_timelogs_week_only", True)
    run, _ = counted(big, sync, is_whole=False)
    assert SyncMark.objects.get(module="timesheets").facts["portal_wide"] is False
    refusal = {"error": {"title": "INVALID_PARAMETER_VALUE", "error_type": "FIELDS_VALIDATION_ERROR"}}
    rule = {"match": {"path": "[?&]filter="}, "act": {"status": 400, "body": refusal}, "times": "forever"}
    requests.post(f"{big.url}/control/faults", json={"rules": [rule]}, timeout=60)
    ten_changes(big)
    run, _ = counted(big, sync, is_whole=False)
    assert run.plan["modules"]["timesheets"]["via"] == "projects"
    assert sum(part.updated for part in run.module_runs.all()) >= 8
    before = dump()
    counted(big, sync)
    assert dump() == before


def test_a_changed_cutoff_judges_every_log_again_and_delete_forgets_the_marks(big, sync, connection):
    counted(big, sync, is_whole=False)
    days = sorted(TimeEntry.objects.values_list("date", flat=True))
    connection.invoiced_before = days[len(days) // 2]
    connection.save()
    run, _ = counted(big, sync, is_whole=False)
    assert run.plan["modules"]["timesheets"]["mode"] == "whole"
    assert run.plan["modules"]["tasks"]["mode"] == "changed"
    assert not TimeEntry.objects.filter(
        date__lt=connection.invoiced_before, billing_status="unbilled"
    ).exists()
    lifecycle.delete(connection)
    assert not SyncMark.objects.exists()
    assert "not been read whole" in decide(connection, "instant", False, timezone.now())["tasks"]["why"]


def test_scheduled_runs_read_the_recent_logs_daily_and_everything_weekly(connection):
    now = timezone.now()
    for module in Module.values:
        SyncMark.objects.create(
            connection=connection, module=module, read_until=now, whole_at=now, recent_at=now,
            basis=marks.basis(connection, module), facts={"portal_wide": True},
        )  # fmt: skip
    at = {
        days: decide(connection, "scheduled", False, now + timedelta(days=days))["timesheets"]
        for days in (0.5, 1, 7)
    }
    assert (at[0.5]["mode"], at[0.5]["recent"]) == ("changed", False)
    assert (at[1]["mode"], at[1]["recent"]) == ("changed", True)
    assert at[7]["mode"] == "whole" and "weekly" in at[7]["why"]
    assert decide(connection, "instant", False, now + timedelta(days=7))["timesheets"]["mode"] == "changed"
    assert decide(connection, "instant", False, now + timedelta(days=26))["timesheets"]["mode"] == "whole"


def test_a_run_that_failed_moves_no_mark(big, sync, control):
    counted(big, sync, is_whole=False)
    before = list(SyncMark.objects.order_by("pk").values_list())
    big.state.set_switch("missing_scope", "timesheets")
    run, _ = counted(big, sync, is_whole=False)
    assert run.module_runs.get(module="timesheets").status == "failed"
    after = {row[2]: row for row in SyncMark.objects.order_by("pk").values_list()}
    assert [row for row in before if row[2] == "timesheets"] == [after["timesheets"]]
    assert after["tasks"] not in before


def test_every_project_is_asked_for_its_customer_in_turn(sync, control, monkeypatch):
    """Two projects lose and get a customer, and nothing says that they changed."""
    sync()
    rows = SyncedRecord.objects.filter(module="projects")
    monkeypatch.setattr("integrations.sync.plan.FEW_PROJECTS", 0)
    loser = rows.filter(outcome="synced", name="Store rollout, north").get()
    gainer = rows.filter(reason="no_primary_customer").first()
    customer = {"id": loser.source["primary"], "is_primary": True}
    clients = "GET /api/v3/portal/{n}/projects/{n}/clients"
    most = 0
    for run in range(rows.count()):
        if run == 1:
            control.post("records/1/project_clients", {"project_id": loser.zoho_id, "clients": []})
            control.post("records/1/project_clients", {"project_id": gainer.zoho_id, "clients": [customer]})
        run = sync(is_whole=False)
        most = max(most, run.requests.get(clients, 0))
        for row in (loser, gainer):
            row.refresh_from_db()
        if (loser.outcome, gainer.outcome) == ("failed", "synced"):
            break
    assert (loser.reason, gainer.reason) == ("no_primary_customer", "")
    assert ProjectStaff.objects.filter(project=gainer.object_id).exists()
    assert most <= 10 and run.plan["modules"]["projects"]["turn"] <= 10


def test_in_a_portal_of_few_projects_a_customer_taken_away_shows_though_the_project_did_not_change(
    sync, control, monkeypatch
):
    sync.first()
    rows = SyncedRecord.objects.filter(module="projects")
    monkeypatch.setattr("integrations.sync.plan.FEW_PROJECTS", rows.count())
    row = rows.filter(outcome="synced", name="Store rollout, north").get()
    clients = control.post("records/1/project_clients", {"project_id": row.zoho_id, "clients": []})
    assert clients is not None
    run = sync(is_whole=False)
    assert not run.is_whole
    row.refresh_from_db()
    assert (row.outcome, row.reason) == ("failed", "no_primary_customer")
