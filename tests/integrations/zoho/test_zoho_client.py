"""One request of the client: tries, refresh, refusals, limits, and what must never leak."""

import json
import threading
from datetime import UTC, datetime

import pytest
import requests
import responses

from integrations.zoho import api
from integrations.zoho.client import ZohoClient
from integrations.zoho.errors import (
    BadAnswer,
    NoAccess,
    NotFound,
    ReconnectNeeded,
    Temporary,
    Throttled,
    WrongAddress,
    ZohoError,
)
from integrations.zoho.throttle import MemoryThrottle
from integrations.zoho.transport import Answer, Transport

BASE = "https://api.example.test/api/v3/portal/60012345"
OLD = "https://api.example.test/restapi/portal/60012345"
TASKS = f"{BASE}/tasks"


def error(title, **more):
    """An error body as in 2.9 of the API reference."""
    return {"error": {"status_code": "400", "title": title, "details": [{"message": "words"}]} | more}


@responses.activate
def test_an_answer_is_decoded_and_counted(client):
    """Ids above 2^53 stay exact, the server's clock is kept, the request is counted under its pattern."""
    responses.get(TASKS, json={"id": 9007199254740993}, headers={"Date": "Thu, 05 Mar 2026 12:00:00 GMT"})
    assert client.get("/tasks", {"page": 1}) == {"id": 9007199254740993}
    assert responses.calls[0].request.headers["Authorization"] == "Zoho-oauthtoken 1000.token1.secret1"
    assert client.server_time == datetime(2026, 3, 5, 12, tzinfo=UTC)
    assert client.requests == {"GET /api/v3/portal/{n}/tasks": 1}
    assert client.seconds["network"] > 0
    assert "secret" not in repr(client)


@responses.activate
def test_of_a_key_written_twice_the_last_one_counts(client):
    """As in every usual reader of JSON."""
    responses.get(TASKS, body='{"id": "1", "name": "first", "name": "last", "id": "2"}')
    assert client.get("/tasks") == {"id": "2", "name": "last"}


@responses.activate
def test_no_local_variable_shows_a_token(client):
    """Error reports print the variables of every frame."""
    responses.get(TASKS, body=requests.exceptions.ConnectionError("reset"))
    with pytest.raises(Temporary) as caught:
        client.get("/tasks")
    ours = [entry for entry in caught.traceback if "integrations/zoho/" in str(entry.path)]
    shown = "".join(repr(value) for entry in ours for value in entry.frame.f_locals.values())
    assert ours
    assert "secret1" not in shown
    assert "secret" not in repr(Answer(200, {}, b'{"access_token":"secret"}', 0.1))


@responses.activate
@pytest.mark.parametrize(("status", "body"), [(204, b""), (200, b""), (200, b"  \r\n")])
def test_nothing_is_none(client, status, body):
    """204 and zero bytes mean an empty answer."""
    responses.get(TASKS, status=status, body=body)
    assert client.get("/tasks") is None


@responses.activate
@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, error("INVALID_OAUTHSCOPE"), NoAccess),
        (403, error("FORBIDDEN"), NoAccess),
        (402, error("PAYMENT_REQUIRED"), NoAccess),
        (404, error("RESOURCE_NOT_FOUND"), NotFound),
        (404, {"error": {"code": 6404, "message": "gone"}}, NotFound),
        (404, None, NotFound),
        (400, error("URL_RULE_NOT_CONFIGURED"), WrongAddress),
        (400, error("INVALID_METHOD"), WrongAddress),
        (405, None, WrongAddress),
        (400, error("LESS_THAN_MIN_OCCURANCE"), BadAnswer),
        (400, {"error": [error("JSON_PARSE_ERROR")["error"]]}, BadAnswer),
        (400, {"error": {"code": 6832, "message": "Pattern"}}, BadAnswer),
        (400, None, BadAnswer),
        (200, error("FORBIDDEN"), NoAccess),
        (200, {"error": "something odd"}, BadAnswer),
        (302, None, BadAnswer),
        (401, None, BadAnswer),
    ],
)
def test_refusals_are_named_after_what_to_do(client, pauses, status, body, expected):
    """None of them is tried again."""
    responses.get(
        TASKS,
        status=status,
        body="<html></html>" if body is None else json.dumps(body),
        headers={"Location": "https://other.example.test/"},
    )
    with pytest.raises(expected) as caught:
        client.get("/tasks")
    assert type(caught.value) is expected
    assert caught.value.message
    assert len(responses.calls) == 1
    assert pauses == []


@responses.activate
def test_scope_and_right_are_told_apart(client):
    """`reason` says which of the two is missing."""
    responses.get(TASKS, status=401, json=error("INVALID_OAUTHSCOPE"))
    responses.get(f"{BASE}/issues", status=403, json=error("FORBIDDEN"))
    for path, reason in (("/tasks", "scope"), ("/issues", "forbidden")):
        with pytest.raises(NoAccess) as caught:
            client.get(path)
        assert caught.value.reason == reason


