"""Buttons that lead to where a problem is mended, or do the mending."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from customers.models import Customer
from customers.names import key_of, named
from integrations.dashboard.links import our_urls, zoho_url
from integrations.models import Connection, Module, SyncedRecord


@dataclass(frozen=True)
class Fix:
    """A link that mends: its words, its address, and whether it leads to Zoho (a new tab)."""

    label: str
    url: str
    leaves: bool = False


IN_ZOHO = {
    "no_primary_customer": "Open the project in Zoho",
    "primary_customer_unclear": "Open the project in Zoho",
    "not_approved": "Open the timesheet in Zoho",
    "not_billable": "Open the timesheet in Zoho",
    "invalid_record": "Correct it in Zoho",
}


def fixes_for(connection: Connection, records: Iterable[SyncedRecord]) -> dict[int, list[Fix]]:
    """{ledger id: fixes} for those that have one; three queries at most, however many records."""
    records = list(records)
    customers = _customers(connection, [r for r in records if r.reason == "currency_mismatch"])
    parents = _parents(connection, [r.blocked_by for r in records if r.blocked_by])
    ours = our_urls([r for r in records if r.reason in ("customer_locked", "changed_after_billing")])
    found: dict[int, list[Fix]] = {}
    for record in records:
        fixes = []
        if record.pk in customers:
            fixes.append(Fix("Open the customer", reverse("customer", args=[customers[record.pk]])))
        elif record.blocked_by in parents:
            parent = parents[record.blocked_by]
            fixes.append(
                Fix(f"Show its {parent.get_module_display().lower().rstrip('s')}", problem_url(parent))
            )
        if record.reason == "portal_limit_reached":
            fixes.append(Fix("Open the people page", reverse("staff")))
        if record.reason == "no_synced_work":
            fixes.append(Fix("Create the person here", reverse("person_new")))
        if record.pk in ours:
            fixes.append(Fix("Open it here", ours[record.pk]))
        if record.reason in IN_ZOHO and (url := zoho_url(connection, record)):
            fixes.append(Fix(IN_ZOHO[record.reason], url, leaves=True))
        if fixes:
            found[record.pk] = fixes
    return found


def problem_url(record: SyncedRecord) -> str:
    """The page that shows one failed parent with what it blocks."""
    return reverse("integrations:blocked", args=[record.pk])


def _customers(connection: Connection, records: list[SyncedRecord]) -> dict[int, int]:
    """{ledger id: our customer} of the customer here whose currency stands in the way."""
    if not records:
        return {}
    keys = {record.pk: record.blocked_by or record.zoho_id for record in records}
    rows = connection.synced_records.filter(module=Module.CUSTOMERS, zoho_id__in=set(keys.values()))
    names = {zoho_id: key_of(name) for zoho_id, name in rows.values_list("zoho_id", "name")}
    ids = named(Customer.objects.filter(organization=connection.organization_id), set(names.values()))
    return {pk: ids[names[key]] for pk, key in keys.items() if names.get(key) in ids}


def _parents(connection: Connection, zoho_ids: list[str]) -> dict[str, SyncedRecord]:
    if not zoho_ids:
        return {}
    rows = connection.synced_records.filter(
        module__in=Module.values, zoho_id__in=set(zoho_ids), outcome=SyncedRecord.Outcome.FAILED
    )
    return {row.zoho_id: row for row in rows.defer("source")}
