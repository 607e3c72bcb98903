"""One run from claim to finish: `steps` in their order, each continuing where its checkpoint stands."""

import logging
import time
from contextlib import suppress
from datetime import timedelta

from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from config.log_context import about
from integrations import gateway, health
from integrations.models import Connection, HeldPage, ModuleRun, SeenChunk, SyncRun
from integrations.sync import (
    brake,
    collector,
    database_trouble,
    foretold,
    marks,
    retry,
    shape,
    trouble,
)
from integrations.sync.context import Context
from integrations.sync.lease import MAX_STARTS_WITHOUT_PROGRESS, LeaseLost, claim
from integrations.sync.steps import ENTITIES, Stopped, fail_module, wanted
from integrations.sync.steps import of as steps_of
from integrations.zoho.errors import (
    NotFound,
    ReconnectNeeded,
    Temporary,
    Throttled,
    WrongAddress,
    ZohoError,
)
from operations import stopping, traces

logger = logging.getLogger(__name__)

SLICE_SECONDS = 60
TELLING_SECONDS = 2
LOOKING_SECONDS = 0.1
PAUSES_SECONDS = (60, 300, 900)


def run_to_end(run_id, sleep=time.sleep, progress=None):
    """Work a run in the foreground until it has ended; `progress(run)` is called every few seconds."""
    while True:
        run_slice(run_id, progress=progress)
        run = SyncRun.objects.get(pk=run_id)
        if progress:
            progress(run)
        if not run.is_active:
            return run
        waits = [moment for moment in (run.not_before, run.lease_expires_at) if moment]
        if waits:
            sleep(max(0.2, min((max(waits) - timezone.now()).total_seconds(), 5)))


def _until(deadline):
    """A function that says whether a slice may go on. Asked several times a page, it looks for the supervisor's wish
    some times a second.
    """
    looked, ends = None, False

    def going():
        nonlocal looked, ends
        now = time.monotonic()
        if looked is None or now - looked >= LOOKING_SECONDS:
            looked, ends = now, stopping.asked()
        return now < deadline and not ends

    return going


def _telling(keep_going, run_id, progress):
    """`keep_going`, telling the progress every few seconds on the way."""
    told = time.monotonic()

    def going():
        nonlocal told
        if time.monotonic() - told >= TELLING_SECONDS:
            progress(SyncRun.objects.get(pk=run_id))
            told = time.monotonic()
        return keep_going()

    return going if progress else keep_going


def run_slice(run_id, seconds=SLICE_SECONDS, progress=None):
    """Work on a run for about `seconds`. Returns "more" when it should go on at once, else "".

    Never raises for what Zoho, the network or a record may do: the run itself says what happened.
    """
    lease = claim(run_id)
    if lease is None:
        return ""
    run = SyncRun.objects.select_related("connection__organization").get(pk=run_id)
    ids = {"run_id": run.pk, "connection_id": run.connection_id}
    with about(**ids), traces.span("sync run", trigger=run.trigger, **ids), collector.seldom():
        answer = _slice(run, lease, seconds, progress)
    traces.flush()
    return answer


def _slice(run, lease, seconds, progress):
    if run.attempts > MAX_STARTS_WITHOUT_PROGRESS:
        _end(
            run,
            lease,
            SyncRun.Status.FAILED,
            f"The sync was started several times without getting any further. {run.message}".strip(),
        )
        return ""
    if run.connection.status == Connection.Status.DISABLED:
        _end(run, lease, SyncRun.Status.CANCELLED, "The integration was disabled.")
        return ""
    if shape.is_foreign(run):
        with transaction.atomic():
            if _end(run, lease, SyncRun.Status.CANCELLED, shape.ENDED):
                shape.begin_another(run)
        return ""
    if not run.shape:
        logger.info("sync run %s (%s) begins", run.pk, run.trigger)
        SyncRun.objects.filter(pk=run.pk).update(shape=shape.of_this_program())
        run.shape = shape.of_this_program()
    deadline = time.monotonic() + seconds
    with gateway.client_for(run.connection) as client, health.counted(client):
        try:
            waiting = _work(
                Context(run, lease, client),
                _telling(_until(deadline), run.pk, progress),
            )
        except Stopped:
            lease.release(not_before=None)
            return "more"
        except LeaseLost:
            return ""
        except ReconnectNeeded as error:
            Connection.objects.filter(pk=run.connection_id).update(status=Connection.Status.NEEDS_RECONNECT)
            _end(run, lease, SyncRun.Status.FAILED, error.message)
            return ""
        except Temporary as error:
            _pause(run, lease, error)
            return ""
        except database_trouble.ERRORS as error:
            logger.warning("sync run %s: the database failed", run.pk, exc_info=True)
            database.close_if_unusable_or_obsolete()
            # when not even this can be written, the lease runs out and the watch rings for the run again
            with suppress(*database_trouble.ERRORS):
                _pause(run, lease, Temporary(database_trouble.words(error)))
            return ""
        except Exception:
            logger.exception("sync run %s broke", run.pk)
            _end(
                run,
                lease,
                SyncRun.Status.FAILED,
                "The sync met an unexpected error; the log has the details.",
            )
            return ""
    if waiting is not None:
        health.waits(waiting)
        lease.release(not_before=waiting, attempts=0)
        return ""
    _succeed(run, lease)
    return ""


