"""Requests that are under way side by side: counted by the portal, bounded, in order, and never for nothing."""

import contextlib
from datetime import UTC, date, datetime, timedelta

import pytest

from integrations.zoho import api
from integrations.zoho.client import ZohoClient
from integrations.zoho.errors import Throttled
from integrations.zoho.listing import Listing
from integrations.zoho.throttle import MemoryThrottle
from practice_portal.faults import Rule
from practice_portal.server import start
from tests.integrations.zoho.granted import Tokens

PROJECTS = 20
TASKS = 3000
WEEK = api.timelogs("", "task", date.today() - timedelta(days=170), date.today())[0].params


@pytest.fixture(scope="module")
def portal():
    """A generated portal whose answers take a moment, so that calls can overlap."""
    with start(size="large", projects=PROJECTS, tasks=TASKS, logs=PROJECTS, throttle_limit=0) as server:
        server.state.set_switch("slow_answer", 0.02)
        yield server


@pytest.fixture
def client(portal):
    """A client with four hands."""
    portal.state.log.clear()
    throttle = MemoryThrottle(limit=1000)
    with ZohoClient(portal.url, "60012345", Tokens(portal.url), throttle, side_by_side=4) as made:
        yield made


def calls(portal, word):
    """What the portal logged of calls whose path ends so."""
    return [entry for entry in portal.state.log if entry["path"].endswith(word)]


def project_listings(portal):
    """One listing of a single page per project."""
    ids = list(portal.state.portals["60012345"].tables["projects"].records)
    return [api.project_users(key)[0] for key in ids]


def test_pages_of_one_listing_overlap_in_order_with_few_guesses(portal, client):
    pages = list(client.stream(api.tasks()))
    assert [page.number for page in pages] == list(range(1, len(pages) + 1))
    assert len({row["id"] for page in pages for row in page.raws}) == TASKS
    asked = calls(portal, "/tasks")
    assert 2 <= max(entry["at_once"] for entry in asked) <= 4
    assert len(asked) <= len(pages) * 1.25
    # a guess may be taken back before it is sent; it was counted all the same
    assert len(asked) <= sum(client.requests.values()) <= len(pages) * 1.25


def test_a_listing_of_known_length_costs_no_guess(portal, client):
    wanted = api.tasks()
    wanted[0].expected = TASKS // 200
    assert len(list(client.stream(wanted))) == TASKS // 200 == len(calls(portal, "/tasks"))
    assert 2 <= max(entry["at_once"] for entry in calls(portal, "/tasks")) <= 4


def test_guesses_that_are_wrong_cost_less_than_one_request_per_hand_and_a_quarter_of_the_pages(
    portal, client
):
    pages = TASKS // 200
    for wrong in ({"expected": 40}, {"bold": True}):
        portal.state.log.clear()
        wanted = Listing(path="/tasks", keys=("tasks",), **wrong)
        assert len(list(client.stream([wanted]))) == pages
        assert len(calls(portal, "/tasks")) <= pages + 3 + pages // 4


def several_pages_each(portal):
    """A listing of three to six pages for each of eight projects."""
    ids = list(portal.state.portals["60012345"].tables["projects"].records)[:8]
    return [Listing(path=f"/projects/{key}/tasks", keys=("tasks",), per_page=50) for key in ids]


def test_a_promised_page_is_asked_for_before_its_turn_and_never_twice(portal, client):
    listings = several_pages_each(portal)
    portal.state.faults.rules[:] = [Rule.read({"match": {"path": listings[1].path}, "act": {"delay": 1}})]
    read, waiting = [], []
    for page in client.stream(listings):
        read.append((page.listing, page.number))
        waiting.append(client._ahead.waiting)
    assert max(waiting) <= 6 * 4  # what memory has to hold
    last = {listing.path: number for listing, number in read}
    assert read == [(listing, n) for listing in listings for n in range(1, last[listing.path] + 1)]
    asked = [
        (entry["path"].rpartition("/portal/60012345")[2], entry["params"]["page"])
        for entry in calls(portal, "/tasks")
    ]
    assert len(asked) == len(set(asked)) == len(read)
    # the second listing is late: until it answers, others go on as far as they are known to
    assert asked.index((listings[2].path, "3")) < asked.index((listings[1].path, "2"))
    assert max(entry["at_once"] for entry in calls(portal, "/tasks")) == 4


