"""The address a document goes to: the customer's, unless somebody gave a draft one of its own."""

from django.db import transaction

from transactions import checks
from transactions.errors import TransactionRefused
from transactions.locking import lock

FIELDS = {
    "billing_street": ("Street", 2000), "billing_city": ("City", 200), "billing_state": ("State", 200),
    "billing_postal_code": ("Postal code", 50), "billing_country": ("Country", 200),
}  # fmt: skip


def source(document):
    """The row whose billing_* fields say where the document goes: the customer or the document itself."""
    return document.customer if document.is_draft and not document.address_is_own else document


@transaction.atomic
def give_own(document, values):
    """Give a draft an address of its own: `values` of FIELDS, what is missing is empty; {} goes back to the customer's.

    Raises TransactionRefused for an issued document and for texts that are too long.
    """
    lock(document)
    if not document.is_draft:
        raise TransactionRefused("issued", f"{document} was issued and does not change any more.")
    for name, (label, longest) in FIELDS.items():
        setattr(document, name, checks.text(values.get(name) or "", name, label, longest))
    document.address_is_own = bool(values)
    document.save(update_fields=[*FIELDS, "address_is_own", "updated_at"])
    return document


def carry(old, new):
    """A document made of another one goes to the same place when that had an address of its own."""
    if old.address_is_own:
        new.address_is_own = True
        for name in FIELDS:
            setattr(new, name, getattr(old, name))
