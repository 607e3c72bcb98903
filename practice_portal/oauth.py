"""The accounts server: authorize, token, revoke, user info, server info.

Errors come as HTTP 200 with an `error` key, as Zoho's accounts server sends them; only a throttled token
request is 400 (or 200 behind a switch).
"""

import base64
import hashlib
from urllib.parse import urlencode, urlsplit

from . import consent
from .messages import Answer, html_answer, json_answer
from .tokens import TooManyError

KNOWN_MODULES = {
    "portals",
    "projects",
    "users",
    "clients",
    "tasklists",
    "tasks",
    "milestones",
    "bugs",
    "timesheets",
    "custom_fields",
    "tags",
    "documents",
    "search",
    "forums",
    "events",
    "status",
    "entity_properties",
}
VERBS = {"READ", "CREATE", "UPDATE", "DELETE", "ALL"}
CARRIED = (
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "access_type",
    "code_challenge",
    "code_challenge_method",
)
LOCATIONS = {
    "us": "com",
    "eu": "eu",
    "in": "in",
    "au": "com.au",
    "jp": "jp",
    "sa": "sa",
    "uk": "uk",
    "cn": "com.cn",
}


def known_scope(scope):
    """True for scopes of Zoho Projects and the few others that go with them."""
    parts = scope.split(".")
    if len(parts) != 3:
        return False
    if parts[0] == "ZohoProjects":
        return parts[1] in KNOWN_MODULES and parts[2] in VERBS
    return parts[0] in {"AaaServer", "ZohoPC", "ZohoSearch"} and parts[2] in VERBS | {"READ"}


def _loopback(uri):
    return (urlsplit(uri).hostname or "") in {"localhost", "127.0.0.1", "::1", "testserver"}


def _redirect_allowed(settings, uri):
    if settings.redirect_uris:
        return uri in settings.redirect_uris
    return _loopback(uri)


def authorize(state, request):
    """GET: the consent page (or a code at once); POST: the answer of the person."""
    asked = request.form if request.method == "POST" else request.params
    settings = state.settings
    if asked.get("client_id") != settings.client_id:
        return html_answer(
            consent.problem_page("Invalid client", "This client id is not registered here."), 400
        )
    redirect = asked.get("redirect_uri", "")
    if not _redirect_allowed(settings, redirect):
        return html_answer(
            consent.problem_page(
                "Invalid redirect address", "The address to return to is not registered for this client."
            ),
            400,
        )
    if asked.get("response_type", "code") != "code":
        return html_answer(
            consent.problem_page("Unsupported response type", "Only the code flow is offered."), 400
        )
    scopes = tuple(s for s in asked.get("scope", "").replace(" ", ",").split(",") if s)
    if not scopes or not all(known_scope(s) for s in scopes):
        return _back(redirect, {"error": "invalid_scope"}, asked)
    if request.method == "POST":
        if asked.get("answer") != "accept":
            return _back(redirect, {"error": "access_denied"}, asked)
        return _grant(state, request, asked, scopes, asked.get("account", ""))
    if settings.auto_consent:
        return _grant(state, request, asked, scopes, settings.auto_account)
    people = [(a["email"], a["name"]) for a in state.accounts.values()]
    hidden = {k: asked[k] for k in CARRIED if k in asked}
    chosen = settings.auto_account or people[0][0]
    return html_answer(consent.consent_page(settings.client_name, scopes, people, chosen, hidden))


def _grant(state, request, asked, scopes, account):
    settings = state.settings
    account = account if account in state.accounts else next(iter(state.accounts))
    try:
        code = state.tokens.make_code(
            asked["client_id"],
            account,
            asked["redirect_uri"],
            scopes,
            asked.get("access_type") == "offline",
            asked.get("code_challenge", ""),
        )
    except TooManyError:
        return html_answer(
            consent.problem_page(
                "Access denied",
                "Too many authorization codes were asked for. Please try again after some time.",
            ),
            400,
        )
    server = settings.accounts_server or f"http://{request.headers.get('Host') or 'localhost'}"
    return _back(
        asked["redirect_uri"], {"code": code, "location": settings.location, "accounts-server": server}, asked
    )


def _back(redirect, values, asked):
    if asked.get("state"):
        values["state"] = asked["state"]
    joiner = "&" if urlsplit(redirect).query else "?"
    return Answer(302, b"", "text/plain", {"Location": redirect + joiner + urlencode(values)})


