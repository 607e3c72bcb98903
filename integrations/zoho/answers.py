"""Judges one answer of the Projects API: its data, or the error that says what to do (API reference 2.9)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NoReturn

import msgspec

from .errors import BadAnswer, NoAccess, NotFound, Throttled, WrongAddress
from .throttle import error_of, error_text, parse_lockout
from .transport import Answer
from .values import shown

_TOKEN_TITLES = frozenset({"INVALID_OAUTHTOKEN", "INVALID_TICKET", "INVALID_TOKEN"})
_SCOPE_TITLES = frozenset({"INVALID_OAUTHSCOPE", "OAUTH_SCOPE_MISMATCH"})
_ADDRESS_TITLES = frozenset({"URL_RULE_NOT_CONFIGURED", "INVALID_METHOD"})


class TryAgain(Exception):
    """The same request may succeed in a moment. `unreadable`: an answer came, but none that can be read."""

    def __init__(self, message: str, unreadable: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.unreadable = unreadable


class TokenRefused(Exception):
    """The access token is not taken: refresh it once, then repeat the request."""


def decode(body: bytes) -> Any:
    """Decode a JSON body; raises ValueError. Integers stay exact, lone surrogates survive until they are
    cleaned.
    """
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # stricter than Zoho's own encoder: one odd escape in one name must not cost the page
        return json.loads(body.decode("utf-8"), parse_constant=str)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def judge(answer: Answer, pattern: str, now: datetime, read: Callable[[bytes], Any] | None = None) -> Any:
    """Return the decoded body, None for an empty one; or what `read` makes of a body it knows (None: it does not).

    Raises Throttled, NoAccess, NotFound, WrongAddress, BadAnswer, or the internal TryAgain and TokenRefused.
    """
    status = answer.status
    good = 200 <= status < 300
    if good and (status in (204, 205) or not answer.body.strip()):
        return None
    if good and read is not None and (known := read(answer.body)) is not None:
        return known
    data, readable = _read(answer.body)
    if good and readable and not (data.__class__ in (dict, list) and error_of(data)):
        return data
    error = error_of(data) if readable else {}
    wait = parse_lockout(status, answer.headers, data if readable else None, now)
    if wait is not None:
        raise Throttled(
            f"Zoho locked this kind of request for {(wait + 59) // 60} minutes.",
            pattern,
            now + timedelta(seconds=wait),
        )
    if good and not readable:
        raise TryAgain("Zoho answered with something that is not JSON.", unreadable=True)
    if status in (408, 425) or status >= 500:
        raise TryAgain(f"Zoho answered with an internal error (HTTP {status}).")
    _refuse(status, error, readable, pattern)


def _read(body: bytes) -> tuple[Any, bool]:
    try:
        return decode(body), True
    except (ValueError, RecursionError):
        return None, False


def _refuse(status: int, error: dict[str, Any], readable: bool, pattern: str) -> NoReturn:
    title = str(error.get("title") or "").strip().upper()
    words = shown(error_text(error), 200) if error else ""
    said = f" ({words})" if words else ""
    if title in _SCOPE_TITLES:
        raise NoAccess(f"The connection lacks the scope for {pattern}{said}.", "scope")
    if title in _TOKEN_TITLES or (status == 401 and readable):
        raise TokenRefused
    if status == 401:
        raise BadAnswer("Zoho refused the request without an error body: the data centre is probably wrong.")
    if status in (402, 403) or title == "FORBIDDEN":
        raise NoAccess(f"Zoho does not allow {pattern}{said}.", "forbidden")
    if status == 404 or title == "RESOURCE_NOT_FOUND":
        raise NotFound(f"Zoho does not find what {pattern} asks for{said}.")
    if title in _ADDRESS_TITLES or status == 405:
        raise WrongAddress(f"Zoho does not know {pattern}{said}.")
    if title == "INTERNAL_SERVER_ERROR":
        raise TryAgain(f"Zoho answered with an internal error{said}.")
    if 300 <= status < 400:
        raise BadAnswer("Zoho answered with a redirect, which is not followed.")
    raise BadAnswer(f"Zoho answered {pattern} with HTTP {status}{said}.")
