"""Contacts: customers and their contact persons."""

from typing import Any

from babel.numbers import get_currency_symbol
from django.db.models import Exists, OuterRef, prefetch_related_objects

from api import debts, guards, vendor_fields
from api.building import PAGES, In, new_model, operation, out, router, sliced
from api.crud import Resource, body
from api.documents import terms_label
from api.errors import BAD_VALUE, RULE, UNKNOWN_ROW, Refused, no_row
from api.forms import filled_form
from api.listing import Listing
from api.values import id_of, path_id
from customers import changes
from customers.forms import ContactForm, CustomerForm
from customers.models import ContactPerson, Customer
from customers.rules import delete_refusal
from customers.selectors import visible_customers
from organizations.money import minor_units, round_money
from transactions import permissions
from transactions.models import CustomerBilling, Invoice

MISSING, MISSING_PERSON = "Contact does not exist", "Contact Person does not exist"
ADDRESS = {
    "address": "billing_street", "city": "billing_city", "state": "billing_state", "zip": "billing_postal_code",
    "country": "billing_country",
}  # fmt: skip
NAMES = {
    "display_name": "contact_name", "company_name": "company_name", "currency": "currency_code", "email": "email",
    "phone": "phone", "website": "website", "notes": "notes",
    **{field: f"billing_address.{name}" for name, field in ADDRESS.items()},
}  # fmt: skip
PERSON = ("first_name", "last_name", "email", "phone", "mobile")
REFUSALS = {
    "display_name": (3013, "Enter a valid Contact Name"),
    "Another customer has this name": (3062, "The contact already exists.Please specify a different name"),
    "Display name": (3013, "Enter a valid Contact Name"),
    "no currency code": (9004, "This currency does not exist. Please choose a valid currency"),
}
ADDRESS_IN: Any = new_model(
    "AddressIn", __base__=In,
    **dict.fromkeys((*ADDRESS, "street2"), (str | None, None)),
    **dict.fromkeys(("attention", "state_code", "phone", "fax"), (Any, None)),
)  # fmt: skip
PERSON_FIELDS = dict.fromkeys(PERSON, str) | {"is_primary_contact": bool}
PERSON_NOT_KEPT = ("salutation", "designation", "department", "enable_portal", "skype")
PERSON_IN: Any = body(
    "ContactPersonIn",
    with_ids=False,
    not_kept=PERSON_NOT_KEPT,
    contact_person_id=str,
    contact_id=str,
    **PERSON_FIELDS,
)
NEW_PERSON = body(
    "NewContactPerson", required=("contact_id",), with_ids=False, not_kept=PERSON_NOT_KEPT, contact_id=str,
    **PERSON_FIELDS,
)  # fmt: skip
NOT_KEPT = (
    "customer_sub_type", "payment_terms", "payment_terms_label", "credit_limit", "language_code",
    "shipping_address", "owner_id", "is_portal_enabled", "facebook", "twitter",
)  # fmt: skip
CONTACT_IN = body(
    "ContactIn", not_kept=NOT_KEPT, contact_name=str, company_name=str, contact_type=str, currency_id=str,
    currency_code=str, email=str, phone=str, website=str, notes=str, billing_address=ADDRESS_IN,
    contact_persons=list[PERSON_IN],
)  # fmt: skip
ADDRESS_OUT = out("Address", **dict.fromkeys(vendor_fields.NO_ADDRESS, str))
PERSON_OUT: Any = out(
    "ContactPerson", contact_person_id=str, contact_id=str, first_name=str, last_name=str, email=str, phone=str,
    mobile=str, is_primary_contact=bool, **vendor_fields.types(vendor_fields.PERSON),
)  # fmt: skip
CONTACT = out(
    "Contact", contact_id=str, contact_name=str, customer_name=str, company_name=str, contact_type=str,
    status=str, currency_id=str, currency_code=str, email=str, phone=str, website=str, notes=str,
    has_transaction=bool, billing_address=ADDRESS_OUT, contact_persons=list[PERSON_OUT],
    custom_fields=list[dict[str, str]], first_name=str, last_name=str, mobile=str, payment_terms=int | None,
    payment_terms_label=str, currency_symbol=str, price_precision=int, primary_contact_id=str,
    outstanding_receivable_amount=float, outstanding_receivable_amount_bcy=float, created_time=str,
    last_modified_time=str, **vendor_fields.types(vendor_fields.CONTACT_ROW, vendor_fields.CONTACT),
)  # fmt: skip


def shown_person(person):
    """A contact person as its node."""
    return {
        "contact_person_id": str(person.pk),
        "contact_id": str(person.customer_id),
        **{name: getattr(person, name) for name in PERSON},
        "is_primary_contact": person.is_primary,
        **vendor_fields.values(vendor_fields.PERSON),
    }


