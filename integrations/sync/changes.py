"""What a run changed about each record: outcome before and after, and our fields from → to.

Written with the page that makes the change, a few rows per page on most days. A run that changes everything (a new
field map, a first run) lists the first of each kind only; how many there were stands with the module's counts.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from integrations.models import ModuleRun, RunChange, SyncedRecord
from integrations.sync import bulk

LISTED_PER_KIND = 2000
LONGEST_VALUE = 300
Kind = RunChange.Kind
Outcome = SyncedRecord.Outcome
COLUMNS = ("id", "run_id", "module", "record_id", "kind", "before", "reason", "fields")


@dataclass(slots=True)
class Change:
    """One record's change; `before` is '' for a record never seen before, `reason` the one that says most."""

    record_id: int
    before: str
    after: str
    reason: str = ""
    fields: list = field(default_factory=list)
    wrote: bool = True


def kind_of(change):
    """The kind of a change; None when nothing worth a line happened."""
    before, after = change.before, change.after
    if after == Outcome.FAILED:
        return Kind.FAILED if before != Outcome.FAILED else None
    if after == Outcome.DELETED:
        return Kind.DELETED
    if after == Outcome.EXCLUDED:
        return Kind.EXCLUDED if before in (Outcome.SYNCED, Outcome.FAILED) else None
    if before == Outcome.FAILED:
        return Kind.HEALED
    if before != Outcome.SYNCED:
        return Kind.CREATED
    return Kind.UPDATED if change.wrote else None


def lists_new(context):
    """Whether records that came in are listed one by one: not in a connection's first run."""
    return context.connection.last_synced_at is not None


def room_for(context, module, kind):
    """How many more changes of a kind this run lists for the module."""
    return max(LISTED_PER_KIND - context.modules[module].changes.get(kind, 0), 0)


def record(context, module, changes):
    """Note changes of records that had none in this run yet; inside the page's transaction."""
    part, rows = context.modules[module], []
    for change in changes:
        kind = kind_of(change)
        if kind is None:
            continue
        if room_for(context, module, kind):
            fields = change.fields if kind != Kind.CREATED else []
            rows.append((module, change.record_id, kind.value, change.before, change.reason, fields))
        part.changes[kind] = part.changes.get(kind, 0) + 1
    ids = bulk.next_ids(RunChange, len(rows))
    bulk.insert(RunChange, COLUMNS, [(pk, context.run.pk, *row) for pk, row in zip(ids, rows, strict=True)])


def merge(context, module, changes):
    """As `record`, for the few records that a run may change several times: one line each, first → last."""
    if not changes:
        return
    part = context.modules[module]
    stored = {
        row.record_id: row
        for row in RunChange.objects.filter(run=context.run, record__in=[c.record_id for c in changes])
    }
    fresh = []
    for change in changes:
        earlier = stored.get(change.record_id)
        if earlier is None:
            fresh.append(change)
            continue
        change.before, change.fields = earlier.before, joined(earlier.fields, change.fields)
        change.wrote = change.wrote or bool(change.fields)
        kind = kind_of(change)
        part.changes[earlier.kind] = part.changes.get(earlier.kind, 1) - 1
        if kind is None:
            earlier.delete()
            continue
        part.changes[kind] = part.changes.get(kind, 0) + 1
        earlier.kind, earlier.fields = kind, change.fields
        earlier.reason = change.reason or earlier.reason
        earlier.save(update_fields=["kind", "fields", "reason"])
    record(context, module, fresh)
    ModuleRun.objects.filter(pk=part.pk).update(changes=part.changes)


def joined(first, later):
    """Fields of two changes of one record: each from its first value to its last; equal ones drop out."""
    found = {name: [name, old, new] for name, old, new in first}
    for name, old, new in later:
        found[name] = [name, found[name][1] if name in found else old, new]
    return [pair for pair in found.values() if pair[1] != pair[2]]


def difference(columns, old, new):
    """[[column, from, to], …] where two rows of values differ; custom values one by one."""
    found = []
    for column, before, after in zip(columns, old, new, strict=True):
        if before == after:
            continue
        if isinstance(before, dict) and isinstance(after, dict):
            found += [
                [f"{column}.{key}", _plain(before.get(key)), _plain(after.get(key))]
                for key in sorted({*before, *after})
                if before.get(key) != after.get(key)
            ]
        else:
            found.append([column, _plain(before), _plain(after)])
    return found


def noted(row, target, wanted):
    """Note on a ledger row in memory which fields of `target` are about to change: {field: new value}."""
    names = [name for name in wanted if getattr(target, name) != wanted[name]]
    row.noted = [
        *getattr(row, "noted", []),
        *difference(names, [getattr(target, name) for name in names], [wanted[name] for name in names]),
    ]


def _plain(value):
    if isinstance(value, str):
        return value if len(value) <= LONGEST_VALUE else value[:LONGEST_VALUE] + "…"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    return _plain(str(value))