@responses.activate
@pytest.mark.parametrize(
    "bad",
    [
        {"status": 500, "json": error("INTERNAL_SERVER_ERROR")},
        {"status": 503, "body": "<html>"},
        {"status": 200, "body": "<html>maintenance</html>"},
        {"status": 200, "body": '{"tasks": ['},
        {"body": requests.exceptions.ConnectionError("reset")},
        {"body": requests.exceptions.ReadTimeout("slow")},
    ],
)
def test_what_may_pass_is_tried_three_times_with_growing_pauses(client, pauses, bad):
    """The third try works."""
    responses.get(TASKS, **bad)
    responses.get(TASKS, **bad)
    responses.get(TASKS, json={"ok": 1})
    assert client.get("/tasks") == {"ok": 1}
    assert len(pauses) == 2
    assert pauses[0] < pauses[1]
    assert client.requests["GET /api/v3/portal/{n}/tasks"] == 3


@responses.activate
@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        ({"status": 502}, Temporary),
        ({"body": requests.exceptions.ConnectionError("https://user:hunter2@x")}, Temporary),
        ({"status": 200, "body": "<html>maintenance</html>"}, BadAnswer),
        ({"status": 200, "body": "[" * 200_000}, BadAnswer),
        ({"status": 200, "body": b'{"name":"\xe9"}'}, BadAnswer),
        ({"status": 200, "body": "[" + "9" * 5000 + "]"}, (BadAnswer, type(None))),
    ],
)
def test_what_does_not_pass_is_given_up(client, bad, expected):
    """Temporary when no usable answer came, BadAnswer when one came that cannot be read."""
    responses.get(TASKS, **bad)
    try:
        client.get("/tasks")
    except ZohoError as caught:
        assert isinstance(caught, expected)
        assert "hunter2" not in str(caught)
        assert len(responses.calls) == 3


@responses.activate
def test_an_odd_escape_or_a_byte_order_mark_does_not_cost_the_page(client):
    """A lone surrogate and NaN are what other encoders write."""
    responses.get(TASKS, body=b'\xef\xbb\xbf{"tasks":[{"id":"1","name":"\\ud800x","n":NaN}]}')
    assert client.get("/tasks") == {"tasks": [{"id": "1", "name": "\ud800x", "n": "NaN"}]}


@responses.activate
@pytest.mark.parametrize("status", [401, 400])
def test_a_refused_token_is_refreshed_once(client, tokens, status):
    """Then the request is repeated with the new one."""
    responses.get(TASKS, status=status, json=error("INVALID_OAUTHTOKEN"))
    responses.get(TASKS, json={"ok": 1})
    assert client.get("/tasks") == {"ok": 1}
    assert responses.calls[1].request.headers["Authorization"] == "Zoho-oauthtoken 1000.token2.secret2"
    assert tokens.number == 2


@responses.activate
def test_a_fresh_token_that_is_refused_needs_a_person(client, tokens):
    """Two tries in all, no loop."""
    responses.get(TASKS, status=401, json=error("INVALID_OAUTHTOKEN"))
    with pytest.raises(ReconnectNeeded):
        client.get("/tasks")
    assert len(responses.calls) == 2


@responses.activate
@pytest.mark.parametrize("status", [400, 429, 200])
def test_a_lock_out_stops_its_pattern_and_nothing_else(client, status):
    """No further request leaves while the pattern rests; others do."""
    body = error("URL_ROLLING_THROTTLES_LIMIT_EXCEEDED", details={"message": "Try again after 22 minutes."})
    responses.get(TASKS, status=status, json=body)
    responses.get(f"{BASE}/issues", json={"ok": 1})
    with pytest.raises(Throttled) as caught:
        client.get("/tasks")
    assert 21 * 60 < (caught.value.until - datetime.now(UTC)).total_seconds() <= 22 * 60
    assert caught.value.pattern == "GET /api/v3/portal/{n}/tasks"
    with pytest.raises(Throttled):
        client.get("/tasks")
    assert len(responses.calls) == 1
    assert client.get("/issues") == {"ok": 1}


@responses.activate
@pytest.mark.parametrize(
    "shape",
    [{"id": "1"}, [{"id": "1"}], {"tasks": [{"id": "1"}]}, {"task": {"id": "1"}}, [{"tasks": [{"id": "1"}]}]],
)
def test_a_single_record_in_any_shape(client, shape):
    """Plain, in a list, under its name."""
    responses.get(f"{BASE}/projects/7/tasks/1", json=shape)
    assert api.record(client, "tasks", "1", "7") == {"id": "1"}


@responses.activate
def test_a_single_record_that_is_gone(client):
    """An empty answer and an empty list mean the same as 404; a project's own counts are no container."""
    responses.get(f"{BASE}/projects/7/tasks/1", status=204)
    responses.get(f"{BASE}/clients/1", json={"clients": []})
    responses.get(f"{BASE}/projects/7", json={"id": "7", "tasks": {"open_count": 1}})
    for module, project in (("tasks", "7"), ("customers", "")):
        with pytest.raises(NotFound):
            api.record(client, module, "1", project)
    assert api.record(client, "projects", "7")["id"] == "7"


