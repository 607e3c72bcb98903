"""What those who watch the installation are told about runs and connections. Numbers only, never names or portals."""

import time
from contextlib import contextmanager

from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily

from integrations.models import Connection, SyncedRecord, SyncRun
from operations import tally

OUTCOMES = ("created", "updated", "unchanged", "excluded", "failed", "deleted")
MOST_CONNECTIONS = 1000  # with data of their own in the metrics: those with the oldest


def run_ended(run, status, parts=()):
    """Count a run that ends in this transaction. Records only when it succeeded: else the next run takes them over."""
    counts = [("runs", {"result": str(status), "trigger": run.trigger}, 1)]
    if status == SyncRun.Status.SUCCEEDED:
        for part in parts:
            counts += [
                ("records", {"module": part.module, "outcome": name}, getattr(part, name))
                for name in OUTCOMES
            ]
    tally.add(counts)


@contextmanager
def counted(client):
    """Count what the client is answered inside, whatever happens there."""
    try:
        yield
    finally:
        tally.add_or_forget(
            ("requests", {"pattern": pattern, "status": status}, number)
            for (pattern, status), number in client.statuses.items()
        )


def waits(until):
    """Count the seconds that a run rests because of Zoho's limits."""
    tally.add_or_forget([("limit_wait", {}, max(0.0, until.timestamp() - time.time()))])


def _due():
    """Active runs that nobody holds and nothing keeps waiting: (number, seconds that the oldest has waited)."""
    now = timezone.now()
    rows = (
        SyncRun.objects.filter(status__in=SyncRun.ACTIVE)
        .filter(Q(lease_expires_at=None) | Q(lease_expires_at__lt=now))
        .filter(Q(not_before=None) | Q(not_before__lte=now))
        .values_list("queued_at", "not_before", "heartbeat_at")
    )
    since = [max(moment for moment in row if moment) for row in rows]
    return len(since), max(((now - moment).total_seconds() for moment in since), default=0.0)


def queued_runs():
    """For /healthz: (facts, reasons why it is not healthy)."""
    number, oldest = _due()
    facts = {"runs_waiting": number, "oldest_run_waiting_seconds": round(oldest, 1)}
    if oldest <= settings.QUEUE_ALARM_SECONDS:
        return facts, []
    minutes = oldest / 60
    return facts, [f"A sync has waited for a worker for {minutes:.0f} minutes."]


def metrics():
    """Families for /metrics."""
    number, oldest = _due()
    yield GaugeMetricFamily("erp_runs_waiting", "Due runs that no worker holds.", value=number)
    yield GaugeMetricFamily(
        "erp_oldest_run_waiting_seconds", "How long the oldest of them has waited.", value=oldest
    )
    states = GaugeMetricFamily("erp_connections", "Live connections by status.", labels=["status"])
    live = Connection.objects.filter(is_deleted=False)
    for status, count in live.order_by().values_list("status").annotate(count=Count("pk")):
        states.add_metric([status], count)
    yield states
    now = timezone.now()
    ages = GaugeMetricFamily(
        "erp_data_age_seconds",
        "Since the last sync of a connection that succeeded (or since it was made).",
        labels=["connection"],
    )
    rows = live.filter(status__in=[Connection.Status.ACTIVE, Connection.Status.NEEDS_RECONNECT])
    oldest_first = sorted(
        (synced or created, pk)
        for pk, synced, created in rows.values_list("pk", "last_synced_at", "created_at")
    )
    for moment, pk in oldest_first[:MOST_CONNECTIONS]:
        ages.add_metric([str(pk)], (now - moment).total_seconds())
    yield ages


def count_ledger():
    """A chore of the watch: how many records stand with which outcome, over all connections."""
    rows = SyncedRecord.objects.order_by().values_list("module", "outcome").annotate(count=Count("pk"))
    tally.summarize(
        "ledger_records",
        (({"module": module, "outcome": outcome}, count) for module, outcome, count in rows),
    )
