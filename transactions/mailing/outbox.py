"""Asking for an e-mail about a document. The row in the outbox is the truth; the worker hands it over later.

First the document is issued and the row is written, in one transaction; after commit the worker is rung. So a mail
server that is down costs nothing but time: the document keeps its number and the row says what happened.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from functools import partial

from django.core.exceptions import ValidationError
from django.core.mail.utils import DNS_NAME
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django_q.tasks import async_task

from transactions import life
from transactions.errors import TransactionRefused
from transactions.locking import lock
from transactions.mailing import links, texts
from transactions.models import OutgoingMail, Purpose
from transactions.printing.from_documents import paper_settings

MOST_RECIPIENTS = 20
STALE = timedelta(minutes=10)  # a hand-over that takes longer died with its worker


def contacts_of(customer):
    """[(address, label)] of the customer and its contact persons that have an e-mail address, primary first."""
    found = {}
    for person in customer.contact_persons.all():
        if person.email:
            found.setdefault(person.email.lower(), (person.email, f"{person} <{person.email}>"))
    if customer.email:
        found.setdefault(customer.email.lower(), (customer.email, f"{customer} <{customer.email}>"))
    return list(found.values())


def default_recipients(customer):
    """The primary contact person, else the customer's own address, else the first contact; [] without any."""
    people = list(customer.contact_persons.all())
    primary = next((person.email for person in people if person.is_primary and person.email), "")
    first = primary or customer.email or next((person.email for person in people if person.email), "")
    return [first] if first else []


def check_addresses(addresses, field):
    """The addresses trimmed and once each. TransactionRefused for a wrong one or too many."""
    found = list(dict.fromkeys(address.strip() for address in addresses if address.strip()))
    for address in found:
        try:
            validate_email(address)
        except ValidationError:
            raise TransactionRefused(
                "wrong_address", f"“{address[:80]}” is no e-mail address.", field
            ) from None
    if len(found) > MOST_RECIPIENTS:
        raise TransactionRefused("too_many", f"At most {MOST_RECIPIENTS} addresses are possible.", field)
    return found


def refuse_unsendable(document, purpose):
    """Raise TransactionRefused for what cannot be e-mailed now."""
    if document.status == "void":
        raise TransactionRefused("void", f"{document} is void and is not sent any more.")
    if purpose == Purpose.REMINDER and (
        document.KIND != "invoice" or document.status != "sent" or document.balance <= 0
    ):
        raise TransactionRefused(
            "nothing_open", "Only an issued invoice with an open balance is reminded of."
        )


@transaction.atomic
def send(
    document, user=None, *, to=None, cc=(), subject="", body="", attach_pdf=True, purpose="", allow_zero=False
):
    """Issue the document when it is a draft, and put an e-mail about it into the outbox; returns the OutgoingMail.

    Without `to` it goes to the customer's default recipient, without `subject` or `body` with the default text.
    Raises TransactionRefused, and then nothing was issued either.
    """
    purpose = purpose or document.KIND
    document = lock(document)
    refuse_unsendable(document, purpose)
    to = check_addresses(default_recipients(document.customer) if to is None else to, "to")
    cc = check_addresses(cc, "cc")
    if not to:
        raise TransactionRefused(
            "no_recipient",
            f"{document.customer} has no e-mail address. Enter one here, or at the customer.",
            "to",
        )
    given = texts.template_for(document.organization, purpose, document.language)
    subject, body = subject.strip() or given[0], body.strip() or given[1]
    if any(ord(character) < 32 for character in subject):
        raise TransactionRefused("line_break", "The subject must be a single line.", "subject")
    texts.refuse_unknown(subject, "subject")
    texts.refuse_unknown(body, "body")
    if document.is_draft:
        life.issue(document, allow_zero=allow_zero)
    values = texts.values_for(document, contact_name(document.customer, to), str(user or ""))
    body = texts.filled(body, values)  # {link} stays until it is handed over
    look = paper_settings(document.organization)
    mail = OutgoingMail.objects.create(
        organization=document.organization,
        purpose=purpose,
        to=to,
        cc=cc,
        subject=" ".join(texts.filled(subject, values | {"link": ""}).split())[:300],
        body=body,
        attach_pdf=attach_pdf,
        link=links.make(document, user) if "{link}" in body else None,
        sender_name=document.sender_name or document.organization.name,
        reply_to=look.reply_to or getattr(user, "email", ""),
        message_id=f"<{document.KIND}.{document.pk}.{secrets.token_hex(12)}@{DNS_NAME}>",
        created_by=user,
        **{document.KIND: document},
    )
    ring(mail)
    return mail


def contact_name(customer, to):
    """The name of the contact person with the first address; '' when it is nobody's."""
    for person in customer.contact_persons.all():
        if to and person.email.lower() == to[0].lower():
            return f"{person.first_name} {person.last_name}".strip()
    return ""


def ring(mail):
    """Tell the worker after commit; harmless when it is not due."""
    transaction.on_commit(partial(async_task, "transactions.mailing.delivery.deliver", mail.pk))


@transaction.atomic
def send_again(mail):
    """Hand a failed e-mail over once more; the document is not issued anew and keeps its number."""
    mail = lock(mail)
    if mail.status != OutgoingMail.Status.FAILED:
        raise TransactionRefused("not_failed", "Only an e-mail that was not sent can be sent again.")
    refuse_unsendable(mail.document, mail.purpose)
    mail.status, mail.attempts, mail.not_before = OutgoingMail.Status.QUEUED, 0, None
    mail.save(update_fields=["status", "attempts", "not_before"])
    ring(mail)
    return mail


def due(now=None):
    """E-mails to hand over now: waiting ones whose time has come, and those whose worker died."""
    now = now or timezone.now()
    waiting = Q(status="queued") & (Q(not_before=None) | Q(not_before__lte=now))
    return OutgoingMail.objects.filter(waiting | Q(status="sending", claimed_at__lt=now - STALE))


def reconcile():
    """Ring for what is due and may have been forgotten; called every few seconds by `manage.py watch`."""
    # just queued ones were rung already: give the worker a moment
    late = timezone.now() - timedelta(seconds=30)
    rows = due().exclude(status="queued", attempts=0, created_at__gt=late)
    ids = list(rows.order_by("id").values_list("pk", flat=True)[:50])
    for pk in ids:
        async_task("transactions.mailing.delivery.deliver", pk)
    return len(ids)
