"""A retry: re-reads chosen records and what hangs on them, and nothing else. Nothing is swept, no sync time moves.

What is chosen stands in `SyncRun.selection`: {"ids": [ledger ids]} or {"module": …, "reason": …} for all of a cause.
A record that waits for a failed parent is helped by reading the parent; a project that heals brings its children.
"""

from integrations.sync import chain, deletions, project_calls, reading
from integrations.sync.entities import directory
from integrations.sync.entities.timesheets import Timesheets
from integrations.sync.ledger import EXCLUDED, FAILED, SYNCED, keyed
from integrations.zoho import api, records
from integrations.zoho.entities import clients as client_parser
from integrations.zoho.entities import projects as project_parser
from integrations.zoho.entities import users as user_parser
from integrations.zoho.errors import BadAnswer, InvalidRecord, NotFound, WrongAddress

SINGLY = 100  # records asked for one by one; more than that are picked out of their projects' lists
MOST_IDS = 500
AT_ONCE = 20
OPEN = (FAILED, EXCLUDED)
DIRECTORIES = {"customers": client_parser.parse, "users": user_parser.parse, "projects": project_parser.parse}
PARENT_OF = {"project_not_fetched": "projects", "task_not_fetched": "tasks", "bug_not_fetched": "bugs"}


def chosen(context, module):
    """The ledger rows of a module that the retry is about."""
    selection, rows = context.run.selection, context.ledger(module).filter(outcome__in=OPEN)
    if "ids" in selection:
        return rows.filter(pk__in=selection["ids"])
    if selection.get("module") != module:
        return rows.none()
    return rows.filter(reason=selection["reason"])


def _parents(context, module):
    """The failed rows of `module` that chosen records wait for."""
    reasons = [reason for reason, parent in PARENT_OF.items() if parent == module]
    wanted = set()
    for child in context.modules if reasons else ():
        rows = chosen(context, child).filter(reason__in=reasons, blocked_by__isnull=False).order_by()
        wanted.update(rows.values_list("blocked_by", flat=True).distinct()[:MOST_IDS])
    return context.ledger(module).filter(zoho_id__in=wanted, outcome__in=OPEN)


def _plan(context):
    """What to read, settled once at the start: {module: [ledger ids of directories]}, kept with the checkpoint."""
    cursor = context.modules["customers"].cursor
    if "retry" in cursor:
        return cursor["retry"]
    plan = {}
    for module in DIRECTORIES:
        rows = (chosen(context, module) | _parents(context, module)).distinct()
        plan[module] = list(rows.order_by("pk").values_list("pk", flat=True))
    with context.page("customers", {"retry": plan}):
        _take_along(context, plan["customers"])
    return plan


def _take_along(context, customers):
    """Projects that failed for want of a chosen customer are judged again from what was read of them."""
    names = set(context.ledger("customers").filter(pk__in=customers).values_list("zoho_id", flat=True))
    if names:
        reasons = ("currency_mismatch", "customer_not_fetched")
        waiting = context.ledger("projects").filter(outcome=FAILED, reason__in=reasons)
        context.seen("projects").add(
            [row.pk for row in waiting.iterator() if (row.source or {}).get("primary") in names]
        )


def _read_directory(module):
    def step(context, keep_going):
        wanted = _plan(context)[module]
        after = context.modules[module].cursor.get("read", {}).get("after", 0)
        for pk in [pk for pk in wanted if pk > after]:
            _read_one(context, module, context.ledger(module).get(pk=pk))
            if not keep_going():
                return False
        return True

    return step


def _read_one(context, module, row):
    cursor = {"read": {"after": row.pk}}
    raw = _raw(context, module, row)
    if raw is None:
        with context.page(module, cursor):
            pass
        return
    stage_one(context, module, raw, cursor)


def stage_one(context, module, raw, cursor):
    """Store one customer, user or project as it was read; a project with its people and its customer."""
    (result,) = records.parse_page(DIRECTORIES[module], [raw], context.custom_types(module))
    extra = None
    if module == "projects":
        (found,), stopped = _with_people(context, result)
        if stopped is not None:
            raise stopped
        _read_customer(context, found.get("primary"))
        extra = {result.id: found}.get if not isinstance(result, InvalidRecord) else None
    directory.stage(context, module, [result], [raw], cursor, extra)


def _with_people(context, result):
    extras, stopped = project_calls.Calls(context, [result], None, (), {}).answers()
    return (extras or [{}])[:1], stopped


def _read_customer(context, zoho_id):
    """The primary customer of a project that is read again, so that both are judged as they are now."""
    row = context.ledger("customers").filter(zoho_id=zoho_id).first() if zoho_id else None
    if row is None or row.pk in context.seen("customers"):
        return
    try:
        raw = api.record(context.client, "customers", zoho_id)
    except (NotFound, WrongAddress, BadAnswer):
        with context.page("customers"):
            context.seen("customers").add([row.pk])  # judged from what was read last
        return
    results = records.parse_page(client_parser.parse, [raw], context.custom_types("customers"))
    directory.stage(context, "customers", results, [raw], None)


