"""Listings: where they end, what is left out, and how the next page is fetched while this one is worked
on.
"""

import threading
import time
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from integrations.zoho import api
from integrations.zoho.client import Listing, ZohoClient
from integrations.zoho.errors import BadAnswer, NoAccess, Temporary, Throttled, TooManyPages, WrongAddress

BASE = "https://api.example.test/api/v3/portal/60012345"
OLD = "https://api.example.test/restapi/portal/60012345"
FORBIDDEN = {"error": {"title": "FORBIDDEN"}}


def listing(path="/tasks", **options):
    """A listing of two rows a page."""
    return Listing(**({"path": path, "keys": ("tasks", "todos"), "per_page": 2} | options))


def rows(*ids):
    """Records with these ids."""
    return [{"id": str(number)} for number in ids]


def body(*ids, more):
    """A page as Zoho serves it."""
    return {
        "page_info": {"page": 1, "per_page": 2, "page_count": len(ids), "has_next_page": more},
        "tasks": rows(*ids),
    }


def pages(*bodies, path="/tasks"):
    """Answer page after page; None is a 204."""
    for given in bodies:
        responses.get(f"{BASE}{path}", **({"status": 204} if given is None else {"json": given}))


def ids_of(found):
    """All ids in order."""
    return [row["id"] for page in found for row in page.raws]


def asked_pages():
    """The page numbers that were asked for."""
    return [parse_qs(urlsplit(call.request.url).query).get("page", ["-"])[0] for call in responses.calls]


@responses.activate
def test_pages_follow_until_there_is_no_next(client):
    """Numbers, order, and the mark of the last page."""
    pages(body(1, 2, more=True), body(3, 4, more=True), body(5, more=False))
    found = list(client.stream([listing()]))
    assert ids_of(found) == ["1", "2", "3", "4", "5"]
    assert [(page.number, page.is_last) for page in found] == [(1, False), (2, False), (3, True)]
    assert asked_pages() == ["1", "2", "3"]


@responses.activate
@pytest.mark.parametrize(
    "bodies",
    [
        [None],
        [[]],
        [{"tasks": []}],
        [{"tasks": None}],
        [{}],
        [{"page_info": {"has_next_page": True}}],
        [{"page_info": {"has_next_page": "true"}, "tasks": []}],
    ],
)
def test_an_empty_listing_is_one_empty_last_page(client, bodies):
    """In every dress that nothing has been seen in."""
    pages(*bodies)
    (page,) = client.stream([listing()])
    assert (page.raws, page.is_last, page.number) == ([], True, 1)


@responses.activate
@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (rows(1, 2), rows(3), "123"),
        (rows(1, 2), None, "12"),
        ({"todos": rows(1, 2)}, {"todos": rows(3)}, "123"),
        (
            {"tasks": rows(1, 2), "page_info": [{"has_next_page": "true"}]},
            {"tasks": rows(3), "page_info": [{"has_next_page": "false"}]},
            "123",
        ),
        (
            {"tasks": rows(1), "page_info": {"has_next_page": 1}},
            {"tasks": rows(2), "page_info": {"has_next_page": "0"}},
            "12",
        ),
        ({"tasks": rows(1, 2), "page_info": None}, {"tasks": rows(3)}, "123"),
        ([{"tasks": rows(1, 2)}], [{"tasks": rows(3)}], "123"),
    ],
)
def test_shapes_of_a_page(client, first, second, expected):
    """Bare array, either key, page_info as an object, a list or missing, booleans as text or number."""
    pages(first, second)
    assert "".join(ids_of(client.stream([listing()]))) == expected
    assert len(responses.calls) == 2


@responses.activate
def test_a_server_that_caps_the_page_size_does_not_end_the_listing(client):
    """Without page_info, a hundred records may be a full page although 200 were asked for."""
    pages(rows(*range(1, 101)), rows(*range(101, 151)))
    assert len(ids_of(client.stream([listing(per_page=200)]))) == 150


