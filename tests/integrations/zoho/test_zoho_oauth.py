"""The OAuth exchange: what Zoho's accounts server answers decides, not the status it comes with."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from integrations.zoho import oauth
from integrations.zoho.errors import (
    ClientRefused,
    CodeRefused,
    NoRefreshToken,
    ReconnectNeeded,
    SetupError,
    Temporary,
    Throttled,
    TokenThrottled,
)

ACCOUNTS = "https://accounts.example.test"
TOKEN = f"{ACCOUNTS}/oauth/v2/token"
GOOD = {"access_token": "1000.a41f0c.77be19", "refresh_token": "1000.9d02ee.410c55", "expires_in": 3600}
DENIED = {
    "error": "Access Denied",
    "error_description": "You have made too many requests continuously.",
    "status": "failure",
}


def exchange():
    """Exchange a code as the callback does."""
    return oauth.exchange_code(
        ACCOUNTS, "client", "hunter2secret", "https://erp.example.test/cb", "1000.c0de00.c0de11", "verifier"
    )


def refresh():
    """Refresh as a run does."""
    return oauth.refresh(ACCOUNTS, "client", "hunter2secret", "1000.9d02ee.410c55")


@responses.activate
def test_a_code_becomes_tokens():
    """The form holds what Zoho asks for, and the life-time ends five minutes early."""
    responses.post(TOKEN, json=GOOD)
    tokens = exchange()
    sent = parse_qs(responses.calls[0].request.body)
    assert sent["grant_type"] == ["authorization_code"]
    assert sent["code_verifier"] == ["verifier"]
    assert tokens.refresh_token == "1000.9d02ee.410c55"
    left = tokens.expires_at - datetime.now(UTC)
    assert timedelta(minutes=54) < left <= timedelta(minutes=55)
    assert "a41f0c" not in repr(tokens)


@responses.activate
def test_a_refresh_brings_no_refresh_token():
    """It stays what it is."""
    responses.post(TOKEN, json=GOOD)
    assert refresh().refresh_token == ""


@responses.activate
@pytest.mark.parametrize(
    ("status", "body", "of_exchange", "of_refresh"),
    [
        (200, {"error": "invalid_code"}, CodeRefused, ReconnectNeeded),
        (400, {"error": "invalid_code"}, CodeRefused, ReconnectNeeded),
        (200, {"error": "invalid_client"}, ClientRefused, ClientRefused),
        (200, {"error": "invalid_client_secret"}, ClientRefused, ClientRefused),
        (200, {"error": "invalid_redirect_uri"}, ClientRefused, ClientRefused),
        (200, DENIED, TokenThrottled, TokenThrottled),
        (400, DENIED, TokenThrottled, TokenThrottled),
        (429, None, TokenThrottled, TokenThrottled),
        (200, {"error": "general_error"}, SetupError, SetupError),
        (200, {}, SetupError, SetupError),
        (500, {"error": "oops"}, Temporary, Temporary),
        (200, None, Temporary, Temporary),
    ],
)
def test_refusals(status, body, of_exchange, of_refresh):
    """Each says what happens next; a throttled or broken server never costs the grant."""
    responses.post(
        TOKEN, status=status, body="<html>maintenance</html>" if body is None else json.dumps(body)
    )
    with pytest.raises(of_exchange) as caught:
        exchange()
    assert type(caught.value) is of_exchange
    with pytest.raises(of_refresh) as caught:
        refresh()
    assert type(caught.value) is of_refresh
    assert "hunter2" not in str(caught.value)


@responses.activate
def test_a_token_pause_is_a_throttle_with_its_end():
    """Whoever handles lock-outs handles this one too."""
    responses.post(TOKEN, json=DENIED, status=400)
    with pytest.raises(Throttled) as caught:
        refresh()
    assert timedelta(minutes=9) < caught.value.until - datetime.now(UTC) <= timedelta(minutes=10)


@responses.activate
def test_no_refresh_token_is_said():
    """Consent given earlier can make Zoho leave it out."""
    responses.post(TOKEN, json={key: value for key, value in GOOD.items() if key != "refresh_token"})
    with pytest.raises(NoRefreshToken):
        exchange()


@responses.activate
@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ({"expires_in": 3600}, 3300),
        ({"expires_in": 3600000}, 3300),
        ({"expires_in_sec": 60, "expires_in": 60000}, 60),
        ({"expires_in": 0}, 3300),
        ({"expires_in": "soon"}, 3300),
        ({}, 3300),
        ({"expires_in": -5}, 3300),
        ({"expires_in": 120}, 120),
        ({"expires_in": 10**12}, 3300),
    ],
)
def test_life_times_in_any_unit(given, seconds):
    """Never longer than 55 minutes."""
    responses.post(TOKEN, json={"access_token": "1000.a41f0c.77be19"} | given)
    left = (refresh().expires_at - datetime.now(UTC)).total_seconds()
    assert seconds - 5 < left <= seconds


@responses.activate
def test_a_server_that_cannot_be_reached_is_temporary():
    """And no secret stands in what is raised, nor in what it was raised from."""
    responses.post(TOKEN, body=requests.exceptions.ConnectionError("failed: client_secret=hunter2secret"))
    with pytest.raises(Temporary) as caught:
        refresh()
    assert "hunter2" not in repr(caught.value)
    assert caught.value.__suppress_context__


@responses.activate
def test_revoking():
    """Known and unknown tokens, and a server in trouble."""
    address = f"{TOKEN}/revoke"
    responses.post(address, json={"status": "success"})
    assert oauth.revoke(ACCOUNTS, "1000.9d02ee.410c55") is True
    responses.replace(responses.POST, address, json={"error": "invalid_token"}, status=400)
    assert oauth.revoke(ACCOUNTS, "1000.9d02ee.410c55") is False
    responses.replace(responses.POST, address, status=503)
    with pytest.raises(Temporary):
        oauth.revoke(ACCOUNTS, "1000.9d02ee.410c55")


@responses.activate
def test_who_granted_access():
    """None when Zoho will not say."""
    address = f"{ACCOUNTS}/oauth/user/info"
    responses.get(address, json={"ZUID": 610448201, "Email": "mara@example.test"})
    assert oauth.account_info(ACCOUNTS, "1000.a41f0c.77be19")["ZUID"] == 610448201
    assert responses.calls[0].request.headers["Authorization"] == "Zoho-oauthtoken 1000.a41f0c.77be19"
    responses.replace(responses.GET, address, json={"error": "invalid_scope"}, status=401)
    assert oauth.account_info(ACCOUNTS, "1000.a41f0c.77be19") is None


def test_the_authorize_address():
    """Offline access, consent, state and the challenge of the verifier."""
    verifier, challenge = oauth.make_pkce()
    assert 43 <= len(verifier) <= 128
    digest = hashlib.sha256(verifier.encode()).digest()
    assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == challenge
    address = urlsplit(
        oauth.authorize_url(
            ACCOUNTS + "/", "client", "https://erp.example.test/cb", "st", challenge, oauth.SCOPES
        )
    )
    query = parse_qs(address.query)
    assert address.path == "/oauth/v2/auth"
    assert query["access_type"] == ["offline"]
    assert query["prompt"] == ["consent"]
    assert query["code_challenge"] == [challenge]
    assert query["code_challenge_method"] == ["S256"]
    assert "ZohoProjects.timesheets.READ" in query["scope"][0].split(",")
    assert oauth.make_pkce()[0] != verifier