def _raw(context, module, row):
    """The record as it stands at the source; None when it is gone there (then it says so here)."""
    kinds = _kinds(row) if module == "timesheets" else ("",)
    missing = 0
    for kind in kinds:
        try:
            return api.record(context.client, module, row.zoho_id, row.project_zoho_id, kind)
        except NotFound:
            missing += 1
        except (WrongAddress, BadAnswer):
            if module != "timesheets":
                raise
    if missing == len(kinds):
        deletions.mark(context, module, [row.pk], Timesheets(context))
    return None


def _kinds(row):
    """The kinds a log may be of, likeliest first: the ledger does not keep it."""
    first = {"task_not_fetched": "task", "bug_not_fetched": "bug"}.get(row.reason, "task")
    return (first, *[kind for kind in ("task", "bug", "general") if kind != first])


def read_entity(context, entity, keep_going):
    """Read the children of projects that healed whole, then the chosen records of the module by themselves."""
    cursor = context.modules[entity.module].cursor.get("read", {})
    custom = context.custom_types(entity.module)
    ids = _healed_projects(context)
    if "after" not in cursor:
        listings = [listing for project_id in ids for listing in _listings(entity, project_id)]
        for index, page in reading._stream(context, listings, cursor):
            reading.write_page(context, entity, page.raws, custom, {"read": reading._after(index, page)})
            if not keep_going():
                return False
    wanted = _wanted(context, entity.module).exclude(project_zoho_id__in=ids)
    if wanted[: SINGLY + 1].count() > SINGLY:
        return _pick(context, entity, wanted, cursor, keep_going)
    after = cursor.get("after", 0)
    for row in wanted.filter(pk__gt=after).order_by("pk"):
        raw = _raw(context, entity.module, row)
        reading.write_page(context, entity, [raw] if raw else [], custom, {"read": {"after": row.pk}})
        if not keep_going():
            return False
    return True


def _wanted(context, module):
    """Chosen rows that Zoho knows by an id, and those that waited for a chosen task or bug that healed."""
    rows = chosen(context, module)
    for reason, parent in PARENT_OF.items():
        if module == "timesheets" and parent != "projects":
            healed = context.ledger(parent).filter(outcome=SYNCED, last_changed_run=context.run)
            ids = list(healed.values_list("zoho_id", flat=True)[:MOST_IDS])
            waiting = context.ledger(module).filter(outcome=FAILED, reason=reason, blocked_by__in=ids)
            rows = rows | waiting
    if module in ("tasks", "bugs"):
        rows = rows | _parents(context, module)
    return rows.filter(zoho_id__regex=r"^[0-9]+$").distinct()


def _pick(context, entity, wanted, cursor, keep_going):
    """Many records: read their projects' lists and write only those that are wanted."""
    done = cursor.get("after", 0)
    projects = list(wanted.order_by("project_zoho_id").values_list("project_zoho_id", flat=True).distinct())
    custom = context.custom_types(entity.module)
    for project_id in sorted((p for p in projects if p.isdigit() and int(p) > done), key=int):
        for page in context.client.stream(_listings(entity, project_id)):
            parsed = records.parse_page(entity.parse, page.raws, custom)
            by_key = dict(zip(keyed(entity.module, parsed, page.raws), page.raws, strict=False))
            keys = set(wanted.filter(zoho_id__in=list(by_key)).values_list("zoho_id", flat=True))
            raws = [raw for key, raw in by_key.items() if key in keys]
            reading.write_page(context, entity, raws, custom, None)
        with context.page(entity.module, {"read": {"after": int(project_id)}}):
            pass
        if not keep_going():
            return False
    return True


def _listings(entity, project_id):
    """The listings of one project's records of the entity."""
    if isinstance(entity, Timesheets):
        return entity.listings([project_id])
    return entity.project_listings(project_id)


def _healed_projects(context):
    """Zoho ids of the projects that this retry brought in, in a settled order."""
    rows = context.ledger("projects").filter(outcome=SYNCED, last_changed_run=context.run)
    changed = rows.filter(run_changes__run=context.run, run_changes__kind__in=["healed", "created"])
    return list(changed.order_by("pk").values_list("zoho_id", flat=True))


def touched(part):
    """Whether the retry had anything to do with a module."""
    return bool(part.seen or part.deleted or part.started_at)


STEPS = {
    "check": ("customers", ()),
    "read customers": ("customers", ("check",)),
    "read users": ("users", ("check",)),
    "read projects": ("projects", ("check",)),
    "match users": ("users", ("read users",)),
    "settle customers": ("customers", ("read customers", "read projects")),
    "settle projects": ("projects", ("settle customers", "match users")),
    "contacts": ("customers", ("settle projects",)),
    **chain.of_projects("settle projects", swept=False),
    "people": ("users", ("timesheets",)),
    "count": ("customers", ("people", "parents", "contacts")),
}
READ = {module: _read_directory(module) for module in DIRECTORIES}
