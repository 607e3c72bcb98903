"""Rings for what is due and held by nobody; queues scheduled runs. Called every few seconds by `manage.py watch`."""

from contextlib import suppress
from datetime import timedelta

from django.utils import timezone

from integrations.models import Connection, SyncRun
from integrations.notices import ring_for_changes
from integrations.preferences import next_run
from integrations.sync.lease import due
from integrations.sync.queue import RunRefused, request_run, ring_for

LONGEST_INTERVAL = timedelta(minutes=max(Connection.Interval.values))


def _take_back(now):
    """Put schedules that lie further ahead than any interval reaches back on their grid: a clock was ahead."""
    for connection in Connection.objects.filter(
        status=Connection.Status.ACTIVE, next_run_at__gt=now + LONGEST_INTERVAL
    ):
        moved = next_run(connection.interval_minutes, connection.next_run_at, now)
        Connection.objects.filter(pk=connection.pk, next_run_at=connection.next_run_at).update(
            next_run_at=moved
        )


def reconcile():
    """Queue scheduled runs that are due and ring for active runs without a live lease; the number of rings."""
    now = timezone.now()
    _take_back(now)
    for connection in Connection.objects.filter(
        status=Connection.Status.ACTIVE, is_deleted=False, next_run_at__lte=now
    ):
        following = next_run(connection.interval_minutes, connection.next_run_at, now)
        claimed = Connection.objects.filter(
            pk=connection.pk, next_run_at=connection.next_run_at, interval_minutes=connection.interval_minutes
        ).update(next_run_at=following)
        if claimed and following:
            with suppress(RunRefused):  # one is under way already; it reads the same
                request_run(connection, SyncRun.Trigger.SCHEDULED, ring=False)
    rung = 0
    for run_id in due(now).values_list("pk", flat=True):
        ring_for(run_id)
        rung += 1
    ring_for_changes()
    return rung
