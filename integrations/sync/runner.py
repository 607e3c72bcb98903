"""One run from claim to finish: steps in their order, each continuing where its checkpoint stands."""

import logging
import time
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from integrations import gateway
from integrations.field_map import field_map_of
from integrations.models import Connection, ModuleRun, SeenChunk, SyncRun
from integrations.sync import deletions, people_links, reading, retry, source_fields
from integrations.sync.context import Context
from integrations.sync.entities import contact_persons, customers, directory, projects, users
from integrations.sync.entities.bugs import Bugs
from integrations.sync.entities.milestones import Milestones
from integrations.sync.entities.task_lists import TaskLists
from integrations.sync.entities.tasks import Tasks
from integrations.sync.entities.timesheets import Timesheets
from integrations.sync.lease import MAX_STARTS_WITHOUT_PROGRESS, LeaseLost, claim
from integrations.zoho.errors import (
    NoAccess,
    NotFound,
    ReconnectNeeded,
    Temporary,
    Throttled,
    WrongAddress,
    ZohoError,
)
from operations import stopping

logger = logging.getLogger(__name__)

SLICE_SECONDS = 60
PAUSES_SECONDS = (60, 300, 900)
ENTITIES = {entity.module: entity for entity in (Milestones, TaskLists, Tasks, Bugs, Timesheets)}

# step → (its module, steps that must have ended before it)
STEPS = {
    "check": ("customers", ()),
    "read customers": ("customers", ("check",)),
    "read users": ("users", ("check",)),
    "read projects": ("projects", ("check",)),
    "match users": ("users", ("read users",)),
    "settle customers": ("customers", ("read customers", "read projects")),
    "settle projects": ("projects", ("settle customers", "match users")),
    "contacts": ("customers", ("settle customers", "match users")),
    # what is gone is marked before its children are judged, which then stand where a fresh reading would put them
    "sweep projects": ("projects", ("settle projects",)),
    "milestones": ("milestones", ("sweep projects",)),
    "sweep milestones": ("milestones", ("milestones",)),
    "task_lists": ("task_lists", ("sweep milestones",)),
    "sweep task_lists": ("task_lists", ("task_lists",)),
    "tasks": ("tasks", ("sweep task_lists",)),
    "sweep tasks": ("tasks", ("tasks",)),
    "parents": ("tasks", ("sweep tasks",)),
    "bugs": ("bugs", ("sweep projects",)),
    "sweep bugs": ("bugs", ("bugs",)),
    "timesheets": ("timesheets", ("sweep tasks", "sweep bugs")),
    "people": ("users", ("timesheets",)),
    "sweep": ("customers", ("people", "parents", "contacts")),
    "count": ("customers", ("sweep",)),
}


SWEPT_EARLY = ("projects", "milestones", "task_lists", "tasks", "bugs")


class Stopped(Exception):
    """The slice's time is over, or a person asked to stop."""


def run_to_end(run_id, sleep=time.sleep, progress=None):
    """Work a run in the foreground until it has ended; `progress(run)` is called after each slice."""
    while True:
        run_slice(run_id, seconds=2 if progress else SLICE_SECONDS)
        run = SyncRun.objects.get(pk=run_id)
        if progress:
            progress(run)
        if not run.is_active:
            return run
        waits = [moment for moment in (run.not_before, run.lease_expires_at) if moment]
        if waits:
            sleep(max(0.2, min((max(waits) - timezone.now()).total_seconds(), 5)))


