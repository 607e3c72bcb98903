"""Addresses: a draft's own billing address, and a contact's. One address per contact is kept, no shipping address."""

from api import guards
from api.building import PAGES, operation, out, router, sliced
from api.crud import body
from api.errors import NOT_HERE, Refused, no_row
from api.resources import contacts, estimates, invoices
from transactions import addresses

MISSING = "Address does not exist"
TEXTS = dict.fromkeys(("address", "street2", "city", "state", "zip", "country"), str)
UNUSED = ("attention", "state_code", "phone", "fax")
DOCUMENT_IN = body(
    "DocumentAddressIn", with_ids=False, not_kept=UNUSED, is_update_customer=bool, address_id=str, **TEXTS
)
CONTACT_IN = body(
    "ContactAddressIn", with_ids=False, not_kept=(*UNUSED, "update_existing_transactions_address"), **TEXTS
)
ADDRESS = out("AddressNode", address_id=str, address=str, city=str, state=str, zip=str, country=str)
NO_SHIPPING = "Shipping addresses are not kept here. A document has a billing address only."
ONE_ONLY = (
    "A contact has one address here. Change it instead: PUT /contacts/{contact_id}/address/{address_id}."
)


def _lines(values):
    """The street with its second line."""
    return "\n".join(part for part in (values.get("address"), values.get("street2")) if part)


def _node(row, pk):
    return {"address_id": str(pk)} | {name: getattr(row, field) for name, field in contacts.ADDRESS.items()}


def _billing(resource):
    def work(call, pk, values):
        row = resource.found(call, pk)
        guards.bill(call)
        given = {field: values[name] or "" for name, field in contacts.ADDRESS.items() if name in values}
        given["billing_street"] = _lines(values)
        addresses.give_own(row, given if any(given.values()) else {})
        if values.get("is_update_customer"):
            _change(call, row.customer, values)
        return "Billing address updated", _node(addresses.source(row), row.customer_id)

    return work


def _shipping(resource):
    def work(call, pk, values):
        resource.found(call, pk)
        raise Refused(400, NOT_HERE, NO_SHIPPING)

    return work


def _has_one(row):
    return any(getattr(row, field) for field in contacts.ADDRESS.values())


def _list(call, pk):
    row = contacts.RESOURCE.found(call, pk)
    nodes = [_node(row, row.pk)] if _has_one(row) else []
    return sliced(call, nodes)


def _change(call, row, values):
    texts = {name: values.get(name) or "" for name in contacts.ADDRESS}
    texts["address"] = _lines(values)
    contacts.RESOURCE.update(call, row, {"billing_address": texts})
    row.refresh_from_db()


def _add(call, pk, values):
    row = contacts.RESOURCE.found(call, pk)
    if _has_one(row):
        raise Refused(400, NOT_HERE, ONE_ONLY)
    _change(call, row, values)
    return "Address added.", _node(row, row.pk)


def _own(call, pk, address_id):
    row = contacts.RESOURCE.found(call, pk)
    if address_id != str(row.pk) or not _has_one(row):
        raise no_row(MISSING)
    return row


def _put(call, pk, address_id, values):
    row = _own(call, pk, address_id)
    _change(call, row, values)
    return "Address updated.", _node(row, row.pk)


def _delete(call, pk, address_id):
    _change(call, _own(call, pk, address_id), {})
    return "Address deleted.", None


def make_router():
    """…/address of invoices, estimates and contacts."""
    made = router("Addresses")
    for resource in (invoices.RESOURCE, estimates.RESOURCE):
        root, common = (
            f"/{resource.path}/{{{resource.id_name}}}/address",
            {"module": resource.module, "verb": "UPDATE"},
        )
        operation(made, "put", f"{root}/billing", _billing(resource), name=f"{resource.node}_billing_address",
                  body=DOCUMENT_IN, node="billing_address", kind=ADDRESS, **common)  # fmt: skip
        operation(made, "put", f"{root}/shipping", _shipping(resource), name=f"{resource.node}_shipping_address",
                  body=DOCUMENT_IN, **common)  # fmt: skip
    root, one = "/contacts/{contact_id}/address", "/contacts/{contact_id}/address/{address_id}"
    operation(made, "get", root, _list, module="contacts", verb="READ", name="list_contact_addresses",
              node="addresses", kind=ADDRESS, many=True, query=PAGES)  # fmt: skip
    common = {"module": "contacts", "body": CONTACT_IN, "node": "address_info", "kind": ADDRESS}
    operation(made, "post", root, _add, verb="CREATE", name="add_contact_address", status=201, **common)
    operation(made, "put", one, _put, verb="UPDATE", name="update_contact_address", **common)
    operation(made, "delete", one, _delete, module="contacts", verb="DELETE", name="delete_contact_address")
    return made
