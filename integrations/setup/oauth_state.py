"""The secret that ties Zoho's answer to the session that asked: random, single use, good for ten minutes."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

KEY = "zoho_consent"
GOOD_FOR_SECONDS = 10 * 60


@dataclass(frozen=True)
class Pending:
    """A consent that was asked for: the PKCE verifier and who asked for which organization."""

    verifier: str
    organization_id: int
    user_id: int


def begin(request: HttpRequest, verifier: str, organization_id: int) -> str:
    """Remember a consent in the session and return its state; a former one is forgotten."""
    state = secrets.token_urlsafe(32)
    request.session[KEY] = {
        "state": state,
        "verifier": verifier,
        "organization": organization_id,
        "user": request.user.pk,
        "at": time.time(),
    }
    return state


def finish(request: HttpRequest, state: str) -> Pending | None:
    """The pending consent that `state` belongs to, once; None when it is wrong, used or too old."""
    kept: dict[str, Any] | None = request.session.get(KEY)
    if not kept or not state or not secrets.compare_digest(kept["state"].encode(), state.encode()):
        return None
    del request.session[KEY]
    if not 0 <= time.time() - kept["at"] <= GOOD_FOR_SECONDS or kept["user"] != request.user.pk:
        return None
    return Pending(kept["verifier"], kept["organization"], kept["user"])
