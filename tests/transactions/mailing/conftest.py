"""A mail server of our own, members who send, and documents ready to go."""

import email
import email.policy

import pytest
from aiosmtpd.controller import Controller

from organizations.models import Membership
from tests.factories import ContactPersonFactory, MembershipFactory
from tests.ports import free_ports
from transactions import drafts, life
from transactions.drafts import LineValues
from transactions.mailing import delivery, outbox
from transactions.models import OutgoingMail

BACKEND = "django.contrib.auth.backends.ModelBackend"


class MailServer:
    """Takes messages on loopback, refuses what a test tells it to; `messages` are parsed."""

    def __init__(self):
        self.messages, self.refuse, self.refuse_data = [], {}, ""

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.refuse_data:
            return self.refuse_data
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        message.recipients = envelope.rcpt_tos
        self.messages.append(message)
        return "250 taken"


@pytest.fixture
def server(settings):
    """A running mail server that the product uses."""
    handler = MailServer()
    (handler.port,) = free_ports(1)  # the library cannot choose one by itself
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", handler.port
    handler.stop = controller.stop
    yield handler
    if controller.server is not None:
        controller.stop()


@pytest.fixture
def contact(customer):
    return ContactPersonFactory(
        customer=customer, first_name="Ada", last_name="Invented", email="ada@acme.example", is_primary=True
    )


@pytest.fixture
def member(organization):
    return MembershipFactory(organization=organization, role=Membership.Role.ADMIN)


@pytest.fixture
def clerk(client, member):
    """The browser of a member who may send."""
    client.force_login(member.user, backend=BACKEND)
    return client


@pytest.fixture
def draft(customer):
    return drafts.create_invoice(customer, {}, [LineValues("Work on the site", rate="100")])


@pytest.fixture
def invoice(draft):
    return life.issue(draft)


@pytest.fixture
def quote(customer):
    return life.issue(drafts.create_quote(customer, {}, [LineValues("An offer", rate="250")]))


@pytest.fixture
def work():
    """Let the worker hand over everything that is due; returns the rows afterwards."""

    def run():
        for pk in list(outbox.due().values_list("pk", flat=True)):
            delivery.deliver(pk)
        return list(OutgoingMail.objects.order_by("id"))

    return run
