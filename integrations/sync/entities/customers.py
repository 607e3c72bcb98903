"""Customers of Zoho Projects → customers, for those that are primary in a fetched project."""

from customers.models import Customer
from customers.names import named
from integrations.sync import changes as run_changes
from integrations.sync.entities.directory import save, seen_rows, settled
from integrations.sync.ledger import DELETED, EXCLUDED, FAILED, SYNCED

AT_ONCE = 50  # customers of one transaction
FIELDS = {
    "email": "email",
    "phone": "phone",
    "website": "website",
    "address": "billing_street",
    "city": "billing_city",
    "state": "billing_state",
    "zip_code": "billing_postal_code",
    "country": "billing_country",
}


def settle(context, primaries, from_crm):
    """Judge every customer met in this run; create, match or update those in `primaries`.

    `primaries`: Zoho ids of customers that are primary in a readable project; `from_crm`: those of them whose
    project came from Zoho CRM. In the order of their ids, so that the first of two namesakes takes the name.
    """
    rows = [row for batch in seen_rows(context, "customers") for row in batch]
    rows.sort(key=lambda row: (len(row.zoho_id), row.zoho_id))
    for first in range(0, len(rows), AT_ONCE):
        with context.page("customers"):
            batch = rows[first : first + AT_ONCE]
            stored = Customer.objects.in_bulk({row.object_id for row in batch} - {None})
            for row in batch:
                linked = stored.get(row.object_id)
                # each is saved before the next, which looks for namesakes
                if _settle_one(context, row, linked, row.zoho_id in primaries, row.zoho_id in from_crm):
                    save(context, [row])


def _settle_one(context, row, linked, is_primary, crm):
    if row.reason == "invalid_record":
        return False
    client = row.source["record"]
    if linked is not None:
        return _update_linked(context, row, linked, client)
    row.object_id = None
    if not is_primary:
        return settled(row, EXCLUDED, "not_primary_customer")
    currency = (
        client["currency_code"] or context.connection.portal_currency or context.organization.base_currency
    )
    match = _by_name(context, client["name"])
    if match is not None and _is_linked(context, match):
        match, crm = None, False
        return _create(context, row, client, currency)
    if match is None:
        return _create(context, row, client, currency)
    if crm or client["crm"] or context.connection.customer_duplication == "overwrite":
        if match.currency != currency:
            detail = (
                "The customer already exists with a different currency "
                f"(here: {match.currency}, Zoho Projects: {currency})."
            )
            return settled(row, FAILED, "currency_mismatch", detail)
        changed = _apply(context, match, client, client["name"], row)
        row.source = {**row.source, "applied_name": client["name"]}
        did, detail = "updated" if changed else "", " ".join(client["remarks"])
        return settled(row, SYNCED, "", detail, object_id=match.pk, did=did)
    return _create(context, row, client, currency)


def _create(context, row, client, currency):
    customer = Customer(
        organization=context.organization,
        display_name=_free_name(context, client["name"]),
        company_name=client["name"],
        currency=currency,
        custom_fields=context.pairs("customers").merged(None, {}, client["custom"]),
        **{ours: client[theirs] for theirs, ours in FIELDS.items()},
    )
    customer.save()
    row.source = {**row.source, "applied_name": client["name"]}
    return settled(row, SYNCED, object_id=customer.pk, did="created", detail=" ".join(client["remarks"]))


def _update_linked(context, row, customer, client):
    # a clone keeps its number: only a changed name at the source changes the name here
    before = (row.source or {}).get("applied_name")
    name = None if before == client["name"] else client["name"]
    changed = _apply(context, customer, client, name if before else None, row, before or "")
    row.source = {**row.source, "applied_name": client["name"]}
    detail = " ".join(client["remarks"])
    if client["currency_code"] and client["currency_code"] != customer.currency:
        kept = f"Zoho Projects has the currency {client['currency_code']}; {customer.currency} was kept."
        detail = f"{detail} {kept}".strip()
    did = "updated" if changed else ""
    dirty = before != client["name"]
    return settled(row, SYNCED, "", detail, did=did) or dirty


def _apply(context, customer, client, name, row, before=""):
    """Take the source's details; an empty one never erases. True when something was written.

    `name`: the new name, None to leave it; `before`: the one applied earlier, to which a clone added its number.
    """
    wanted = {ours: client[theirs] for theirs, ours in FIELDS.items() if client[theirs]}
    if client["custom"]:
        pairs = context.pairs("customers")
        kept = {**customer.custom_fields, **pairs.merged(customer.pk, {}, client["custom"])}
        wanted["custom_fields"] = kept
    if name:
        wanted["display_name"] = _free_name(context, name, _number(customer.display_name, before), customer)
        wanted["company_name"] = name
    run_changes.noted(row, customer, wanted)
    changed = [field for field, value in wanted.items() if getattr(customer, field) != value]
    for field in changed:
        setattr(customer, field, wanted[field])
    if changed:
        customer.save(update_fields=changed)
    return bool(changed)


def _by_name(context, name, but=None):
    others = Customer.objects.filter(organization=context.organization).exclude(pk=but and but.pk)
    found = named(others, [name])
    return Customer.objects.get(pk=next(iter(found.values()))) if found else None


def _is_linked(context, customer):
    # also by a record that cannot be read at the moment; only one that is gone lets its customer go
    return context.ledger("customers").filter(object_id=customer.pk).exclude(outcome=DELETED).exists()


def _free_name(context, name, number=1, but=None):
    """`name`, with the first free number from `number` on behind it; 1 stands for none."""
    while _by_name(context, _numbered(name, number), but) is not None:
        number += 1
    return _numbered(name, number)


def _numbered(name, number):
    return name if number == 1 else f"{name} ({number})"


def _number(display_name, name):
    """Which number a clone of `name` bears in its display name; 1 for none."""
    number = display_name[len(name) + 2 : -1] if name and display_name.startswith(f"{name} (") else ""
    return int(number) if number.isdecimal() and display_name == _numbered(name, int(number)) else 1
