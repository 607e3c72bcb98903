"""A portal that behaves oddly while it is read: records vanish between pages, tokens run out, answers are slow."""

import json
from functools import partial

import pytest
import requests
from django.utils import timezone

from integrations import gateway
from integrations.models import SyncedRecord, SyncRun
from integrations.sync.queue import request_run
from integrations.sync.runner import run_slice
from practice_portal.api import paging
from tests.integrations.sync.kill_worker import _dump
from tests.integrations.sync.kills import differing
from timetracking.models import Task

TABLES = {"projects": "projects", "tasks": "tasks", "issues": "bugs", "logs": "timesheets"}


@pytest.fixture
def short_pages(monkeypatch):
    """The portal serves ten rows a page, however many are asked for."""
    asked = paging.page_of

    def page_of(call, *arguments, **options):
        page, size = asked(call, *arguments, **options)
        return page, min(size, 10)

    monkeypatch.setattr(paging, "page_of", page_of)


def at_the_portal(portal, entity):
    """Ids of what the portal has."""
    tables = next(one for one in portal.state.portals.values() if one.number == 1).tables
    return {key for key, record in tables[entity].records.items() if not record.trashed}


def lost_or_invented(portal, entity):
    """Ids that only one side knows, but for records without id and templates, which are never listed."""
    rows = SyncedRecord.objects.filter(module=TABLES[entity]).exclude(outcome="deleted")
    here = {key for key in rows.values_list("zoho_id", flat=True) if key.isdigit()}
    there = {str(key) for key in at_the_portal(portal, entity) if str(key).isdigit()}
    return here ^ there


def test_records_that_vanish_between_two_pages_cost_no_other_record(
    short_pages, portal, connection, control, sync, patiently
):
    sync()
    usual = {entity: lost_or_invented(portal, entity) for entity in TABLES}
    for entity in TABLES:
        before = at_the_portal(portal, entity)
        control.switch(removed_between_pages=entity)
        assert patiently().status == SyncRun.Status.SUCCEEDED
        removed = before - at_the_portal(portal, entity)
        assert len(removed) == 1, entity
        gone = SyncedRecord.objects.filter(module=TABLES[entity], outcome="deleted")
        assert not set(gone.values_list("zoho_id", flat=True)) & {
            str(key) for key in at_the_portal(portal, entity)
        }
        patiently()
        assert lost_or_invented(portal, entity) == usual[entity] - {str(key) for key in removed}, entity
    ended = _dump()
    run = patiently()
    assert run.message == "" and differing(_dump(), ended).keys() <= {"counts"}
    assert not run.module_runs.exclude(created=0, updated=0, deleted=0).exists()


@pytest.mark.parametrize("told_as_200", [False, True])
def test_a_limit_of_tokens_in_the_middle_of_a_run_is_waited_out_with_one_question(
    connection, control, told_as_200
):
    control.post("settings", {"access_tokens_per_window": 1})
    control.switch(token_throttle_200=told_as_200)
    expire = {"control": [{"path": "/control/tokens/expire"}]}
    control.post("faults", [{"match": {"path": r"/60012345/all-tasklists"}, "act": expire}])
    run = request_run(connection, SyncRun.Trigger.INSTANT, ring=False)
    control.post("log/clear")
    while not run.not_before:
        run_slice(run.pk)
        run.refresh_from_db()
    wait = (run.not_before - timezone.now()).total_seconds()
    assert run.is_active and 500 < wait <= 600
    SyncRun.objects.filter(pk=run.pk).update(not_before=None)  # somebody rings too early
    run_slice(run.pk)
    asked = requests.get(f"{control.url}/control/log", params={"path": "/oauth/v2/token"}, timeout=10).json()
    assert len(asked["calls"]) == 2, "one that was answered, one that was refused, none after it"
    run.refresh_from_db()
    connection.refresh_from_db()
    assert run.is_active and connection.status == "active"
    control.post("clock", {"add": 700})
    gateway.RequestBudget.objects.update(blocked_until=None)  # and so our clock, too
    SyncRun.objects.filter(pk=run.pk).update(not_before=None)
    while run.is_active:
        assert run_slice(run.pk) in ("", "more")
        run.refresh_from_db()
        assert run.not_before is None
    assert (run.status, run.message) == (SyncRun.Status.SUCCEEDED, "")


def test_answers_slower_than_one_waits_for_are_asked_for_again_and_given_up_one_by_one(
    connection, control, patiently, monkeypatch
):
    monkeypatch.setattr(
        gateway, "client_for", partial(gateway.client_for, read_timeout=1.5)
    )  # other answers come in hundredths
    slow = {"delay": 4}
    tasks = {"match": {"path": r"/60012345/tasks\?"}, "act": slow, "times": 2}
    bugs = {"match": {"path": r"/60012345/issues\?"}, "act": slow, "times": "forever"}
    control.post("faults", [tasks, bugs])
    run = patiently()
    failed = run.module_runs.filter(status="failed")
    assert run.status == SyncRun.Status.SUCCEEDED
    assert [part.module for part in failed] == ["bugs"] and "did not answer in time" in run.message
    assert Task.objects.exists()
    control.post("faults", [])
    assert patiently().message == ""


@pytest.mark.parametrize("dress", ["object", "under its key", "list of lists"])
def test_a_list_of_one_in_another_dress_is_read_and_nothing_counts_as_gone(
    connection, control, portal, sync, patiently, dress
):
    sync.first()
    row = SyncedRecord.objects.filter(module="tasks", outcome="synced").order_by("pk")[0]
    control.change("tasks", {"action": "change", "id": row.zoho_id, "set": {"name": "Alone in its list"}})
    record = read_one(portal, connection, f"/projects/{row.project_zoho_id}/tasks/{row.zoho_id}")
    body = {
        "object": record,
        "under its key": {"tasks": record},
        "list of lists": [{"tasks": [record], "page_info": {"page": 1, "has_next_page": False}}],
    }[dress]
    number = SyncedRecord.objects.filter(module="tasks", outcome="synced").count()
    match = {"match": {"path": r"/60012345/tasks\?"}, "times": "forever"}
    control.post("faults", [{**match, "act": {"status": 200, "body": json.dumps(body)}}])
    run = patiently()
    assert run.message == ""
    assert Task.objects.get(pk=row.object_id).name == "Alone in its list"
    assert SyncedRecord.objects.filter(module="tasks", outcome="synced").count() == number
    assert run.module_runs.get(module="tasks").seen == 1


@pytest.mark.parametrize("dress", ["array", "under its key"])
def test_a_single_record_in_another_dress_is_known_as_there(
    connection, control, portal, sync, patiently, dress
):
    sync.first()
    row = SyncedRecord.objects.filter(module="tasks", outcome="synced").order_by("pk")[0]
    path = f"/projects/{row.project_zoho_id}/tasks/{row.zoho_id}"
    record = read_one(portal, connection, path)
    body = [record] if dress == "array" else {"tasks": [record]}
    single = {"status": 200, "body": json.dumps(body)}
    control.post(
        "faults",
        [
            {"match": {"path": f"{path}$"}, "act": single, "times": "forever"},
            {"match": {"path": r"/60012345/tasks\?"}, "act": {"status": 204, "body": ""}, "times": "forever"},
        ],
    )
    patiently()
    row.refresh_from_db()
    assert row.outcome == "synced"


def read_one(portal, connection, path):
    """A single record as the portal answers it."""
    with gateway.client_for(connection) as client:
        found = client.get(path)
    return found[0] if isinstance(found, list) else found.get("tasks", [found])[0]
