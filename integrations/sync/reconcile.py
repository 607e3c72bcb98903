"""Rings for what is due and held by nobody; queues scheduled runs. Called every few seconds by `manage.py watch`."""

from contextlib import suppress

from django.db.models import Q
from django.utils import timezone

from integrations.models import Connection, SyncRun
from integrations.notices import ring_for_changes
from integrations.preferences import next_run
from integrations.sync.queue import RunRefused, request_run, ring_for


def reconcile():
    """Queue scheduled runs that are due and ring for active runs without a live lease; the number of rings."""
    now = timezone.now()
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
    due = (
        SyncRun.objects.filter(status__in=SyncRun.ACTIVE)
        .filter(Q(lease_expires_at=None) | Q(lease_expires_at__lt=now))
        .filter(Q(not_before=None) | Q(not_before__lte=now))
        .values_list("pk", flat=True)
    )
    rung = 0
    for run_id in due:
        ring_for(run_id)
        rung += 1
    ring_for_changes()
    return rung
