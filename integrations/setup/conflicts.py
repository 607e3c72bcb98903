"""Customers of the portal that exist here in another currency: found in the wizard, before the first sync fails."""

from __future__ import annotations

from dataclasses import dataclass

from customers.models import Customer
from customers.names import key_of
from integrations.gateway import client_for
from integrations.models import Connection, Module, SyncedRecord
from integrations.zoho import api, records
from integrations.zoho.entities import clients as client_parser
from integrations.zoho.errors import InvalidRecord, ZohoError
from integrations.zoho.records import Client

READ_SECONDS = 15
MOST_PAGES = 10  # of 200 customers each


@dataclass(frozen=True)
class Conflict:
    """One customer of the portal and the one of its name here. `always`: Zoho CRM's details win even under Clone."""

    name: str
    here: str
    there: str
    customer_id: int
    always: bool

    @property
    def sentence(self) -> str:
        """What clashes, in one sentence."""
        crm = " Its details come from Zoho CRM, so this holds with Clone, too." if self.always else ""
        return f"“{self.name}” exists here in {self.here} and in Zoho Projects in {self.there}.{crm}"


def conflicts_of(connection: Connection, portal_id: str = "") -> list[Conflict]:
    """Customers of the portal whose name is taken here, by one that is not linked, in another currency.

    Under Overwrite they could not come in, nor could their projects. [] when Zoho does not tell its customers.
    """
    organization = connection.organization
    linked = SyncedRecord.objects.filter(
        connection__organization=organization,
        connection__portal_id=portal_id or connection.portal_id,
        module=Module.CUSTOMERS,
        outcome=SyncedRecord.Outcome.SYNCED,
        object_id__isnull=False,
    )
    free = Customer.objects.filter(organization=organization).exclude(pk__in=linked.values("object_id"))
    here = {
        key_of(name): (pk, name, currency)
        for pk, name, currency in free.values_list("pk", "display_name", "currency")
    }
    if not here:
        return []
    known = set(linked.values_list("zoho_id", flat=True))
    found = []
    for client in _clients(connection, portal_id):
        match = here.get(key_of(client.name))
        if match is None or client.id in known:
            continue
        currency = client.currency_code or connection.portal_currency or organization.base_currency
        if currency != match[2]:
            found.append(Conflict(match[1], match[2], currency, match[0], client.crm))
    return found


def _clients(connection: Connection, portal_id: str) -> list[Client]:
    found: list[Client] = []
    try:
        with client_for(connection, read_timeout=READ_SECONDS, retries=1) as client:
            client.portal_id = portal_id or connection.portal_id
            for page in client.stream(api.clients()):
                parsed = records.parse_page(client_parser.parse, page.raws)
                found += [one for one in parsed if not isinstance(one, InvalidRecord)]
                if page.number >= MOST_PAGES:
                    break
    except ZohoError:
        pass
    return found
