"""What the wizard asks Zoho about: portals, how much stands in one, and its custom fields."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from integrations.field_map import CUSTOM_MODULES
from integrations.gateway import client_for
from integrations.models import Connection
from integrations.setup import conflicts
from integrations.zoho import api
from integrations.zoho.errors import ReconnectNeeded, ZohoError
from integrations.zoho.records import Field, Portal
from integrations.zoho.throttle import MemoryThrottle

_COUNTED: tuple[tuple[str, str, dict[str, int]], ...] = (
    ("projects", "/projects", {}),
    ("clients", "/clients", {}),
    ("users", "/users", {"type": 0}),
)
_WORDS = {"projects": "projects", "clients": "customers", "users": "users"}
PAGE = 200
READ_SECONDS = 15


class _OneToken:
    """The token of a consent that is not stored yet."""

    def __init__(self, token: str) -> None:
        self._token = token

    def access_token(self) -> str:
        return self._token

    def refreshed(self, old_access_token: str) -> str:
        raise ReconnectNeeded("Zoho refused the permission it had just given. Please connect again.")


def portals_of(
    connection: Connection,
    *,
    access_token: str = "",
    api_url: str = "",
    account: dict[str, Any] | None = None,
) -> list[Portal]:
    """The portals the connected account sees, fresh from Zoho; with `access_token` those of that token.

    Raises ZohoError.
    """
    if not account and connection.zoho_account:
        account = {"Email": connection.zoho_account}
    with client_for(connection) as client:
        if access_token:
            client.tokens, client.throttle = _OneToken(access_token), MemoryThrottle()
            client.api_url = api_url.rstrip("/")
            account = account or {}
        return client.portals(account)


def found_in(connection: Connection, portal_id: str) -> dict[str, Any]:
    """What stands in a portal: `counts` {projects, clients, users: words such as '14 projects'}, and `conflicts`,
    its customers that clash with customers here (see conflicts.py).

    One page is read of projects and users, all pages of customers. What Zoho does not tell is left out.
    """
    counts: dict[str, str] = {}
    with client_for(connection, read_timeout=READ_SECONDS, retries=1) as client:
        client.portal_id = portal_id
        for key, path, params in _COUNTED:
            try:
                data = client.get(path, {"page": 1, "per_page": PAGE, **params})
            except ZohoError:
                continue
            counts[key] = _in_words(data, key)
    clashes = conflicts.conflicts_of(connection, portal_id)
    found: dict[str, Any] = {"counts": counts, "conflicts": [clash.sentence for clash in clashes]}
    return found if counts or clashes else {}


def _in_words(data: Any, key: str) -> str:
    rows = data.get(key) if isinstance(data, dict) else data
    rows = rows if isinstance(rows, list) else []
    info = data.get("page_info") if isinstance(data, dict) else None
    more = isinstance(info, dict) and str(info.get("has_next_page")).lower() == "true"
    number = len(rows)
    if number >= PAGE and (more or info is None):
        return f"more than {PAGE} {_WORDS[key]}"
    return f"{number} {_WORDS[key] if number != 1 else _WORDS[key][:-1]}"


def custom_fields_of(connection: Connection, modules: Iterable[str] | None = None) -> dict[str, list[Field]]:
    """Zoho's custom fields per module that can have them here, or those of `modules` only. Raises ZohoError."""
    wanted = [module for module in CUSTOM_MODULES if modules is None or module in modules]
    with client_for(connection, read_timeout=READ_SECONDS, retries=2) as client:
        return {module: _custom(api.fields(client, module)) for module in wanted}


def _custom(fields: Iterable[Field]) -> list[Field]:
    unique = {field.api_name: field for field in fields if field.is_custom}
    return sorted(unique.values(), key=lambda field: field.label.casefold())
