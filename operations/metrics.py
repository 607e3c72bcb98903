"""`/metrics` for Prometheus: everything comes from the database, so that any process of any machine tells the same.

Apps add their own through `settings.METRICS`: functions that yield metric families. No organization, portal or person
is ever named; a connection appears with its number only.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import OrmQ
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from operations.models import Heartbeat, Summary, Tally

# name of a tally → (name of the metric, what it tells, labels)
COUNTERS = {
    "runs": ("erp_sync_runs", "Sync runs that ended, by result.", ["result", "trigger"]),
    "records": ("erp_sync_records", "Records that runs settled, by outcome.", ["module", "outcome"]),
    "requests": ("erp_zoho_requests", "Answers of Zoho, by path pattern and status.", ["pattern", "status"]),
    "limit_wait": ("erp_zoho_limit_wait_seconds", "Seconds that runs had to wait for Zoho's limits.", []),
}


class FromDatabase(Collector):
    """Reads everything anew at each scrape: a few dozen small queries."""

    def collect(self) -> Iterator[Metric]:
        """All families of this installation."""
        yield from _processes()
        yield from _tallies()
        yield from _summaries()
        for name in settings.METRICS:
            yield from import_string(name)()


def _processes() -> Iterator[Metric]:
    now = timezone.now()
    ages = GaugeMetricFamily(
        "erp_heartbeat_age_seconds", "Since a background process was seen alive.", labels=["process"]
    )
    for beat in Heartbeat.objects.all():
        ages.add_metric([beat.name], (now - beat.seen_at).total_seconds())
    yield ages
    yield GaugeMetricFamily(
        "erp_queue_length", "Messages that wait in the queue.", value=OrmQ.objects.count()
    )


def _tallies() -> Iterator[Metric]:
    kept: dict[str, list[Tally]] = {}
    for row in Tally.objects.filter(name__in=COUNTERS).order_by("pk"):
        kept.setdefault(row.name, []).append(row)
    for name, (metric, words, labels) in COUNTERS.items():
        family = CounterMetricFamily(metric, words, labels=labels)
        for row in kept.get(name, []):
            family.add_metric([row.labels.get(label, "") for label in labels], row.value)
        if not labels and name not in kept:
            family.add_metric([], 0)
        yield family


def _summaries() -> Iterator[Metric]:
    now = timezone.now()
    ages = GaugeMetricFamily(
        "erp_summary_age_seconds", "Since a large table was counted.", labels=["summary"]
    )
    for summary in Summary.objects.order_by("name"):
        ages.add_metric([summary.name], (now - summary.counted_at).total_seconds())
        labels = sorted({label for row, _ in summary.rows for label in row})
        family = GaugeMetricFamily(
            f"erp_{summary.name}", "Rows of a large table when it was last counted.", labels=labels
        )
        for row, number in summary.rows:
            family.add_metric([row.get(label, "") for label in labels], number)
        yield family
    yield ages


def text() -> bytes:
    """The exposition text of this moment."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(FromDatabase())
    return generate_latest(registry)
