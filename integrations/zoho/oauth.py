"""OAuth 2.0 with Zoho's accounts server (API reference 1): authorize, exchange, refresh, revoke.

The accounts server reports most errors with HTTP 200, so the body decides: without `access_token` nothing was
won.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlencode

import msgspec

from .answers import decode
from .errors import (
    ClientRefused,
    CodeRefused,
    NoRefreshToken,
    ReconnectNeeded,
    SetupError,
    Temporary,
    TokenThrottled,
)
from .throttle import utc_now
from .transport import Answer, Broken, Transport
from .values import shown

SCOPES: list[str] = [
    "ZohoProjects.portals.READ",
    "ZohoProjects.projects.READ",
    "ZohoProjects.users.READ",
    "ZohoProjects.clients.READ",
    "ZohoProjects.tasklists.READ",
    "ZohoProjects.tasks.READ",
    "ZohoProjects.milestones.READ",
    "ZohoProjects.bugs.READ",
    "ZohoProjects.timesheets.READ",
    "ZohoProjects.custom_fields.READ",
    "ZohoProjects.tags.READ",
    "AaaServer.profile.READ",
]

TOKEN_WAIT = timedelta(minutes=10)
# Zoho's tokens live an hour; five minutes less keeps a long page from meeting the end
LONGEST_USE_SECONDS = 55 * 60
_MILLISECONDS_ABOVE = 86_400
_CLIENT_ERRORS = frozenset({"invalid_client", "invalid_client_secret", "invalid_redirect_uri"})


class TokenSource(Protocol):
    """Hands out access tokens; both calls may raise ReconnectNeeded, TokenThrottled or Temporary."""

    def access_token(self) -> str:
        """A token that is good for a while."""

    def refreshed(self, old_access_token: str) -> str:
        """Another token, after Zoho refused `old_access_token`."""


class Tokens(msgspec.Struct, frozen=True):
    """`refresh_token` is '' in answers to a refresh. `expires_at` (aware) is at most 55 minutes away."""

    access_token: str
    refresh_token: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"Tokens(expires_at={self.expires_at.isoformat()})"


def make_pkce() -> tuple[str, str]:
    """Return a fresh code verifier and its S256 challenge (RFC 7636)."""
    verifier = secrets.token_urlsafe(64)
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def authorize_url(
    accounts_url: str,
    client_id: str,
    redirect_uri: str,
    state: str,
    code_challenge: str,
    scopes: Iterable[str] = tuple(SCOPES),
) -> str:
    """The address to send the browser to. Asks for offline access and consent: only so a refresh token
    comes.
    """
    query = urlencode(
        {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": redirect_uri,
            "scope": ",".join(scopes),
            "access_type": "offline",
            "prompt": "consent",
            "state": state,
            "code_challenge": code_challenge,
            "code_challenge_method": "S256",
        }
    )
    return f"{accounts_url.rstrip('/')}/oauth/v2/auth?{query}"


def exchange_code(
    accounts_url: str,
    client_id: str,
    client_secret: str,
    redirect_uri: str,
    code: str,
    code_verifier: str,
) -> Tokens:
    """Turn an authorization code into tokens, at the accounts server the callback named.

    Raises CodeRefused, ClientRefused, NoRefreshToken, TokenThrottled, SetupError, or Temporary.
    """
    form = {
        "grant_type": "authorization_code",
        "client_id": client_id,
        "client_secret": client_secret,
        "redirect_uri": redirect_uri,
        "code": code,
        "code_verifier": code_verifier,
    }
    body = _ask_for_tokens(accounts_url, form)
    if body.get("error") == "invalid_code":
        raise CodeRefused(
            "Zoho did not accept the authorization code: it was used already or is older than two minutes."
            " Please connect again. If it happens every time, the account may live in another data centre."
        )
    tokens = _tokens(body)
    if not tokens.refresh_token:
        raise NoRefreshToken(
            "Zoho gave access for one hour only. Please connect again and accept when Zoho asks for consent."
        )
    return tokens


def refresh(accounts_url: str, client_id: str, client_secret: str, refresh_token: str) -> Tokens:
    """Get a new access token; the refresh token stays as it is and is not repeated.

    Raises ReconnectNeeded when the grant is gone, TokenThrottled when Zoho wants a pause (the grant is good),
    ClientRefused when our own client data are wrong, Temporary for everything that may pass by itself.
    """
    form = {
        "grant_type": "refresh_token",
        "client_id": client_id,
        "client_secret": client_secret,
        "refresh_token": refresh_token,
    }
    body = _ask_for_tokens(accounts_url, form)
    if body.get("error") in ("invalid_code", "invalid_grant", "invalid_token"):
        raise ReconnectNeeded("Zoho no longer accepts this connection. Please connect again.")
    tokens = _tokens(body)
    return msgspec.structs.replace(tokens, refresh_token="")


def revoke(accounts_url: str, token: str) -> bool:
    """End a refresh or access token at Zoho. True when Zoho says so; False when it does not know the token.

    Raises Temporary when Zoho could not be asked.
    """
    answer = _send("POST", f"{accounts_url.rstrip('/')}/oauth/v2/token/revoke", data={"token": token})
    if answer.status >= 500:
        raise Temporary(f"Zoho's accounts server had an internal error (HTTP {answer.status}).")
    body = _object(answer)
    return 200 <= answer.status < 300 and not (body or {}).get("error")


def account_info(accounts_url: str, access_token: str) -> dict[str, Any] | None:
    """Who granted access: `/oauth/user/info` with `ZUID`, `Email`, `Display_Name`; None when Zoho will not
    say.
    """
    try:
        answer = _send(
            "GET",
            f"{accounts_url.rstrip('/')}/oauth/user/info",
            authorization=f"Zoho-oauthtoken {access_token}",
        )
    except Temporary:
        return None
    body = _object(answer)
    if not 200 <= answer.status < 300 or not body or "error" in body:
        return None
    return body


def _send(method: str, url: str, **options: Any) -> Answer:
    transport = Transport(connect_timeout=5, read_timeout=30, total_timeout=60, largest_body=1024 * 1024)
    try:
        return transport.send(method, url, **options)
    except Broken as error:
        raise Temporary(f"Zoho's accounts server could not be reached: {error.message}") from None
    finally:
        transport.close()


def _object(answer: Answer) -> dict[str, Any] | None:
    try:
        body = decode(answer.body)
    except (ValueError, RecursionError):
        return None
    return body if body.__class__ is dict else None


def _ask_for_tokens(accounts_url: str, form: dict[str, str]) -> dict[str, Any]:
    """Post to the token endpoint; raise for what means the same in an exchange and in a refresh."""
    answer = _send("POST", f"{accounts_url.rstrip('/')}/oauth/v2/token", data=form)
    body = _object(answer)
    if body is None:
        if answer.status == 429:
            raise throttled()
        raise Temporary(f"Zoho's accounts server gave no usable answer (HTTP {answer.status}).")
    if body.get("access_token"):
        return body
    error = str(body.get("error") or "")
    if answer.status == 429 or error.lower().replace("_", " ") == "access denied":
        raise throttled()
    if error in _CLIENT_ERRORS:
        raise ClientRefused(
            f"Zoho does not accept this application ({error}): check client ID, client secret and redirect"
            " address, and that the client is enabled for the data centre of this account."
        )
    if answer.status >= 500:
        raise Temporary(f"Zoho's accounts server had an internal error (HTTP {answer.status}).")
    return body


def throttled(until: datetime | None = None) -> TokenThrottled:
    """Zoho hands out no more tokens until then, ten minutes from now when nothing is said."""
    return TokenThrottled(
        "Zoho has handed out too many tokens and asks for a pause of ten minutes.",
        "token",
        until or utc_now() + TOKEN_WAIT,
    )


def _tokens(body: dict[str, Any]) -> Tokens:
    access_token = body.get("access_token")
    if access_token.__class__ is not str or not access_token:
        words = shown(body.get("error") or "no reason given", 80)
        raise SetupError(f"Zoho gave no access token ({words}).")
    refresh_token = body.get("refresh_token")
    return Tokens(
        access_token=access_token,
        refresh_token=refresh_token if refresh_token.__class__ is str else "",
        expires_at=utc_now() + timedelta(seconds=_lifetime(body)),
    )


def _lifetime(body: dict[str, Any]) -> float:
    """Seconds until the token should be replaced: never more than 55 minutes, whatever unit or nonsense
    came.
    """
    value: Any = body.get("expires_in_sec") or body.get("expires_in")
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return LONGEST_USE_SECONDS
    if seconds > _MILLISECONDS_ABOVE:  # very old answers gave milliseconds
        seconds /= 1000
    return min(seconds, LONGEST_USE_SECONDS) if seconds > 0 else LONGEST_USE_SECONDS
