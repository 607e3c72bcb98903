"""Each switch by name, the throttle, and the faults."""

import time

import pytest
import requests

from practice_portal.switches import SWITCHES
from tests.practice_portal.helpers import project_id

PROJECT = project_id(1)
TASK = {"type": "task"}
WINDOW = {"module": TASK, "view_type": "customdate", "start_date": "2026-09-01", "end_date": "2026-11-20"}


def title(answer):
    return answer.status_code, answer.json()["error"]["title"]


def test_every_switch_is_off_at_first_and_unknown_ones_are_refused(api):
    assert set(api.control("state")["switches"].values()) == {False}
    assert "unknown switch" in api.control("switches", {"nonsense": True}, status=400)["error"]


def test_integer_ids(api):
    api.switch(integer_ids=True)
    task = api.json("/tasks", per_page=200)["tasks"][-1]
    assert isinstance(task["id"], int) and isinstance(task["project"]["id"], int) and task["id"] > 2**53
    assert isinstance(task["owners_and_work"]["owners"][0].get("zpuid", 0), int)
    assert isinstance(api.json("/api/v3/portals")[0]["id"], int)


def test_null_for_absent(api):
    assert any("due_date" not in i for i in api.json("/issues")["issues"])
    api.switch(null_for_absent=True)
    issues = api.json("/issues")["issues"]
    assert all("due_date" in i for i in issues) and any(i["due_date"] is None for i in issues)


def test_three_kinds_of_nothing(api):
    assert api.get("/tasks", page=99).status_code == 204
    api.switch(empty_zero_bytes=True)
    assert (api.get("/tasks", page=99).status_code, api.get("/tasks", page=99).content) == (200, b"")
    api.switch(empty_zero_bytes=False, empty_array=True)
    assert api.json("/tasks", page=99) == []


def test_other_containers(api):
    api.switch(projects_as_object=True, users_as_array=True)
    assert api.json("/projects")["projects"] and api.json("/projects")["page_info"]["page"] == 1
    assert isinstance(api.json("/users"), list)
    assert isinstance(api.json(f"/projects/{PROJECT}/users"), list)


def test_text_page_info(api):
    api.switch(text_page_info=True)
    assert api.json("/tasks", per_page=5)["page_info"] == {
        "page": "1",
        "per_page": "5",
        "page_count": "5",
        "has_next_page": "true",
    }


def test_endless_portal_timelogs_repeat_their_last_rows(api):
    api.switch(endless_portal_timelogs=True)
    pages = [api.json("/timelogs", page=p, per_page=200, **WINDOW) for p in (1, 40, 41)]
    assert all(p["page_info"]["has_next_page"] and p["page_info"]["page_count"] == 100 for p in pages)
    assert pages[1]["time_logs"] == pages[2]["time_logs"]
    assert not api.json(
        f"/projects/{PROJECT}/timelogs", module=TASK, view_type="projectspan", per_page=200, page=2
    )["page_info"]["has_next_page"]


def test_portal_timelogs_week_only(api):
    api.switch(portal_timelogs_week_only=True)
    logs = api.logs(start_date="2026-09-02", end_date="2026-11-20")
    assert logs and all("2026-08-31" <= log["date"] <= "2026-09-06" for log in logs)


def test_repeated_row(api):
    api.switch(repeated_row=True)
    first, second = (api.json("/tasks", per_page=10, page=p)["tasks"] for p in (1, 2))
    assert second[0] == first[-1] and len(second) == 11


def test_top_level_tasks_only(api):
    api.switch(top_level_tasks_only=True)
    few = api.json("/tasks", per_page=200)["tasks"]
    assert not any(t.get("parental_info") for t in few)
    assert len(api.json("/tasks", per_page=200, has_parents="true")["tasks"]) > len(few)


def test_words_of_approval(api):
    def states():
        return {(log.get("approval") or {}).get("status") for log in api.logs(project=PROJECT)}

    api.switch(unapproved_for_pending=True)
    assert states() == {"Approved", "Unapproved", "Rejected", None}
    api.switch(no_approval=True)
    assert states() == {None}