@responses.activate
def test_endless_pages_end_with_the_first_that_brings_nothing_new(client):
    """Zoho's portal-wide time logs promise more for ever."""
    pages(body(1, 2, more=True), body(3, 1, more=True), body(3, 1, more=True))
    found = list(client.stream([listing()]))
    assert ids_of(found) == ["1", "2", "3"]
    assert found[-1].is_last
    assert len(responses.calls) == 3


@responses.activate
def test_rows_without_id_are_handed_on_once(client):
    """They are for the parser to refuse, not for the client to lose or to double."""
    pages({"tasks": [{"name": "x"}, {"id": "1"}, "text"]})
    found = list(client.stream([listing()]))
    assert [page.raws for page in found] == [[{"name": "x"}, {"id": "1"}, "text"], []]  # the page came twice
    responses.reset()
    pages(body(1, more=True), {"tasks": [{"name": "x"}]})
    assert [row.get("name") for page in client.stream([listing()]) for row in page.raws] == [None, "x"]
    responses.reset()
    nameless = {"tasks": [{"name": "x"}, {"name": "y"}], "page_info": {"has_next_page": True}}
    pages(nameless, {"tasks": [{"name": "z"}], "page_info": {"has_next_page": True}}, body(1, more=False))
    assert len([row for page in client.stream([listing()]) for row in page.raws]) == 4
    responses.reset()
    pages(nameless)
    assert len([row for page in client.stream([listing()]) for row in page.raws]) == 2


@responses.activate
def test_rows_may_be_told_apart_by_another_id(client):
    """Users without a zpuid must not end their listing at its first page."""
    pages({"users": rows(1, 2)}, {"users": rows(3)}, path="/users")
    found = client.stream([listing("/users", keys=("users",), id_key="zpuid")])
    assert ids_of(found) == ["1", "2", "3"]


@responses.activate
def test_too_many_pages_are_said(client):
    """What was read is good; the rest is not silently missing."""
    pages(body(1, more=True), body(2, more=True), body(3, more=True))
    stream = client.stream([listing(max_pages=2)])
    assert [next(stream).number, next(stream).number] == [1, 2]
    with pytest.raises(TooManyPages):
        next(stream)
    assert len(responses.calls) == 2


@responses.activate
@pytest.mark.parametrize(
    "given", [{"message": "hello"}, {"data": {"tasks": rows(1)}}, "text", 5, {"tasks": "x"}]
)
def test_an_unknown_shape_is_no_empty_list(client, given):
    """Reading it as nothing would delete what is there."""
    pages(given)
    with pytest.raises(BadAnswer) as caught:
        list(client.stream([listing()]))
    assert caught.value.listing.path == "/tasks"


@responses.activate
def test_listings_follow_each_other_with_their_tags(client):
    """The start page belongs to the first one."""
    pages(body(5, more=False), path="/a")
    pages(body(1, more=False), path="/b")
    found = list(client.stream([listing("/a", tag="first"), listing("/b", tag="second")], start_page=3))
    assert [(page.listing.tag, page.number) for page in found] == [("first", 3), ("second", 1)]
    assert asked_pages() == ["3", "1"]


@responses.activate
def test_a_second_pass_leaves_out_what_the_first_one_brought(client):
    """Archived projects that come in both lists are read once."""
    pages(body(1, 2, more=False), body(2, 3, more=False))
    found = list(client.stream([listing(), listing(continues=True)]))
    assert [ids_of([page]) for page in found] == [["1", "2"], ["3"]]


@responses.activate
def test_an_unknown_address_falls_back_to_the_older_one(client):
    """With its own way of paging."""
    responses.get(f"{BASE}/clients", status=400, json={"error": {"title": "URL_RULE_NOT_CONFIGURED"}})
    responses.get(
        f"{OLD}/clients/", json={"clients": [{"id": number, "name": "x"} for number in range(1, 201)]}
    )
    responses.get(f"{OLD}/clients/", json={"clients": [{"id": 201, "name": "x"}]})
    assert sum(len(page.raws) for page in client.stream(api.clients())) == 201
    assert parse_qs(urlsplit(responses.calls[2].request.url).query)["index"] == ["201"]


