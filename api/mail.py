"""E-mails about documents in the API's words: what would be sent, and the values of a body."""

import html.parser

from api.errors import Refused, bad_value
from api.values import id_of
from transactions import attachments
from transactions.mailing import outbox, texts
from transactions.mailing.delivery import file_name
from transactions.printing.from_documents import paper_settings

MOST = 25  # documents of one call


class _Text(html.parser.HTMLParser):
    """Our e-mails are plain text: tags become line ends or nothing."""

    def __init__(self):
        super().__init__()
        self.parts, self.hidden = [], 0

    def handle_starttag(self, tag, attrs):
        if tag in ("style", "script"):
            self.hidden += 1
        if tag in ("br", "p", "div", "tr", "li"):
            self.parts.append("\n\n" if tag == "p" else "\n")

    def handle_endtag(self, tag):
        if tag in ("style", "script") and self.hidden:
            self.hidden -= 1

    def handle_data(self, data):
        if not self.hidden:
            self.parts.append(data)


def plain(text):
    """The text of a body that is HTML; other texts as they are."""
    if "<" not in text or ("</" not in text and "<br" not in text.lower()):
        return text
    parser = _Text()
    parser.feed(text)
    parser.close()
    lines = [" ".join(line.split()) for line in "".join(parser.parts).splitlines()]
    return "\n".join(lines).strip()


def values_of(values):
    """The arguments of `outbox.send` of an e-mail's body."""
    found = {"subject": values.get("subject") or "", "body": plain(values.get("body") or "")}
    if values.get("to_mail_ids") is not None:
        found["to"] = values["to_mail_ids"]
    if values.get("cc_mail_ids"):
        found["cc"] = values["cc_mail_ids"]
    if values.get("send_attachment") is not None:
        found["attach_pdf"] = values["send_attachment"]
    return found


def content(call, document, purpose=""):
    """What would be sent, without sending it; `{link}` stays and is filled when it is sent."""
    purpose = purpose or document.KIND
    outbox.refuse_unsendable(document, purpose)
    customer, look = document.customer, paper_settings(document.organization)
    to = outbox.default_recipients(customer)
    subject, body = texts.template_for(document.organization, purpose, document.language)
    values = texts.values_for(document, outbox.contact_name(customer, to), str(call.user))
    return {
        "subject": texts.filled(subject, values | {"link": ""}),
        "body": texts.filled(body, values),
        "to_contacts": [
            _contact(address, customer, address in to) for address, _ in outbox.contacts_of(customer)
        ],
        "from_emails": [
            {
                "user_name": document.organization.name,
                "email": look.reply_to or call.user.email,
                "selected": True,
            }
        ],
        "attach_pdf": True,
        "file_name": file_name(document),
        "file_name_without_extension": file_name(document).removesuffix(".pdf"),
        "documents": [{"file_name": name} for name, _, _ in attachments.for_mail(document)],
        "customer_id": str(customer.pk),
        "customer_name": customer.display_name,
        "error_list": [],
        "emailtemplates": [],
        "attachment_name": "",
        "deprecated_placeholders_used": [],
        "gateways_configured": False,
    }


def _contact(address, customer, selected):
    person = next((item for item in customer.contact_persons.all() if item.email == address), None)
    return {
        "email": address,
        "first_name": person.first_name if person else customer.display_name,
        "last_name": person.last_name if person else "",
        "salutation": "",
        "phone": person.phone if person else customer.phone,
        "mobile": person.mobile if person else "",
        "contact_person_id": str(person.pk) if person else "",
        "selected": selected,
    }


def documents_of(call, resource, name):
    """The rows that a parameter such as `invoice_ids=1,2` names, in its order; Refused when one is not there."""
    texts_of = [part.strip() for part in call.request.GET.get(name, "").split(",") if part.strip()]
    if not 1 <= len(texts_of) <= MOST:
        raise bad_value(name, f"Name 1 to {MOST} ids in {name}, with commas between them.")
    ids = list(dict.fromkeys(id_of(text, name) for text in texts_of))
    found = {row.pk: row for row in resource.with_all(resource.rows(call)).filter(pk__in=ids)}
    if missing := [pk for pk in ids if pk not in found]:
        raise Refused(404, 1002, resource.missing, name, detail=f"{missing[0]} was not found.")
    return [found[pk] for pk in ids]
