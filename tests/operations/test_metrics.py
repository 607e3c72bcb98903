"""/metrics: numbers of this installation for Prometheus, without names, for those who may have them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from integrations.health import count_ledger
from integrations.models import SyncedRecord, SyncRun
from operations import heartbeat, tally
from tests.factories import ConnectionFactory

pytestmark = pytest.mark.django_db


def scrape(client: Client, **headers: str) -> dict[tuple[str, ...], float]:
    """{(name, label values…): value} of everything that is told."""
    answer = client.get("/metrics", **headers)
    assert answer.status_code == 200, answer.content
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def test_what_stands_in_the_tables_is_told(client: Client) -> None:
    heartbeat.beat(heartbeat.WORKER)
    connection = ConnectionFactory(last_synced_at=timezone.now() - timedelta(hours=2))
    SyncRun.objects.create(connection=connection, trigger="instant")
    SyncRun.objects.update(queued_at=timezone.now() - timedelta(minutes=5))
    SyncedRecord.objects.create(
        connection=connection, module="tasks", zoho_id="1", outcome="failed", first_seen_at=timezone.now()
    )
    count_ledger()
    tally.add([("requests", {"pattern": "GET /projects", "status": "200"}, 3)])
    tally.add([("requests", {"pattern": "GET /projects", "status": "200"}, 4)])
    told = scrape(client)
    assert told["erp_zoho_requests_total", "GET /projects", "200"] == 7
    assert told["erp_ledger_records", "tasks", "failed"] == 1
    assert told["erp_connections", "active"] == 1
    assert told["erp_data_age_seconds", str(connection.pk)] == pytest.approx(7200, abs=60)
    assert told["erp_runs_waiting",] == 1
    assert told["erp_oldest_run_waiting_seconds",] == pytest.approx(300, abs=60)
    assert told["erp_heartbeat_age_seconds", "worker"] < 60
    assert told["erp_queue_length",] == 0
    assert told["erp_outbox_waiting", "queued"] == 0
    assert told["erp_zoho_limit_wait_seconds_total",] == 0


def test_nobody_is_named(client: Client) -> None:
    connection = ConnectionFactory(portal_name="Zzsecret portal", organization__name="Zzsecret works")
    SyncRun.objects.create(connection=connection, trigger="instant", message="Zzsecret")
    assert b"Zzsecret" not in client.get("/metrics").content


def test_a_look_costs_the_same_however_much_there_is(client: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            database,
        ) as asked:
            scrape(client)
        assert not any("integrations_syncedrecord" in query["sql"] for query in asked.captured_queries)
        return len(asked)

    ConnectionFactory()
    count_ledger()
    before = queries()
    for _ in range(5):
        SyncRun.objects.create(connection=ConnectionFactory(), trigger="instant")
    count_ledger()
    assert queries() == before


def test_without_a_token_only_this_machine_may_look(client: Client, settings: Any) -> None:
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="::1").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 403
    # a proxy on this machine that nobody told us about, and what a visitor says of himself
    assert client.get("/metrics", HTTP_X_FORWARDED_FOR="127.0.0.1").status_code == 403
    settings.TRUST_PROXY_HEADERS = True
    assert client.get("/metrics", HTTP_X_FORWARDED_FOR="127.0.0.1, 203.0.113.9").status_code == 403
    assert client.get("/metrics", HTTP_X_FORWARDED_FOR="nonsense").status_code == 403
    assert client.post("/metrics").status_code == 405


def test_with_a_token_set_it_is_needed_everywhere(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = "a-long-invented-token"
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", HTTP_AUTHORIZATION="Bearer a-long-invented-toke").status_code == 403
    assert client.get("/metrics", HTTP_AUTHORIZATION="Bearer é").status_code == 403
    answer = client.get(
        "/metrics", HTTP_AUTHORIZATION="Bearer a-long-invented-token", REMOTE_ADDR="203.0.113.9"
    )
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain") and "no-cache" in answer["Cache-Control"]