def test_no_is_primary_and_v3_clients_unavailable(api):
    api.switch(no_is_primary=True)
    assert not any("is_primary" in c for c in api.json(f"/projects/{PROJECT}/clients")["clients"])
    api.switch(no_is_primary=False, v3_clients_unavailable=True)
    for path in ("/clients", "/contacts", f"/projects/{PROJECT}/clients"):
        assert title(api.get(path)) == (400, "URL_RULE_NOT_CONFIGURED")
    assert (
        api.json(f"/restapi/portal/60012345/projects/{PROJECT}/clients/")["clients"][0]["is_primary"] is True
    )


def test_throttle_locks_one_pattern_for_22_minutes(api):
    api.control("settings", {"throttle_limit": 3})
    for number in (1, 2, 3):
        answer = api.get(f"/projects/{project_id(number)}/tasks", per_page=number)
        assert (answer.status_code, answer.headers["RateLimit-Remaining"]) == (200, str(3 - number))
    refused = api.get(f"/projects/{project_id(4)}/tasks")
    assert title(refused) == (400, "URL_ROLLING_THROTTLES_LIMIT_EXCEEDED")
    body = refused.json()["error"]
    assert body["status_code"] == 400 and "22 minutes" in body["details"]["message"]
    assert refused.headers["Retry-After"] == "1320"
    assert api.get("/tasks").status_code == 200, "another pattern is free"
    api.control("clock", {"add": 1300})
    assert api.get(f"/projects/{PROJECT}/tasks").status_code == 400
    api.control("clock", {"add": 21})
    assert api.get(f"/projects/{PROJECT}/tasks").status_code == 200


def test_throttle_window_rolls(api):
    api.control("settings", {"throttle_limit": 2})
    for _ in range(5):
        assert api.get("/tasks").status_code == 200
        api.control("clock", {"add": 61})


def test_throttle_429_and_locking_by_hand(api):
    api.control("settings", {"throttle_limit": 100, "throttle_retry_after": 540})
    api.switch(throttle_429=True)
    api.control("throttle/lock", {"pattern": "/api/v3/portal/{n}/issues"})
    answer = api.get("/issues")
    assert (
        title(answer) == (429, "URL_ROLLING_THROTTLES_LIMIT_EXCEEDED")
        and answer.headers["Retry-After"] == "540"
    )
    api.control("settings", {"throttle_retry_after": 0})
    api.control("throttle/clear", {})
    assert api.get("/issues").status_code == 200


def test_fail_once_then_fine(api):
    api.switch(fail_once=True)
    assert title(api.get("/tasks")) == (500, "INTERNAL_SERVER_ERROR")
    assert api.get("/tasks").status_code == 200
    api.switch(fail_once=2)
    assert [api.get("/tasks").status_code for _ in range(3)] == [500, 500, 200]


def test_slow_answer(api):
    api.switch(slow_answer=0.2)
    began = time.perf_counter()
    assert api.get("/tasks").status_code == 200
    assert time.perf_counter() - began >= 0.2


def test_cut_body(api):
    api.switch(cut_body=True)
    with pytest.raises(requests.exceptions.RequestException):
        api.get("/tasks")
    assert api.get("/tasks").status_code == 200


def test_missing_scope(api):
    api.switch(missing_scope="bugs")
    assert title(api.get("/issues")) == (401, "INVALID_OAUTHSCOPE")
    assert api.get("/tasks").status_code == 200
    api.switch(missing_scope=["tasks", "timesheets"])
    assert [api.get(p).status_code for p in ("/tasks", "/issues")] == [401, 200]


def test_demoted_sees_fewer_records_without_an_error(api):
    before = len(api.json("/projects"))
    api.switch(demoted=True)
    first = api.json("/api/v3/portals")[0]
    assert first["profile"]["name"] == "Employee" and first["owner"]["name"] != "Ada Winter"
    assert 0 < len(api.json("/projects")) < before
    assert api.get("/clients").status_code == 204
    assert not any("budget" in u for u in api.json("/users")["users"])
    assert api.get(f"/projects/{project_id(3)}").status_code == 404


def test_removed_between_pages(api):
    before = [t.get("id") for t in api.pages("/tasks", "tasks", per_page=200)]
    api.switch(removed_between_pages="tasks")
    api.get("/issues", per_page=5)
    drifted = [t.get("id") for t in api.pages("/tasks", "tasks", per_page=10)]
    assert len(drifted) == len(before) - 1 and before[10] not in drifted
    assert before[0] in drifted and api.control("state")["switches"]["removed_between_pages"] is False


