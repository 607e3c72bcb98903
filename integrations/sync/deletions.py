"""What is gone at the source. Only after a module was read completely; absence alone proves nothing else."""

from integrations.models import SyncedRecord
from integrations.sync import bulk, changes
from integrations.sync.ledger import DELETED
from integrations.zoho import api
from integrations.zoho.entities import recycle_bin
from integrations.zoho.errors import BadAnswer, NoAccess, NotFound, WrongAddress
from integrations.zoho.records import parse_page
from timetracking.models import Bug, Milestone, Project, Task, TaskList

AT_ONCE = 200
IDS_AT_ONCE = 5000
CLOSING = {
    "projects": (Project, "inactive"),
    "milestones": (Milestone, "closed"),
    "task_lists": (TaskList, "closed"),
    "tasks": (Task, "closed"),
    "bugs": (Bug, "closed"),
}


def in_bin(context):
    """{(module, Zoho id)} of everything in the recycle bin; empty when it cannot be read."""
    found = set()
    try:
        for page in context.client.stream(api.bin()):
            for entry in parse_page(recycle_bin.parse, page.raws):
                if getattr(entry, "module", ""):
                    found.add((entry.module, entry.id))
    except (NoAccess, NotFound, WrongAddress, BadAnswer):
        return found
    return found


def sweep(context, module, binned, timesheets=None):
    """Mark what the complete reading did not meet: in the bin or 404 → deleted; still there or hidden → kept."""
    seen, after = context.seen(module), 0
    rows = context.ledger(module).exclude(outcome=DELETED)
    while ids := list(rows.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:IDS_AT_ONCE]):
        after = ids[-1]
        missing = [pk for pk in ids if pk not in seen]
        for start in range(0, len(missing), AT_ONCE):
            _sweep_some(context, module, missing[start : start + AT_ONCE], binned, timesheets)


def _sweep_some(context, module, ids, binned, timesheets):
    rows = context.ledger(module).filter(pk__in=ids).order_by("pk")
    missing = [row for row in rows if not (row.source or {}).get("only_log")]
    gone = [row for row in missing if module == "timesheets" or _is_gone(context, module, row, binned)]
    if gone:
        _mark(context, module, gone, timesheets)


def _is_gone(context, module, row, binned):
    if (module, row.zoho_id) in binned or module in ("customers", "users"):
        return True
    if not row.zoho_id.isdigit():
        return True  # a record without id that is not listed any more
    if row.project_zoho_id and ("projects", row.project_zoho_id) in binned:
        return False  # children follow their project
    try:
        api.record(context.client, module, row.zoho_id, row.project_zoho_id)
    except NotFound:
        return True
    except (NoAccess, WrongAddress, BadAnswer):
        return False
    return False


def _mark(context, module, rows, timesheets):
    with context.page(module) as part:
        if module == "timesheets":
            fates = timesheets.sweep(rows)
        else:
            fates = {row.pk: ("deleted_at_source", row.object_id) for row in rows}
            if module in CLOSING:
                model, status = CLOSING[module]
                ids = [row.object_id for row in rows if row.object_id]
                model.objects.filter(pk__in=ids).update(status=status)
        bulk.update(
            SyncedRecord,
            ("outcome", "reason", "object_id", "fingerprint", "last_changed_run_id", "blocked_by"),
            [(DELETED, *fates[row.pk], "", context.run.pk, None, row.pk) for row in rows],
        )
        part.deleted += len(rows)
        gone = [changes.Change(row.pk, row.outcome, DELETED, fates[row.pk][0]) for row in rows]
        changes.merge(context, module, gone)
        context.forget(module)
