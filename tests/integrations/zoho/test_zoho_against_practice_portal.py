"""The client against the practice portal, over HTTP: every way to answer that a real portal has been seen in.

What is read must be the same whatever the dress; what differs on purpose must be said.
"""

import json
from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import pytest
import requests

from integrations.zoho import api, oauth
from integrations.zoho.client import ZohoClient
from integrations.zoho.data_centers import resolve
from integrations.zoho.entities import (
    bugs,
    clients,
    milestones,
    projects,
    recycle_bin,
    task_lists,
    tasks,
    time_logs,
    users,
)
from integrations.zoho.errors import (
    BadAnswer,
    CodeRefused,
    InvalidRecord,
    NoAccess,
    NotFound,
    ReconnectNeeded,
    Throttled,
    TokenThrottled,
)
from integrations.zoho.records import parse_page
from integrations.zoho.throttle import MemoryThrottle
from practice_portal.server import start

REDIRECT = "http://127.0.0.1:9/callback"
CLIENT = ("practice-client", "practice-secret")
SINCE, UNTIL = date(2026, 5, 24), date(2026, 11, 20)


class Connection:
    """A token source like the product's: one access token, refreshed when Zoho refuses it."""

    def __init__(self, url, refresh_token):
        self.url = url
        self.refresh_token = refresh_token
        self.token = ""

    def access_token(self):
        """The token in use; the first one is fetched."""
        return self.token or self.refreshed("")

    def refreshed(self, old_access_token):
        """Another one."""
        self.token = oauth.refresh(self.url, *CLIENT, self.refresh_token).access_token
        return self.token


def consent(url):
    """Go through the consent page; return the callback's parameters and the verifier."""
    verifier, challenge = oauth.make_pkce()
    page = requests.get(
        oauth.authorize_url(url, CLIENT[0], REDIRECT, "state", challenge), allow_redirects=False, timeout=10
    )
    query = parse_qs(urlsplit(page.headers["Location"]).query)
    return {name: given[0] for name, given in query.items()}, verifier


def connect(url):
    """Connect as the first account."""
    callback, verifier = consent(url)
    hosts = resolve(
        callback["location"], callback["accounts-server"], accounts_override=url, api_override=url
    )
    return oauth.exchange_code(hosts.accounts_url, *CLIENT, REDIRECT, callback["code"], verifier)


@pytest.fixture(scope="module")
def shared():
    """One practice portal with every special case, and a connection to it."""
    with start(
        auto_consent=True, throttle_limit=0, today="2026-11-20", cases=True, access_tokens_per_window=1000
    ) as portal:
        yield portal, Connection(portal.url, connect(portal.url).refresh_token)


@pytest.fixture
def portal(shared):
    """The practice portal, all switches and faults off again afterwards."""
    running, _ = shared
    yield running
    control(running, "switches", dict.fromkeys(running.state.switches.as_dict(), False))
    control(running, "faults", [])
    control(running, "settings", {"throttle_limit": 0})


@pytest.fixture
def client(shared, portal):
    """A client of its first portal that does not really pause."""
    _, connection = shared
    with ZohoClient(
        portal.url, "60012345", connection, MemoryThrottle(100_000), sleep=lambda _: None
    ) as made:
        yield made


def control(portal, path, body):
    """One call of the control interface."""
    request = Request(f"{portal.url}/control/{path}", json.dumps(body).encode(), method="POST")
    with urlopen(request, timeout=10) as answer:
        return json.load(answer)


def read(client, listings, parse, per_page=25, **options):
    """All records of some listings, as comparable values by id; pages are kept small."""
    for listing in listings:
        listing.per_page = per_page
    raws = [raw for page in client.stream(listings) for raw in page.raws]
    return sorted(map(comparable, parse_page(parse, raws, **options)))


def comparable(record):
    """A record as a tuple that sorts; an unreadable one by what is wrong with it."""
    if isinstance(record, InvalidRecord):
        return ("", record.zoho_id, record.field)
    return (record.id, repr(record), "")


def everything(client):
    """What the product reads in a run, in comparable form."""
    logs = [listing for kind in api.LOG_MODULES for listing in api.timelogs("", kind, SINCE, UNTIL)]
    return {
        "projects": read(client, api.projects(), projects.parse),
        "users": read(client, api.users(), users.parse),
        "milestones": read(client, api.milestones(), milestones.parse),
        "task_lists": read(client, api.task_lists(), task_lists.parse),
        "tasks": read(client, api.tasks(), tasks.parse, zone="Europe/Berlin"),
        "bugs": read(client, api.bugs(), bugs.parse),
        "timesheets": read(client, logs, time_logs.parse),
        "bin": read(client, api.bin(), bin_entry),
        "primary": [repr(api.primary_of(api.project_clients(client, key))) for key in project_ids(client)],
    }