@responses.activate
def test_customers_of_a_project_from_the_older_api(client):
    """Once it has worked it is used for the rest of the run."""
    responses.get(f"{BASE}/projects/7/clients", status=400, json=error("URL_RULE_NOT_CONFIGURED"))
    responses.get(
        f"{OLD}/projects/7/clients/",
        json={"clients": [{"id": 5, "id_string": "5", "name": "Port", "is_primary": True}]},
    )
    responses.get(f"{OLD}/projects/8/clients/", status=204)
    assert api.primary_of(api.project_clients(client, "7")).id == "5"
    assert api.project_clients(client, "8") == []
    assert len(responses.calls) == 3


@responses.activate
def test_a_missing_project_does_not_switch_to_the_older_api(client):
    """Both say 404: the project is gone, the address was right."""
    responses.get(f"{BASE}/projects/7/clients", status=404, json=error("RESOURCE_NOT_FOUND"))
    responses.get(f"{OLD}/projects/7/clients/", status=404, json=error("x"))
    with pytest.raises(NotFound):
        api.project_clients(client, "7")
    assert not client.unknown_patterns


@responses.activate
def test_portals_from_v3_and_from_the_older_list(client):
    """The older list says nothing about ownership, so the details are asked."""
    responses.get("https://api.example.test/api/v3/portals", status=400, json=error("INVALID_METHOD"))
    responses.get(
        "https://api.example.test/restapi/portals/",
        json={
            "login_id": "1",
            "portals": [{"id": 60012345, "id_string": "60012345", "name": "voss", "role": "admin"}, {"x": 1}],
        },
    )
    responses.get(
        "https://api.example.test/api/v3/portal/60012345",
        json={"portal_details": {"id": 60012345, "name": "voss", "profile": {"name": "Portal Owner"}}},
    )
    (portal,) = client.portals()
    assert (portal.id, portal.is_owner) == ("60012345", True)
    assert client.portal().is_owner


@responses.activate
def test_fields_from_either_address(client):
    """No metadata at all is an empty list."""
    responses.get(f"{BASE}/modules/tasks/fields", status=400, json=error("URL_RULE_NOT_CONFIGURED"))
    responses.get(
        f"{BASE}/settings/fields", json={"fields": [{"field_name": "risk", "display_name": "Risk"}]}
    )
    assert [field.api_name for field in api.fields(client, "tasks")] == ["risk"]
    responses.get(f"{BASE}/modules/projects/fields", status=401, json=error("INVALID_OAUTHSCOPE"))
    assert api.fields(client, "projects") == []


def local_client(address, tokens, pauses, **options):
    """A client of a server on this machine."""
    return ZohoClient(address, "1", tokens, MemoryThrottle(), sleep=pauses.append, **options)


def test_a_body_cut_off_is_never_half_taken(raw_server, tokens, pauses):
    """Content-Length right, connection gone: try again."""
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1, 2, 3]"
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n[1, 2, 3]"
    with local_client(raw_server(cut, b"", whole), tokens, pauses) as client:
        assert client.get("/x") == [1, 2, 3]
    assert len(pauses) == 2


def test_a_slow_drip_ends_at_the_deadline(raw_server, tokens, pauses):
    """Each byte comes in time, the whole does not."""
    drip = [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", *([b"[", 0.05] * 200)]
    with local_client(raw_server(drip), tokens, pauses, retries=1) as client:
        client._transport = Transport(1, 1, total_timeout=0.3)
        with pytest.raises(Temporary):
            client.get("/x")


def test_a_server_that_never_answers_times_out(raw_server, tokens, pauses):
    """The worker is free again."""
    with (
        local_client(raw_server([30.0]), tokens, pauses, retries=1, read_timeout=0.2) as client,
        pytest.raises(Temporary),
    ):
        client.get("/x")


def test_a_body_beyond_the_limit_is_refused(raw_server, tokens, pauses):
    """No second try: it would be as large again."""
    large = b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" + b" " * 3_000_000
    with local_client(raw_server(large), tokens, pauses) as client:
        client._transport = Transport(largest_body=1_000_000)
        with pytest.raises(BadAnswer):
            client.get("/x")
    assert pauses == []


def test_a_redirect_is_not_followed(raw_server, tokens, pauses):
    """The token goes to no other host."""
    redirect = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"
    with local_client(raw_server(redirect), tokens, pauses) as client, pytest.raises(BadAnswer):
        client.get("/x")


def test_a_netrc_entry_does_not_replace_the_token(raw_server, tokens, pauses, tmp_path, monkeypatch):
    """Nor does anything else of the machine's environment."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login x password y\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with responses.RequestsMock() as mock, local_client("http://127.0.0.1:1", tokens, pauses) as client:
        mock.get("http://127.0.0.1:1/api/v3/portal/1/x", json={})
        client.get("/x")
        assert mock.calls[0].request.headers["Authorization"].startswith("Zoho-oauthtoken ")


def test_no_thread_is_left_behind():
    """After all the tests above."""
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("zoho-")]
