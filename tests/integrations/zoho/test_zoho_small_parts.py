"""Masking, path patterns, lock-outs, the budget in memory, and data centres."""

from datetime import UTC, datetime, timedelta

import pytest

from integrations.zoho import errors
from integrations.zoho.data_centers import DATA_CENTERS, Hosts, resolve
from integrations.zoho.errors import Temporary, Throttled, WrongDataCenter
from integrations.zoho.redact import mask
from integrations.zoho.throttle import MemoryThrottle, parse_lockout, path_pattern

SECRET = "1000.8ce5a0b1c2d3.77be19d2f3a4"


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Zoho-oauthtoken {SECRET}",
        f"bearer {SECRET}",
        f"https://accounts.example.test/cb?code={SECRET}&location=eu",
        f"refresh_token={SECRET}&client_secret={SECRET}",
        f'{{"access_token": "{SECRET}", "refresh_token":"{SECRET}"}}',
        f"{{'client_secret': '{SECRET}'}}",
        f"https://x.test/?next=%2Fcb%3Fcode%3D{SECRET}",
        f"just {SECRET} somewhere",
        f"state={SECRET}",
    ],
)
def test_secrets_are_masked_wherever_they_stand(text):
    """Headers, addresses, forms, JSON, prose."""
    assert "8ce5a0b1c2d3" not in mask(text)
    assert "77be19d2f3a4" not in mask(text)
    assert "8ce5a0b1c2d3" not in str(Temporary(text))
    assert "8ce5a0b1c2d3" not in repr(Temporary(text))


def test_harmless_words_stay():
    """A status code is no authorization code."""
    assert (
        mask('{"status_code":"400","error":{"code":6832}}') == '{"status_code":"400","error":{"code":6832}}'
    )
    assert mask("portal 60012345, date 2026-03-05") == "portal 60012345, date 2026-03-05"


def test_a_client_secret_in_another_form_is_masked():
    """Secrets of the registered client do not look like tokens."""
    assert "hunter2" not in mask("client_secret=hunter2&x=1")
    assert "hunter2" not in mask('"client_secret":"hunter2"')


def test_path_patterns_forget_ids_and_queries():
    """All-digit segments only; names with digits stay."""
    assert path_pattern("get", "/api/v3/portal/60012345/projects/219300000000041015/timelogs?page=2") == (
        "GET /api/v3/portal/{n}/projects/{n}/timelogs"
    )
    assert (
        path_pattern("GET", "https://api.example.test/restapi/portal/1/clients/")
        == "GET /restapi/portal/{n}/clients/"
    )


def throttle_body(
    message="Cannot execute more than 100 requests per API in 2 minutes. Try again after 22 minutes.",
):
    """The body seen from Zoho; `details` is an object here."""
    return {
        "error": {
            "status_code": 400,
            "title": "URL_ROLLING_THROTTLES_LIMIT_EXCEEDED",
            "error_type": "OPERATIONAL_VALIDATION_ERROR",
            "details": {"message": message},
        }
    }


NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "headers", "body", "seconds"),
    [
        (400, {}, throttle_body(), 22 * 60),
        (200, {}, throttle_body(), 22 * 60),
        (429, {"Retry-After": "540"}, throttle_body(), 540),
        (429, {}, None, 1800),
        (429, {"Retry-After": "Thu, 05 Mar 2026 12:10:00 GMT"}, None, 600),
        (429, {"Retry-After": "1000000000"}, None, 3600),
        (429, {"Retry-After": "-5"}, None, 1800),
        (429, {"Retry-After": "soon"}, throttle_body(), 22 * 60),
        (400, {}, throttle_body("no figure"), 1800),
        (400, {}, {"error": [throttle_body()["error"]]}, 22 * 60),
        (400, {}, {"error": {"title": "JSON_PARSE_ERROR"}}, None),
        (200, {"Retry-After": "5"}, {"tasks": []}, None),
        (500, {}, "text", None),
    ],
)
def test_lockouts_are_recognised_in_every_dress(status, headers, body, seconds):
    """429, 400 or 200; header, words, or neither; never longer than an hour."""
    assert parse_lockout(status, headers, body, NOW) == seconds


