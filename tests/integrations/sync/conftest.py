"""A connection to a practice portal that runs in this process, and runs worked in the foreground."""

import pytest
import requests

from integrations.models import Connection, FieldMapping, SyncRun
from integrations.sync.queue import request_run
from integrations.sync.runner import run_slice, run_to_end
from integrations.zoho.client import ZohoClient
from integrations.zoho.oauth import SCOPES
from organizations.models import CustomField, Organization
from practice_portal.server import start
from tests.integrations.sync.first_run import FirstRun


@pytest.fixture
def portal():
    """A small practice portal on a free port."""
    server = start(port=0, size="small", auto_consent=True, throttle_limit=0)
    yield server
    server.stop()


class Control:
    """The practice portal's control interface."""

    def __init__(self, url):
        self.url, self.posts = url, 0

    def post(self, path, body=None):
        """Make a control call; its answer."""
        self.posts += 1
        answer = requests.post(f"{self.url}/control/{path}", json=body, timeout=60)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def change(self, entity, *records):
        """Add, change, trash or restore records of the first portal."""
        return self.post(f"records/1/{entity}", list(records))

    def switch(self, **switches):
        """Set switches."""
        return self.post("switches", switches)


@pytest.fixture
def control(portal):
    """The control interface of the portal."""
    return Control(portal.url)


@pytest.fixture
def connection(transactional_db, portal, control, settings):
    """An active connection to the portal that the account owns."""
    settings.ZOHO_REQUESTS_PER_WINDOW = 0
    tokens = control.post("tokens/grant", {"scopes": SCOPES})
    # always the same ids, so that `FirstRun` can put rows back
    organization = Organization.objects.create(pk=9_000_001, name="Test works", base_currency="EUR")
    return Connection.objects.create(
        pk=9_000_001,
        organization=organization,
        accounts_url=portal.url,
        api_url=portal.url,
        web_url=portal.url,
        portal_id="60012345",
        portal_name="lindenwerk",
        refresh_token=tokens["refresh_token"],
        status=Connection.Status.ACTIVE,
    )


@pytest.fixture(scope="session")
def first_run():
    """The rows of an ordinary first run, once a test has worked one."""
    return FirstRun()


@pytest.fixture
def sync(connection, control, first_run):
    """A function that works a run to its end and returns it; it reads everything unless `is_whole` is false.
    `sync.first()`: the rows of a first run, for a test that is about what comes after it; not where settings, code
    or the portal's state were changed before.
    """

    def work(trigger=SyncRun.Trigger.INSTANT, is_whole=True, **fields):
        run = request_run(connection, trigger, ring=False, is_whole=is_whole, **fields)
        return run_to_end(run.pk, sleep=lambda seconds: pytest.fail("a run should not have to wait here"))

    work.first = lambda: first_run.work(connection, control, work)
    return work


@pytest.fixture
def patiently(connection, monkeypatch):
    """A function that works a run to its end; `run.starts` tells how often it began. What it waits for, and what a
    call waits between its tries, counts as waited for.
    """
    make = ZohoClient.__init__
    monkeypatch.setattr(
        ZohoClient, "__init__", lambda self, *a, **o: make(self, *a, **{**o, "sleep": lambda seconds: None})
    )

    def work(trigger=SyncRun.Trigger.INSTANT, is_whole=True, before_start=None):
        run = request_run(connection, trigger, ring=False, is_whole=is_whole)
        for starts in range(1, 60):
            if before_start:
                before_start()
            run_slice(run.pk)
            run.refresh_from_db()
            if not run.is_active:
                run.starts = starts
                return run
            SyncRun.objects.filter(pk=run.pk).update(not_before=None)
        pytest.fail(f"the run does not end: {run.message}")

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
