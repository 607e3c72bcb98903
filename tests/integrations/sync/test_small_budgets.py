"""However few requests a window allows, a run waits, goes on and ends like one that never had to wait."""

import random

import pytest

from integrations.models import RequestBudget, SyncRun
from integrations.sync.queue import request_run
from integrations.sync.runner import run_slice
from integrations.zoho.client import ZohoClient
from tests.integrations.sync.edits import EDITS
from tests.integrations.sync.kill_worker import _dump
from tests.integrations.sync.kills import differing


@pytest.fixture
def in_windows(connection, settings):
    """A function that works a run with so few requests a window, each time until it waits for the next one."""

    def work(limit, is_whole):
        settings.ZOHO_REQUESTS_PER_WINDOW = limit
        run = request_run(connection, SyncRun.Trigger.INSTANT, ring=False, is_whole=is_whole)
        for windows in range(1, 400):
            run_slice(run.pk)
            run.refresh_from_db()
            if not run.is_active:
                return windows, run
            assert run.not_before is not None and run.attempts == 0, "waiting is no failure"
            SyncRun.objects.filter(pk=run.pk).update(not_before=None)
            RequestBudget.objects.update(stamps=[])
        pytest.fail(f"the run does not end: {run.requests}")

    return work


@pytest.mark.parametrize("limit", [1, 2])
def test_a_run_with_hardly_any_requests_ends(
    connection, in_windows, portal, control, sync, settings, limit, monkeypatch
):
    stream = ZohoClient.stream

    def short_pages(self, listings, *arguments, **options):
        listings = list(listings)
        for listing in listings:
            if listing.path in ("/bin", "/contacts"):  # read in one go
                listing.per_page = 2
        return stream(self, listings, *arguments, **options)

    windows, run = in_windows(limit, True)
    assert windows > 10
    assert (run.status, run.message) == ("succeeded", "")
    found = _dump()
    settings.ZOHO_REQUESTS_PER_WINDOW = 0
    again = sync()
    assert sum(part.created + part.updated + part.deleted for part in again.module_runs.all()) == 0
    assert differing({**found, "counts": []}, {**_dump(), "counts": []}) == {}
    dice, source = random.Random("budgets"), next(p for p in portal.state.portals.values() if p.number == 1)
    for _ in range(25):
        dice.choice(EDITS)(dice, source, control)
    monkeypatch.setattr(ZohoClient, "stream", short_pages)  # longer than a window
    windows, run = in_windows(limit, False)
    assert (run.status, run.message) == ("succeeded", "")
    windows, run = in_windows(limit, True)
    assert (run.status, run.message) == ("succeeded", "")
    found = _dump()
    monkeypatch.setattr(ZohoClient, "stream", stream)
    settings.ZOHO_REQUESTS_PER_WINDOW = 0
    assert sync().status == "succeeded"
    assert differing({**found, "counts": []}, {**_dump(), "counts": []}) == {}
