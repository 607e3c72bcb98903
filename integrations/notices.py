"""E-mails to the administrators when the state of the sync changes: it fails, needs a reconnect, is healthy again.

One e-mail per change, never one per failure. What the last e-mail said stands in `Connection.told_health`; whoever
changes it sends the e-mail, after commit. A failure to send is kept in `mail_problem` and breaks nothing.
"""

from __future__ import annotations

import logging
import smtplib
import socket
import ssl
import time
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery
from django.template.loader import render_to_string
from django.urls import reverse
from django_q.tasks import async_task

from integrations.models import Connection, SyncRun
from operations.fits import only_if_fitting
from organizations.models import Membership, Organization

logger = logging.getLogger(__name__)

Health = Connection.Health
Status = Connection.Status
RING_AGAIN_SECONDS = 600
_SUBJECTS = {
    Health.HEALTHY: "Zoho Projects syncs again",
    Health.FAILING: "Zoho Projects: the sync fails",
    Health.NEEDS_RECONNECT: "Zoho Projects has to be connected again",
}
_rung: dict[int, float] = {}


def _watched() -> Any:
    """Live connections with the status of their last finished run and whether one is on."""
    runs = SyncRun.objects.filter(connection=OuterRef("pk")).order_by("-id")
    finished = runs.filter(status__in=[SyncRun.Status.SUCCEEDED, SyncRun.Status.FAILED]).exclude(
        trigger=SyncRun.Trigger.RETRY
    )
    return Connection.objects.filter(
        is_deleted=False, status__in=[Status.ACTIVE, Status.NEEDS_RECONNECT]
    ).annotate(
        last_result=Subquery(finished.values("status")[:1]),
        under_way=Exists(runs.filter(status__in=SyncRun.ACTIVE)),
    )


def _health(connection: Any) -> str:
    """The state to tell of; '' while there is none (a run is on, or there was none yet)."""
    if connection.status == Status.NEEDS_RECONNECT:
        return Health.NEEDS_RECONNECT
    if connection.under_way or not connection.last_result:
        return ""
    return Health.HEALTHY if connection.last_result == SyncRun.Status.SUCCEEDED else Health.FAILING


def _news(connection: Any) -> str:
    health = _health(connection)
    return health if health and health != connection.told_health else ""


def ring_for_changes() -> int:
    """Ask the worker to tell of changed states; the number of connections. A net for runs that ended elsewhere."""
    number = 0
    for connection in _watched():
        if not _news(connection):
            _rung.pop(connection.pk, None)
        elif time.monotonic() - _rung.get(connection.pk, -RING_AGAIN_SECONDS) >= RING_AGAIN_SECONDS:
            _rung[connection.pk] = time.monotonic()
            async_task("integrations.notices.tell", connection.pk)
            number += 1
    return number


def tell_after(run_id: int) -> None:
    """After a slice of a run: if the run has ended, tell of a changed state. Never raises."""
    try:
        run = SyncRun.objects.only("status", "connection_id").get(pk=run_id)
        if not run.is_active:
            tell(run.connection_id)
    except Exception:
        logger.exception("telling of sync run %s failed", run_id)


@only_if_fitting
def tell(connection_id: int) -> bool:
    """Send the e-mail about a changed state, if it changed; whether one was sent. Called by the worker."""
    with transaction.atomic():
        if not list(Connection.objects.select_for_update().filter(pk=connection_id).values_list("pk")):
            return False
        connection = _watched().select_related("organization").filter(pk=connection_id).first()
        news = _news(connection) if connection else ""
        if connection is None or not news:
            return False
        before, connection.told_health = connection.told_health, news
        connection.save(update_fields=["told_health"])
    if news == Health.HEALTHY and not before:
        return False  # all is well from the start: nothing to tell
    run = connection.runs.order_by("-id").first()
    context = {
        "connection": connection,
        "health": news,
        "message": run.message if run else "",
        "address": settings.SITE_URL + reverse("integrations:details"),
        "errors": settings.SITE_URL + reverse("integrations:errors"),
    }
    subject = f"{_SUBJECTS[Health(news)]}: {connection.portal_name}"
    body = render_to_string("integrations/mail/state.txt", context)
    problem = send(subject, body, administrators(connection.organization))
    Connection.objects.filter(pk=connection_id).update(mail_problem=problem)
    return not problem


def administrators(organization: Organization) -> list[str]:
    """E-mail addresses of the people who administer an organization."""
    rows = Membership.objects.filter(
        organization=organization, role=Membership.Role.ADMIN, is_active=True, user__is_active=True
    )
    return list(rows.order_by("user__email").values_list("user__email", flat=True))


def send_test(connection: Connection, address: str) -> str:
    """Send a test e-mail to one person; '' when the mail server took it, else why not. The answer is kept."""
    body = render_to_string("integrations/mail/test.txt", {"connection": connection})
    problem = send(f"Test from Projects ERP: {connection.portal_name}", body, [address])
    Connection.objects.filter(pk=connection.pk).update(mail_problem=problem)
    return problem


def send(subject: str, body: str, recipients: list[str]) -> str:
    """Hand an e-mail to the mail server; '' when it was taken, else why not, in plain words. Never raises."""
    if not recipients:
        return "Nobody to write to: this organization has no active administrator with an e-mail address."
    try:
        EmailMessage(" ".join(subject.split())[:200], body, to=recipients).send()
    except Exception as error:
        logger.warning("an e-mail could not be sent: %s", type(error).__name__)
        return in_words(error)
    return ""


def is_only_printed() -> bool:
    """True when no mail server is set up: e-mails end in the log, nobody receives them."""
    return settings.EMAIL_BACKEND.rsplit(".", 2)[-2] in ("console", "dummy", "filebased")


def in_words(error: Exception) -> str:
    """Why an e-mail could not be sent, and what to look at."""
    server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"The mail server {server} does not accept the user name or password in EMAIL_URL."
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        said = "; ".join(f"{who}: {_said(*answer)}" for who, answer in error.recipients.items())
        return f"The mail server {server} does not accept the recipient: {said}."
    if isinstance(error, smtplib.SMTPSenderRefused):
        answer = _said(error.smtp_code, error.smtp_error)
        return f"The mail server {server} does not accept the sender {error.sender} (DEFAULT_FROM_EMAIL): {answer}."
    if isinstance(error, smtplib.SMTPResponseException):
        return f"The mail server {server} answered: {_said(error.smtp_code, error.smtp_error)}."
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return f"The mail server {server} does not offer what EMAIL_URL asks for (encryption or sign-in)."
    if isinstance(error, ConnectionRefusedError):
        return f"No mail server answers at {server}. Check host and port in EMAIL_URL."
    if isinstance(error, socket.gaierror):
        return f"The host name of the mail server, {settings.EMAIL_HOST}, is not known. Check EMAIL_URL."
    if isinstance(error, TimeoutError):
        return f"The mail server {server} did not answer within {settings.EMAIL_TIMEOUT} seconds."
    if isinstance(error, ssl.SSLError):
        return (
            f"No encrypted connection with the mail server {server}: check port and encryption in EMAIL_URL."
        )
    if isinstance(error, smtplib.SMTPException | OSError):
        return (
            f"The mail server {server} broke off the connection. Try again; if it stays so, check EMAIL_URL."
        )
    return "The e-mail could not be sent; the log has the details."


def _said(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    return f"{code} {' '.join(text.split())}"[:300]