def bin_entry(raw, _custom):
    """An entry of the bin; it has no custom fields."""
    return recycle_bin.parse(raw)


def project_ids(client):
    """The ids of the readable projects."""
    return [key for key, _, problem in read(client, api.projects(), projects.parse) if not problem]


@pytest.fixture(scope="module")
def plain(shared):
    """Everything, read without any disturbance."""
    running, connection = shared
    with ZohoClient(running.url, "60012345", connection, MemoryThrottle(100_000)) as made:
        found = everything(made)
    assert all(len(found[name]) > 10 for name in ("projects", "milestones", "tasks", "bugs", "primary"))
    assert len(found["timesheets"]) > 200
    return found


@pytest.mark.parametrize(
    "switches",
    [
        {"integer_ids": True},
        {"null_for_absent": True},
        {"empty_zero_bytes": True, "projects_as_object": True, "users_as_array": True},
        {"empty_array": True, "text_page_info": True},
        {"endless_portal_timelogs": True, "repeated_row": True},
        {"top_level_tasks_only": True, "unapproved_for_pending": True},
        {"fail_once": 2},
        {"cut_body": 2},
    ],
    ids=lambda switches: "+".join(switches),
)
def test_the_same_records_in_every_dress(portal, client, plain, switches):
    """Ids, names, days, hours, states: nothing is lost, doubled or read differently."""
    control(portal, "switches", switches)
    found = everything(client)
    for name, expected in plain.items():
        assert found[name] == expected, name


@pytest.mark.parametrize(
    "act",
    [
        {"html": True},
        {"reset": True},
        {"body": '{"tasks": [', "status": 200},
        {"wrong_length": 10},
        {"status": 503, "body": "busy"},
        {"cut": 30},
    ],
    ids=lambda act: "+".join(act),
)
def test_a_page_that_fails_twice_is_read_whole_in_the_end(portal, client, plain, act):
    """The same page again, never half of it."""
    rule = {"match": {"path": "/tasks.*page=2"}, "act": act, "times": 2}
    control(portal, "faults", [rule])
    assert read(client, api.tasks(), tasks.parse, zone="Europe/Berlin") == plain["tasks"]


def test_an_error_inside_a_good_answer_is_no_empty_list(portal, client):
    """Nor is a redirect followed."""
    body = {"error": {"title": "JSON_PARSE_ERROR"}}
    control(portal, "faults", [{"match": {"path": "/tasks"}, "act": {"body": body}, "times": None}])
    with pytest.raises(BadAnswer):
        read(client, api.tasks(), tasks.parse)
    act = {"redirect": "http://127.0.0.1:9/elsewhere"}
    control(portal, "faults", [{"match": {"path": "/tasks"}, "act": act, "times": None}])
    with pytest.raises(BadAnswer):
        read(client, api.tasks(), tasks.parse)


@pytest.mark.parametrize("as_429", [False, True])
def test_a_lock_out_is_waited_out(portal, client, as_429):
    """Told with its end; not a single call follows."""
    control(portal, "switches", {"throttle_429": as_429})
    control(portal, "settings", {"throttle_limit": 2})
    path = f"/projects/{'9' * 17}/tasks"
    for _ in range(2):
        with pytest.raises(NotFound):
            client.get(path)
    with pytest.raises(Throttled) as caught:
        client.get(path)
    assert 20 * 60 < (caught.value.until - datetime.now(UTC)).total_seconds() <= 22 * 60 + 1
    before = sum(client.requests.values())
    with pytest.raises(Throttled):
        client.get(path)
    assert sum(client.requests.values()) == before
    portal.state.throttle.clear()


def test_a_missing_scope_is_told_per_entity(portal, client, plain):
    """The rest goes on."""
    control(portal, "switches", {"missing_scope": "bugs"})
    with pytest.raises(NoAccess) as caught:
        read(client, api.bugs(), bugs.parse)
    assert caught.value.reason == "scope"
    assert read(client, api.milestones(), milestones.parse) == plain["milestones"]


def test_whether_portal_wide_logs_can_be_trusted(portal, client):
    """A portal that only answers a week is found out."""
    assert api.portal_logs_cover_window(client, "task", SINCE, UNTIL) is True
    control(portal, "switches", {"portal_timelogs_week_only": True})
    assert api.portal_logs_cover_window(client, "task", SINCE, UNTIL) in (False, None)