@responses.activate
def test_an_error_ends_the_stream_unless_the_caller_goes_on(client):
    """One forbidden project must not hide the others."""
    responses.get(f"{BASE}/a", status=403, json=FORBIDDEN)
    pages(body(1, more=False), path="/b")
    with pytest.raises(NoAccess):
        list(client.stream([listing("/a"), listing("/b")]))
    told = []
    found = list(
        client.stream(
            [listing("/a"), listing("/b")],
            on_error=lambda which, error: told.append((which.path, error.reason)) or True,
        )
    )
    assert ids_of(found) == ["1"]
    assert told == [("/a", "forbidden")]


@responses.activate
def test_time_logs_are_flattened_and_take_the_day_of_their_group(client):
    """A day may be split over two pages; its records are merged by id."""
    first = {
        "page_info": {"has_next_page": True},
        "time_logs": [
            {"date": "2026-03-05", "log_details": [{"id": "1"}, {"id": "2", "date": "2026-03-04"}]}
        ],
    }
    second = {
        "time_logs": [
            {"date": "2026-03-05", "log_details": [{"id": "2"}, {"id": "3", "type": "task"}]},
            {"date": "2026-03-06", "log_details": []},
        ]
    }
    pages(first, second, path="/projects/7/timelogs")
    (wanted,) = api.timelogs("7", "bug", date(2026, 1, 1), date(2026, 3, 31))
    found = [row for page in client.stream([wanted]) for row in page.raws]
    assert [(row["id"], row["date"]) for row in found] == [
        ("1", "2026-03-05"),
        ("2", "2026-03-04"),
        ("3", "2026-03-05"),
    ]
    assert found[0]["type"] == "issue"
    assert found[2]["type"] == "task"
    assert found[0]["project"] == {"id": "7"}
    query = parse_qs(urlsplit(responses.calls[0].request.url).query)
    assert query["module"] == ['{"type":"issue"}']
    assert query["view_type"] == ["customdate"]
    assert (query["start_date"], query["end_date"]) == (["2026-01-01"], ["2026-03-31"])


class Gate:
    """A throttle that can be closed, and remembers in which thread it was asked."""

    def __init__(self):
        self.until = None
        self.threads = set()

    def take(self, pattern):
        """Refuse while closed."""
        self.threads.add(threading.current_thread())
        if self.until:
            raise Throttled("closed", pattern, self.until)

    def block(self, pattern, until):
        """Close."""
        self.until = until


@responses.activate
def test_the_next_page_is_fetched_while_this_one_is_worked_on(tokens):
    """Also across listings; budget and tokens are taken in the caller's own thread."""
    pages(body(1, more=True), body(2, more=False))
    pages(body(3, more=False), path="/b")
    gate = Gate()
    with ZohoClient("https://api.example.test", "60012345", tokens, gate) as client:
        stream = client.stream([listing(), listing("/b")])
        for expected in (2, 3, 3):
            next(stream)
            deadline = time.monotonic() + 60
            while len(responses.calls) < expected and time.monotonic() < deadline:
                threading.Event().wait(0.005)
            assert len(responses.calls) == expected
        assert next(stream, None) is None
    assert gate.threads == {threading.current_thread()}


@responses.activate
def test_a_lock_out_of_the_next_page_does_not_cost_this_one(tokens):
    """It is raised when the next page is asked for, and forgotten when it has passed by then."""
    pages(body(1, more=True), body(2, more=True), body(3, more=False))
    gate = Gate()
    with ZohoClient("https://api.example.test", "60012345", tokens, gate) as client:
        stream = client.stream([listing()])
        next(stream)  # page 2 is under way
        gate.until = datetime.now(UTC) + timedelta(minutes=5)
        assert ids_of([next(stream)]) == ["2"]
        gate.until = None
        assert ids_of([next(stream)]) == ["3"]
        gate.until = datetime.now(UTC) + timedelta(minutes=5)
        with pytest.raises(Throttled):
            next(client.stream([listing()]))


