"""Time logs: module and view rules, windows, totals; the filter of tasks, issues and logs."""

from collections import Counter

import pytest

from tests.practice_portal.helpers import project_id

PROJECT = project_id(1)
TASK = {"type": "task"}


def criteria(*rows, pattern=None):
    made = [{"field_name": f, "criteria_condition": c, "value": list(v)} for f, c, *v in rows]
    return {"criteria": made, "pattern": pattern or " AND ".join(str(i + 1) for i in range(len(rows)))}


def title(answer):
    error = answer.json()["error"]
    return answer.status_code, error["title"], error["details"][0].get("field_name")


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"view_type": "projectspan"}, ("LESS_THAN_MIN_OCCURANCE", "module")),
        ({"module": {"type": "bug"}, "view_type": "projectspan"}, ("PATTERN_NOT_MATCHED", "module")),
        ({"module": {"type": "all"}, "view_type": "projectspan"}, ("PATTERN_NOT_MATCHED", "module")),
        ({"module": "no json", "view_type": "projectspan"}, ("JSON_PARSE_ERROR", "module")),
        ({"module": TASK}, ("LESS_THAN_MIN_OCCURANCE", "view_type")),
        (
            {"module": TASK, "view_type": "customdate", "start_date": "2026-01-01"},
            ("LESS_THAN_MIN_OCCURANCE", "end_date"),
        ),
        (
            {"module": TASK, "view_type": "customdate", "start_date": "2026-01-01", "end_date": "2026-07-04"},
            ("INVALID_PARAMETER_VALUE", "end_date"),
        ),
        (
            {"module": TASK, "view_type": "customdate", "start_date": "01-13-2026", "end_date": "2026-07-04"},
            ("PATTERN_NOT_MATCHED", "start_date"),
        ),
    ],
)
def test_wrong_time_log_calls(api, params, expected):
    assert title(api.get(f"/projects/{PROJECT}/timelogs", **params)) == (400, *expected)


def test_184_days_are_the_longest_window(api):
    assert (
        api.get(
            f"/projects/{PROJECT}/timelogs",
            module=TASK,
            view_type="customdate",
            start_date="2026-05-21",
            end_date="2026-11-20",
        ).status_code
        == 200
    )


def test_every_billing_and_approval_state_of_every_kind(api):
    for kind in ("task", "issue", "general"):
        logs = api.logs(kind, PROJECT)
        states = {(log["billing_status"], (log.get("approval") or {}).get("status")) for log in logs}
        assert {
            (b, a) for b in ("Billable", "Non Billable") for a in ("Approved", "Pending", "Rejected", None)
        } <= states
        assert {log["type"] for log in logs} == {kind}
        if kind == "issue":
            assert {log["module_detail"]["type"] for log in logs} == {"bug"}
        if kind == "general":
            assert all("module_detail" not in log and log["log_name"] for log in logs)


def test_groups_ascend_and_totals_count_the_whole_selection(api):
    answer = api.json(
        f"/projects/{PROJECT}/timelogs",
        module=TASK,
        view_type="customdate",
        start_date="2026-11-01",
        end_date="2026-11-20",
        per_page=5,
    )
    dates = [g["date"] for g in answer["time_logs"]]
    assert dates == sorted(dates) and sum(len(g["log_details"]) for g in answer["time_logs"]) == 5
    logs = api.logs(project=PROJECT, view_type="customdate", start_date="2026-11-01", end_date="2026-11-20")
    spent = sum(int(log["log_hour"][:-3]) * 60 + int(log["log_hour"][-2:]) for log in logs)
    assert answer["log_hours"]["total_hours"] == f"{spent // 60:02d}:{spent % 60:02d}"
    assert all("2026-11-01" <= log["date"] <= "2026-11-20" for log in logs)


def test_more_than_two_pages_in_one_window(api):
    first = api.json(
        f"/projects/{PROJECT}/timelogs",
        module=TASK,
        view_type="customdate",
        start_date="2026-06-01",
        end_date="2026-11-20",
        page=2,
    )
    assert first["page_info"] == {"page": 2, "per_page": 100, "page_count": 100, "has_next_page": True}


