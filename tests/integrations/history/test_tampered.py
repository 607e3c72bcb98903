"""Requests that no page of ours sends: refused with a sentence or a 404, never a traceback, and nothing changes."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection as database
from django.test import Client

from integrations import lifecycle, problems
from integrations.models import Connection, IgnoredProblem, SettingsChange, SyncedRecord, SyncRun
from organizations.models import User
from tests.factories import ConnectionFactory, UserFactory
from tests.integrations.history.conftest import PAGE
from tests.integrations.setup.conftest import member

ERRORS = PAGE + "errors/"


def state():
    return (
        list(SyncRun.objects.order_by("pk").values_list("pk", "status")),
        list(IgnoredProblem.objects.order_by("pk").values_list("pk", "note", "until")),
        list(SyncedRecord.objects.order_by("pk").values_list("pk", "outcome", "reason")),
        SettingsChange.objects.count(),
        list(Connection.objects.order_by("pk").values_list("pk", "history_days", "status")),
    )


@pytest.fixture
def foreign(db):
    """A failed record of another organization's connection."""
    from django.utils import timezone

    return SyncedRecord.objects.create(
        connection=ConnectionFactory(),
        module="projects",
        zoho_id="1",
        outcome="failed",
        reason="no_primary_customer",
        first_seen_at=timezone.now(),
    )


def test_foreign_unknown_and_malformed_ids_answer_404(admin, sync, foreign):
    sync.first()
    own = SyncedRecord.objects.filter(outcome="failed").exclude(pk=foreign.pk).first()
    away = IgnoredProblem.objects.create(
        connection=foreign.connection,
        module="projects",
        reason="no_primary_customer",
        record=foreign,
        note="x",
    )
    before = state()
    for given in (
        {"one": str(foreign.pk)},
        {"record": [str(own.pk), str(foreign.pk)]},
        {"one": "999999999"},
        {"one": "9" * 40},
        {"one": "abc"},
        {"one": "-1"},
        {"one": "²"},
        {"one": ""},
        {"cause": "nothing/no_primary_customer"},
        {"cause": "projects/made_up"},
        {"cause": "projects"},
        {"cause": "/"},
    ):
        for address in ("retry/", "ignore/"):
            more = {"note": "why", "until": ""} if address == "ignore/" else {}
            assert admin.post(ERRORS + address, {**given, **more}).status_code == 404, (address, given)
    for value in (str(away.pk), "0", "x", "", "9" * 40):
        assert admin.post(ERRORS + "ignored/undo/", {"ignored": value}).status_code == 404, value
    for address in (
        f"errors/blocked/{foreign.pk}/",
        f"errors/blocked/{SyncedRecord.objects.filter(module='timesheets').first().pk}/",
        "errors/nothing/",
        "errors/tasks/?section=nothing",
        "errors/problems.csv?section=nothing",
        "history/999999/",
        "history/999999/changes.csv",
        f"history/{SyncRun.objects.first().pk}/fields/nothing/",
    ):
        assert admin.get(PAGE + address).status_code == 404, address
    assert state() == before


def test_odd_queries_are_answered_without_a_traceback(admin, sync):
    run = sync.first()
    for address in (
        "errors/tasks/?after=x&before=y&reason=%00",
        "errors/tasks/?after=W10&section=remarks",
        f"history/{run.pk}/?show=%00&module=x&after=WzEsMl0",
        f"history/{run.pk}/changes.csv?show=zzz",
        "history/?page=-5&trigger=%00&from=9999-99-99",
        "errors/ignored/?after=x",
        "status/?was=%00",
    ):
        assert admin.get(PAGE + address).status_code in (200, 302), address


def test_a_page_that_is_left_open_after_delete_changes_nothing(admin, sync, connection):
    sync.first()
    row = SyncedRecord.objects.filter(outcome="failed").first()
    lifecycle.delete(Connection.objects.get(), User.objects.first())
    before = state()
    for address, given in (
        ("errors/retry/", {"one": str(row.pk)}),
        ("errors/ignore/", {"one": str(row.pk), "note": "x"}),
        ("errors/ignored/undo/", {"ignored": "1"}),
        ("history/keep/", {"days": "30"}),
    ):
        answer = admin.post(PAGE + address, given, follow=True)
        assert answer.status_code == 200 and "Connect Now" in answer.content.decode(), address
    assert state() == before


