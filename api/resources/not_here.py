"""What the vendor has and we have no notion of: the row is looked up, then the call is refused with a sentence.

So a client meets a documented code where it would otherwise take the address for a mistake of its own.
"""

from typing import Any

from ninja import Schema
from pydantic import ConfigDict

from api.building import operation, out, router
from api.errors import NOT_HERE, Refused, no_row
from api.resources import contacts, estimates, invoices, recurring_invoices
from api.values import path_id


class Anything(Schema):
    """A body that nobody reads."""

    model_config = ConfigDict(extra="ignore")


NO_PORTAL = "Portal is disabled for your organization. Customers open documents by the link in the e-mail."
NO_APPROVAL = "Documents are not approved here. Mark it as sent instead."
NO_REMINDERS = (
    "Reminders are never sent by themselves here. Send one with POST /invoices/{invoice_id}/paymentreminder."
)
NO_STATEMENTS = "Statements of account do not exist here."
NO_LETTERS = (
    "E-mails are about a document here: POST /invoices/{invoice_id}/email or /estimates/{estimate_id}/email."
)
NO_CREDITS = "A credit note is made of its invoice here, on the invoice's page, and belongs to it for good."
TEMPLATE_ID = "1"  # there is one design; colour, logo and paper are set under Settings
TEMPLATE: Any = out("Template", template_id=str, template_name=str, template_type=str, is_default=bool)

# (method, tail, module's verb, code, sentence) below a resource's id
ABSENT = (
    (contacts.RESOURCE, (
        ("post", "portal/enable", 31006, NO_PORTAL),
        ("post", "paymentreminder/enable", NOT_HERE, NO_REMINDERS),
        ("post", "paymentreminder/disable", NOT_HERE, NO_REMINDERS),
        ("get", "statements/email", NOT_HERE, NO_STATEMENTS), ("post", "statements/email", NOT_HERE, NO_STATEMENTS),
        ("post", "email", NOT_HERE, NO_LETTERS),
    )),
    (estimates.RESOURCE, (
        ("post", "submit", NOT_HERE, NO_APPROVAL), ("post", "approve", NOT_HERE, NO_APPROVAL),
    )),
    (invoices.RESOURCE, (
        ("post", "submit", NOT_HERE, NO_APPROVAL), ("post", "approve", NOT_HERE, NO_APPROVAL),
        ("post", "paymentreminder/enable", NOT_HERE, NO_REMINDERS),
        ("post", "paymentreminder/disable", NOT_HERE, NO_REMINDERS), ("post", "credits", NOT_HERE, NO_CREDITS),
    )),
)  # fmt: skip


def _absent(resource, code, sentence):
    def work(call, pk, *values):
        resource.found(call, pk)
        raise Refused(400, code, sentence)

    return work


def _keep_credit(call, pk, credit_id):
    row, number = invoices.RESOURCE.found(call, pk), path_id(credit_id)
    if number is None or not row.credit_notes.filter(pk=number).exists():
        raise no_row("Credit Note does not exist")
    raise Refused(400, NOT_HERE, NO_CREDITS)


def _templates(resource):
    def work(call):
        resource.rows(call)
        node = {
            "template_id": TEMPLATE_ID, "template_name": "Standard", "template_type": "standard", "is_default": True,
        }  # fmt: skip
        return "success", [node]

    return work


def _template(resource):
    """The one design may be chosen; another one does not exist."""

    def work(call, pk, template_id):
        resource.found(call, pk)
        if template_id != TEMPLATE_ID:
            raise no_row("Template does not exist")
        return resource.texts["updated"], None

    return work


def make_router():
    """Addresses of what is not kept here, and the list of the one template."""
    made = router("Not kept here")
    for resource, absent in ABSENT:
        for method, tail, code, sentence in absent:
            operation(
                made, method, f"/{resource.path}/{{{resource.id_name}}}/{tail}", _absent(resource, code, sentence),
                module=resource.module, verb="READ" if method == "get" else "UPDATE",
                name=f"{method}_{resource.node}_{tail.replace('/', '_')}", summary=f"Refused: {sentence}",
                body=Anything if method == "post" else None, body_needed=False,
            )  # fmt: skip
    operation(made, "delete", "/invoices/{invoice_id}/creditsapplied/{credit_id}", _keep_credit, module="invoices",
              verb="DELETE", name="delete_invoice_credit", summary=f"Refused: {NO_CREDITS}")  # fmt: skip
    for resource in (invoices.RESOURCE, estimates.RESOURCE, recurring_invoices.RESOURCE):
        one, module = f"/{resource.path}/{{{resource.id_name}}}", resource.module
        if resource is not recurring_invoices.RESOURCE:
            operation(made, "get", f"/{resource.path}/templates", _templates(resource), module=module, verb="READ",
                      name=f"{resource.node}_templates", node="templates", kind=list[TEMPLATE])  # fmt: skip
        operation(made, "put", f"{one}/templates/{{template_id}}", _template(resource), module=module, verb="UPDATE",
                  name=f"{resource.node}_template")  # fmt: skip
    return made
