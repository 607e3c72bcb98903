"""What those who watch the installation are told about outgoing e-mail: numbers, never people."""

from django.db.models import Count
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily

from operations import tally
from transactions.models import OutgoingMail

WAITING = (OutgoingMail.Status.QUEUED, OutgoingMail.Status.SENDING)


def metrics():
    """Families for /metrics; only what waits is counted at each look, through its partial index."""
    family = GaugeMetricFamily(
        "erp_outbox_waiting", "E-mails that wait or are handed over.", labels=["status"]
    )
    rows = OutgoingMail.objects.order_by().filter(status__in=WAITING)
    counts = dict(rows.values_list("status").annotate(count=Count("pk")))
    for status in WAITING:
        family.add_metric([status.value], counts.get(status, 0))
    yield family
    oldest = (
        rows.filter(status=OutgoingMail.Status.QUEUED)
        .order_by("created_at")
        .values_list("created_at", flat=True)
    )
    since = oldest.first()
    yield GaugeMetricFamily(
        "erp_outbox_oldest_seconds",
        "How long the oldest waiting e-mail has waited.",
        value=(timezone.now() - since).total_seconds() if since else 0,
    )


def count_outbox():
    """A chore of the watch: all e-mails by status."""
    rows = OutgoingMail.objects.order_by().values_list("status").annotate(count=Count("pk"))
    tally.summarize("outbox_mails", (({"status": status}, count) for status, count in rows))