def test_day_week_and_month_views(api):
    for view, low, high in (
        ("day", "2026-11-11", "2026-11-11"),
        ("week", "2026-11-09", "2026-11-15"),
        ("month", "2026-11-01", "2026-11-30"),
    ):
        logs = api.logs(project=PROJECT, view_type=view, start_date="2026-11-11")
        assert logs and all(low <= log["date"] <= high for log in logs)


def test_portal_level_honours_customdate_and_answers_a_week_without_a_view(api):
    many = api.logs(start_date="2026-09-01", end_date="2026-11-20")
    assert len({log["project"]["id"] for log in many}) > 5 and len(many) == len(
        {log.get("id") for log in many}
    )
    week = api.json("/timelogs", module=TASK, start_date="2026-11-11", end_date="2026-12-31", per_page=200)
    assert all("2026-11-09" <= g["date"] <= "2026-11-15" for g in week["time_logs"])


def test_fetch_by_modified_time_finds_an_old_log_changed_today(api):
    logs = api.logs(
        project=PROJECT,
        view_type="customdate",
        start_date="2026-11-20",
        end_date="2026-11-20",
        fetch_by_modified_time="true",
    )
    assert [log["date"] for log in logs] == ["2026-10-11"]


def test_one_item_and_one_user(api):
    log = api.logs(project=PROJECT)[10]
    about, owner = log["module_detail"]["id"], log["owner"]["zpuid"]
    groups = api.json(
        f"/projects/{PROJECT}/timelogs", module={"type": "task", "id": about}, view_type="projectspan"
    )
    assert {e["module_detail"]["id"] for g in groups["time_logs"] for e in g["log_details"]} == {about}
    zuid = str(api.json(f"/users/{owner}")["zuid"])
    for user in (owner, zuid):
        found = api.logs(project=PROJECT, filter=criteria(("user", "is", user)))
        assert {e["owner"]["zpuid"] for e in found} == {owner}


def test_single_log_needs_its_type(api):
    log = api.logs("general", PROJECT)[0]
    address = f"/projects/{PROJECT}/logs/{log['id']}"
    assert api.json(address, type="general") == log
    assert title(api.get(address)) == (400, "LESS_THAN_MIN_OCCURANCE", "type")


def test_special_logs_are_there(api):
    logs = api.logs(project=PROJECT)
    assert sum("invoice_id" in log for log in logs) == 1
    assert sum("id" not in log for log in logs) == 1
    assert {"3", "3:00", "00:00", "25:10", "24:00"} <= {log["log_hour"] for log in logs}
    removed = [log for log in logs if log.get("owner", {}).get("zpuid") == "219300000000012099"]
    assert removed and api.get("/users/219300000000012099").status_code == 404
    assert int(logs[0]["id"]) > 2**53


def test_approving_moves_the_stamp(api):
    log = next(e for e in api.logs(project=PROJECT) if e.get("approval", {}).get("status") == "Pending")
    api.connect(scopes=["ZohoProjects.timesheets.READ", "ZohoProjects.timesheets.UPDATE"])
    body = [{"id": log["id"], "module": "task", "approval_status": "Approved"}]
    assert (
        api.session.patch(f"{api.url}/api/v3/portal/60012345/logs", json=body, timeout=10).status_code == 200
    )
    after = api.json(f"/projects/{PROJECT}/logs/{log['id']}", type="task")
    assert (
        after["approval"]["status"] == "Approved" and after["last_modified_time"] > log["last_modified_time"]
    )
    old = f"{api.url}/restapi/portal/60012345/projects/{PROJECT}/tasks/1/logs/{log['id']}/approval"
    assert api.session.post(old, data={"approval": "reject", "reason": "x"}, timeout=10).status_code == 200
    assert api.json(f"/projects/{PROJECT}/logs/{log['id']}", type="task")["approval"]["status"] == "Rejected"


