"""Customers: Zoho calls them clients. Portal-wide, per project with the primary flag, and their contacts.

Zoho Projects API V3 (clients, contacts) and the older restapi's client calls, whose records carry
`id_string`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from .. import values
from ..custom_values import extract
from ..records import Client, Contact, ProjectClient
from .shared import has_crm, identity, modified, reference, refuse, require_object

_PRIMARY_KEYS = ("is_primary", "primary", "is_primary_client")


def parse(raw: Any, custom: dict[str, str]) -> Client:
    """Read one customer. Raises InvalidRecord without id or name."""
    zoho_id, name = identity(_aliased(raw), "customer", ("name", "client_name"))
    remarks: list[str] = []
    currency = values.name(raw.get("currency_code")).upper()
    if currency and not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        remarks.append(f"The currency “{values.shown(currency)}” is not a currency code and was left out.")
        currency = ""
    return Client(
        id=zoho_id,
        name=name,
        modified_at=modified(raw),
        custom=extract(raw, custom, remarks) if custom else {},
        remarks=remarks,
        email=values.name(raw.get("email")),
        phone=values.name(raw.get("phone")),
        website=values.name(raw.get("website")),
        address=_lines(raw.get("address")),
        city=values.name(raw.get("city")),
        state=values.name(raw.get("state")),
        zip_code=values.name(raw.get("zip_code")),
        country=values.name(raw.get("country")),
        currency_code=currency,
        crm=has_crm(raw),
    )


def parse_project_client(raw: Any) -> ProjectClient | None:
    """Read one customer of a project; None for what is no object.

    Refuses nothing: a customer without a name or id can still be the primary one, and that it cannot be
    read is the business of its own record.
    """
    if raw.__class__ is not dict:
        return None
    raw = _aliased(raw)
    return ProjectClient(
        id=values.text_id(raw.get("id")) or values.text_id(raw.get("id_string")),
        name=values.name(raw.get("name")) or values.name(raw.get("client_name")),
        is_primary=_primary_flag(raw),
        added_at=values.timestamp(raw.get("added_time") or raw.get("added_time_long")),
        crm=has_crm(raw),
    )


def parse_contact(raw: Any, custom: dict[str, str]) -> Contact:
    """Read one contact. Raises InvalidRecord without id, or without both name and e-mail."""
    require_object(raw, "contact")
    zoho_id = values.text_id(raw.get("id")) or values.text_id(raw.get("id_string"))
    first, last = values.name(raw.get("first_name")), values.name(raw.get("last_name"))
    email = values.name(raw.get("email"))
    name = values.name(raw.get("name")) or " ".join(part for part in (first, last) if part) or email
    if not zoho_id:
        refuse(raw, "id", "The contact has no id.", name=name)
    if not name:
        refuse(raw, "name", "The contact has neither a name nor an e-mail address.", zoho_id)
    if not first and not last:
        first, _, last = name.rpartition(" ") if name != email else ("", "", "")
    remarks: list[str] = []
    return Contact(
        id=zoho_id,
        name=name,
        modified_at=modified(raw),
        custom=extract(raw, custom, remarks) if custom else {},
        remarks=remarks,
        client_id=reference(raw, "client") or values.text_id(raw.get("client_company_id")),
        first_name=first,
        last_name=last,
        email=email,
        phone=values.name(raw.get("phone")),
        mobile=values.name(raw.get("mobile")),
    )


def primary_of(clients: Sequence[ProjectClient]) -> ProjectClient | Literal["unclear"] | None:
    """The project's primary customer; None when it has no customer, 'unclear' when a person must settle it.

    A flag decides; without any flag the only customer, else the one added first (API reference 3.5). Flags
    that contradict each other, or that say of each customer that it is not the primary one, are not
    overruled.
    """
    flagged = [client for client in clients if client.is_primary]
    if flagged:
        return flagged[0] if len({client.id for client in flagged}) == 1 else "unclear"
    if any(client.is_primary is False for client in clients):
        return None
    if len({client.id for client in clients}) <= 1:
        return clients[0] if clients else None
    dated: list[tuple[datetime, ProjectClient]] = []
    for client in clients:
        if client.added_at is None:
            return "unclear"
        dated.append((client.added_at, client))
    first = min(moment for moment, _ in dated)
    earliest = {client.id: client for moment, client in dated if moment == first}
    return next(iter(earliest.values())) if len(earliest) == 1 else "unclear"


def _primary_flag(raw: dict[str, Any]) -> bool | None:
    for key in _PRIMARY_KEYS:
        answer = values.boolean(raw.get(key))
        if answer is not None:
            return answer
    return None


def _aliased(raw: Any) -> Any:
    """`client_id` is a variant spelling of `id` on the older pages."""
    if raw.__class__ is dict and raw.get("id") is None and raw.get("client_id") is not None:
        return raw | {"id": raw["client_id"]}
    return raw


def _lines(value: Any) -> str:
    """An address keeps its lines."""
    if value.__class__ is not str:
        return values.name(value)
    return "\n".join(line for line in map(values.name, value.splitlines()) if line)