def test_a_listing_whose_turn_has_not_come_goes_only_so_far(portal, client):
    """However many pages are promised; and the word of a page that is not full is not taken, which may be for ever."""
    first, late = project_listings(portal)[:2]
    endless = Listing(path="/timelogs", keys=("time_logs",), params=WEEK, nested="log_details")
    wanted = [first, late, endless, Listing(path="/tasks", keys=("tasks",), per_page=100)]
    portal.state.faults.rules[:] = [Rule.read({"match": {"path": late.path}, "act": {"delay": 1}})]
    portal.state.set_switch("endless_portal_timelogs", True)
    try:
        stream = client.stream(wanted)
        assert [next(stream).listing, next(stream).listing] == [first, late]
        assert len(calls(portal, "/timelogs")) == 1
        assert 4 < len(calls(portal, "/tasks")) <= 2 * 4
        assert len(list(stream)) == 2 + TASKS // 100
        assert len(calls(portal, "/timelogs")) == 2
    finally:
        portal.state.set_switch("endless_portal_timelogs", False)


def test_when_told_to_end_the_rest_of_a_longer_listing_is_not_asked_for(portal, client):
    listings = several_pages_each(portal)
    going = True
    stream = client.stream(listings, go_on=lambda: going)
    read = [next(stream)]
    going = False
    sent = sum(client.requests.values())
    while client.under_way:
        read.append(next(stream))
    stream.close()
    assert sum(client.requests.values()) == sent < len(listings) * 3
    assert len(read) <= sent and [page.place for page in read] == sorted(page.place for page in read)


def test_short_listings_are_read_side_by_side_one_call_each(portal, client):
    listings = project_listings(portal)
    pages = list(client.stream(listings))
    assert [page.listing for page in pages] == listings
    assert [page.place for page in pages] == list(range(len(listings)))
    asked = calls(portal, "/users")
    assert len(asked) == len(listings)
    assert max(entry["at_once"] for entry in asked) == 4


def test_when_told_to_end_nothing_more_is_sent_and_nothing_is_lost(portal, client):
    going = True
    stream = client.stream(project_listings(portal), go_on=lambda: going)
    read = [next(stream), next(stream)]
    going = False
    while client.under_way:
        read.append(next(stream))
    stream.close()
    assert len(read) == len(calls(portal, "/users")) < PROJECTS


def test_a_patient_listing_is_read_page_by_page_until_there_is_enough(portal, client):
    newest_first = Listing(
        path="/tasks", keys=("tasks",), params={"sort_by": "DESC(last_modified_time)"}, patient=True
    )
    read = []
    for page in client.stream([newest_first, project_listings(portal)[0]]):
        read.append(page.listing.path)
        page.enough = page.listing is newest_first and page.number == 3
    assert read[:3] == ["/tasks"] * 3 and read[3].endswith("/users") and len(read) == 4
    assert len(calls(portal, "/tasks")) == 3


def test_the_budget_is_kept_to_the_last_request(portal):
    throttle = MemoryThrottle(limit=5)
    read = []
    with ZohoClient(portal.url, "60012345", Tokens(portal.url), throttle, side_by_side=4) as client:
        portal.state.log.clear()
        with pytest.raises(Throttled):
            read += client.stream(project_listings(portal))
        with contextlib.suppress(Throttled):
            for page in client.stream(project_listings(portal)):
                read.append(page)
    assert len(calls(portal, "/users")) == 5


def test_a_locked_pattern_is_left_alone_with_all_hands(portal):
    throttle = MemoryThrottle(limit=1000)
    with ZohoClient(portal.url, "60012345", Tokens(portal.url), throttle, side_by_side=4) as client:
        portal.state.log.clear()
        throttle.block("GET /api/v3/portal/{n}/projects/{n}/users", datetime.now(UTC) + timedelta(hours=1))
        with pytest.raises(Throttled):
            next(client.stream(project_listings(portal)))
    assert not calls(portal, "/users")


def test_an_address_that_v3_does_not_know_is_asked_for_once(portal, client):
    ids = list(portal.state.portals["60012345"].tables["projects"].records)
    wanted = {key: [c.id for c in api.project_clients(client, key)] for key in ids}
    portal.state.set_switch("v3_clients_unavailable", True)
    portal.state.log.clear()
    try:
        listings = [api.clients_of(key)[0] for key in ids]
        found = {
            page.listing.tag[1]: [c.id for c in api.clients_in(page)] for page in client.stream(listings)
        }
    finally:
        portal.state.set_switch("v3_clients_unavailable", False)
    assert found == wanted and any(wanted.values())
    # nobody knows before the older address has answered: four under way beside the first refusal, and on a slow
    # machine the three of them that were refused meanwhile make room for three more
    assert len(calls(portal, "/clients")) <= 7 < len(ids)
    assert len(calls(portal, "/clients/")) == len(ids)