def run_slice(run_id, seconds=SLICE_SECONDS):
    """Work on a run for about `seconds`. Returns "more" when it should go on at once, else "".

    Never raises for what Zoho, the network or a record may do: the run itself says what happened.
    """
    lease = claim(run_id)
    if lease is None:
        return ""
    run = SyncRun.objects.select_related("connection__organization").get(pk=run_id)
    if run.attempts > MAX_STARTS_WITHOUT_PROGRESS:
        _end(
            run,
            lease,
            SyncRun.Status.FAILED,
            "The sync was started several times without getting any further.",
        )
        return ""
    if run.connection.status == Connection.Status.DISABLED:
        _end(run, lease, SyncRun.Status.CANCELLED, "The integration was disabled.")
        return ""
    deadline = time.monotonic() + seconds
    with gateway.client_for(run.connection) as client:
        try:
            waiting = _work(
                Context(run, lease, client), lambda: time.monotonic() < deadline and not stopping.asked()
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
        except Exception:
            logger.exception("sync run %s broke", run_id)
            _end(
                run,
                lease,
                SyncRun.Status.FAILED,
                "The sync met an unexpected error; the log has the details.",
            )
            return ""
    if waiting is not None:
        lease.release(not_before=waiting, attempts=0)
        return ""
    _succeed(run, lease)
    return ""


def _work(context, keep_going):
    """Work every step that can be worked. Returns None when all have ended, else the moment to go on."""
    marks = context.modules["customers"]  # the finished steps stand beside this module's checkpoint
    done = set(marks.cursor.get("done", ()))
    blocked = {}
    steps, doing = (retry.STEPS, _RETRY) if context.run.selection else (STEPS, _STEP)
    for step, (module, needs) in steps.items():
        if step in done:
            continue
        if any(need not in done for need in needs):
            continue
        if not _wanted(context, module):
            done.add(step)
            continue
        try:
            doing[step](context, keep_going)
        except Throttled as error:
            blocked[step] = error.until
            continue
        except (ReconnectNeeded, Temporary):
            raise
        except ZohoError as error:
            _module_failed(context, step, module, error)
        done.add(step)
        with context.page("customers", {"done": sorted(done)}):
            pass
        if not keep_going():
            raise Stopped
    return min(blocked.values()) if blocked else None


def _wanted(context, module):
    if module == "timesheets" and not context.connection.sync_timesheets:
        return False
    only = context.run.modules
    return not only or module in only or module in ("customers", "users", "projects")


def _module_failed(context, step, module, error):
    """One module could not be read: it says so, the rest goes on and nothing of it is deleted."""
    if step in ("milestones", "task_lists", "tasks", "bugs") and isinstance(error, WrongAddress | NotFound):
        part = context.modules[module]
        if not part.cursor.get("per_project"):
            with context.page(module, {"per_project": True, "read": {}}):
                pass
            raise Stopped
    label = context.modules[module].get_module_display()
    message = f"{label}: {error.message}"
    if isinstance(error, NoAccess):
        message = f"{label} could not be read: {error.message}"
    with context.page(module) as part:
        part.status = ModuleRun.Status.FAILED
        part.message = message


def _failed(context, module):
    return context.modules[module].status == ModuleRun.Status.FAILED


# -- the steps -------------------------------------------------------------------------------------------


def _check(context, keep_going):
    """Does the connected Zoho user still own the portal? If not, what is not listed proves nothing."""
    owner = False
    try:
        found = [
            portal
            for portal in gateway.portals_for(context.connection)
            if portal.id == context.connection.portal_id
        ]
        owner = bool(found and found[0].is_owner)
    except NoAccess:
        pass
    if owner != context.connection.is_owner:
        Connection.objects.filter(pk=context.connection.pk).update(is_owner=owner)
        context.connection.is_owner = owner
    source_fields.compare(context)
    for module, part in context.modules.items():
        if not part.field_map:
            part.field_map = field_map_of(context.connection, module)
            part.save(update_fields=["field_map"])


def _demand_owner(context):
    """Someone who does not own the portal is shown less without a word, so what is missing means nothing."""
    if not context.connection.is_owner:
        raise NoAccess("The connected Zoho user does not own the portal any more.", "forbidden")


def _read_directory(module):
    def step(context, keep_going):
        _demand_owner(context)
        if not reading.read_directory(context, module, keep_going):
            raise Stopped

    return step


def _read_projects(context, keep_going):
    _demand_owner(context)
    if not reading.read_projects(context, keep_going):
        raise Stopped


def _match_users(context, keep_going):
    users.match(context)


def _settle_customers(context, keep_going):
    customers.settle(context, *projects.primaries(context))


def _settle_projects(context, keep_going):
    projects.settle(context)


def _contacts(context, keep_going):
    contact_persons.settle(context, *reading.contact_people(context, not _failed(context, "users")))


def _read_entity(module):
    def step(context, keep_going):
        if not reading.read_entity(context, ENTITIES[module](context), keep_going):
            raise Stopped
        _tell_skipped(context, module)

    return step


def _tell_skipped(context, module):
    """Say which projects' listings were refused; what came from them earlier stays."""
    part = context.modules[module]
    skipped = part.cursor.get("skipped")
    if skipped:
        names = context.ledger("projects").filter(zoho_id__in=skipped).order_by("name", "pk")
        shown = ", ".join(f"“{name}”" for name in names.values_list("name", flat=True)[:5])
        more = f" and {len(skipped) - 5} more" if len(skipped) > 5 else ""
        with context.page(module):
            part.message = (
                f"{part.get_module_display()} of {shown}{more} could not be read: the project is hidden from the "
                "connected user or in the bin. What was synced earlier was kept."
            )


def _parents(context, keep_going):
    Tasks(context).link_parents()


def _people(context, keep_going):
    users.settle(context, projects.all_members(context))
    projects.link_managers(context)
    if not context.run.selection or retry.touched(context.modules["bugs"]):
        people_links.link_bug_people(context)


def _may_sweep(context, module):
    """Only what was read completely, by somebody who is shown everything, says what is gone."""
    wanted = _wanted(context, module) and _was_read(context, module)
    return context.connection.is_owner and wanted and not _failed(context, module)


def _sweep_module(module):
    def step(context, keep_going):
        if _may_sweep(context, module):
            binned = deletions.in_bin(context)
            if not deletions.sweep(context, module, binned, None, keep_going):
                raise Stopped

    return step


def _sweep(context, keep_going):
    """What has no children; of the others what went into the bin while the run was on."""
    modules = [module for module in context.modules if _may_sweep(context, module)]
    binned = deletions.in_bin(context) if modules else set()
    for module in modules:
        if module in SWEPT_EARLY:
            deletions.sweep_meanwhile(context, module, binned)
        elif not deletions.sweep(context, module, binned, Timesheets(context), keep_going):
            raise Stopped


def _was_read(context, module):
    only = context.run.modules
    return not only or module in only


def _count(context, keep_going):
    for module in ("customers", "users", "projects"):
        directory.count(context, module)


_STEP = {
    "check": _check,
    "read customers": _read_directory("customers"),
    "read users": _read_directory("users"),
    "read projects": _read_projects,
    "match users": _match_users,
    "settle customers": _settle_customers,
    "settle projects": _settle_projects,
    "contacts": _contacts,
    **{module: _read_entity(module) for module in ENTITIES},
    **{f"sweep {module}": _sweep_module(module) for module in SWEPT_EARLY},
    "parents": _parents,
    "people": _people,
    "sweep": _sweep,
    "count": _count,
}


def _retry_directory(module):
    def step(context, keep_going):
        _demand_owner(context)
        if not retry.READ[module](context, keep_going):
            raise Stopped

    return step


def _retry_entity(module):
    def step(context, keep_going):
        if not retry.read_entity(context, ENTITIES[module](context), keep_going):
            raise Stopped

    return step


def _if_touched(module, step):
    """Steps over a whole module are worth it only when the retry read something of it."""
    return lambda context, keep_going: (
        step(context, keep_going) if retry.touched(context.modules[module]) else None
    )


_RETRY = {
    **_STEP,
    **{f"read {module}": _retry_directory(module) for module in retry.READ},
    **{module: _retry_entity(module) for module in ENTITIES},
    "contacts": _if_touched("projects", _contacts),
    "parents": _if_touched("tasks", _parents),
}


# -- endings ---------------------------------------------------------------------------------------------


def _pause(run, lease, error):
    """Something that may heal by itself: wait longer each time, give up after some tries without progress."""
    if run.attempts >= MAX_STARTS_WITHOUT_PROGRESS:
        _end(run, lease, SyncRun.Status.FAILED, error.message)
        return
    seconds = PAUSES_SECONDS[min(run.attempts, len(PAUSES_SECONDS)) - 1]
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
    """Close the run with the truth, if it is still ours."""
    now = timezone.now()
    with transaction.atomic():
        if not lease.release(status=status, message=message, finished_at=now, not_before=None):
            return
        for part in parts:
            part.save(update_fields=["status"])
        run.module_runs.filter(status__in=["waiting", "running"]).update(
            status=ModuleRun.Status.FAILED if status == SyncRun.Status.FAILED else ModuleRun.Status.SKIPPED
        )
        SeenChunk.objects.filter(run=run).delete()
        if status == SyncRun.Status.SUCCEEDED and not run.selection:
            Connection.objects.filter(pk=run.connection_id).update(last_synced_at=now)