def test_retry_and_its_neighbours_while_disabled_or_in_need_of_a_reconnect(admin, sync):
    sync.first()
    pk = str(SyncedRecord.objects.filter(outcome="failed", zoho_id__regex="^[0-9]+$").first().pk)
    for status, words in (("disabled", "is disabled"), ("needs_reconnect", "Connect Zoho Projects again")):
        Connection.objects.update(status=status)
        before = state()
        assert words in admin.post(ERRORS + "retry/", {"one": pk}, follow=True).content.decode()
        assert state() == before


def test_a_get_or_a_post_without_its_token_does_nothing(admin, sync):
    sync.first()
    before = state()
    for address in ("errors/retry/", "errors/ignore/", "errors/ignored/undo/", "history/keep/"):
        assert admin.get(PAGE + address).status_code == 405, address
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(email="olga@harbour.example.test"))
    assert strict.post(ERRORS + "retry/", {"cause": "projects/no_primary_customer"}).status_code == 403
    assert state() == before


def test_where_one_is_led_back_to_is_always_here(admin, sync):
    sync.first()
    for here in (
        "https://elsewhere.example/",
        "//elsewhere.example",
        "javascript:alert(1)",
        "/\\elsewhere.example",
    ):
        answer = admin.post(ERRORS + "retry/", {"here": here})
        assert answer["Location"] == ERRORS, here


def test_people_without_the_role_are_refused(sync, connection):
    sync.first()
    before = state()
    staff = member(connection.organization, "staff", "staff@harbour.example.test")
    for address in ("history/", "errors/", "errors/why/?q=1", "errors/ignored/", "history/runs.csv"):
        assert staff.get(PAGE + address).status_code == 403, address
    for address in ("errors/retry/", "errors/ignore/", "history/keep/"):
        assert staff.post(PAGE + address, {"days": "30"}).status_code == 403, address
    assert state() == before


def test_records_that_passed_meanwhile_or_have_no_id_are_not_asked_for(admin, sync):
    sync.first()
    passed = SyncedRecord.objects.filter(outcome="synced").first()
    nameless = SyncedRecord.objects.filter(outcome="failed").exclude(zoho_id__regex="^[0-9]+$").first()
    before = state()
    words = admin.post(ERRORS + "retry/", {"one": str(passed.pk)}, follow=True).content.decode()
    assert "still open" in words
    words = admin.post(ERRORS + "retry/", {"one": str(nameless.pk)}, follow=True).content.decode()
    assert "gave no id" in words
    many = [str(number) for number in range(problems.MOST_IDS + 1)]
    assert "at most 500" in admin.post(ERRORS + "retry/", {"record": many}, follow=True).content.decode()
    assert state() == before


def test_two_administrators_at_once_start_one_run_and_one_decision_holds(sync, connection):
    """Both press Retry and ignore the same cause; with row locks (PostgreSQL) really at the same time."""
    sync.first()
    together = database.features.has_select_for_update
    gate = Barrier(2 if together else 1)

    def press(user):
        gate.wait(120)
        refused = ""
        try:
            problems.retry_cause(connection, user, "projects", "no_primary_customer")
        except problems.ProblemRefused as error:
            refused = error.message
        try:
            problems.ignore_cause(connection, user, "tasks", "project_not_fetched", f"by {user.pk}", None)
        finally:
            if together:
                database.close()
        return refused

    people = [UserFactory(), UserFactory()]
    if together:
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(press, people))
    else:
        answers = [press(user) for user in people]
    assert SyncRun.objects.filter(trigger="retry").count() == 1
    assert sorted(answers) == ["", "A sync is already in progress."]
    assert IgnoredProblem.objects.filter(record=None).count() == 1