def _work(context, keep_going):
    """Work every step that can be worked. Returns None when all have ended, else the moment to go on."""
    marks = context.modules["customers"]  # the finished steps stand beside this module's checkpoint
    done = set(marks.cursor.get("done", ()))
    blocked = {}
    steps, doing = steps_of(context.run)
    if not context.run.selection:
        context.client.later.go_on = keep_going
        context.client.later.tell(foretold.of(context, done))
    for step, (module, needs) in steps.items():
        if step in done:
            continue
        if any(need not in done for need in needs):
            continue
        if not wanted(context, module):
            done.add(step)
            continue
        context.step = step
        try:
            with traces.span("sync step", step=step):
                doing[step](context, keep_going)
        except Throttled as error:
            blocked[step] = error.until
            continue
        except ReconnectNeeded:
            raise
        except Temporary as error:
            # a listing that Zoho answers with an error again and again must not keep the other modules out
            if step not in ENTITIES or not trouble.is_given_up(context, error):
                raise
            _module_failed(context, step, module, error)
        except ZohoError as error:
            _module_failed(context, step, module, error)
        done.add(step)
        with context.page("customers", {"done": sorted(done)}):
            pass
        if not keep_going():
            raise Stopped
    return min(blocked.values()) if blocked else None


def _module_failed(context, step, module, error):
    """One module could not be read: it says so, the rest goes on and nothing of it is deleted."""
    if step in ("milestones", "task_lists", "tasks", "bugs") and isinstance(error, WrongAddress | NotFound):
        part = context.modules[module]
        if not part.cursor.get("per_project"):
            with context.page(module, {"per_project": True, "read": {}}):
                pass
            raise Stopped
    fail_module(context, module, error)


# -- endings ---------------------------------------------------------------------------------------------


def _pause(run, lease, error):
    """Something that may heal by itself: wait longer each time, give up after some tries without progress."""
    starts = lease.starts()
    if starts >= MAX_STARTS_WITHOUT_PROGRESS:
        _end(run, lease, SyncRun.Status.FAILED, error.message)
        return
    seconds = PAUSES_SECONDS[max(min(starts, len(PAUSES_SECONDS)), 1) - 1]
    lease.release(not_before=timezone.now() + timedelta(seconds=seconds), message=error.message)


def _succeed(run, lease):
    parts = list(run.module_runs.all())
    for part in parts:
        if part.status != ModuleRun.Status.FAILED:
            read = part.module != "timesheets" or run.connection.sync_timesheets
            read = read and (not run.selection or retry.touched(part))
            part.status = ModuleRun.Status.SUCCEEDED if read else ModuleRun.Status.SKIPPED
    messages = [part.message for part in parts if part.message]
    if not Connection.objects.values_list("is_owner", flat=True).get(pk=run.connection_id):
        messages.append(
            "The connected Zoho user does not own the portal any more, so nothing was deleted here."
        )
    _end(run, lease, SyncRun.Status.SUCCEEDED, " ".join(messages), parts)


def _end(run, lease, status, message, parts=()):
    """Close the run with the truth, if it is still ours; whether it was."""
    now = timezone.now()
    with transaction.atomic():
        if not lease.release(status=status, message=message, finished_at=now, not_before=None):
            return False
        for part in parts:
            part.save(update_fields=["status"])
        brake.use_up(run, parts)
        run.module_runs.filter(status__in=["waiting", "running"]).update(
            status=ModuleRun.Status.FAILED if status == SyncRun.Status.FAILED else ModuleRun.Status.SKIPPED
        )
        if status == SyncRun.Status.SUCCEEDED:  # else they wait for the run that carries on
            for kept in (SeenChunk, HeldPage):
                kept.objects.filter(run__connection=run.connection_id, run__lte=run.pk).delete()
        if status == SyncRun.Status.SUCCEEDED and not run.selection:
            Connection.objects.filter(pk=run.connection_id).update(last_synced_at=now)
            marks.advance(run)
        health.run_ended(run, status, parts)
    told = f"{status.label.lower()}. {message}".strip()
    logger.info("sync run %s (%s) ended: %s", run.pk, run.trigger, told)
    return True
