"""A clerk who bills, signed in; a draft of hours and the invoice it becomes."""

import pytest

from tests.factories import MembershipFactory
from transactions import life
from transactions.billing.choices import Choices
from transactions.billing.create import create_invoice


@pytest.fixture
def clerk(organization):
    return MembershipFactory(organization=organization, role="admin", user__name="Olga Example")


@pytest.fixture
def web(client, clerk):
    """The test client, signed in as the clerk."""
    client.force_login(clerk.user)
    return client


@pytest.fixture
def draft(customer, project, log, clerk):
    """A draft of two entries, 2:30 h."""
    log(90)
    log(60, day=3)
    return create_invoice(customer, Choices(), user=clerk.user)


@pytest.fixture
def sent(draft):
    """The draft, issued."""
    return life.issue(draft)
