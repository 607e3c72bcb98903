"""Old runs are erased after the days that the administrator set. The ledger stays: records keep their outcome."""

import logging
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from integrations.models import Connection, RunChange, SyncedRecord, SyncRun

log = logging.getLogger(__name__)
AT_ONCE = 2000
RUNS_PER_ROUND = 50


def prune_history():
    """Erase runs older than their connection's `history_days`, some at a time; how many runs went.

    In small transactions, so that a sync under way never waits for long.
    """
    erased = 0
    for connection in Connection.objects.exclude(history_days=0).only("pk", "history_days"):
        before = timezone.now() - timedelta(days=connection.history_days)
        old = connection.runs.filter(queued_at__lt=before).exclude(status__in=SyncRun.ACTIVE).order_by("id")
        # the latest run of all is kept whatever its age: the details page shows it
        latest = connection.runs.order_by("-id").values_list("pk", flat=True).first()
        for pk in old.exclude(pk=latest).values_list("pk", flat=True)[: RUNS_PER_ROUND - erased]:
            _erase(pk)
            erased += 1
    if erased:
        log.info("Erased %s sync runs that were older than their organization keeps them.", erased)
    return erased


def _erase(run_id):
    while ids := list(
        SyncedRecord.objects.filter(last_changed_run=run_id).values_list("pk", flat=True)[:AT_ONCE]
    ):
        SyncedRecord.objects.filter(pk__in=ids).update(last_changed_run=None)
    while ids := list(RunChange.objects.filter(run=run_id).values_list("pk", flat=True)[:AT_ONCE]):
        RunChange.objects.filter(pk__in=ids).delete()
    with transaction.atomic():
        SyncRun.objects.filter(pk=run_id).exclude(status__in=SyncRun.ACTIVE).delete()
