"""What every request and answer gets, whichever app it belongs to."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from contextvars import ContextVar

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from operations import traces

Answer = Callable[[HttpRequest], HttpResponse]

request_id: ContextVar[str] = ContextVar("request_id", default="")

TOUCH_AFTER = 15 * 60  # seconds; a session is written at most this often, not at every request


def client_address(request: HttpRequest) -> str:
    """The visitor's address: the peer, or what the trusted proxy in front says it was."""
    if settings.TRUST_PROXY_HEADERS:
        forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        if forwarded[-1]:  # the last entry is the proxy's own word; those before it are the visitor's
            return forwarded[-1]
    return str(request.META.get("REMOTE_ADDR", ""))


class RequestIdMiddleware:
    """Gives each request a short id: in its log lines and in the answer's `X-Request-ID`."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        value = secrets.token_hex(8)
        request.request_id = value  # type: ignore[attr-defined]
        token = request_id.set(value)
        try:
            with traces.span(f"{request.method} page", request_id=value):
                response = self.get_response(request)
        finally:
            request_id.reset(token)
        response["X-Request-ID"] = value
        return response


class SignedInMiddleware:
    """Limits how long a session lives, and keeps signed-in pages out of every cache."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            self._limit(request)
        response = self.get_response(request)
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store, private"
        return response

    @staticmethod
    def _limit(request: HttpRequest) -> None:
        now = int(time.time())
        session = request.session
        began = session.get("signed_in_at")
        if began is not None and now - began > settings.SESSION_LONGEST_AGE:
            logout(request)
            return
        if began is None:
            session["signed_in_at"] = now
        if now - session.get("seen_at", 0) > TOUCH_AFTER:
            session["seen_at"] = now  # writing it moves the idle limit on