def _shown(call, row, full):
    data = {
        "contact_id": str(row.pk),
        "contact_name": row.display_name,
        "customer_name": row.display_name,
        "company_name": row.company_name,
        "contact_type": "customer",
        "status": "active" if row.is_active else "inactive",
        "currency_id": row.currency,
        "currency_code": row.currency,
        "email": row.email,
        "phone": row.phone,
        "website": row.website,
        "has_transaction": row.has_transaction,
        **vendor_fields.values(vendor_fields.CONTACT_ROW),
        **_beside(call, row),
    }
    if full:
        data |= vendor_fields.values(vendor_fields.CONTACT)
        data["currency_symbol"] = get_currency_symbol(row.currency, "en")
        data["price_precision"] = minor_units(row.currency)
        data["notes"] = row.notes
        address = {name: getattr(row, field) for name, field in ADDRESS.items()}
        data["billing_address"] = vendor_fields.NO_ADDRESS | address
        data["contact_persons"] = [shown_person(person) for person in row.contact_persons.all()]
    return data


def _beside(call, row):
    """What stands in other tables: the primary person, terms, what is open, when it was made and changed."""
    if not hasattr(row, "api_beside"):
        _page(call, None, [row])
    return row.api_beside


def _page(call, rows, found):
    """The same for a page of contacts, asked once."""
    ids = [row.pk for row in found]
    terms = dict(CustomerBilling.objects.filter(customer__in=ids).values_list("customer_id", "payment_terms"))
    times = debts.times(Customer, ids, call.organization)
    owed = debts.open_amounts(ids) if permissions.may_view(call.membership) else None
    prefetch_related_objects(found, "contact_persons")
    for row in found:
        people = list(row.contact_persons.all())
        primary = next((person for person in people if person.is_primary), people[0] if people else None)
        days = terms.get(row.pk)
        row.api_beside = {
            "first_name": primary.first_name if primary else "",
            "last_name": primary.last_name if primary else "",
            "mobile": primary.mobile if primary else "",
            "primary_contact_id": str(primary.pk) if primary else "",
            "payment_terms": days,
            "payment_terms_label": terms_label(days),
            **times[row.pk],
        }
        if owed is not None:
            own, base = owed.get(row.pk, (0, 0))
            row.api_beside |= {
                "outstanding_receivable_amount": own,
                "outstanding_receivable_amount_bcy": round_money(base, call.organization.base_currency),
            }
    return found, {}


def _rows(call):
    guards.work(call)
    return visible_customers(call.membership)


def _with_all(rows):
    return rows.annotate(has_transaction=Exists(Invoice.objects.filter(customer=OuterRef("pk"))))


def _save(call, row, values):
    guards.work(call)
    if values.pop("contact_type", None) not in (None, "", "customer"):
        raise Refused(400, BAD_VALUE, "contact_type: customers only are kept here.", "contact_type")
    persons = values.pop("contact_persons", None)
    address = values.pop("billing_address", None)
    found = {field: values[name] or "" for field, name in NAMES.items() if name in values}
    if values.get("currency_id") and "currency" not in found:
        found["currency"] = values["currency_id"]
    if found.get("currency") == "":
        del found["currency"]
    if row.pk is None:
        found.setdefault("currency", call.organization.base_currency)  # as the form on the screen
    if address:
        found |= {ADDRESS[name]: address[name] or "" for name in ADDRESS if name in address}
        if address.get("street2"):
            found["billing_street"] = f"{found.get('billing_street', '')}\n{address['street2']}".strip()

    def make(data, instance):
        return CustomerForm(data, instance=instance, organization=call.organization)

    row = changes.save_customer(filled_form(make, row, found, NAMES, REFUSALS), call.user)
    for position, person in enumerate(persons or ()):
        _save_person(row, person, f"contact_persons.{position}.")
    return row


def _save_person(customer, values, path=""):
    pk = id_of(values.pop("contact_person_id", None), f"{path}contact_person_id")
    person = ContactPerson(customer=customer)
    if pk is not None:
        person = customer.contact_persons.filter(pk=pk).first()
        if person is None:
            raise Refused(400, UNKNOWN_ROW, MISSING_PERSON, f"{path}contact_person_id")
    elif path and values.get("email"):  # in a contact that is sent again whole, an address says who is meant
        person = customer.contact_persons.filter(email__iexact=values["email"]).first() or person
    found = {name: values[name] or "" for name in PERSON if name in values}
    if values.get("is_primary_contact") is not None:
        found["is_primary"] = values["is_primary_contact"]
    names = {name: path + name for name in PERSON} | {"is_primary": f"{path}is_primary_contact"}
    form = filled_form(lambda data, instance: ContactForm(data, instance=instance), person, found, names)
    return changes.save_contact(form)