def test_customers_over_the_older_api(portal, client):
    """The same ids and names, and the same primary customers."""
    found = read(client, api.clients(), clients.parse)
    wanted = [api.primary_of(api.project_clients(client, key)) for key in project_ids(client)]
    control(portal, "switches", {"v3_clients_unavailable": True})
    older = read(client, api.clients(), clients.parse)
    assert [row[0] for row in older] == [row[0] for row in found]
    again = [api.primary_of(api.project_clients(client, key)) for key in project_ids(client)]
    assert any(pattern.endswith("{n}/clients") for pattern in client.unknown_patterns)
    ours = [getattr(client_of, "id", client_of) for client_of in wanted]
    theirs = [getattr(client_of, "id", client_of) for client_of in again]
    # the older list has no dates, so what was settled by the earliest one is for a person there
    assert all(new in (old, "unclear") for old, new in zip(ours, theirs, strict=True))


def test_portals_and_who_owns_them(portal, client):
    """The older list leads to the same answer."""
    found = client.portals()
    assert [(one.id, one.is_owner) for one in found] == [("60012345", True), ("60098765", False)]
    assert client.portal().is_owner
    control(portal, "switches", {"v3_portal_list_unavailable": True})
    assert [(one.id, one.is_owner) for one in client.portals()] == [("60012345", True), ("60098765", False)]
    control(portal, "switches", {"demoted": True})
    assert not client.portal().is_owner


def test_fields_and_single_records(client):
    """Custom fields with their types; a record by its id, and one that never was."""
    kinds = {field.data_type for field in api.fields(client, "projects") if field.is_custom}
    assert {"currency", "userpicklist", "multi_userpicklist", "multi_picklist", "checkbox"} <= kinds
    (key, *_) = project_ids(client)
    assert projects.parse(api.record(client, "projects", key), {}).id == key
    with pytest.raises(NotFound):
        api.record(client, "projects", "9" * 17)


def test_custom_values_come_in_by_type(client):
    """At least one record of each module that has custom fields carries a value; none is remarked upon."""
    for module, listings, parse in (
        ("projects", api.projects(), projects.parse),
        ("tasks", api.tasks(), tasks.parse),
        ("bugs", api.bugs(), bugs.parse),
        ("milestones", api.milestones(), milestones.parse),
    ):
        custom = {field.api_name: field.data_type for field in api.fields(client, module) if field.is_custom}
        raws = [raw for page in client.stream(listings) for raw in page.raws]
        good = [one for one in parse_page(parse, raws, custom) if not isinstance(one, InvalidRecord)]
        assert any(one.custom for one in good), module


def test_an_expired_token_is_replaced_once(portal, client):
    """In the middle of a listing, without the caller noticing."""
    (listing,) = api.tasks()
    listing.per_page = 20
    stream = client.stream([listing])
    next(stream)
    before = client.tokens.access_token()
    portal.state.tokens.expire_access()
    assert sum(len(page.raws) for page in stream) > 20
    assert client.tokens.access_token() != before


def test_a_record_that_goes_between_two_pages(portal, client, plain):
    """Offset drift may hide one record until the next run; nothing is doubled and nothing breaks."""
    control(portal, "switches", {"removed_between_pages": "issues"})
    found = read(client, api.bugs(), bugs.parse)
    assert len(plain["bugs"]) - 1 <= len(found) <= len(plain["bugs"])
    assert len({row[0] for row in found}) >= len(found) - 1
    control(portal, "reset", {"keep_tokens": True})


def test_a_revoked_connection_needs_a_person():
    """Codes work once, throttled token requests keep the grant, revoking ends it."""
    with start(auto_consent=True, access_tokens_per_window=3) as portal:
        callback, verifier = consent(portal.url)
        tokens = oauth.exchange_code(portal.url, *CLIENT, REDIRECT, callback["code"], verifier)
        assert oauth.account_info(portal.url, tokens.access_token)["Email"].endswith("example.test")
        with pytest.raises(CodeRefused):
            oauth.exchange_code(portal.url, *CLIENT, REDIRECT, callback["code"], verifier)
        for as_200 in (False, True):
            control(portal, "switches", {"token_throttle_200": as_200})
            with pytest.raises(TokenThrottled):
                for _ in range(5):
                    oauth.refresh(portal.url, *CLIENT, tokens.refresh_token)
        control(portal, "clock", {"add": 700})
        assert oauth.refresh(portal.url, *CLIENT, tokens.refresh_token).access_token
        assert oauth.revoke(portal.url, tokens.refresh_token)
        assert not oauth.revoke(portal.url, "1000.unknown.unknown")
        with pytest.raises(ReconnectNeeded):
            oauth.refresh(portal.url, *CLIENT, tokens.refresh_token)
