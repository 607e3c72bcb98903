"""What has to be read of an entity, round by round, as the run's plan says.

A whole reading is one round. An incremental one reads what changed, looks whether the answer can be trusted, and
reads again the projects in which something stands differently without a change of its own: their project or task
came in or dropped out. What a round reads is settled when it begins and stands in the checkpoint.
"""

from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Q

from integrations.models import SyncedRecord
from integrations.sync import budget, deletions, hours_source, marks, plan
from integrations.sync.entities.timesheets import Timesheets
from integrations.sync.ledger import DELETED, FAILED, SYNCED
from integrations.zoho import api
from integrations.zoho.entities.shared import modified
from integrations.zoho.errors import BadAnswer, NoAccess, NotFound, WrongAddress
from integrations.zoho.listing import PAGE_SIZE
from timetracking.models import TimeEntry

REFUSALS = (BadAnswer, NoAccess, NotFound, WrongAddress)
UNLISTED_ASKED = 25
NEWEST = {"sort_by": "DESC(last_modified_time)"}


def reading_of(context, module):
    """The plan for a module; a whole reading where nothing was planned."""
    return context.run.plan.get("modules", {}).get(module) or {"mode": "whole"}


def is_whole(context, module):
    """Whether the run reads the module whole, by plan or because a shortcut could not be trusted."""
    turned = context.modules[module].cursor.get("turned_whole")
    return bool(turned) or reading_of(context, module)["mode"] == "whole"


def today(context):
    """The day at Zoho when the run began."""
    now = context.run.plan.get("now")
    return datetime.fromisoformat(now).date() if now else datetime.now(UTC).date()


def project_ids(context):
    """Zoho ids of the projects whose children are read: all but templates, deleted and unreadable ones."""
    rows = context.ledger("projects").exclude(outcome=SyncedRecord.Outcome.DELETED).exclude(reason="template")
    return [zoho_id for zoho_id in rows.order_by("pk").values_list("zoho_id", flat=True) if zoho_id.isdigit()]


def of(context, entity):
    """Yield (name of the round, its listings) for every round that has not ended yet, in order."""
    part, reading = context.modules[entity.module], reading_of(context, entity.module)
    mode, hours = reading["mode"], isinstance(entity, Timesheets)
    if mode in ("changed", "newest") and not part.cursor.get("turned_whole"):
        if not _ended(part, "read"):
            yield "read", changed(context, entity, reading)
        if mode == "changed" and not _ended(part, "trust"):
            if not _is_trustworthy(context, entity, reading):
                _turn(context, entity, {"portal_wide" if hours else "filter": False})
            else:
                _end(context, entity, "trust")
    if is_whole(context, entity.module):
        if hours and "facts" not in part.cursor:
            ids = project_ids(context)
            proved = hours_source.prove(context, today(context), len(ids))
            with context.page(entity.module, {"facts": {"portal_wide": proved}}):
                pass
        name = "whole" if mode != "whole" else "read"
        if not _ended(part, name):
            yield name, everything(context, entity)
        if hours and part.cursor["facts"].get("portal_wide") and not _ended(part, "unlisted"):
            before = part.seen
            yield "unlisted", _hours_of(_frozen(context, entity, "unlisted ids", _without_hours))
            if part.seen > before:  # the portal's list kept a project back
                with context.page(entity.module, {"facts": {"portal_wide": False}}):
                    pass
                yield "one by one", _hours_of(project_ids(context))
        if not hours and not _ended(part, "order"):
            _learn(context, entity)
        return
    if not _ended(part, "again"):
        ids = _frozen(context, entity, "again ids", _to_read_again)
        yield "again", _of_projects(entity, ids)
    if hours and reading.get("recent") and not _ended(part, "recent"):
        first = today(context) - timedelta(days=plan.RECENT_DAYS)
        yield "recent", hours_source.dated(first, today(context), _where(context, entity, reading))


def refused(context, entity, error):
    """A shortcut was refused: True when there is another way to read the entity, which is taken from now on."""
    part, reading = context.modules[entity.module], reading_of(context, entity.module)
    if part.cursor.get("turned_whole") or reading["mode"] not in ("changed", "newest"):
        if entity.module == "timesheets" and part.cursor.get("facts", {}).get("portal_wide"):
            with context.page(entity.module, {"facts": {"portal_wide": False}, "read": {}, "whole": {}}):
                pass
            return isinstance(error, REFUSALS)
        return False
    if not isinstance(error, BadAnswer) and reading.get("via") != "portal":
        return False
    fact = {"portal_wide" if entity.module == "timesheets" else "filter": False}
    _turn(context, entity, fact)
    return True


