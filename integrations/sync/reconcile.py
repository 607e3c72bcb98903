"""Rings for what is due and held by nobody; queues scheduled runs. Called every few seconds by `manage.py watch`."""

from contextlib import suppress
from datetime import timedelta

from django.db.models import F, Q
from django.utils import timezone

from integrations.models import Connection, SyncRun
from integrations.sync.queue import RunRefused, request_run, ring_for


def reconcile():
    """Queue scheduled runs that are due and ring for active runs without a live lease; the number of rings."""
    now = timezone.now()
    for connection in Connection.objects.filter(
        status=Connection.Status.ACTIVE, is_deleted=False, next_run_at__lte=now
    ):
        step = timedelta(hours=connection.interval_hours)
        missed = (now - connection.next_run_at) // step + 1
        # the hour of set-up is kept, and however many were missed, one run makes up for them
        claimed = Connection.objects.filter(pk=connection.pk, next_run_at=connection.next_run_at).update(
            next_run_at=F("next_run_at") + missed * step
        )
        if claimed:
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
    return rung
