"""The marks of a connection: read at the start of a run, moved on when it ended well.

What a run learned about the portal meanwhile stands in its own checkpoints (`facts`) and passes to the marks with
them, so a run that was killed or failed has moved nothing.
"""

from datetime import datetime
from hashlib import blake2b

from integrations.models import Connection, FieldMapping, ModuleRun, SyncMark

# Grows when this program begins to read or judge records differently: every module is then read whole once.
READING = 1


def of(connection):
    """{module: SyncMark} of a connection."""
    return {mark.module: mark for mark in SyncMark.objects.filter(connection=connection)}


def basis(connection, module):
    """A digest of what, besides the records, decides the outcomes of a module here."""
    pairs = FieldMapping.objects.filter(connection=connection, module=module, is_custom=True)
    rows = pairs.order_by("id").values_list(
        "source_field", "target_field", "data_type", "paused", "from_object_id", "until_object_id"
    )
    parts = [READING, *rows]
    if module == "timesheets":
        parts.append(connection.invoiced_before)
    if module in ("tasks", "bugs"):
        parts.append(connection.portal_time_zone)
    return blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def advance(run):
    """Move the marks of the modules that a run read well; call it in the transaction that ends the run."""
    plan = run.plan.get("modules")
    connection = Connection.objects.get(pk=run.connection_id)
    if not plan or run.selection or not connection.is_owner:
        return
    now = datetime.fromisoformat(run.plan["now"])
    old = of(connection)
    whole = set()
    parts = run.module_runs.filter(status=ModuleRun.Status.SUCCEEDED)
    for part in parts:
        reading = plan.get(part.module)
        if reading is None or (run.modules and part.module not in {*run.modules, *ALWAYS}):
            continue
        mark = old.get(part.module) or SyncMark(connection=connection, module=part.module, facts={})
        is_whole = reading["mode"] == "whole" and reading.get("complete", True)
        if not is_whole and not part.cursor.get("turned_whole") and mark.pk is None:
            continue
        # pages taken over from a run that was cut short are as old as that run
        since = part.cursor.get("since")
        mark.read_until, mark.run = min(now, datetime.fromisoformat(since)) if since else now, run
        mark.basis = reading["basis"]
        if is_whole or part.cursor.get("turned_whole"):
            mark.whole_at = mark.recent_at = now
            whole.add(part.module)
        elif reading.get("recent"):
            mark.recent_at = now
        mark.facts = {**mark.facts, **part.cursor.get("facts", {})}
        mark.save()
    wanted = [module for module in connection.full_pass_modules if module not in whole]
    if wanted != connection.full_pass_modules:
        Connection.objects.filter(pk=connection.pk).update(full_pass_modules=wanted)


ALWAYS = ("customers", "users", "projects")


def forget(connection):
    """The next run reads everything."""
    SyncMark.objects.filter(connection=connection).delete()
