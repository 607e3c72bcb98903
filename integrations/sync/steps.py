"""The steps of a run: what each does, and which must have ended before it. `runner` works them in their order."""

from datetime import timedelta

from django.utils import timezone

from integrations import gateway
from integrations.field_map import field_map_of
from integrations.models import Connection, ModuleRun
from integrations.sync import (
    chain,
    deletions,
    hinted,
    people_links,
    plan,
    reading,
    retry,
    rounds,
    source_fields,
)
from integrations.sync.brake import Braked
from integrations.sync.carry_on import carry_on
from integrations.sync.entities import contact_persons, customers, directory, projects, users
from integrations.sync.entities.bugs import Bugs
from integrations.sync.entities.milestones import Milestones
from integrations.sync.entities.task_lists import TaskLists
from integrations.sync.entities.tasks import Tasks
from integrations.sync.entities.timesheets import Timesheets
from integrations.zoho.errors import NoAccess

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
    **chain.of_projects("sweep projects"),
    "people": ("users", ("sweep timesheets",)),
    "sweep": ("customers", ("people", "parents", "contacts")),
    "count": ("customers", ("sweep",)),
}


SWEPT_EARLY = ("projects", "milestones", "task_lists", "tasks", "bugs", "timesheets")


class Stopped(Exception):
    """The slice's time is over, or a person asked to stop."""


def wanted(context, module):
    """Whether the run has anything to do for the module."""
    if module == "timesheets" and not context.connection.sync_timesheets:
        return False
    only = context.run.modules
    return not only or module in only or module in ("customers", "users", "projects")


def fail_module(context, module, error):
    """One module could not be read or may not be written: it says so and nothing of it is deleted."""
    label = context.modules[module].get_module_display()
    between = " could not be read: " if isinstance(error, NoAccess) else ": "
    with context.page(module) as part:
        part.status = ModuleRun.Status.FAILED
        part.message = f"{label}{between}{error.message}"


def _failed(context, module):
    return context.modules[module].status == ModuleRun.Status.FAILED


def _check(context, keep_going):
    """Does the connected Zoho user still own the portal? If not, what is not listed proves nothing."""
    owner = False
    try:
        found = [
            portal
            for portal in gateway.portals_for(context.connection, context.client)
            if portal.id == context.connection.portal_id
        ]
        owner = bool(found and found[0].is_owner)
    except NoAccess:
        pass
    if owner != context.connection.is_owner:
        Connection.objects.filter(pk=context.connection.pk).update(is_owner=owner)
        context.connection.is_owner = owner
    source_fields.compare(context)
    _plan(context)
    for module, part in context.modules.items():
        if not part.field_map:
            part.field_map = field_map_of(context.connection, module)
            part.save(update_fields=["field_map"])


def _plan(context):
    """Settle what this run reads. Zoho's own clock is what its filters go by; ours stands in, a day late."""
    run = context.run
    if run.plan or run.is_retry:
        return
    now = context.client.server_time or timezone.now() - timedelta(days=1)
    if run.hinted:
        hinted.plan(context, now)
        return
    context.connection.refresh_from_db(fields=["full_pass_modules"])
    modules = plan.decide(context.connection, run.trigger, run.is_whole, now, run.modules)
    run.plan = {"now": now.isoformat(), "modules": modules}
    with context.page("customers"):
        run.save(update_fields=["plan"])


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
        carry_on(context, module)
        if not reading.read_entity(context, ENTITIES[module](context), keep_going):
            raise Stopped
        _tell_skipped(context, module)

    return step