def stamps(api, condition, *days):
    answer = api.get("/issues", filter=criteria(("last_updated_time", condition, *days)), per_page=200)
    return {i["last_updated_time"] for i in answer.json()["issues"]} if answer.status_code == 200 else set()


def test_changed_since_has_whole_days(api):
    key = api.json("/issues")["issues"][0]["id"]
    for stamp, hit in (("2026-11-17T23:59:59.999Z", False), ("2026-11-18T00:00:00.000Z", True)):
        api.records("issues", {"id": key, "set": {"last_updated_time": stamp}})
        assert (stamp in stamps(api, "greater_than", "2026-11-17")) is hit
        assert stamp in stamps(api, "greater_than_or_equal", "2026-11-17")
        assert stamp in stamps(api, "between", "2026-11-17", "2026-11-18")
        assert stamp not in stamps(api, "less_than", "2026-11-17")


def names(api, entity, *rows, **more):
    answer = api.get(f"/{entity}", filter=criteria(*rows, **more), per_page=200)
    if answer.status_code == 204:
        return Counter()
    assert answer.status_code == 200, answer.text
    raw = answer.json()
    return Counter(r["name"] for r in (raw[entity] if isinstance(raw, dict) else raw))


def test_filters_on_texts_states_people_and_custom_fields(api):
    tasks = api.pages("/tasks", "tasks", per_page=200)
    assert names(api, "tasks", ("is_completed", "is", "true")) == Counter(
        t["name"] for t in tasks if t["is_completed"]
    )
    assert sum(names(api, "tasks", ("status", "is_not", "Open")).values()) == sum(
        t["is_completed"] for t in tasks
    )
    assert set(names(api, "tasks", ("name", "contains", "pump"))) == {"Size the pump"}
    assert set(names(api, "tasks", ("tasks_cf_0001", "is_not_empty"))) == {"Size the pump"}
    some = tasks[-1]["tasklist"]["id"]
    assert sum(names(api, "tasks", ("tasklist_id", "is", some)).values()) == sum(
        t["tasklist"]["id"] == some for t in tasks
    )
    ola = "219300000000012003"
    assert sum(names(api, "tasks", ("owner", "is", ola)).values()) == sum(
        ola in [o.get("zpuid") for o in t["owners_and_work"]["owners"]] for t in tasks
    )
    either = names(
        api,
        "tasks",
        ("name", "is", "Kick-off"),
        ("name", "is", "Test run"),
        ("is_completed", "is", "true"),
        pattern="(1 OR 2) AND 3",
    )
    assert set(either) == {"Kick-off"}
    assert set(names(api, "projects", ("name", "contains", "crane"))) == {"Harbour crane retrofit"}
    assert sum(names(api, "issues", ("status", "custom_condition", "${ALL_CLOSED}")).values()) == 7


@pytest.mark.parametrize(
    ("filter_", "expected"),
    [
        ("{broken", ("JSON_PARSE_ERROR", "filter")),
        (
            {"criteria": [{"field_name": "name", "criteria_condition": "is", "value": ["x"]}]},
            ("LESS_THAN_MIN_OCCURANCE", "pattern"),
        ),
        (criteria(("colour", "is", "red")), ("INVALID_PARAMETER_VALUE", "colour")),
        (criteria(("name", "is", "x"), pattern="1 AND 2"), ("INVALID_PARAMETER_VALUE", "pattern")),
        (
            criteria(("last_updated_time", "greater_than", "2026-11-01T00:00:00Z")),
            ("INVALID_PARAMETER_VALUE", "last_updated_time"),
        ),
    ],
)
def test_wrong_filters(api, filter_, expected):
    answer = api.get("/tasks", filter=filter_)
    assert title(answer) == (400, *expected)


def test_unknown_parameters_are_ignored(api):
    assert api.json("/tasks", search="nothing")["page_info"] == api.json("/tasks")["page_info"]
