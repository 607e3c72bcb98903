"""Portals: `GET /api/v3/portals`, the portal detail, and the older `/restapi/portals/`."""

from __future__ import annotations

from typing import Any

from .. import values
from ..records import Portal
from .shared import identity


def parse(raw: Any, account: dict[str, Any] | None = None) -> Portal:
    """Read one portal. `account`: the answer of `/oauth/user/info`, when known, helps to see who owns it.

    Raises InvalidRecord without id or name.
    """
    zoho_id, name = identity(raw, "portal", ("portal_name", "name", "org_name"))
    owner = values.mapping(raw.get("owner"))
    settings = values.mapping(raw.get("settings"))
    profile = values.label(raw.get("profile")) or values.label(raw.get("role"))
    currency = values.name(raw.get("currency_code")).upper()
    crm = values.boolean(values.mapping(raw.get("integrations")).get("crm"))
    return Portal(
        id=values.text_id(raw.get("id_string")) or zoho_id,
        name=name,
        org_name=values.name(raw.get("org_name")) or values.name(settings.get("company_name")) or name,
        timezone=values.name(raw.get("timezone") or raw.get("time_zone") or settings.get("time_zone")),
        owner_email=values.name(owner.get("email")),
        profile_name=profile,
        is_owner=_owned(profile, owner, account or {}),
        currency_code=currency if len(currency) == 3 and currency.isalpha() else "",
        crm=bool(crm or values.boolean(raw.get("is_crm_partner"))),
    )


def _owned(profile: str, owner: dict[str, Any], account: dict[str, Any]) -> bool:
    """Whether the account owns the portal: by profile, else by account id, else by address (API reference
    3.1).
    """
    if profile.casefold() == "portal owner":
        return True
    zuid = values.text_id(account.get("ZUID"))
    owner_zuid = values.text_id(owner.get("zuid")) or values.text_id(owner.get("id"))
    if zuid and owner_zuid:
        return zuid == owner_zuid
    email = values.name(account.get("Email")).casefold()
    return bool(email) and email == values.name(owner.get("email")).casefold()
