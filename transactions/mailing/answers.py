"""Telling the people who bill that a customer answered a quote on its page: an e-mail through the outbox."""

import secrets

from django.conf import settings
from django.core.mail.utils import DNS_NAME
from django.urls import reverse

from organizations.money import minor_units, trimmed
from transactions import permissions
from transactions.mailing import outbox
from transactions.models import OutgoingMail, Purpose


def tell(quote, decision):
    """Put the e-mail into the outbox, in the transaction that keeps the decision; None when nobody is to be told."""
    to = recipients(quote)
    if not to:
        return None
    what = "accepted" if decision.accepted else "declined"
    customer = quote.customer_name or quote.customer.display_name
    total = f"{trimmed(quote.total, minor_units(quote.currency)):,f} {quote.currency}"
    # no placeholders: it is the customer who writes
    who, customer, comment = (
        text.replace("{", "(").replace("}", ")") for text in (decision.name, customer, decision.comment)
    )
    said = f"\n\nThey wrote:\n{comment}" if comment else ""
    url = f"{settings.SITE_URL}{reverse('quote', args=[quote.pk])}"
    mail = OutgoingMail.objects.create(
        organization=quote.organization,
        quote=quote,
        purpose=Purpose.ANSWER,
        to=to,
        subject=" ".join(f"Quote {quote.number} was {what} by {customer}".split())[:300],
        body=(
            f"{who} of {customer} {what} quote {quote.number} over {total} on its page.{said}\n\n"
            f"The quote is here:\n{url}\n"
        ),
        attach_pdf=False,
        sender_name=quote.organization.name,
        message_id=f"<answer.{quote.pk}.{secrets.token_hex(12)}@{DNS_NAME}>",
    )
    outbox.ring(mail)
    return mail


def recipients(quote):
    """The addresses of those who bill in the quote's organization, whoever made the quote first."""
    members = quote.organization.memberships.filter(is_active=True, user__is_active=True).select_related(
        "user"
    )
    people = [row.user for row in members.order_by("pk") if permissions.may_bill(row)]
    people.sort(key=lambda user: user.pk != quote.created_by_id)
    return list(dict.fromkeys(user.email for user in people if user.email))[: outbox.MOST_RECIPIENTS]