def _turn(context, entity, facts):
    with context.page(entity.module, {"turned_whole": True, "facts": facts}):
        pass


def _ended(part, name):
    return name in part.cursor.get("ended", ())


def _end(context, entity, name):
    part = context.modules[entity.module]
    with context.page(entity.module, ended(part, name)):
        pass


def ended(part, name):
    """What the checkpoint notes when a round is over."""
    return {"ended": sorted({*part.cursor.get("ended", ()), name})}


def _frozen(context, entity, key, find):
    """A list of ids that is found once per run."""
    part = context.modules[entity.module]
    if key not in part.cursor:
        with context.page(entity.module, {key: sorted(find(context, entity))}):
            pass
    return part.cursor[key]


# -- listings --------------------------------------------------------------------------------------------


def everything(context, entity):
    """The listings of a whole reading."""
    part, ids = context.modules[entity.module], project_ids(context)
    if isinstance(entity, Timesheets):
        first = _first_day(context)
        if part.cursor["facts"].get("portal_wide") and first is not None:
            return hours_source.everything(first, today(context))
        return _hours_of(ids)
    if part.cursor.get("per_project"):
        return _of_projects(entity, ids)
    listings = entity.listings(ids)
    known = context.ledger(entity.module).exclude(outcome=DELETED).count()
    listings[0].expected, listings[0].bold = -(-known // PAGE_SIZE), True
    return listings


def _first_day(context):
    """No log can be older than the oldest project, give or take a month; None when projects do not say."""
    rows = (
        context.ledger("projects").exclude(source=None).values_list("source__record__created_at", flat=True)
    )
    days = [date.fromisoformat(str(stamp)[:10]) for stamp in rows.iterator() if stamp]
    return min(days) - timedelta(days=31) if days else None


def _hours_of(ids):
    return [listing for key in ids for kind in hours_source.KINDS for listing in api.timelogs(key, kind)]


def _of_projects(entity, ids):
    if isinstance(entity, Timesheets):
        return _hours_of(ids)
    return [listing for key in ids for listing in entity.project_listings(key)]


def changed(context, entity, reading):
    """The listings of what changed, as the plan (`reading`) says."""
    since = date.fromisoformat(reading["since"])
    if isinstance(entity, Timesheets):
        return hours_source.changed(since, today(context), _where(context, entity, reading))
    if reading["mode"] == "newest":
        (listing,) = entity.listings([])
        listing.params, listing.patient = listing.params | NEWEST, True
        return [listing]
    if context.modules[entity.module].cursor.get("per_project"):
        ids = _frozen(context, entity, "open ids", _open)
        return [listing for key in ids for listing in entity.project_listings(key, since)]
    return entity.changed(since)


def _where(context, entity, reading):
    return ("",) if reading.get("via") == "portal" else _frozen(context, entity, "open ids", _open)


def _open(context, entity):
    """Projects in which something can have changed: open ones, and those that changed since the last good run."""
    rows = context.ledger("projects").exclude(outcome=DELETED).exclude(reason="template")
    mark = marks.of(context.connection).get(entity.module)
    changed = set()
    if mark is not None and mark.run_id:
        changed = set(rows.filter(last_changed_run_id__gt=mark.run_id).values_list("zoho_id", flat=True))
    opened = rows.exclude(source__record__is_closed=True).values_list("zoho_id", flat=True)
    return [key for key in {*opened, *changed} if key.isdigit()]


# -- what stands differently without a change of its own -------------------------------------------------------


def _to_read_again(context, entity):
    """Ids of projects whose records of this entity have to be judged again."""
    module, found = entity.module, set()
    every = context.ledger(module)
    rows = every.exclude(outcome=DELETED)
    waiting = set(
        rows.filter(blocked_by__isnull=False).values_list("blocked_by", "project_zoho_id").distinct()
    )
    keys = {key for key, _ in waiting}
    here = {key for key in keys if key in context.projects}
    if module == "timesheets":
        for parent in ("tasks", "bugs"):
            known = context.ledger(parent).filter(outcome=SYNCED, zoho_id__in=keys)
            here.update(known.values_list("zoho_id", flat=True))
    found.update(project for key, project in waiting if key in here)
    projects = context.ledger("projects").exclude(outcome=DELETED).exclude(reason="template")
    absent = projects.exclude(outcome=SYNCED).values_list("zoho_id", flat=True)
    stale = rows.filter(project_zoho_id__in=list(absent)).exclude(reason="project_not_fetched")
    found.update(stale.exclude(reason="invalid_record").values_list("project_zoho_id", flat=True))
    mark = marks.of(context.connection).get(module)
    if mark is not None and mark.run_id:
        found.update(_new_or_back(context, entity, projects, mark))
    found.update(_links_of_lost(context, module, rows))
    if module == "timesheets":
        back = [key for name, key in _out_of_bin(context) if name in ("tasks", "bugs")]
        items = context.ledger("tasks").filter(zoho_id__in=back) | context.ledger("bugs").filter(
            zoho_id__in=back
        )
        found.update(items.values_list("project_zoho_id", flat=True))
    return {key for key in found if key.isdigit()} & set(project_ids(context))


def _new_or_back(context, entity, projects, mark):
    """Projects that came into sight since the module was last read well, and those all of whose records are gone."""
    since = mark.run.finished_at
    fresh = projects.filter(first_seen_at__gt=since) if since else projects.none()
    for key, source in fresh.values_list("zoho_id", "source"):
        made = ((source or {}).get("record") or {}).get("created_at")
        # what belongs to a project made within the overlap is no older than the project
        if not made or datetime.fromisoformat(made) < mark.read_until - timedelta(days=1):
            yield key
    moved = list(projects.filter(last_changed_run_id__gt=mark.run_id).values_list("zoho_id", flat=True))
    rows = context.ledger(entity.module).filter(project_zoho_id__in=moved)
    gone = set(rows.filter(outcome=DELETED).values_list("project_zoho_id", flat=True))
    yield from gone - set(rows.exclude(outcome=DELETED).values_list("project_zoho_id", flat=True))


def _links_of_lost(context, module, rows):
    """Projects of records that point to a task, bug or list which does not stand here any more, or now does."""
    if module == "timesheets":
        for parent, column in (("tasks", "task_id"), ("bugs", "bug_id")):
            lost = context.ledger(parent).filter(outcome=FAILED, object_id__isnull=False)
            entries = TimeEntry.objects.filter(**{f"{column}__in": lost.values("object_id")})
            logs = rows.filter(object_id__in=entries.values("pk"))
            yield from logs.values_list("project_zoho_id", flat=True).distinct()
        return
    parent = {"tasks": "task_lists", "task_lists": "milestones"}.get(module)
    mark = marks.of(context.connection).get(module)
    if parent is None or mark is None or not mark.run_id:
        return
    moved = context.ledger(parent).filter(last_changed_run_id__gt=mark.run_id)
    changed = moved.exclude(project_zoho_id="").values_list("project_zoho_id", flat=True).distinct()
    lost = moved.exclude(outcome=SYNCED).values_list("project_zoho_id", flat=True).distinct()
    missing = rows.filter(project_zoho_id__in=list(changed), detail__contains="could not be fetched")
    yield from missing.values_list("project_zoho_id", flat=True).distinct()
    yield from lost


# -- trust ---------------------------------------------------------------------------------------------------


def _is_trustworthy(context, entity, reading):
    """What was changed within the overlap must have come again; when nothing of it did, one record is asked for."""
    mark = marks.of(context.connection).get(entity.module)
    if mark is None:
        return True
    first = datetime.combine(date.fromisoformat(reading["since"]), time.min, UTC) - timedelta(days=1)
    rows = context.ledger(entity.module).filter(
        outcome=SYNCED,
        source_modified_at__gte=first,
        source_modified_at__lt=mark.read_until - timedelta(hours=1),
        project_zoho_id__in=project_ids(context),
    )
    seen, sample = context.seen(entity.module), list(rows.order_by("-source_modified_at")[:PAGE_SIZE])
    if reading.get("via") == "projects":
        sample = []
    if not sample or any(row.pk in seen for row in sample):
        return True
    row, kind = sample[0], ""
    if isinstance(entity, Timesheets):
        kind = TimeEntry.objects.filter(pk=row.object_id).values_list("kind", flat=True).first() or "task"
    try:
        raw = api.record(context.client, entity.module, row.zoho_id, row.project_zoho_id, kind)
    except REFUSALS:
        return True
    return modified(raw) != row.source_modified_at


def _without_hours(context, entity):
    """Some projects of which no log is known, archived ones first: does the portal's list keep them back?"""
    having = context.ledger("timesheets").exclude(outcome=DELETED)
    having = set(having.order_by().values_list("project_zoho_id", flat=True).distinct())
    wanted = set(project_ids(context)) - having
    rows = context.ledger("projects").filter(zoho_id__in=wanted)
    closed = set(rows.filter(source__record__is_closed=True).values_list("zoho_id", flat=True))
    return sorted(wanted, key=lambda key: (key not in closed, key))[:UNLISTED_ASKED]


def _learn(context, entity):
    """After a whole reading: does this portal sort the list by change? Asked only where the list is long."""
    facts = {"filter": None, "per_project": bool(context.modules[entity.module].cursor.get("per_project"))}
    if context.modules[entity.module].cursor.get("turned_whole"):
        facts = {}  # why it turned is what was learned
    rows = context.ledger(entity.module).exclude(outcome=DELETED)
    if entity.module in ("milestones", "task_lists") and rows.count() > plan.FEW_PAGES * PAGE_SIZE:
        facts["newest"] = not facts["per_project"] and _sorts(context, entity)
    part = context.modules[entity.module]
    with context.page(
        entity.module, {"facts": {**part.cursor.get("facts", {}), **facts}, **ended(part, "order")}
    ):
        pass


def _sorts(context, entity):
    """Both ends of the sorted list must be in order and lie on their side of everything known."""
    stamps = context.ledger(entity.module).exclude(outcome=DELETED).exclude(source_modified_at=None)
    known = list(stamps.order_by("source_modified_at").values_list("source_modified_at", flat=True))
    if len(known) < 2 * PAGE_SIZE or not budget.holds_trial(context):
        return False
    for order, edge in (("DESC", known[-PAGE_SIZE]), ("ASC", known[PAGE_SIZE - 1])):
        (listing,) = entity.listings([])
        listing.params = listing.params | {"sort_by": f"{order}(last_modified_time)"}
        listing.patient = True
        try:
            page = next(context.client.stream([listing]))
        except REFUSALS:
            return False
        found = [modified(raw) for raw in page.raws if raw.__class__ is dict]
        if None in found or found != sorted(found, reverse=order == "DESC") or len(found) < PAGE_SIZE // 2:
            return False
        if (order == "DESC" and found[-1] < edge) or (order == "ASC" and found[-1] > edge):
            return False
    return True


# -- out of the bin again ---------------------------------------------------------------------------------------


def _out_of_bin(context):
    """{(module, Zoho id)} of what lay in the bin when it was last read and does not any more."""
    mark = marks.of(context.connection).get("projects")
    before = {tuple(entry) for entry in (mark.facts.get("bin") or [])} if mark else set()
    binned, complete = deletions.bin_of(context)
    return before - binned if complete else set()


def restored(context, module):
    """Ledger rows of records that came out of the bin: they have no change of their own to be found by."""
    ids = [key for name, key in _out_of_bin(context) if name == module]
    return list(context.ledger(module).filter(zoho_id__in=ids, outcome=DELETED).order_by("pk"))


def can_be_gone(context, module, binned):
    """The rows of a module that this run may find gone, as a Q; None for all, after a whole reading."""
    if is_whole(context, module):
        return None
    part = context.modules[module]
    gone = context.ledger("projects").filter(outcome=DELETED).values("zoho_id")
    again = set(part.cursor.get("again ids", ())) - set(part.cursor.get("skipped", ()))
    among = (
        Q(zoho_id__in=[key for name, key in binned if name == module])
        | Q(project_zoho_id__in=gone)
        | Q(project_zoho_id__in=sorted(again))
    )
    if module != "timesheets":
        return among
    lost, entries = Q(), TimeEntry.objects.filter(organization=context.organization)
    for parent, column in (("tasks", "task_id"), ("bugs", "bug_id")):
        rows = context.ledger(parent).filter(outcome=DELETED)
        lost |= Q(**{f"{column}__in": rows.filter(object_id__isnull=False).values("object_id")})
        mine = rows.filter(last_changed_run=context.run).values_list("zoho_id", flat=True)
        among |= Q(source__item__in=list(mine))
    if _ended(part, "recent"):
        lost |= Q(date__gte=today(context) - timedelta(days=plan.RECENT_DAYS))
    return among | Q(object_id__in=entries.filter(lost).values("pk"))
