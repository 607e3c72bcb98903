"""Customers of Zoho Projects → customers, for those that are primary in a fetched project."""

from django.db import IntegrityError

from customers.models import Customer
from customers.names import key_of, named
from integrations.sync import bulk
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
        batch = rows[first : first + AT_ONCE]
        try:
            _settle(context, batch, primaries, from_crm)
        except IntegrityError:  # somebody here took one of the names in this very moment
            context.rolled_back("customers")
            stored = context.ledger("customers").in_bulk([row.pk for row in batch])
            batch = [stored[row.pk] for row in batch]
            for row in batch:
                row.run_now = context.run.pk
            _settle(context, batch, primaries, from_crm)


def _settle(context, batch, primaries, from_crm):
    with context.page("customers"):
        stored = Customer.objects.in_bulk({row.object_id for row in batch} - {None})
        here = Here(context, [r for r in batch if r.zoho_id in primaries and r.object_id not in stored])
        for row in batch:
            linked = stored.get(row.object_id)
            if _settle_one(context, row, linked, row.zoho_id in primaries, row.zoho_id in from_crm, here):
                here.changed.append(row)
        here.write()


class Here:
    """Who bears which name here, and what is to be written: new customers of a batch are written together, but before
    anything is looked for that they may bear on."""

    def __init__(self, context, rows):
        self.context, self.new, self.changed = context, [], []
        rows = [row for row in rows if row.reason != "invalid_record"]
        names = [row.source["record"]["name"] for row in rows]
        # of plain letters only: what else is one name is the database's to say
        self.known = dict.fromkeys(key_of(name) for name in names if name.isascii())
        if self.known:
            self.known |= named(self._all(), self.known)
        self.ids = bulk.next_ids(Customer, len(rows))[::-1]

    def _all(self):
        return Customer.objects.filter(organization=self.context.organization)

    def add(self, customer):
        """A new customer, with its id from now on."""
        customer.pk = self.ids.pop()
        self.new.append(customer)
        if (key := key_of(customer.display_name)) in self.known:
            self.known[key] = customer.pk

    def by_name(self, name, but=None):
        """The id of the customer that bears a name, `but` left aside; None when there is none."""
        if but is None and (key := key_of(name)) in self.known:
            return self.known[key]
        self.write()
        found = named(self._all().exclude(pk=but and but.pk), [name])
        return next(iter(found.values()), None)

    def forget_names(self):
        """Look for every name anew, after a customer took another one."""
        self.known.clear()

    def is_linked(self, pk):
        """Whether a customer here is one of the portal's already."""
        if any(customer.pk == pk for customer in self.new):
            return True
        self.write()
        # also by a record that cannot be read at the moment; only one that is gone lets its customer go
        return self.context.ledger("customers").filter(object_id=pk).exclude(outcome=DELETED).exists()

    def write(self):
        """Write what was not written yet."""
        if self.new:
            Customer.objects.bulk_create(self.new)
            Customer.history.bulk_history_create(self.new, default_change_reason=None)
        save(self.context, self.changed)
        self.new, self.changed = [], []


def _settle_one(context, row, linked, is_primary, crm, here):
    if row.reason == "invalid_record":
        return False
    client = row.source["record"]
    if linked is not None:
        return _update_linked(context, row, linked, client, here)
    row.object_id = None
    if not is_primary:
        return settled(row, EXCLUDED, "not_primary_customer")
    currency = (
        client["currency_code"] or context.connection.portal_currency or context.organization.base_currency
    )
    match = here.by_name(client["name"])
    if match is None or here.is_linked(match):
        return _create(context, row, client, currency, here)
    match = Customer.objects.get(pk=match)
    if crm or client["crm"] or context.connection.customer_duplication == "overwrite":
        if match.currency != currency:
            detail = (
                "The customer already exists with a different currency "
                f"(here: {match.currency}, Zoho Projects: {currency})."
            )
            return settled(row, FAILED, "currency_mismatch", detail)
        changed = _apply(context, match, client, client["name"], row, here)
        row.source = {**row.source, "applied_name": client["name"]}
        did, detail = "updated" if changed else "", " ".join(client["remarks"])
        return settled(row, SYNCED, "", detail, object_id=match.pk, did=did)
    return _create(context, row, client, currency, here)


def _create(context, row, client, currency, here):
    customer = Customer(
        organization=context.organization,
        display_name=_free_name(here, client["name"]),
        company_name=client["name"],
        currency=currency,
        custom_fields=context.pairs("customers").merged(None, {}, client["custom"]),
        **{ours: client[theirs] for theirs, ours in FIELDS.items()},
    )
    here.add(customer)
    row.source = {**row.source, "applied_name": client["name"]}
    return settled(row, SYNCED, object_id=customer.pk, did="created", detail=" ".join(client["remarks"]))


def _update_linked(context, row, customer, client, here):
    # a clone keeps its number: only a changed name at the source changes the name here
    before = (row.source or {}).get("applied_name")
    name = None if before == client["name"] else client["name"]
    changed = _apply(context, customer, client, name if before else None, row, here, before or "")
    row.source = {**row.source, "applied_name": client["name"]}
    detail = " ".join(client["remarks"])
    if client["currency_code"] and client["currency_code"] != customer.currency:
        kept = f"Zoho Projects has the currency {client['currency_code']}; {customer.currency} was kept."
        detail = f"{detail} {kept}".strip()
    did = "updated" if changed else ""
    dirty = before != client["name"]
    return settled(row, SYNCED, "", detail, did=did) or dirty


def _apply(context, customer, client, name, row, here, before=""):
    """Take the source's details; an empty one never erases. True when something was written.

    `name`: the new name, None to leave it; `before`: the one applied earlier, to which a clone added its number.
    """
    wanted = {ours: client[theirs] for theirs, ours in FIELDS.items() if client[theirs]}
    if client["custom"]:
        pairs = context.pairs("customers")
        kept = {**customer.custom_fields, **pairs.merged(customer.pk, {}, client["custom"])}
        wanted["custom_fields"] = kept
    if name:
        wanted["display_name"] = _free_name(here, name, _number(customer.display_name, before), customer)
        wanted["company_name"] = name
    run_changes.noted(row, customer, wanted)
    changed = [field for field, value in wanted.items() if getattr(customer, field) != value]
    for field in changed:
        setattr(customer, field, wanted[field])
    if changed:
        here.write()
        customer.save(update_fields=changed)
        here.forget_names()
    return bool(changed)


def _free_name(here, name, number=1, but=None):
    """`name`, with the first free number from `number` on behind it; 1 stands for none."""
    while here.by_name(_numbered(name, number), but) is not None:
        number += 1
    return _numbered(name, number)


def _numbered(name, number):
    return name if number == 1 else f"{name} ({number})"


def _number(display_name, name):
    """Which number a clone of `name` bears in its display name; 1 for none."""
    number = display_name[len(name) + 2 : -1] if name and display_name.startswith(f"{name} (") else ""
    return int(number) if number.isdecimal() and display_name == _numbered(name, int(number)) else 1
