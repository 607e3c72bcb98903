"""A connection to a practice portal in this process, and an administrator who looks at it."""

import pytest

from tests.integrations.setup.conftest import member
from tests.integrations.sync.conftest import connection, control, first_run, portal, sync

__all__ = ["PAGE", "connection", "control", "first_run", "portal", "sync"]
PAGE = "/settings/zoho-apps/projects/"


@pytest.fixture
def admin(connection):
    """A signed-in administrator of the connection's organization."""
    return member(connection.organization, "admin", "olga@harbour.example.test")


@pytest.fixture
def stranger(connection):
    """An administrator of another organization."""
    from organizations.models import Organization

    return member(Organization.objects.create(name="Elsewhere"), "admin", "nils@elsewhere.example.test")