def _tell_skipped(context, module):
    """Say which projects' listings were refused; what came from them earlier stays."""
    part = context.modules[module]
    skipped = part.cursor.get("skipped")
    if skipped:
        broken = [key for key, why in skipped.items() if why == reading.TROUBLE]
        refused = sorted(skipped.keys() - broken)
        said = []
        for ids, why in (
            (
                refused,
                "Zoho refuses it: the project is hidden from the connected user, in the bin, or without this module",
            ),
            (broken, "Zoho answers with errors there, and the next sync tries again"),
        ):
            if not ids:
                continue
            names = context.ledger("projects").filter(zoho_id__in=ids).order_by("name", "pk")
            shown = ", ".join(f"“{name}”" for name in names.values_list("name", flat=True)[:5])
            more = f" and {len(ids) - 5} more" if len(ids) > 5 else ""
            said.append(f"{part.get_module_display()} of {shown}{more} could not be read: {why}.")
        with context.page(module):
            if broken:  # no mark is moved, and nobody is told that all was read
                part.status = ModuleRun.Status.FAILED
            part.message = " ".join([*said, "What was synced earlier was kept."])


def _parents(context, keep_going):
    Tasks(context).link_parents()


def _people(context, keep_going):
    users.settle(context, projects.all_members(context))
    projects.link_managers(context)
    if not context.run.selection or retry.touched(context.modules["bugs"]):
        people_links.link_bug_people(context)


def may_sweep(context, module):
    """Only what was read completely, by somebody who is shown everything, says what is gone."""
    asked_for = wanted(context, module) and _was_read(context, module)
    return context.connection.is_owner and asked_for and not _failed(context, module)


def _sweep_module(module):
    def step(context, keep_going):
        if may_sweep(context, module):
            binned, _ = deletions.bin_of(context)
            among = rounds.can_be_gone(context, module, binned)
            if not deletions.sweep(context, module, binned, Timesheets(context), keep_going, among):
                raise Stopped

    return step


def _sweep(context, keep_going):
    """What has no children; of the others what went into the bin while the run was on."""
    modules = [module for module in context.modules if may_sweep(context, module)]
    binned, complete = deletions.bin_of(context, anew=True) if modules else (set(), False)
    if complete:
        facts = context.modules["projects"].cursor.get("facts", {})
        with context.page(
            "projects", {"facts": {**facts, "bin": sorted(map(list, binned))}}, has_moved="bin" not in facts
        ):
            pass
    for module in modules:
        try:
            if module in SWEPT_EARLY:
                deletions.sweep_meanwhile(context, module, binned, Timesheets(context))
                continue
            among = rounds.can_be_gone(context, module, binned)
            ended = deletions.sweep(context, module, binned, Timesheets(context), keep_going, among)
        except Braked as error:
            fail_module(context, module, error)
            continue
        if not ended:
            raise Stopped


def _was_read(context, module):
    only = context.run.modules
    return not only or module in only


def _count(context, keep_going):
    for module in ("customers", "users", "projects"):
        directory.count(context, module)


DOING = {
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


RETRYING = {
    **DOING,
    **{f"read {module}": _retry_directory(module) for module in retry.READ},
    **{module: _retry_entity(module) for module in ENTITIES},
    "contacts": _if_touched("projects", _contacts),
    "parents": _if_touched("tasks", _parents),
}


def _read_hinted(context, keep_going):
    _demand_owner(context)
    if not hinted.read_projects(context, keep_going):
        raise Stopped


def _hinted_entity(module):
    def step(context, keep_going):
        if not hinted.read_entity(context, ENTITIES[module](context), keep_going):
            raise Stopped
        _tell_skipped(context, module)

    return step


def _sweep_hinted(module):
    def step(context, keep_going):
        if may_sweep(context, module) and not hinted.sweep(context, module, keep_going):
            raise Stopped

    return step


HINTED = {
    **DOING,
    "read projects": _read_hinted,
    **{module: _hinted_entity(module) for module in ENTITIES},
    **{f"sweep {module}": _sweep_hinted(module) for module in ENTITIES},
}


def of(run):
    """(steps with what they need, what each does) of a run."""
    if run.hinted:
        return hinted.STEPS, HINTED
    return (retry.STEPS, RETRYING) if run.selection else (STEPS, DOING)