def test_the_budget_is_a_rolling_window_per_pattern():
    """The third request within the window has to wait until the first one is old enough."""
    now = [NOW]
    throttle = MemoryThrottle(limit=2, window_seconds=120, clock=lambda: now[0])
    throttle.take("GET /a")
    now[0] += timedelta(seconds=60)
    throttle.take("GET /a")
    throttle.take("GET /b")
    with pytest.raises(Throttled) as caught:
        throttle.take("GET /a")
    assert caught.value.pattern == "GET /a"
    assert caught.value.until == NOW + timedelta(seconds=120)
    now[0] = NOW + timedelta(seconds=120)
    throttle.take("GET /a")


def test_a_block_holds_its_pattern_only_and_is_never_shortened():
    """One locked kind of request does not stop the others."""
    now = [NOW]
    throttle = MemoryThrottle(clock=lambda: now[0])
    throttle.block("GET /a", NOW + timedelta(minutes=22))
    throttle.block("GET /a", NOW + timedelta(minutes=1))
    throttle.take("GET /b")
    now[0] += timedelta(minutes=21)
    with pytest.raises(Throttled):
        throttle.take("GET /a")
    now[0] += timedelta(minutes=1)
    throttle.take("GET /a")


def test_hosts_come_from_the_table():
    """Location and accounts server must agree; either alone is enough."""
    eu = Hosts("https://accounts.zoho.eu", "https://projectsapi.zoho.eu", "https://projects.zoho.eu", "eu")
    assert resolve("eu", "https://accounts.zoho.eu") == eu
    assert resolve("", "https://accounts.zoho.eu/") == eu
    assert resolve("EU", "") == eu
    assert len(DATA_CENTERS) == 9


@pytest.mark.parametrize(
    ("location", "server"),
    [
        ("eu", "https://evil.example.test"),
        ("eu", "https://accounts.zoho.com"),
        ("mars", "https://accounts.zoho.eu"),
        ("eu", "http://accounts.zoho.eu"),
        ("eu", "https://accounts.zoho.eu@evil.example.test"),
        ("eu", "https://accounts.zoho.eu:8443"),
        ("eu", "https://accounts.zoho.eu/oauth"),
        ("", ""),
    ],
)
def test_no_other_host_gets_the_client_secret(location, server):
    """What arrives through the browser only chooses among known hosts."""
    with pytest.raises(WrongDataCenter):
        resolve(location, server)


def test_overrides_replace_the_table_and_must_be_named_exactly():
    """As for the practice portal."""
    hosts = resolve(
        "eu",
        "http://127.0.0.1:9000/",
        accounts_override="http://127.0.0.1:9000",
        api_override="http://127.0.0.1:9001/",
    )
    assert hosts.accounts_url == "http://127.0.0.1:9000"
    assert hosts.api_url == "http://127.0.0.1:9001"
    with pytest.raises(WrongDataCenter):
        resolve(
            "eu",
            "https://accounts.zoho.eu",
            accounts_override="http://127.0.0.1:9000",
            api_override="http://127.0.0.1:9001",
        )


def test_every_error_is_a_zoho_error():
    """One except clause catches all of them; InvalidRecord is no error of the conversation."""
    for name in (
        "Temporary",
        "ReconnectNeeded",
        "NotFound",
        "WrongAddress",
        "BadAnswer",
        "CodeRefused",
        "ClientRefused",
    ):
        assert issubclass(getattr(errors, name), errors.ZohoError)
    assert issubclass(errors.TokenThrottled, errors.Throttled)
    assert not issubclass(errors.InvalidRecord, errors.ZohoError)
