"""/healthz tells load balancers the truth; the watch keeps the worker's signs of life coming."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ
from django_q.signals import pre_execute

from integrations.models import SyncRun
from operations import heartbeat
from operations.management.commands.watch import Command, Pings
from operations.models import Heartbeat
from tests.factories import ConnectionFactory

pytestmark = pytest.mark.django_db
rounds: list[int] = []


def note_round() -> None:
    """Stands in for the reconciler."""
    rounds.append(1)


def test_without_a_worker_it_is_not_healthy(client: Client) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["worker"] == "never seen"
    assert answer.json()["database"] == "reachable"


def test_with_a_living_worker_it_is_healthy(client: Client) -> None:
    heartbeat.beat(heartbeat.WORKER)
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


def test_a_worker_that_went_silent_is_noticed(client: Client) -> None:
    Heartbeat.objects.create(name=heartbeat.WORKER, seen_at=timezone.now() - timedelta(seconds=101))
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["worker"]) == (503, "silent")


def test_a_sync_that_waits_for_too_long_is_noticed_and_one_that_rests_on_purpose_is_not(
    client: Client,
) -> None:
    heartbeat.beat(heartbeat.WORKER)
    hour_ago = timezone.now() - timedelta(hours=1)
    run = SyncRun.objects.create(connection=ConnectionFactory(), trigger="scheduled")
    SyncRun.objects.update(queued_at=hour_ago)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["runs_waiting"]) == (503, 1)
    assert answer.json()["reasons"] == ["A sync has waited for a worker for 60 minutes."]
    SyncRun.objects.filter(pk=run.pk).update(not_before=timezone.now() + timedelta(minutes=5))
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["runs_waiting"]) == (200, 0)


def test_a_silent_watch_is_noticed(client: Client) -> None:
    heartbeat.beat(heartbeat.WORKER)
    seen = timezone.now() - timedelta(seconds=300, milliseconds=500)
    Heartbeat.objects.create(name=heartbeat.WATCH, seen_at=seen)
    with time_machine.travel(seen + timedelta(seconds=300, milliseconds=500), tick=False):
        answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["reasons"] == [
        "The watch has been silent for 300 seconds: nothing starts by itself."
    ]


def test_a_database_that_does_not_answer_is_named_without_its_address(
    client: Client, monkeypatch: Any
) -> None:
    def refused(*_: Any) -> None:
        raise OperationalError("connection to server at 10.0.0.9 failed for user erp")

    monkeypatch.setattr("django.db.backends.base.base.BaseDatabaseWrapper.cursor", refused)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["database"]) == (503, "unreachable")
    assert answer.json()["reasons"] == ["The database does not answer."]
    assert b"10.0.0.9" not in answer.content


def test_it_answers_reading_only(client: Client) -> None:
    assert client.post("/healthz").status_code == 405


def test_beating_twice_keeps_one_row() -> None:
    heartbeat.beat("worker")
    first = heartbeat.last_seen("worker")
    heartbeat.beat("worker")
    assert Heartbeat.objects.count() == 1
    assert first is not None and heartbeat.last_seen("worker") >= first  # type: ignore[operator]


def test_a_round_of_the_watch_pings_and_reconciles(settings: Any) -> None:
    settings.RECONCILE = [f"{note_round.__module__}.note_round"]
    rounds.clear()
    import sys

    sys.modules.setdefault(note_round.__module__, sys.modules[__name__])
    Command.round(Pings())
    assert len(rounds) == 1
    assert heartbeat.last_seen(heartbeat.WATCH) is not None
    assert OrmQ.objects.count() == 1


def test_unanswered_pings_do_not_pile_up() -> None:
    pings = Pings()
    for _ in range(5):
        pings.send_if_due()
    assert OrmQ.objects.count() == 1


def test_an_answered_ping_is_followed_by_another(settings: Any) -> None:
    settings.WORKER_PING_SECONDS = 0
    pings = Pings()
    pings.send_if_due()
    heartbeat.beat(heartbeat.WORKER)
    pings.send_if_due()
    assert OrmQ.objects.count() == 2


def test_a_full_queue_gets_no_ping() -> None:
    OrmQ.objects.bulk_create(OrmQ(key="erp", payload="waiting") for _ in range(20))
    Pings().send_if_due()
    assert OrmQ.objects.count() == 20


def test_taking_a_task_is_a_sign_of_life_and_so_is_long_work_inside_it(monkeypatch: Any) -> None:
    monkeypatch.setattr(heartbeat, "_in_worker", False)
    heartbeat.still_alive()
    assert heartbeat.last_seen(heartbeat.WORKER) is None, "no worker: a command in the foreground"
    pre_execute.send(sender="django_q", func=None, task={"name": "any"})
    first = heartbeat.last_seen(heartbeat.WORKER)
    assert first is not None
    heartbeat.still_alive()
    assert heartbeat.last_seen(heartbeat.WORKER) == first, "noted a moment ago"
    monkeypatch.setattr(heartbeat, "_noted", 0.0)
    heartbeat.still_alive()
    assert heartbeat.last_seen(heartbeat.WORKER) > first  # type: ignore[operator]


@pytest.mark.parametrize(
    "worker, watch, code", [(101, 5, 3), (5, 5, 0), (None, 5, 0), (101, 101, 0)], ids=str
)
def test_a_timer_restarts_a_worker_only_when_it_did_not_answer_the_watch(
    worker: int | None, watch: int, code: int
) -> None:
    for name, age in ((heartbeat.WORKER, worker), (heartbeat.WATCH, watch)):
        if age is not None:
            Heartbeat.objects.create(name=name, seen_at=timezone.now() - timedelta(seconds=age))
    try:
        call_command("worker_alive")
        ended = 0
    except CommandError as error:
        ended = error.returncode
    assert ended == code