def token(state, request):
    """POST /oauth/v2/token: code to tokens, or refresh token to access token."""
    given = {**request.params, **request.form}
    settings = state.settings
    grant = given.get("grant_type")
    if grant not in {"authorization_code", "refresh_token"}:
        return json_answer({"error": "unsupported_grant_type"})
    need = "code" if grant == "authorization_code" else "refresh_token"
    if not all(given.get(k) for k in ("client_id", need)):
        return json_answer({"error": "general_error"})
    if given["client_id"] != settings.client_id:
        return json_answer({"error": "invalid_client"})
    if not given.get("client_secret"):
        return json_answer({"error": "general_error"})
    if given["client_secret"] != settings.client_secret:
        return json_answer({"error": "invalid_client_secret"})
    try:
        return _by_code(state, given) if grant == "authorization_code" else _by_refresh(state, given)
    except TooManyError:
        body = {
            "error": "Access Denied",
            "status": "failure",
            "error_description": "You have made too many requests continuously. "
            "Please try again after some time.",
        }
        return json_answer(body, 200 if state.switches.token_throttle_200 else 400)


def _by_code(state, given):
    code = state.tokens.codes.get(given["code"])
    if not code or state.clock.now() - code.made > state.settings.code_seconds:
        return json_answer({"error": "invalid_code"})
    if given.get("redirect_uri") != code.redirect_uri:
        return json_answer({"error": "invalid_redirect_uri"})
    del state.tokens.codes[given["code"]]
    if code.challenge:
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != code.challenge.rstrip("="):
            return json_answer({"error": "invalid_code"})
    refresh = state.tokens.make_refresh(code.client_id, code.account, code.scopes) if code.offline else None
    access = state.tokens.make_access(code.scopes, code.account, refresh)
    state.keep()
    return json_answer(_tokens(state, access, refresh))


def _by_refresh(state, given):
    refresh = state.tokens.refresh.get(given["refresh_token"])
    if not refresh or refresh.revoked or refresh.client_id != given["client_id"]:
        return json_answer({"error": "invalid_code"})
    return json_answer(
        _tokens(state, state.tokens.make_access(refresh.scopes, refresh.account, refresh), None)
    )


def _tokens(state, access, refresh):
    answer = {"access_token": access.token}
    if refresh:
        answer["refresh_token"] = refresh.token
    domain = LOCATIONS.get(state.settings.location, "com")
    return answer | {
        "scope": " ".join(access.scopes),
        "api_domain": f"https://www.zohoapis.{domain}",
        "token_type": "Bearer",
        "expires_in": int(state.settings.access_token_seconds),
    }


def revoke(state, request):
    """POST /oauth/v2/token/revoke: `{"status": "success"}`, or 400 for an unknown token."""
    known = state.tokens.revoke({**request.params, **request.form}.get("token", ""))
    state.keep()
    return json_answer({"status": "success"}) if known else json_answer({"error": "invalid_token"}, 400)


def user_info(state, request):
    """GET /oauth/user/info: who the token belongs to; needs AaaServer.profile.READ."""
    access = state.tokens.valid(bearer(request))
    if not access:
        return json_answer({"error": "invalid_token"}, 401)
    if "AaaServer.profile.READ" not in access.scopes:
        return json_answer({"error": "INVALID_OAUTHSCOPE"}, 401)
    who = state.accounts[access.account]
    return json_answer(
        {
            "First_Name": who["first_name"],
            "Last_Name": who["last_name"],
            "Display_Name": who["name"],
            "Email": who["email"],
            "ZUID": who["zuid"],
        }
    )


def server_info(state, request):
    """GET /oauth/serverinfo: location to accounts host."""
    places = {k: f"https://accounts.zoho.{v}" for k, v in LOCATIONS.items()} | {
        "ca": "https://accounts.zohocloud.ca"
    }
    return json_answer({"result": "success", "locations": places})


def bearer(request):
    """The token of `Authorization: Zoho-oauthtoken …` (or `Bearer …`), or an empty text."""
    kind, _, value = (request.headers.get("Authorization") or "").partition(" ")
    return value.strip() if kind.lower() in {"zoho-oauthtoken", "bearer"} else ""


ROUTES = {
    ("GET", "/oauth/v2/auth"): authorize,
    ("POST", "/oauth/v2/auth"): authorize,
    ("POST", "/oauth/v2/token"): token,
    ("POST", "/oauth/v2/token/revoke"): revoke,
    ("GET", "/oauth/user/info"): user_info,
    ("GET", "/oauth/serverinfo"): server_info,
}
