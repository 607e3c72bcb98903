"""The accounts server: consent, codes, tokens, their limits, revoking."""

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

CALLBACK = "http://localhost:8000/callback/"
SCOPE = "ZohoProjects.portals.READ,ZohoProjects.projects.READ,AaaServer.profile.READ"


def authorize(api, method="GET", **more):
    asked = {
        "client_id": "practice-client",
        "redirect_uri": CALLBACK,
        "scope": SCOPE,
        "response_type": "code",
        "access_type": "offline",
        "prompt": "consent",
        "state": "st-1",
        **more,
    }
    kind = {"params": asked} if method == "GET" else {"data": asked}
    return requests.request(method, api.url + "/oauth/v2/auth", allow_redirects=False, timeout=10, **kind)


def came_back(answer):
    assert answer.status_code == 302, answer.text
    return {k: v[0] for k, v in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def token(api, **more):
    body = {
        "client_id": "practice-client",
        "client_secret": "practice-secret",
        "redirect_uri": CALLBACK,
        "grant_type": "authorization_code",
        **more,
    }
    return requests.post(api.url + "/oauth/v2/token", data=body, timeout=10)


def refresh(api, refresh_token):
    return token(api, grant_type="refresh_token", refresh_token=refresh_token)


def test_a_whole_round_with_pkce(api):
    verifier = "v" * 60
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    back = came_back(authorize(api, code_challenge=challenge, code_challenge_method="S256"))
    assert back["state"] == "st-1" and back["accounts-server"] == api.url and back["location"] == "eu"
    got = token(api, code=back["code"], code_verifier=verifier).json()
    assert got["expires_in"] == 3600 and got["refresh_token"] and got["token_type"] == "Bearer"
    for prefix in ("Zoho-oauthtoken", "Bearer"):
        headers = {"Authorization": f"{prefix} {got['access_token']}"}
        assert requests.get(api.url + "/api/v3/portals", headers=headers, timeout=10).status_code == 200
    who = requests.get(api.url + "/oauth/user/info", headers=headers, timeout=10).json()
    assert who["Email"] == "ada.winter@lindenwerk.example.test"
    again = refresh(api, got["refresh_token"]).json()
    assert again["access_token"] != got["access_token"] and "refresh_token" not in again


def test_a_wrong_verifier_is_refused(api):
    back = came_back(authorize(api, code_challenge="x" * 43, code_challenge_method="S256"))
    assert token(api, code=back["code"], code_verifier="other").json() == {"error": "invalid_code"}


def test_a_code_works_once_and_for_two_minutes(api):
    code = came_back(authorize(api))["code"]
    assert "access_token" in token(api, code=code).json()
    assert token(api, code=code).json() == {"error": "invalid_code"}
    late = came_back(authorize(api))["code"]
    api.control("clock", {"add": 121})
    assert token(api, code=late).json() == {"error": "invalid_code"}


def test_without_offline_access_there_is_no_refresh_token(api):
    assert (
        "refresh_token" not in token(api, code=came_back(authorize(api, access_type="online"))["code"]).json()
    )


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"client_id": "other"}, "invalid_client"),
        ({"client_secret": "other"}, "invalid_client_secret"),
        ({"redirect_uri": "http://localhost/else"}, "invalid_redirect_uri"),
        ({"code": "nonsense"}, "invalid_code"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"code": ""}, "general_error"),
    ],
)
def test_errors_come_as_http_200(api, wrong, error):
    answer = token(api, **{"code": came_back(authorize(api))["code"], **wrong})
    assert (answer.status_code, answer.json()) == (200, {"error": error})


def test_the_consent_page_asks_and_both_buttons_work(api):
    api.control("settings", {"auto_consent": False})
    page = authorize(api)
    assert page.status_code == 200 and "invented data" in page.text
    for words in (">Accept<", ">Reject<", "Projects ERP", "ZohoProjects.projects.READ", "ada.winter@"):
        assert words in page.text
    assert came_back(authorize(api, "POST", answer="reject")) == {"error": "access_denied", "state": "st-1"}
    code = came_back(authorize(api, "POST", answer="accept", account="tomas.okoro@ferrygate.example.test"))[
        "code"
    ]
    headers = {"Authorization": f"Bearer {token(api, code=code).json()['access_token']}"}
    portals = requests.get(api.url + "/api/v3/portals", headers=headers, timeout=10).json()
    assert [p["portal_name"] for p in portals] == ["ferrygate"]


def test_unknown_scopes_clients_and_addresses_are_refused(api):
    assert came_back(authorize(api, scope="ZohoProjects.nonsense.READ"))["error"] == "invalid_scope"
    assert authorize(api, client_id="other").status_code == 400
    assert authorize(api, redirect_uri="https://elsewhere.example.test/").status_code == 400
    api.control("settings", {"redirect_uris": ["https://elsewhere.example.test/"]})
    assert authorize(api, redirect_uri="https://elsewhere.example.test/").status_code == 302
    assert authorize(api).status_code == 400


def test_ten_access_tokens_in_ten_minutes(api):
    kept = api.tokens["refresh_token"]
    assert all("access_token" in refresh(api, kept).json() for _ in range(10))
    answer = refresh(api, kept)
    assert answer.status_code == 400 and answer.json()["error"] == "Access Denied"
    api.switch(token_throttle_200=True)
    answer = refresh(api, kept)
    assert answer.status_code == 200 and answer.json()["error"] == "Access Denied"
    api.control("clock", {"add": 601})
    assert "access_token" in refresh(api, kept).json()


def test_four_codes_in_a_minute(api):
    assert [authorize(api).status_code for _ in range(5)] == [302] * 4 + [400]
    api.control("clock", {"add": 601})
    assert authorize(api).status_code == 302


def test_an_access_token_lives_an_hour(api):
    assert api.get("/api/v3/portals").status_code == 200
    api.control("clock", {"add": 3601})
    answer = api.get("/api/v3/portals")
    assert answer.status_code == 401 and answer.json()["error"]["title"] == "INVALID_OAUTHTOKEN"


def test_access_tokens_can_be_ended_at_once(api):
    api.control("tokens/expire", {})
    assert api.get("/api/v3/portals").status_code == 401


def test_revoking_the_refresh_token_kills_its_access_tokens(api):
    def revoke():
        return requests.post(
            api.url + "/oauth/v2/token/revoke", params={"token": api.tokens["refresh_token"]}, timeout=10
        )

    assert revoke().json() == {"status": "success"}
    assert api.get("/api/v3/portals").status_code == 401
    assert refresh(api, api.tokens["refresh_token"]).json() == {"error": "invalid_code"}
    assert revoke().status_code == 400


def test_switch_refresh_tokens_revoked_ends_old_connections_and_allows_new_ones(api):
    api.switch(refresh_tokens_revoked=True)
    assert refresh(api, api.tokens["refresh_token"]).json() == {"error": "invalid_code"}
    old = api.tokens
    api.connect()
    assert api.get("/api/v3/portals").status_code == 200
    api.switch(refresh_tokens_revoked=False)
    assert "access_token" in refresh(api, old["refresh_token"]).json()


def test_server_info_lists_the_data_centres(api):
    info = requests.get(api.url + "/oauth/serverinfo", timeout=10).json()
    assert info["locations"]["us"] == "https://accounts.zoho.com" and "eu" in info["locations"]
