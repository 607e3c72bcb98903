"""Asking for a run. The queue is only a bell: what is due stands in `SyncRun`."""

from functools import partial

from django.db import IntegrityError, transaction
from django_q.tasks import async_task

from integrations.models import Connection, ModuleRun, SyncRun
from integrations.models.synced_record import Module


class RunRefused(Exception):
    """No run may start now; `message` says why in plain words."""

    def __init__(self, message):
        super().__init__(message)
        self.message = message


def request_run(connection, trigger, user=None, modules=(), ring=True, selection=None, is_whole=False):
    """Queue a run of an active connection and return it; the worker is rung after commit unless `ring` is false.

    `is_whole`: read everything, whatever changed. `selection`: what a retry re-reads (see `sync.retry`), nothing
    else then is.
    Raises RunRefused when the connection is not active or a run is queued or running already.
    """
    status = Connection.objects.values_list("status", flat=True).get(pk=connection.pk)
    if status == Connection.Status.DISABLED:
        raise RunRefused("The integration with Zoho Projects is disabled. Enable it first.")
    if status == Connection.Status.NEEDS_RECONNECT:
        raise RunRefused("Zoho no longer accepts our access. Connect Zoho Projects again first.")
    if status != Connection.Status.ACTIVE:
        raise RunRefused("The set-up is not finished. Finish it with Save and Sync first.")
    try:
        with transaction.atomic():
            run = SyncRun.objects.create(
                connection=connection,
                trigger=trigger,
                requested_by=user,
                modules=list(modules),
                selection=selection or {},
                is_whole=is_whole,
            )
            ModuleRun.objects.bulk_create(ModuleRun(run=run, module=module) for module in Module.values)
    except IntegrityError:
        raise RunRefused("A sync is already in progress.") from None
    if ring:
        ring_for(run.pk)
    return run


def ring_for(run_id):
    """Tell a worker, after commit, that a run may be due. Harmless when it is not."""
    transaction.on_commit(partial(async_task, "integrations.sync.tasks.work", run_id))
