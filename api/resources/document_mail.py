"""E-mails of invoices and estimates: their content, sending one or several; several as one PDF."""

import io
from typing import Any

import pypdf
from django.db import transaction
from django.http import HttpResponse

from api import guards, mail
from api.building import operation, out, router
from api.crud import body
from api.errors import RULE, Refused
from api.resources import estimates, invoices
from api.values import flag
from transactions.errors import TransactionRefused
from transactions.mailing import outbox
from transactions.models import Purpose
from transactions.printing.from_documents import printed
from transactions.printing.typeset import PdfFailed, pdf_of

ONE = body(
    "EmailIn", with_ids=False,
    not_kept=("send_from_org_email_id", "send_customer_statement", "from_address_id", "bcc_mail_ids", "mail_documents"),
    to_mail_ids=list[str], cc_mail_ids=list[str], subject=str, body=str, send_attachment=bool,
)  # fmt: skip
MANY_CONTACT: Any = body(
    "BulkEmailContact", with_ids=False, not_kept=("snail_mail",), contact_id=str, email=bool | str | list[str]
)
MANY = body("BulkEmailIn", with_ids=False, contacts=list[MANY_CONTACT])
CONTENT = out(
    "EmailContent", subject=str, body=str, to_contacts=list[dict[str, str | bool]],
    from_emails=list[dict[str, str | bool]], attach_pdf=bool, file_name=str, file_name_without_extension=str,
    documents=list[dict[str, str]], customer_id=str, customer_name=str, error_list=list[str], emailtemplates=list[str],
    attachment_name=str, deprecated_placeholders_used=list[str], gateways_configured=bool,
)  # fmt: skip
QUERY = ("send_customer_statement", "send_attachment")
SAID = {"invoice": "Your invoice has been sent.", "estimate": "Your estimate has been sent."}
REMINDED = "Your payment reminder has been sent."


def _content(resource, purpose=""):
    def work(call, pk):
        row = resource.found(call, pk)
        guards.send(call)
        return "success", mail.content(call, row, purpose)

    return work


def _send(resource, text, purpose=""):
    def work(call, pk, values):
        row = resource.found(call, pk)
        guards.send(call)
        warnings = [f"{name} is not kept here." for name in ONE.model_fields if _passed_over(name, values)]
        found = mail.values_of(values)
        attach = flag(call.request.GET.get("send_attachment", ""), "send_attachment")
        if attach is not None:
            found["attach_pdf"] = attach
        with transaction.atomic():
            outbox.send(row, call.user, purpose=purpose, **found)
        return text, None, {"warnings": warnings} if warnings else {}

    return work


KEPT = ("to_mail_ids", "cc_mail_ids", "subject", "body", "send_attachment")


def _passed_over(name, values):
    return name not in KEPT and values.get(name) not in (None, "", [], False)


def _send_many(resource, parameter, text, purpose=""):
    """All of them or none."""

    def work(call, values):
        guards.send(call)
        rows = mail.documents_of(call, resource, parameter)
        to = {str(item.get("contact_id")): item.get("email") for item in values.get("contacts") or ()}
        with transaction.atomic():
            for row in rows:
                given = to.get(str(row.customer_id))
                addresses = [given] if isinstance(given, str) and given else given
                try:
                    outbox.send(
                        row, call.user, purpose=purpose, to=addresses if isinstance(addresses, list) else None
                    )
                except TransactionRefused as refused:
                    detail = f"Nothing was sent. {resource.id_name} {row.pk} is in the way."
                    raise Refused(400, RULE, refused.sentence, parameter, detail) from None
        return text, None

    return work


def _pdf(resource, parameter, disposition):
    """Several documents, one after the other, in one file."""

    def work(call):
        guards.view(call)
        rows = mail.documents_of(call, resource, parameter)
        writer = pypdf.PdfWriter()
        try:
            for row in rows:
                writer.append(io.BytesIO(pdf_of(printed(row))))
        except PdfFailed as error:
            raise Refused(400, RULE, str(error)) from None
        made = io.BytesIO()
        writer.write(made)
        response = HttpResponse(made.getvalue(), content_type="application/pdf")
        response["Content-Disposition"] = f'{disposition}; filename="{resource.path}.pdf"'
        return response

    return work


def make_router():
    """The addresses without an id come first, or /invoices/pdf would be an invoice."""
    made = router("E-mail and print")
    for resource in (invoices.RESOURCE, estimates.RESOURCE):
        path, node, module, ids = f"/{resource.path}", resource.node, resource.module, f"{resource.node}_ids"
        for name, disposition in (("pdf", "attachment"), ("print", "inline")):
            operation(made, "get", f"{path}/{name}", _pdf(resource, ids, disposition), module=module, verb="READ",
                      name=f"{name}_{resource.path}", query=(ids,), other_formats=True)  # fmt: skip
        sends = [("email", "", SAID[node], f"Mission accomplished! We've sent all the {resource.path}.")]
        if node == "invoice":
            sends.append(
                ("paymentreminder", Purpose.REMINDER, REMINDED, "Success! All reminders have been sent.")
            )
        for tail, purpose, text, text_of_many in sends:
            one = f"{path}/{{{resource.id_name}}}/{tail}"
            many = _send_many(resource, ids, text_of_many, purpose)
            operation(made, "post", f"{path}/{tail}", many, module=module, verb="UPDATE",
                      name=f"{tail}_{resource.path}", query=(ids,), body=MANY, body_needed=False)  # fmt: skip
            operation(made, "get", one, _content(resource, purpose), module=module, verb="READ",
                      name=f"{node}_{tail}_content", node="data", kind=CONTENT)  # fmt: skip
            operation(made, "post", one, _send(resource, text, purpose), module=module, verb="UPDATE",
                      name=f"{node}_{tail}", query=QUERY, body=ONE, body_needed=False)  # fmt: skip
    return made
