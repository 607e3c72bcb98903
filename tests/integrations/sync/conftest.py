"""A connection to a practice portal that runs in this process, and runs worked in the foreground."""

import pytest
import requests

from integrations.models import Connection, FieldMapping, SyncRun
from integrations.sync.queue import request_run
from integrations.sync.runner import run_to_end
from organizations.models import CustomField, Organization
from practice_portal.server import start


@pytest.fixture
def portal():
    """A small practice portal on a free port."""
    server = start(port=0, size="small", auto_consent=True, throttle_limit=0)
    yield server
    server.stop()


def consent(portal):
    """(portal record, token answer) after consenting at the practice portal."""
    session = requests.Session()
    answer = session.get(
        f"{portal.url}/oauth/v2/auth",
        params={
            "client_id": "practice-client",
            "response_type": "code",
            "redirect_uri": "http://127.0.0.1/callback",
            "scope": ",".join(__import__("integrations.zoho.oauth", fromlist=["SCOPES"]).SCOPES),
            "access_type": "offline",
            "prompt": "consent",
            "state": "s",
        },
        allow_redirects=False,
        timeout=10,
    )
    from urllib.parse import parse_qs, urlsplit

    code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
    tokens = session.post(
        f"{portal.url}/oauth/v2/token",
        data={
            "grant_type": "authorization_code",
            "client_id": "practice-client",
            "client_secret": "practice-secret",
            "redirect_uri": "http://127.0.0.1/callback",
            "code": code,
        },
        timeout=10,
    ).json()
    portals = session.get(
        f"{portal.url}/api/v3/portals",
        headers={"Authorization": f"Zoho-oauthtoken {tokens['access_token']}"},
        timeout=10,
    ).json()
    owned = next(row for row in portals if row["profile"]["name"] == "Portal Owner")
    return owned, tokens


@pytest.fixture
def connection(transactional_db, portal, settings):
    """An active connection to the portal that the account owns."""
    settings.ZOHO_REQUESTS_PER_WINDOW = 0
    owned, tokens = consent(portal)
    organization = Organization.objects.create(name="Test works", base_currency="EUR")
    return Connection.objects.create(
        organization=organization,
        accounts_url=portal.url,
        api_url=portal.url,
        web_url=portal.url,
        portal_id=str(owned["id"]),
        portal_name=owned["portal_name"],
        refresh_token=tokens["refresh_token"],
        status=Connection.Status.ACTIVE,
    )


@pytest.fixture
def sync(connection):
    """A function that works a whole run and returns it."""

    def work(trigger=SyncRun.Trigger.INSTANT, **fields):
        run = request_run(connection, trigger, ring=False, **fields)
        return run_to_end(run.pk, sleep=lambda seconds: pytest.fail("a run should not have to wait here"))

    return work


@pytest.fixture
def pair(connection):
    """A function that pairs a custom field of Zoho with one made here."""

    def make(module, source, data_type, key="mapped"):
        CustomField.objects.create(
            organization=connection.organization, module=module, key=key, label=key, data_type=data_type
        )
        FieldMapping.objects.create(
            connection=connection, module=module, source_field=source, target_field=key, data_type=data_type
        )

    return make
