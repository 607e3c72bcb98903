"""E-mails when the state of the sync changes, and the test button with the mail server's answer."""

from __future__ import annotations

import smtplib
import socket
import socketserver
import threading

import pytest
from django.core import mail
from django.utils import timezone

from integrations import notices
from integrations.models import Connection, SyncRun
from organizations.models import Membership, User
from tests.integrations.setup.conftest import member

PAGE = "/settings/zoho-apps/projects/"


def ended(connection: Connection, status: str, message: str = "") -> SyncRun:
    """A run that ended just now."""
    now = timezone.now()
    return SyncRun.objects.create(
        connection=connection,
        trigger="scheduled",
        status=status,
        started_at=now,
        finished_at=now,
        message=message,
    )


@pytest.fixture
def idle(active) -> Connection:
    """Active, without any run."""
    SyncRun.objects.all().delete()
    return active


def test_one_mail_per_change_of_state(organization, idle, django_capture_on_commit_callbacks):
    """Healthy from the start is no news; failing is told once; healthy again is; so is a needed reconnect."""
    member(organization, "admin", "otto@harbour.example.test")
    member(organization, "staff", "sven@harbour.example.test")
    gone = User.objects.create_user("gone@harbour.example.test", "a long enough phrase", is_active=False)
    Membership.objects.create(organization=organization, user=gone, role="admin")
    notices.tell_after(ended(idle, "succeeded").pk)
    assert mail.outbox == []
    for _ in range(3):
        notices.tell_after(ended(idle, "failed", "Zoho could not be reached.").pk)
    (first,) = mail.outbox
    assert first.subject == "Zoho Projects: the sync fails: lindenwerk"
    assert (
        "Zoho could not be reached." in first.body
        and "http://testserver/settings/zoho-apps/projects/" in first.body
    )
    assert first.to == ["olga@harbour.example.test", "otto@harbour.example.test"]
    notices.tell_after(ended(idle, "cancelled").pk)
    notices.tell_after(ended(idle, "succeeded").pk)
    notices.tell_after(ended(idle, "succeeded").pk)
    assert [m.subject for m in mail.outbox[1:]] == ["Zoho Projects syncs again: lindenwerk"]
    Connection.objects.update(status="needs_reconnect")
    notices.tell_after(ended(idle, "failed").pk)
    assert notices.ring_for_changes() == 0
    assert "press Reconnect" in mail.outbox[-1].body and len(mail.outbox) == 3
    Connection.objects.update(status="active")
    run = SyncRun.objects.create(connection=idle, trigger="resume", status="running")
    assert not notices.tell(idle.pk), "no news while the run that follows is on"
    SyncRun.objects.filter(pk=run.pk).update(status="succeeded")
    assert notices.ring_for_changes() == 1, "a run that ended elsewhere is found by the watch"
    assert notices.ring_for_changes() == 0, "and rung for once"
    assert notices.tell(idle.pk) and len(mail.outbox) == 4


def test_nothing_is_told_of_disabled_or_deleted_connections(admin, idle):
    """Whoever disabled it knows."""
    run = ended(idle, "failed")
    Connection.objects.update(status="disabled")
    notices.tell_after(run.pk)
    Connection.objects.update(status="active", is_deleted=True)
    notices.tell_after(run.pk)
    notices.tell_after(run.pk + 1000)
    assert mail.outbox == []


def test_a_failure_to_send_is_shown_and_breaks_nothing(admin, idle, settings):
    """The page says why; the next e-mail that goes out clears it."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings.EMAIL_HOST, settings.EMAIL_PORT = taken.getsockname()  # nobody listens there
        notices.tell_after(ended(idle, "failed").pk)
        page = admin.get(PAGE).content.decode()
        assert "The last e-mail could not be sent" in page and "No mail server answers at 127.0.0.1" in page
        page = admin.post(PAGE + "test-mail/", follow=True).content.decode()
        assert "The test e-mail was not sent" in page
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    page = admin.post(PAGE + "test-mail/", follow=True).content.decode()
    assert "The mail server took the test e-mail for olga@harbour.example.test" in page
    assert "could not be sent" not in page
    assert mail.outbox[-1].to == ["olga@harbour.example.test"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    page = admin.post(PAGE + "test-mail/", follow=True).content.decode()
    assert "No mail server is set up" in page


class Grumpy(socketserver.StreamRequestHandler):
    """A mail server that takes nobody's mail."""

    def handle(self):
        self.wfile.write(b"220 grumpy.example.test\r\n")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word in (b"EHLO", b"HELO", b"MAIL", b"RSET"):
                self.wfile.write(b"250 ok\r\n")
            elif word == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"550 5.1.1 no such mailbox here\r\n")


def test_the_mail_servers_own_words_are_reported(admin, idle, settings):
    """A real refusal over SMTP."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Grumpy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        page = admin.post(PAGE + "test-mail/", follow=True).content.decode()
        server.shutdown()
    assert "does not accept the recipient" in page and "550 5.1.1 no such mailbox here" in page


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (smtplib.SMTPAuthenticationError(535, b"no"), "does not accept the user name or password"),
        (smtplib.SMTPSenderRefused(553, b"not yours", "erp@x"), "does not accept the sender erp@x"),
        (smtplib.SMTPDataError(554, b"looks like\r\nspam"), "answered: 554 looks like spam"),
        (socket.gaierror(-2, "x"), "host name of the mail server"),
        (TimeoutError(), "did not answer within"),
        (smtplib.SMTPServerDisconnected("x"), "broke off the connection"),
        (ValueError("secret"), "the log has the details"),
    ],
)
def test_failures_are_told_in_plain_words(error, sentence):
    """What happened and what to look at, never a traceback."""
    assert sentence in notices.in_words(error) and "secret" not in notices.in_words(error)
