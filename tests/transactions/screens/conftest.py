"""A clerk who bills, signed in."""

import pytest

from tests.factories import MembershipFactory


@pytest.fixture
def clerk(organization):
    return MembershipFactory(organization=organization, role="admin", user__name="Olga Example")


@pytest.fixture
def web(client, clerk):
    """The test client, signed in as the clerk."""
    client.force_login(clerk.user)
    return client
