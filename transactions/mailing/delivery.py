"""Handing one e-mail to the mail server. Called by the worker with nothing but the number of the row.

The row says "being handed over" in a committed write before the server is spoken to, and "handed over" after it has
taken the message. A worker that dies in between leaves the row there; ten minutes later it is tried again with the
same Message-ID. So a message is never lost, and doubled only when the worker dies in the moment between the server's
answer and our write; then many mail programs recognise the double by its Message-ID.
"""

from __future__ import annotations

import logging
import smtplib
import socket
import ssl
from datetime import timedelta
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.smtp import EmailBackend as Smtp
from django.utils import timezone

from operations.fits import only_if_fitting
from transactions import attachments
from transactions.errors import TransactionRefused
from transactions.mailing import links, outbox
from transactions.models import OutgoingMail, Purpose
from transactions.printing.from_documents import printed
from transactions.printing.typeset import PdfFailed, pdf_of

log = logging.getLogger(__name__)
WAITS = (60, 300, 900, 3600, 4 * 3600, 12 * 3600)  # seconds after each failed attempt; then it has failed


class Rejected(Exception):
    """The server does not want this message; trying again would not help."""


@only_if_fitting
def deliver(mail_id):
    """Hand the e-mail over when it is due; does nothing when it is not, or another worker has it."""
    now = timezone.now()
    claimed = outbox.due(now).filter(pk=mail_id).update(status=OutgoingMail.Status.SENDING, claimed_at=now)
    if not claimed:
        return
    mail = OutgoingMail.objects.select_related("invoice", "quote", "credit_note", "link").get(pk=mail_id)
    OutgoingMail.objects.filter(pk=mail_id).update(attempts=mail.attempts + 1)
    mail.attempts += 1
    try:
        outbox.refuse_unsendable(mail.document, mail.purpose)
        refused = _hand_over(_message(mail))
    except TransactionRefused as error:
        _failed(mail, error.sentence, final=True)
    except PdfFailed as error:
        _failed(mail, str(error), final=True)
    except Rejected as error:
        _failed(mail, str(error), final=True)
    except (smtplib.SMTPException, OSError) as error:
        _failed(mail, _in_words(error), final=False)
    else:
        answer = f"Not accepted for {', '.join(refused)}." if refused else ""
        OutgoingMail.objects.filter(pk=mail.pk).update(
            status=OutgoingMail.Status.SENT, sent_at=timezone.now(), answer=answer[:500], claimed_at=None
        )


def _message(mail):
    body = mail.body
    if "{link}" in body:
        if mail.link is None or not links.address(mail.link):
            mail.link = links.make(mail.document, mail.created_by)
            mail.save(update_fields=["link"])
        body = body.replace("{link}", links.address(mail.link))
    name = " ".join(mail.sender_name.split())
    message = EmailMessage(
        mail.subject,
        body,
        formataddr((name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1])),
        mail.to,
        cc=mail.cc,
        reply_to=[mail.reply_to] if mail.reply_to else None,
        headers={"Message-ID": mail.message_id},
    )
    files = [] if mail.purpose == Purpose.ANSWER else attachments.for_mail(mail.document)
    for name, content, content_type in files:
        message.attach(name, content, content_type)
    if mail.attach_pdf:
        message.attach(file_name(mail.document), pdf_of(printed(mail.document)), "application/pdf")
    return message


def file_name(document):
    """Such as "invoice-INV-000042.pdf": letters, digits and - only."""
    number = "".join(c if c.isascii() and c.isalnum() else "-" for c in document.number or "draft")
    return f"{document.KIND.replace('_', '-')}-{number}.pdf"


def _hand_over(message):
    """Give the message to the server; the addresses it refused while it took the others."""
    connection = get_connection()
    if not isinstance(connection, Smtp):  # the console of a try-out, the list of the tests
        message.connection = connection
        message.send()
        return []
    try:
        connection.open()
        sender = parseaddr(message.from_email)[1]
        data = message.message().as_bytes(linesep="\r\n")
        # Not `send_messages`: it does not tell which of several recipients were refused.
        return sorted(connection.connection.sendmail(sender, message.recipients(), data))
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        if all(code >= 500 for code in codes):
            raise Rejected(_in_words(error)) from error
        raise
    except smtplib.SMTPResponseException as error:
        if error.smtp_code >= 500 and not isinstance(error, smtplib.SMTPAuthenticationError):
            raise Rejected(_in_words(error)) from error
        raise
    finally:
        try:
            connection.close()
        except (smtplib.SMTPException, OSError):
            log.info("The mail server closed the connection first.")


def _in_words(error):
    """What happened, for a billing clerk."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        parts = [f"{address}: {code} {_text(said)}" for address, (code, said) in error.recipients.items()]
        return f"The mail server refused the recipient. {'; '.join(parts)}"
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "The mail server did not accept our sign-in. An operator has to check EMAIL_URL."
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "The mail server closed the connection."
    if isinstance(error, smtplib.SMTPResponseException):
        return f"The mail server refused the message: {error.smtp_code} {_text(error.smtp_error)}"
    if isinstance(error, ssl.SSLError):
        return "No secure connection to the mail server could be made."
    if isinstance(error, TimeoutError | socket.gaierror | ConnectionError | OSError):
        return "The mail server could not be reached."
    return "The mail server answered something we do not understand."


def _text(said):
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]


def _failed(mail, answer, final):
    final = final or mail.attempts > len(WAITS)
    changes = {"answer": answer[:500], "claimed_at": None}
    if final:
        changes |= {"status": OutgoingMail.Status.FAILED, "not_before": None}
    else:
        wait = timedelta(seconds=WAITS[mail.attempts - 1])
        changes |= {"status": OutgoingMail.Status.QUEUED, "not_before": timezone.now() + wait}
    OutgoingMail.objects.filter(pk=mail.pk).update(**changes)
    log.warning("E-mail %s was not handed over (attempt %s).", mail.pk, mail.attempts)
