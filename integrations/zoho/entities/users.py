"""Users of a portal or a project: `GET /users`, `GET /projects/{id}/users` (Zoho Projects API V3, users)."""

from __future__ import annotations

from typing import Any

from .. import values
from ..custom_values import extract
from ..records import User
from .shared import full_name, modified, refuse, require_object


def parse(raw: Any, custom: dict[str, str]) -> User:
    """Read one user, keyed by zpuid. Raises InvalidRecord without zpuid or name."""
    require_object(raw, "user")
    zpuid = values.text_id(raw.get("zpuid"))
    email = values.name(raw.get("email"))
    name = full_name(raw)
    if not zpuid:
        value = raw.get("zpuid")
        what = (
            "has no zpuid"
            if value in (None, "")
            else f"has the zpuid “{values.shown(value)}”, not a whole number"
        )
        refuse(raw, "zpuid", f"The user {what}.", name=name or email)
    if not name:
        refuse(raw, "name", "The user has no name.", zpuid, email)
    remarks: list[str] = []
    profile = values.label(raw.get("portal_profile")) or values.label(raw.get("profile"))
    client_id = values.text_id(raw.get("client_company_id"))
    return User(
        id=zpuid,
        name=name,
        modified_at=modified(raw),
        custom=extract(raw, custom, remarks) if custom else {},
        remarks=remarks,
        zuid=values.text_id(raw.get("zuid") or raw.get("id")),
        email=email,
        first_name=values.name(raw.get("first_name")),
        last_name=values.name(raw.get("last_name")),
        role=values.label(raw.get("role")) or profile,
        is_active=_active(raw),
        is_client=_client(raw, profile, client_id),
        client_id=client_id,
        client_name=values.name(raw.get("client_company_name")),
    )


def _active(raw: dict[str, Any]) -> bool:
    for key in ("is_active", "active"):
        answer = values.boolean(raw.get(key))
        if answer is not None:
            return answer
    return values.word(raw.get("status")) not in ("inactive", "deleted", "disabled", "deactivated", "removed")


def _client(raw: dict[str, Any], profile: str, client_id: str) -> bool:
    """Whether this is a customer's person; several keys can say so and any of them may be missing."""
    answer = values.boolean(raw.get("is_client_user"))
    if answer is not None:
        return answer
    kind = raw.get("user_type")
    if kind == 2 or values.word(values.label(kind)) in ("client", "clientuser", "2", "contact"):
        return True
    return bool(client_id) or profile.casefold() in ("client", "client user")
