"""The sync that hints ask for: it reads the projects that they named and nothing else of the portal.

Which ones stands in `SyncRun.selection`: {"projects": [Zoho ids]}. What a project holds little of is read whole, so
that what is gone from it is noticed; of what it holds much of only the changes. No mark and no sync time moves: a
planned run later finds the same again. New people, customers and projects come with a planned run.
"""

from datetime import date

from django.db.models import Q

from integrations.sync import brake, chain, deletions, hours_source, marks, reading, retry, rounds
from integrations.sync.entities.timesheets import Timesheets
from integrations.sync.ledger import DELETED, SYNCED
from integrations.zoho import api
from integrations.zoho.errors import NotFound

FEW = 1000  # records of a module in one project: five pages, at the pace of Zoho's answers some seconds
FILTERED = ("tasks", "bugs", "timesheets")  # of these Zoho can list what changed
WHY = "A hint named the project."

STEPS = {
    "check": ("customers", ()),
    "read projects": ("projects", ("check",)),
    "settle customers": ("customers", ("read projects",)),
    "settle projects": ("projects", ("settle customers",)),
    **chain.of_projects("settle projects"),
    "people": ("users", ("sweep timesheets",)),
    "count": ("customers", ("people", "parents")),
}


def plan(context, now):
    """What the run says of itself; settled once at its start. `now`: Zoho's clock."""
    run = context.run
    if not run.plan:
        reading_of = {"mode": "hinted", "why": WHY, "since": None}
        run.plan = {"now": now.isoformat(), "modules": dict.fromkeys(context.modules, reading_of)}
        with context.page("customers"):
            run.save(update_fields=["plan"])


def _named(context):
    """Ledger rows of the projects that hints named."""
    rows = context.ledger("projects").filter(zoho_id__in=context.run.hinted)
    return rows.exclude(outcome=DELETED).exclude(reason="template").order_by("pk")


def read_projects(context, keep_going):
    """Read each project with its customers and members, or mark it as gone. False when asked to stop in between."""
    after = context.modules["projects"].cursor.get("read", {}).get("after", 0)
    for row in _named(context).filter(pk__gt=after):
        raw = _project(context, row)
        cursor = {"read": {"after": row.pk}}
        if raw is None:
            deletions.mark(context, "projects", [row.pk], Timesheets(context))
            with context.page("projects", cursor):
                pass
        else:
            retry.stage_one(context, "projects", raw, cursor)
        if not keep_going():
            return False
    return True


def _project(context, row):
    """The project as it stands in Zoho; None when it is in the bin there or nowhere."""
    binned, _ = deletions.bin_of(context)
    if ("projects", row.zoho_id) in binned:
        return None
    try:
        raw = api.record(context.client, "projects", row.zoho_id)
    except NotFound:
        return None
    return None if str(raw.get("isTrashed", "")).lower() in ("1", "true") else raw


def read_entity(context, entity, keep_going):
    """Read the projects' records of an entity. False when asked to stop in between."""
    part = context.modules[entity.module]
    if "hinted" not in part.cursor:
        with context.page(entity.module, {"hinted": _reach(context, entity.module)}):
            pass
    reach = part.cursor["hinted"]
    if reach and "read" not in part.cursor.get("ended", ()):
        listings = [
            listing for key in sorted(reach) for listing in _listings(context, entity, key, reach[key])
        ]
        if not reading._read_round(context, entity, "read", listings, keep_going):
            return False
    return brake.release(context, entity, lambda held: reading._write_held(context, entity, held), keep_going)


def _reach(context, module):
    """{project: the day since which its changes are read, or None to read it whole}; it stays for the whole run."""
    mark, found = marks.of(context.connection).get(module), {}
    for row in _named(context):
        rows = context.ledger(module).filter(project_zoho_id=row.zoho_id).exclude(outcome=DELETED)
        filtered = module in FILTERED and mark is not None and mark.facts.get("filter") is not False
        if filtered and rows.count() > FEW and not _stands_differently(context, module, row, rows):
            found[row.zoho_id] = mark.read_until.date().isoformat()
        else:
            found[row.zoho_id] = None
    return found


def _stands_differently(context, module, project, rows):
    """Whether records have to be judged again that did not change themselves: what they belong to came or went."""
    if project.outcome != SYNCED:
        return rows.exclude(reason__in=("project_not_fetched", "invalid_record")).exists()
    keys = set(rows.filter(blocked_by__isnull=False).values_list("blocked_by", flat=True).distinct())
    if project.zoho_id in keys:
        return True
    parents = context.ledger("tasks") | context.ledger("bugs")
    return module == "timesheets" and parents.filter(outcome=SYNCED, zoho_id__in=keys).exists()


def _listings(context, entity, project_id, since):
    if isinstance(entity, Timesheets):
        if since is None:
            return entity.listings([project_id])
        return hours_source.changed(date.fromisoformat(since), rounds.today(context), [project_id])
    return entity.project_listings(project_id, *([date.fromisoformat(since)] if since else []))


def sweep(context, module, keep_going):
    """Mark what is gone from the projects, after a second look. False when asked to stop in between."""
    part = context.modules[module]
    skipped = part.cursor.get("skipped", {})
    whole = [
        key for key, since in part.cursor.get("hinted", {}).items() if since is None and key not in skipped
    ]
    binned, _ = deletions.bin_of(context)
    gone = rounds.can_be_gone(context, module, binned)
    among = Q(project_zoho_id__in=context.run.hinted) & (gone | Q(project_zoho_id__in=whole))
    return deletions.sweep(context, module, binned, Timesheets(context), keep_going, among)
