"""What a client is told to come: asked for with free hands, found there when it is read, and never for nothing."""

import threading

import pytest

from integrations.zoho import api
from integrations.zoho.client import ZohoClient
from integrations.zoho.listing import Listing
from integrations.zoho.throttle import MemoryThrottle
from practice_portal.server import start
from tests.integrations.zoho.granted import Tokens

HANDS = 4


@pytest.fixture(scope="module")
def portal():
    """A generated portal whose answers take a moment, so that calls can overlap."""
    with start(size="large", projects=20, tasks=1100, logs=20, throttle_limit=0) as server:
        server.state.set_switch("slow_answer", 0.02)
        yield server


@pytest.fixture
def client(portal):
    """A client with four hands; it leaves no thread behind."""
    portal.state.log.clear()
    throttle = MemoryThrottle(limit=1000)
    with ZohoClient(portal.url, "60012345", Tokens(portal.url), throttle, side_by_side=HANDS) as made:
        yield made
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("zoho-")]


def asked(portal):
    """(last part of the path, page) of every call, in order."""
    return [
        (entry["path"].rpartition("/")[2], entry["params"].get("page"))
        for entry in portal.state.log
        if entry["path"].startswith("/api/")
    ]


def of_projects(portal, count):
    """The members of some projects: one page each."""
    ids = list(portal.state.portals["60012345"].tables["projects"].records)
    return [api.project_users(key)[0] for key in ids[:count]]


def test_first_pages_of_what_comes_are_there_when_their_stream_begins(portal, client):
    client.later.tell([*api.contacts(), *api.tasks(), *api.bin()])
    assert len(list(client.stream(api.milestones()))) == 1
    assert sorted(asked(portal)[:4]) == [("bin", "1"), ("contacts", "1"), ("phases", "1"), ("tasks", "1")]
    pages = list(client.stream(api.tasks()))
    assert sum(len(page.raws) for page in pages) == 1100
    assert len(list(client.stream(api.bin()))) == 1
    # what lay before the tasks was passed over, so it is asked for anew when it is wanted after all
    assert len(list(client.stream(api.contacts()))) == 1
    found = asked(portal)
    assert len(found) == len(set(found)) + 1 and found.count(("contacts", "1")) == 2
    assert len([call for call in found if call[0] == "tasks"]) == len(pages) == 6
    assert max(entry["at_once"] for entry in portal.state.log) == HANDS


def test_what_is_told_and_never_read_costs_two_requests_per_hand(portal, client):
    client.later.tell(of_projects(portal, 20))
    for _ in range(20):
        assert list(client.stream(api.bin()))
    assert len([call for call in asked(portal) if call[0] == "users"]) == 2 * HANDS
    assert client.later.waiting == 2 * HANDS
    client.later.forget()
    assert client.later.waiting == 0


def test_what_is_not_settled_is_waited_for_and_a_stop_asks_for_nothing(portal, client):
    settled = going = False

    def coming():
        while not settled:
            yield None
        yield from api.bin()

    client.later.tell(coming())
    client.later.go_on = lambda: going
    client.later.tell(of_projects(portal, 2), soon=True)
    list(client.stream(api.contacts()))
    assert asked(portal) == [("contacts", "1")]
    going = True
    list(client.stream(api.contacts()))
    assert sorted(asked(portal)[1:]) == [("contacts", "1"), ("users", "1"), ("users", "1")]
    settled = True
    list(client.stream(api.contacts()))
    assert sorted(asked(portal)[4:]) == [("bin", "1"), ("contacts", "1")] and client.later.waiting == 3


def test_trouble_with_what_was_told_comes_up_in_its_own_stream(portal, client):
    nowhere = Listing(path="/nowhere", keys=("nowhere",), fallback=api.contacts()[0])
    client.later.tell([nowhere])
    list(client.stream(api.bin()))
    assert sorted(asked(portal)) == [("bin", "1"), ("nowhere", "1")]
    assert [page.is_last for page in client.stream([nowhere])] == [True]
    assert asked(portal)[2:] == [("contacts", "1")]
