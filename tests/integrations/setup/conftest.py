"""A practice portal of its own for each test, and a signed-in administrator."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests
from django.test import Client

from integrations.models import Connection
from organizations.models import Membership, Organization, User
from practice_portal import server

OWNER = "ada.winter@lindenwerk.example.test"


@pytest.fixture
def portal(settings) -> Iterator[server.PracticePortal]:
    """A practice portal that consents by itself, and settings that point to it."""
    with server.start(port=0, auto_consent=True, throttle_limit=0) as running:
        settings.ZOHO_ACCOUNTS_URL = settings.ZOHO_API_URL = running.url
        settings.ZOHO_CLIENT_ID, settings.ZOHO_CLIENT_SECRET = "practice-client", "practice-secret"
        settings.SITE_URL = "http://testserver"
        yield running


@pytest.fixture
def organization(db) -> Organization:
    return Organization.objects.create(name="Harbour Works", base_currency="EUR", time_zone="Europe/Berlin")


def member(organization: Organization, role: str, email: str) -> Client:
    """A test client signed in as a new member."""
    user = User.objects.create_user(email, "a long enough phrase")
    Membership.objects.create(organization=organization, user=user, role=role)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def admin(organization) -> Client:
    return member(organization, "admin", "olga@harbour.example.test")


def consent(client: Client) -> str:
    """Press Connect Now and give (or refuse) consent as the portal is set to; the address one returns to."""
    asked = client.post("/settings/zoho-apps/projects/connect/")
    assert asked.status_code == 302, asked.content
    answer = requests.get(asked["Location"], allow_redirects=False, timeout=10)
    parts = urlsplit(answer.headers["Location"])
    return f"{parts.path}?{parts.query}"


def own_portal(running: server.PracticePortal) -> str:
    return next(p.id for p in running.state.portals.values() if p.number == 1)


def foreign_portal(running: server.PracticePortal) -> str:
    return next(p.id for p in running.state.portals.values() if p.number == 2)


def choices(portal: str, **more: str) -> dict[str, str]:
    """A filled-in first page of the wizard; None takes a field out."""
    given = {
        "portal_id": portal,
        "sync_timesheets": "on",
        "timesheet_status": "all_unbilled",
        "customer_duplication": "clone",
        "users_portal_access": "without",
        **more,
    }
    return {name: value for name, value in given.items() if value is not None}


@pytest.fixture
def connecting(admin, portal) -> Connection:
    """A connection whose consent was given and whose wizard is open."""
    assert admin.get(consent(admin)).status_code == 302
    return Connection.objects.get()


@pytest.fixture
def active(admin, portal, connecting) -> Connection:
    """A connection after Save and Sync, its first run queued."""
    setup = admin.post("/settings/zoho-apps/projects/setup/", choices(own_portal(portal)))
    assert setup.status_code == 302, setup.content.decode()
    saved = admin.post("/settings/zoho-apps/projects/setup/fields/")
    assert saved.status_code == 302, saved.content.decode()
    connecting.refresh_from_db()
    return connecting