def test_trashed_projects(api):
    api.switch(trashed_projects=[PROJECT])
    assert api.get(f"/projects/{PROJECT}").status_code == 404
    assert PROJECT not in {p["id"] for p in api.json("/projects")}
    assert PROJECT not in {t["project"]["id"] for t in api.json("/tasks", per_page=200)["tasks"]}
    assert PROJECT in {t["id"] for t in api.json("/bin")["trash"]}
    api.switch(trashed_projects=False)
    assert api.get(f"/projects/{PROJECT}").status_code == 200


def test_v3_portal_list_unavailable(api):
    api.switch(v3_portal_list_unavailable=True)
    assert title(api.get("/api/v3/portals")) == (400, "INVALID_METHOD")
    assert api.get("/restapi/portals/").status_code == 200


def test_all_switches_are_tested_here():
    """The list above is complete; two switches belong to the accounts server."""
    with open(__file__, encoding="utf-8") as file:
        text = file.read()
    elsewhere = {"token_throttle_200", "refresh_tokens_revoked"}
    assert [name for name in SWITCHES if name not in elsewhere and name not in text] == []


# faults


def fault(api, act, path="/tasks", **more):
    match = {"method": "GET", "path": path, **{k: v for k, v in more.items() if k == "nth"}}
    return api.control("faults", {"rules": [{"match": match, "act": act, "times": more.get("times", 1)}]})


def test_a_rule_hits_the_nth_call_so_many_times(api):
    fault(api, {"status": 503, "body": {"any": "thing"}, "headers": {"Retry-After": "7"}}, nth=2, times=2)
    answers = [api.get("/tasks") for _ in range(4)]
    assert [a.status_code for a in answers] == [200, 503, 503, 200]
    assert answers[1].headers["Retry-After"] == "7" and answers[1].json() == {"any": "thing"}
    assert api.get("/issues").status_code == 200
    fault(api, {"status": 500}, times="forever")
    assert {api.get("/tasks").status_code for _ in range(5)} == {500}


def test_html_redirect_empty_and_broken_json(api):
    fault(api, {"html": True})
    page = api.get("/tasks")
    assert page.status_code == 200 and "text/html" in page.headers["Content-Type"]
    fault(api, {"redirect": "http://127.0.0.1:9/"})
    assert (
        api.session.get(
            f"{api.url}/api/v3/portal/60012345/tasks", allow_redirects=False, timeout=60
        ).status_code
        == 302
    )
    fault(api, {"empty": True})
    assert api.get("/tasks").content == b""
    fault(api, {"body": '{"tasks": [', "status": 200})
    assert api.get("/tasks").text == '{"tasks": ['


@pytest.mark.parametrize("act", [{"cut": 100}, {"reset": True}, {"wrong_length": 50}])
def test_broken_connections(api, act):
    fault(api, act)
    with pytest.raises(requests.exceptions.RequestException):
        api.get("/tasks")
    assert api.get("/tasks").status_code == 200


def test_delay_and_drip(api):
    fault(api, {"delay": 0.15})
    began = time.perf_counter()
    assert api.get("/tasks").status_code == 200 and time.perf_counter() - began >= 0.15
    fault(api, {"drip": 0.01, "bytes": 20_000})
    assert api.json("/tasks")["tasks"]


def test_a_rule_can_change_records_before_it_answers(api):
    key = api.json("/tasks")["tasks"][0]["id"]
    step = {
        "path": "/control/records/1/tasks",
        "body": {"action": "change", "id": key, "set": {"name": "Changed"}},
    }
    fault(api, {"control": [step]}, nth=2)
    assert api.json("/tasks")["tasks"][0]["name"] != "Changed"
    assert api.json("/tasks")["tasks"][0]["name"] == "Changed"


def test_faults_on_the_token_endpoint(api):
    api.control(
        "faults",
        {"match": {"method": "POST", "path": "/oauth/v2/token"}, "act": {"html": True, "status": 502}},
    )
    assert requests.post(api.url + "/oauth/v2/token", timeout=60).status_code == 502


def test_wrong_rules_are_refused(api):
    assert "error" in api.control("faults", {"rules": [{"match": {}}]}, status=400)
    assert "error" in api.control(
        "faults", {"rules": [{"match": {"path": "("}, "act": {"status": 1}}]}, status=400
    )