def _delete(call, row):
    guards.work(call)
    if refusal := delete_refusal(row):
        text = "This contact cannot be deleted since you have recorded transactions for it"
        used = Invoice.objects.filter(customer=row).exists() or row.quotes.exists() or row.expenses.exists()
        raise Refused(400, 3000, text, "", refusal) if used else Refused(400, RULE, refusal)
    changes.delete_customer(row)


RESOURCE = Resource(
    path="contacts", node="contact", nodes="contacts", module="contacts", id_name="contact_id", missing=MISSING,
    out=CONTACT, rows=_rows, with_all=_with_all, shown=_shown, delete=_delete, more=_page,
    create=lambda call, values: _save(call, Customer(organization=call.organization), values),
    update=_save, create_body=CONTACT_IN, update_body=CONTACT_IN, not_kept=NOT_KEPT,
    texts={
        "created": "The contact has been created",
        "updated": "Contact information has been saved.",
        "deleted": "The contact has been deleted.",
    },
    listing=Listing(
        filters={
            "contact_name": ("display_name", "text"), "company_name": ("company_name", "text"),
            "email": ("email", "text"), "phone": ("phone", "text"),
            "first_name": ("contact_persons__first_name", "text"),
            "last_name": ("contact_persons__last_name", "text"),
        },
        by={
            "Status.All": None,
            "Status.Active": lambda rows, call: rows.filter(is_active=True),
            "Status.Inactive": lambda rows, call: rows.filter(is_active=False),
        },
        sorts={"contact_name": "display_name", "email": "email", "created_time": "pk"},
        search=("display_name", "company_name", "email"),
    ),
)  # fmt: skip


def _activity(wanted):
    def work(call, row):
        guards.work(call)
        changes.set_active(row, wanted, call.user)

    return work


def _person(call, text, contact=None):
    guards.work(call)
    rows = ContactPerson.objects.filter(customer__in=visible_customers(call.membership))
    if contact is not None:
        rows = rows.filter(customer=contact)
    pk = path_id(text)
    person = rows.select_related("customer").filter(pk=pk).first() if pk is not None else None
    if person is None:
        raise no_row(MISSING_PERSON)
    return person


def _persons(call, contact_id):
    row = RESOURCE.found(call, contact_id)
    nodes = [shown_person(person) for person in row.contact_persons.all()]
    return sliced(call, nodes)


def _get_person(call, contact_id, person_id):
    return "success", shown_person(_person(call, person_id, RESOURCE.found(call, contact_id)))


def _get_any_person(call, person_id):
    return "success", shown_person(_person(call, person_id))


def _new_person(call, values):
    contact = RESOURCE.found(call, values.pop("contact_id"))
    return "The contact person has been created.", shown_person(_save_person(contact, values))


def _change_person(call, person_id, values):
    person = _person(call, person_id)
    values |= {"contact_person_id": str(person.pk)}
    return "The contact person details have been updated.", shown_person(
        _save_person(person.customer, values)
    )


def _delete_person(call, person_id):
    _person(call, person_id).delete()
    return "The contact person has been deleted.", None


def _primary(call, person_id):
    person = _person(call, person_id)
    _save_person(person.customer, {"contact_person_id": str(person.pk), "is_primary_contact": True})
    return "This contact person has been marked as your primary contact person.", None


def make_router():
    """Contacts and contact persons; the addresses without a contact's id come first."""
    made = router("Contacts")
    one = {"module": "contacts", "node": "contact_person", "kind": PERSON_OUT}
    operation(made, "post", "/contacts/contactpersons", _new_person, verb="CREATE", name="create_contact_person",
              body=NEW_PERSON, status=201, **one)  # fmt: skip
    operation(made, "get", "/contacts/contactpersons/{person_id}", _get_any_person, verb="READ",
              name="find_contact_person", **one)  # fmt: skip
    operation(made, "put", "/contacts/contactpersons/{person_id}", _change_person, verb="UPDATE",
              name="update_contact_person", body=PERSON_IN, **one)  # fmt: skip
    operation(made, "delete", "/contacts/contactpersons/{person_id}", _delete_person, module="contacts",
              verb="DELETE", name="delete_contact_person")  # fmt: skip
    operation(made, "post", "/contacts/contactpersons/{person_id}/primary", _primary, module="contacts",
              verb="UPDATE", name="contact_person_primary")  # fmt: skip
    operation(made, "get", "/contacts/{contact_id}/contactpersons", _persons, module="contacts", verb="READ",
              name="list_contact_persons", node="contact_persons", kind=PERSON_OUT, many=True, query=PAGES)  # fmt: skip
    operation(made, "get", "/contacts/{contact_id}/contactpersons/{person_id}", _get_person, verb="READ",
              name="get_contact_person", **one)  # fmt: skip
    RESOURCE.add_to(made)
    RESOURCE.action(made, "active", _activity(True), "The contact has been marked as active.")
    RESOURCE.action(made, "inactive", _activity(False), "The contact has been marked as inactive.")
    return made
