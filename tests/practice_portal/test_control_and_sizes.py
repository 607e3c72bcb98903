"""The control interface: records, log, clock, reset; medium and large data; the program itself."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import requests

from practice_portal.server import start
from tests.practice_portal.helpers import Api, project_id

PROJECT = project_id(1)


def test_added_records_get_all_they_need(api):
    client = api.records("clients", {"action": "add", "record": {"name": "Newcomer"}})["id"]
    project = api.records(
        "projects",
        {
            "action": "add",
            "record": {"name": "Fresh"},
            "users": ["219300000000012001"],
            "clients": [{"id": client, "is_primary": True}],
        },
    )["id"]
    listed = api.records("tasklists", {"action": "add", "record": {"name": "L", "project_id": project}})["id"]
    task = api.records(
        "tasks",
        {
            "action": "add",
            "record": {
                "name": "T",
                "project_id": project,
                "tasklist_id": listed,
                "owner_id": "219300000000012001",
            },
        },
    )["id"]
    log = api.records(
        "timelogs", {"action": "add", "record": {"item_id": task, "date": "2026-11-19", "hours": "2:15"}}
    )
    assert api.json(f"/projects/{project}/tasks/{task}")["tasklist"]["name"] == "L"
    assert api.json("/tasks", per_page=1)["tasks"][0]["id"] == task, "new tasks come first"
    found = api.logs(project=project)
    assert [e["id"] for e in found] == [log["id"]] and found[0]["module_detail"]["name"] == "T"
    assert api.json(f"/projects/{project}/clients")["clients"][0]["name"] == "Newcomer"
    assert len(api.json(f"/projects/{project}/users")["users"]) == 1


def test_a_change_moves_the_stamp_unless_told_otherwise(api):
    task = api.json(f"/projects/{PROJECT}/tasks", per_page=200)["tasks"][-1]
    api.records("tasks", {"id": task["id"], "set": {"name": "Quiet"}, "touch": False})
    assert (
        api.json(f"/projects/{PROJECT}/tasks/{task['id']}")["last_modified_time"]
        == task["last_modified_time"]
    )
    api.records("tasks", {"id": task["id"], "set": {"status.name": "Odd"}, "unset": ["priority"]})
    after = api.json(f"/projects/{PROJECT}/tasks/{task['id']}")
    assert after["last_modified_time"] > task["last_modified_time"]
    assert after["status"]["name"] == "Odd" and "priority" not in after


def test_renaming_follows_to_the_children(api):
    api.records("projects", {"id": PROJECT, "set": {"name": "Other name"}})
    assert {t["project"]["name"] for t in api.json(f"/projects/{PROJECT}/tasks")["tasks"]} == {"Other name"}


def test_deleting_takes_the_logs_along_and_leaves_no_trace(api):
    log = next(e for e in api.logs(project=PROJECT) if "id" in e)
    task = log["module_detail"]["id"]
    trash = len(api.json("/bin")["trash"])
    api.records("tasks", {"action": "delete", "id": task})
    assert api.get(f"/projects/{PROJECT}/tasks/{task}").status_code == 404
    assert task not in {e["module_detail"]["id"] for e in api.logs(project=PROJECT)}
    assert len(api.json("/bin")["trash"]) == trash
    api.records(
        "logs", {"action": "delete", "id": next(e["id"] for e in api.logs(project=PROJECT) if "id" in e)}
    )
    api.records("projects", {"action": "delete", "id": PROJECT})
    assert api.get(f"/projects/{PROJECT}/tasks").status_code == 404


def test_trash_and_restore_of_a_task(api):
    log = next(e for e in api.logs(project=PROJECT) if "id" in e)
    task, before = log["module_detail"]["id"], len(api.logs(project=PROJECT))
    api.records("tasks", {"action": "trash", "id": task})
    assert len(api.logs(project=PROJECT)) < before
    assert task in {t["id"] for t in api.json("/bin")["trash"]}
    api.records("tasks", {"action": "restore", "id": task})
    assert len(api.logs(project=PROJECT)) == before


def test_clients_of_a_project_can_be_set(api):
    links = [{"id": "219300000000050007", "is_primary": True}]
    api.records("project_clients", {"project_id": PROJECT, "clients": links})
    assert [c["name"] for c in api.json(f"/projects/{PROJECT}/clients")["clients"]] == ["Quiet Holdings"]
    api.records("project_users", {"project_id": PROJECT, "users": ["219300000000012009"]})
    assert [u["full_name"] for u in api.json(f"/projects/{PROJECT}/users")["users"]] == ["Lena Falk"]


def test_raw_records_and_lists_of_actions(api):
    done = api.records(
        "tasks",
        [
            {"action": "add", "raw": True, "key": "k1", "record": {"project": {"id": PROJECT}}},
            {"action": "delete", "id": "k1"},
        ],
    )
    assert len(done["results"]) == 2
    assert (
        "no tasks with id"
        in api.control("records/1/tasks", {"action": "delete", "id": "1"}, status=400)["error"]
    )
    assert (
        "unknown entity"
        in api.control("records/1/cats", {"action": "delete", "id": "1"}, status=400)["error"]
    )
    assert (
        "unknown portal"
        in api.control("records/9/tasks", {"action": "delete", "id": "1"}, status=400)["error"]
    )


def test_the_log_tells_every_call_and_no_secret(api):
    api.control("log/clear", {})
    api.get(f"/projects/{PROJECT}/tasks", page=2)
    api.get("/nonsense")
    first, second = api.control("log")["calls"]
    assert first["pattern"] == "/api/v3/portal/{n}/projects/{n}/tasks" and first["params"] == {"page": "2"}
    assert (first["method"], first["status"], second["error"]) == ("GET", 204, "URL_RULE_NOT_CONFIGURED")
    assert first["token"] and first["token"] not in api.tokens["access_token"]
    assert api.tokens["access_token"] not in json.dumps([first, second])


def test_reset_brings_everything_back(api):
    api.records("projects", {"action": "delete", "id": PROJECT})
    api.switch(integer_ids=True)
    api.control("clock", {"offset": 500})
    api.control("reset", {"keep_tokens": True})
    state = api.control("state")
    assert state["clock_offset"] == 0 and not any(state["switches"].values()) and state["faults"] == []
    assert api.get(f"/projects/{PROJECT}").status_code == 200


def test_date_header_follows_the_clock(api):
    api.control("clock", {"offset": 86_400 * 400})
    api.connect()
    year = int(api.get("/tasks").headers["Date"].split()[3])
    assert year > time.gmtime().tm_year


def test_front_page_and_unknown_control_calls(api):
    assert "invented data" in requests.get(api.url, timeout=60).text
    assert "unknown control call" in api.control("nonsense", {}, status=400)["error"]
    assert "unknown setting" in api.control("settings", {"nonsense": 1}, status=400)["error"]


def test_the_same_seed_gives_the_same_data():
    def everything():
        with start(today="2026-11-20", seed=7) as portal:
            api = Api(portal)
            return api.logs(project=PROJECT), api.json("/tasks", per_page=200), api.json("/projects")

    assert everything() == everything()


def test_logs_of_every_day_reach_up_to_today_by_default():
    with start() as portal:
        assert portal.state.today == portal.state.clock.datetime().date()


# generated data


@pytest.fixture(scope="module")
def large():
    with start(size="large", today="2026-11-20", throttle_limit=0) as portal:
        yield portal


@pytest.fixture
def big(large):
    large.state.reset()
    return Api(large)


def gen(kind, index):
    return f"2193{kind}{index:012d}"


def test_large_counts(big):
    counts = big.control("state")["portals"][0]["records"]
    assert (counts["projects"], counts["tasks"], counts["logs"]) == (500, 50_000, 1_000_000)


def test_large_pages_do_not_overlap_and_last_pages_are_as_cheap(big):
    seen = set()
    for page in (1, 2, 125, 249, 250):
        tasks = big.json("/tasks", page=page, per_page=200)["tasks"]
        assert len(tasks) == 200 and not seen & {t["id"] for t in tasks}
        seen |= {t["id"] for t in tasks}
    assert big.get("/tasks", page=251, per_page=200).status_code == 204
    one = big.json("/tasks", per_page=1, page=40_000)["tasks"][0]
    assert big.json(f"/projects/{one['project']['id']}/tasks/{one['id']}") == one


def test_large_logs_refer_to_tasks_and_lists_that_exist(big):
    project = big.json("/projects", per_page=200, page=2)[3]["id"]
    logs = big.logs(project=project)
    tasks = {t["id"]: t for t in big.pages(f"/projects/{project}/tasks", "tasks", per_page=200)}
    lists = {t["id"] for t in big.pages(f"/projects/{project}/tasklists", "tasklists", per_page=200)}
    users = {u["zpuid"] for u in big.json(f"/projects/{project}/users")["users"]}
    assert logs and {log["module_detail"]["id"] for log in logs} <= set(tasks)
    assert {t["tasklist"]["id"] for t in tasks.values()} <= lists
    assert {log["owner"]["zpuid"] for log in logs} <= users
    dates = [log["date"] for log in logs]
    assert dates == sorted(dates)
    one = logs[5]
    assert big.json(f"/projects/{project}/logs/{one['id']}", type="task") == one


def test_portal_window_equals_the_sum_of_the_projects():
    with start(size="medium", today="2026-11-20", throttle_limit=0, cases=True) as portal:
        api = Api(portal)
        window = {"view_type": "customdate", "start_date": "2026-10-19", "end_date": "2026-11-20"}
        for kind in ("task", "issue", "general"):
            whole = api.logs(kind, **window)
            parts = [
                log
                for p in api.pages("/projects", None, per_page=200)
                for log in api.logs(kind, p["id"], **window)
            ]
            assert sorted(map(str, whole)) == sorted(map(str, parts)) and len(whole) > 50
            dates = [log["date"] for log in whole]
            assert dates == sorted(dates)
        totals = api.json("/timelogs", module={"type": "task"}, per_page=1, **window)["log_hours"][
            "billable_hours"
        ]
        spent = 0
        for log in api.logs(**window):
            if log["billing_status"] == "Billable" and ":" in log["log_hour"]:
                hours, minutes = log["log_hour"].split(":")
                spent += int(hours) * 60 + int(minutes)
            elif log["billing_status"] == "Billable" and log["log_hour"].isdigit():
                spent += int(log["log_hour"]) * 60
        assert totals == f"{spent // 60:02d}:{spent % 60:02d}"


def test_generated_records_can_be_changed_and_removed(big):
    first = big.json("/projects")[0]["id"]
    log = big.logs(project=first, view_type="customdate", start_date="2026-11-16", end_date="2026-11-19")[3]
    window = {
        "module": {"type": "task"},
        "view_type": "customdate",
        "start_date": "2026-11-10",
        "end_date": "2026-11-19",
    }

    def count():
        return len(big.logs(project=first, **{k: v for k, v in window.items() if k != "module"}))

    before = count()
    big.records("logs", {"id": log["id"], "set": {"date": "2026-11-12", "log_hour": "07:07"}})
    assert count() == before
    moved = [
        e for e in big.logs(project=first, view_type="day", start_date="2026-11-12") if e["id"] == log["id"]
    ]
    assert moved[0]["log_hour"] == "07:07"
    assert any(e["id"] == log["id"] for e in big.logs(view_type="day", start_date="2026-11-12"))
    big.records("logs", {"action": "delete", "id": log["id"]})
    assert count() == before - 1
    about = log["module_detail"]["id"]
    same = sum(
        e["module_detail"]["id"] == about
        for e in big.logs(
            project=first, view_type="customdate", start_date="2026-11-10", end_date="2026-11-19"
        )
    )
    big.records("tasks", {"action": "trash", "id": about})
    assert count() == before - 1 - same
    assert big.get(f"/projects/{first}/tasks/{about}").status_code == 404
    big.records("tasks", {"action": "restore", "id": about})
    assert count() == before - 1
    big.records("tasks", {"id": about, "set": {"name": "Changed"}})
    rows = {
        "criteria": [
            {"field_name": "last_updated_time", "criteria_condition": "greater_than", "value": ["2026-11-20"]}
        ],
        "pattern": "1",
    }
    assert [t["id"] for t in big.pages("/tasks", "tasks", filter=rows)] == [about]
    big.records("projects", {"action": "trash", "id": first})
    assert first not in {t["project"]["id"] for t in big.json("/tasks", per_page=200)["tasks"]}
    assert first not in {e["project"]["id"] for e in big.logs(view_type="day", start_date="2026-11-12")}


def test_changed_since_on_large_data_finds_exactly_the_changed(big):
    rows = {
        "criteria": [
            {"field_name": "last_updated_time", "criteria_condition": "greater_than", "value": ["2026-11-12"]}
        ],
        "pattern": "1",
    }
    tasks = big.pages("/tasks", "tasks", filter=rows, per_page=200)
    assert all(t["last_modified_time"] >= "2026-11-13" for t in tasks)
    first = {
        t["id"]
        for page in range(1, 60)
        for t in big.json("/tasks", per_page=200, page=page)["tasks"]
        if t["last_modified_time"] >= "2026-11-13"
    }
    assert {t["id"] for t in tasks} == first


def test_a_page_of_200_costs_the_processor_milliseconds_however_long_its_list_is(big, monkeypatch):
    monkeypatch.setattr("practice_portal.server.time.perf_counter", time.thread_time)
    big.control("log/clear", {})
    first = big.json("/projects")[0]["id"]
    for page in range(1, 9):
        big.json("/tasks", per_page=200, page=page)
        big.json(
            f"/projects/{first}/timelogs",
            module={"type": "task"},
            view_type="projectspan",
            per_page=200,
            page=page,
        )
        big.json(
            "/timelogs",
            module={"type": "task"},
            view_type="customdate",
            start_date="2026-06-01",
            end_date="2026-11-19",
            per_page=200,
            page=page,
        )
    for pattern in {c["pattern"] for c in big.control("log")["calls"]}:
        spent = sorted(c["milliseconds"] for c in big.control("log")["calls"] if c["pattern"] == pattern)
        assert spent[len(spent) // 4] < 20, (pattern, spent)


def test_sizes_can_be_set(tmp_path):
    with start(size="large", projects=30, tasks=90, logs=1000, throttle_limit=0) as portal:
        counts = Api(portal).control("state")["portals"][0]["records"]
        assert (counts["projects"], counts["tasks"], counts["logs"]) == (30, 90, 1000)


# the program


def test_the_program_starts_says_so_and_stops(tmp_path):
    kept = tmp_path / "kept.json"
    command = [
        sys.executable,
        "-m",
        "practice_portal",
        "--port",
        "0",
        "--remember",
        str(kept),
        "--today",
        "2026-11-20",
    ]

    def run():
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ})
        line = process.stdout.readline()
        return process, line.split(" at ")[1].split()[0], line

    process, url, line = run()
    assert line.startswith("practice portal ready at http://127.0.0.1:")
    tokens = requests.post(url + "/control/tokens/grant", json={}, timeout=60).json()
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    process.stdout.close()
    assert kept.stat().st_mode & 0o077 == 0
    process, url, _ = run()
    body = {
        "grant_type": "refresh_token",
        "client_id": "practice-client",
        "client_secret": "practice-secret",
        "refresh_token": tokens["refresh_token"],
    }
    assert "access_token" in requests.post(url + "/oauth/v2/token", data=body, timeout=60).json()
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    process.stdout.close()


def test_a_stopped_server_answers_nobody():
    portal = start()
    session = requests.Session()
    assert session.get(portal.url, timeout=60).status_code == 200
    portal.stop()
    with pytest.raises(requests.exceptions.ConnectionError):
        session.get(portal.url, timeout=60)