@responses.activate
def test_trouble_with_the_page_under_way_is_handled_as_usual(client, pauses):
    """Its tries and its refresh happen when the page is asked for."""
    pages(body(1, more=True))
    responses.get(f"{BASE}/tasks", status=500)
    responses.get(f"{BASE}/tasks", status=401, json={"error": {"title": "INVALID_OAUTHTOKEN"}})
    pages(body(2, more=False))
    assert ids_of(client.stream([listing()])) == ["1", "2"]
    assert len(pauses) == 1
    responses.reset()
    pages(body(1, more=True))
    responses.get(f"{BASE}/tasks", status=500)
    stream = client.stream([listing()])
    assert ids_of([next(stream)]) == ["1"]
    with pytest.raises(Temporary):
        next(stream)


@responses.activate
def test_closing_a_stream_leaves_no_thread_behind(client):
    """Even with a request under way."""
    pages(body(1, more=True), body(2, more=True))
    stream = client.stream([listing()])
    next(stream)
    stream.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("zoho-")]
    assert list(client.stream([])) == []


@responses.activate
def test_whether_portal_wide_logs_honour_a_window(client):
    """Only what lies outside the first week proves it."""
    window = (date(2026, 3, 4), date(2026, 4, 1))

    def logs(*days):
        return {
            "time_logs": [
                {"date": day, "log_details": [{"id": str(number)}]} for number, day in enumerate(days, 1)
            ]
        }

    pages(logs("2026-03-05", "2026-03-08"), path="/timelogs")
    assert api.portal_logs_cover_window(client, "task", *window) is False
    responses.reset()
    pages(logs("2026-03-05", "2026-03-09"), path="/timelogs")
    assert api.portal_logs_cover_window(client, "task", *window) is True
    responses.reset()
    pages(None, path="/timelogs")
    assert api.portal_logs_cover_window(client, "task", *window) is None
    with pytest.raises(ValueError, match="window"):
        api.timelogs("", "task")


def test_windows_and_filters():
    """Windows meet without a gap and without an overlap; filters quote their values."""
    cut = list(api.windows(date(2025, 1, 1), date(2026, 1, 1)))
    assert cut == [
        (date(2025, 1, 1), date(2025, 6, 29)),
        (date(2025, 6, 30), date(2025, 12, 26)),
        (date(2025, 12, 27), date(2026, 1, 1)),
    ]
    assert list(api.windows(date(2026, 1, 2), date(2026, 1, 1))) == []
    assert api.changed_since(date(2026, 3, 1)) == (
        '{"criteria":[{"field_name":"last_updated_time","criteria_condition":"greater_than","value":["2026-02-27"]}],"pattern":"1"}'
    )
    assert '"pattern":"1 AND 2"' in api.criteria(("a", "is", ["1"]), ("b", "is", [True]))


def test_every_listing_is_what_the_reference_names():
    """Paths for the portal and for one project."""
    assert [one.path for one in api.milestones()] == ["/phases"]
    assert api.milestones("7")[0].fallback.path == "/projects/7/phases"
    assert api.task_lists()[0].path == "/all-tasklists"
    assert api.task_lists("7")[0].path == "/projects/7/tasklists"
    assert api.tasks("7")[0].params == {"has_parents": "true"}
    assert "filter" in api.bugs(since=date(2026, 3, 1))[0].params
    assert api.users()[0].id_key == "zpuid"
    assert api.timelogs("7", "general")[0].params["view_type"] == "projectspan"
    assert api.bin()[0].keys == ("trash", "bin")
    assert issubclass(WrongAddress, Exception)
