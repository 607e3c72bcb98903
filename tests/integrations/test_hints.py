"""Hints from Zoho: an unguessable address that anybody may call, and one small sync for all of them."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations import hint_calls, hints
from integrations.dashboard import hint_page
from integrations.models import HintAddress, SettingsChange, SyncRun
from tests.factories import ConnectionFactory, MembershipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection():
    return ConnectionFactory()


@pytest.fixture
def page(connection, client):
    client.force_login(MembershipFactory(organization=connection.organization).user)
    return lambda **data: client.post(reverse("integrations:hints"), data).content.decode()


def test_a_hundred_hints_of_any_kind_make_one_small_sync(connection, page):
    path = re.search(r"/hints/zoho-projects/[\w-]{40,}/", page(do="make"))[0]
    visitor, before = Client(enforce_csrf_checks=True), timezone.now()
    for method in ("get", "post", "put", "delete", "patch"):
        answer = visitor.generic(method.upper(), path, b"\xff{" * 100, content_type="application/json")
        assert answer.status_code == 202
    for _ in range(95):
        visitor.post(path)
    assert hints.ring(before) == 0  # more may come
    later = timezone.now() + timedelta(seconds=30)
    assert (hints.ring(later), hints.ring(later)) == (1, 0)
    run = SyncRun.objects.get()
    assert (run.trigger, run.is_whole) == ("webhook", False)
    visitor.post(path)
    assert hints.ring(later) == 0  # one is under way; the hint waits for the next
    SyncRun.objects.update(status="succeeded", queued_at=before - timedelta(minutes=5))
    assert hints.ring(timezone.now() + timedelta(seconds=30)) == 1


def path_of(page):
    return re.search(r"/hints/zoho-projects/[\w-]{40,}/", page(do="make"))[0]


@pytest.fixture
def known(connection):
    """Ids of six projects that are known here."""
    ids = [f"17000000000{number:04d}" for number in range(6)]
    for key in ids:
        connection.synced_records.create(
            module="projects",
            zoho_id=key,
            name=f"Project {key}",
            outcome="synced",
            first_seen_at=timezone.now(),
        )
    return ids


def selected():
    """What the one sync that the waiting hints ask for is about."""
    assert hints.ring(timezone.now() + timedelta(seconds=30)) == 1
    run = SyncRun.objects.get()
    found = run.selection.get("projects", "all")
    run.delete()
    return found


def test_hints_that_name_a_known_project_make_a_sync_of_it(connection, page, known):
    path, visitor, (first, second, *_) = path_of(page), Client(), known
    ways = (
        lambda: visitor.get(f"{path}?projectId={first}"),
        lambda: visitor.post(path, {"project_id": first, "note": "50 % done"}),
        lambda: visitor.post(path, {"PROJECT ID": first}, content_type="application/json"),
        lambda: visitor.post(path, {"task": {"project": {"name": "x", "id": first}}}, content_type="application/json"),
        lambda: visitor.post(path, f"payload=%7B%22project_id%22%3A%22{first}%22%7D", content_type="text/plain"),
        lambda: visitor.put(path, f"<project_id>{first}</project_id>", content_type="text/xml"),
    )  # fmt: skip
    for way in ways:
        assert way().status_code == 202
        assert selected() == [first]
    for _ in range(50):
        for way in ways[:2]:
            assert way().status_code == 202
    visitor.get(f"{path}?project_id={second}")
    assert selected() == [first, second]


def test_what_names_no_known_project_is_about_all(connection, page, known):
    path, visitor = path_of(page), Client()
    theirs = ConnectionFactory().synced_records.create(
        module="projects", zoho_id="999999999", name="Theirs", outcome="synced", first_seen_at=timezone.now()
    )
    for query in ("", "project_id=5", f"project_id={known[0]}&projectId=5", f"project_id={theirs.zoho_id}",
                  "project_id=1%00", "project_id=" + "9" * 400, "project_id='; DROP", "project_id[$ne]=1"):  # fmt: skip
        assert visitor.get(f"{path}?{query}").status_code == 202
        assert selected() == "all", query
    visitor.get(f"{path}?project_id={known[0]}")
    visitor.get(path)
    assert selected() == "all"
    for key in known:
        visitor.get(f"{path}?project_id={key}")
    assert selected() == "all"  # so many at once are no small sync any more
    visitor.get(f"{path}?project_id={known[0]}")
    visitor.get(f"{path}?project_id={known[3]}")
    assert selected() == [known[0], known[3]]


class Endless:
    """A body of 50 MB of which nobody may read more than a little."""

    def __init__(self):
        self.given = 0

    def readline(self, size=-1):
        return self.read(size)

    def read(self, size=-1):
        assert 0 <= size <= 2 * hint_calls.MOST_READ
        self.given += size
        return b"x" * size


def test_a_hint_asks_and_writes_next_to_nothing(connection, page, known, django_assert_num_queries):
    path, visitor, body = path_of(page), Client(), Endless()
    with django_assert_num_queries(5):  # the address, a savepoint around reading it anew and writing it
        assert (
            visitor.generic("POST", path, CONTENT_LENGTH="50000000", **{"wsgi.input": body}).status_code
            == 202
        )
    assert body.given == 0
    with django_assert_num_queries(1):  # within five seconds nothing is written
        visitor.post(path)
    with django_assert_num_queries(2):
        visitor.get(f"{path}?project_id={known[0]}")
    with django_assert_num_queries(1):
        assert Client().post("/hints/zoho-projects/guessed/").status_code == 404


def test_a_flood_is_told_to_wait_and_asks_nothing(
    caplog, connection, page, known, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr(hint_page, "known", hint_calls.Counter(3))
    monkeypatch.setattr(hint_page, "unknown", hint_calls.Counter(2))
    monkeypatch.setattr(hint_calls.time, "monotonic", lambda: 90.0)
    path, visitor = path_of(page), Client()
    url = f"{path}?project_id={known[0]}"
    assert [visitor.post(url).status_code for _ in range(3)] == [202] * 3
    answer = visitor.post(url)
    assert (answer.status_code, answer["Retry-After"]) == (429, "30")
    with django_assert_num_queries(0):
        assert visitor.post(url).status_code == 429
    assert selected() == "all"  # the hints that were not heard may have been about anything
    guesses = [visitor.post(f"/hints/zoho-projects/guess{number}/").status_code for number in range(3)]
    assert guesses == [404, 404, 429]
    connection.status = "disabled"
    connection.save()
    monkeypatch.setattr(hint_page, "known", hint_calls.Counter(3))
    assert visitor.post(url).status_code == 409
    assert path not in caplog.text and path.split("/")[3] not in caplog.text  # the address is a secret


def test_the_address_can_be_replaced_and_removed(connection, page):
    first = re.search(r"/hints/\S+?/[\w-]{40,}/", page(do="make"))[0]
    second = re.search(r"/hints/\S+?/[\w-]{40,}/", page(do="make"))[0]
    assert (Client().post(first).status_code, Client().post(second).status_code) == (404, 202)
    secret = second.rstrip("/").rsplit("/", 1)[1]
    assert secret not in page() and not HintAddress.objects.filter(secret_hash=secret).exists()
    page(do="remove")
    assert Client().post(second).status_code == 404
    assert SettingsChange.objects.count() == 3


def test_a_disabled_integration_says_so_and_fetches_nothing(connection, page):
    path = re.search(r"/hints/\S+?/[\w-]{40,}/", page(do="make"))[0]
    connection.status = "disabled"
    connection.save()
    answer = Client().post(path)
    assert answer.status_code == 409 and b"disabled" in answer.content
    assert hints.ring(timezone.now() + timedelta(minutes=5)) == 0
    assert not SyncRun.objects.exists()
