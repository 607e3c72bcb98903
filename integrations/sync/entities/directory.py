"""Customers, users and projects are first read into the ledger whole, then settled from there.

Whether a customer comes in depends on projects, and a project on its customer; so reading and judging are two
steps. What was read stands in the ledger row's `source`; the outcome of a row never seen before is provisional.
"""

import msgspec

from integrations.models import SyncedRecord
from integrations.sync import bulk, changes
from integrations.sync.ledger import (
    CHANGING_COLUMNS,
    DELETED,
    EXCLUDED,
    FAILED,
    LEDGER_COLUMNS,
    SYNCED,
    keyed,
    known_rows,
)
from integrations.zoho.errors import InvalidRecord

AT_ONCE = 200


def stage(context, module, results, raws, cursor, extra=None):
    """Store one page of a directory in the ledger. `extra(key)` → values added to the record's source."""
    records = keyed(module, results, raws)
    with context.page(module, cursor):
        known = known_rows(context, module, list(records))
        new, changed, met, turns = [], [], [], []
        for key, record in records.items():
            row = known.get(key)
            invalid = isinstance(record, InvalidRecord)
            if not invalid:
                context.keep_mapped(module, record, row.object_id if row else None)
            source = None if invalid else {"record": msgspec.to_builtins(record)}
            if source is not None and extra is not None:
                source |= extra(key)
            if row is not None:
                met.append(row.id)
                # what was read last stays in mind while a record is unreadable; who is listed is no stranger
                former = {k: v for k, v in (row.source or {}).items() if k != "only_log"}
                source = {**former, **(source or {})} or None
                if invalid:
                    same = row.reason == "invalid_record" and row.detail == record.sentence
                else:
                    same = row.source == source and row.reason != "invalid_record"
                if same and row.outcome != DELETED:
                    continue
            # a row that was deleted or unreadable begins anew; others keep their outcome until they are settled
            kept = row if row and row.outcome != DELETED and row.reason != "invalid_record" else None
            values = [
                record.name or "",
                "",
                row.object_id if row else None,
                FAILED if invalid else (kept.outcome if kept else EXCLUDED),
                "invalid_record" if invalid else (kept.reason if kept else ""),
                record.sentence if invalid else (kept.detail if kept else ""),
                row.fingerprint if row and not invalid else "",
                None if invalid else record.modified_at,
                context.run.pk,
                source,
                None,
                kept.blocked_by if kept else None,
            ]
            if row is None:
                new.append((key, values))
                continue
            changed.append((*values, row.id))
            if values[3] != row.outcome or (row.outcome == FAILED and kept is None):
                turns.append(changes.Change(row.id, row.outcome, values[3], values[4] or row.reason))
        ids = bulk.next_ids(SyncedRecord, len(new))
        bulk.insert(
            SyncedRecord,
            LEDGER_COLUMNS,
            [
                (pk, context.connection.pk, module, key, *values[:8], context.started, *values[8:])
                for pk, (key, values) in zip(ids, new, strict=True)
            ],
        )
        bulk.update(SyncedRecord, CHANGING_COLUMNS, changed)
        context.seen(module).add([*met, *ids])
        turns += [
            changes.Change(pk, "", FAILED, values[4])
            for pk, (_, values) in zip(ids, new, strict=True)
            if values[3] == FAILED
        ]
        changes.merge(context, module, turns)


def settled(row, outcome, reason="", detail="", object_id=None, did="", waits_for=None):
    """Put a verdict on a ledger row in memory; True when that changes it. `did`: created, updated or ''.

    `waits_for`: the Zoho id of the record whose failure keeps this one out.
    """
    before = (row.outcome, row.reason, row.detail, row.object_id, row.source, row.blocked_by)
    if not hasattr(row, "settled_from"):
        row.settled_from = (row.outcome, row.reason)
    row.outcome, row.reason, row.detail, row.blocked_by = outcome, reason, detail, waits_for
    if object_id is not None:
        row.object_id = object_id
    if did:
        row.source = {**(row.source or {}), "did": [row.run_now, did]}
    return before != (row.outcome, row.reason, row.detail, row.object_id, row.source, row.blocked_by)


def save(context, rows):
    """Write ledger rows that `settled` changed."""
    found = {}
    for row in rows:
        row.last_changed_run_id = context.run.pk
        found.setdefault(row.module, []).append(_change(context, row))
    bulk.update(
        SyncedRecord,
        ("outcome", "reason", "detail", "object_id", "source", "last_changed_run_id", "blocked_by"),
        [
            (r.outcome, r.reason, r.detail, r.object_id, r.source, context.run.pk, r.blocked_by, r.pk)
            for r in rows
        ],
    )
    for module, turns in found.items():
        changes.merge(context, module, [turn for turn in turns if turn is not None])


def _change(context, row):
    """What `settled` changed about a row, for the run's page; None for a record that comes in with the first run."""
    outcome, reason = getattr(row, "settled_from", (row.outcome, row.reason))
    is_new = row.first_seen_at >= context.run.started_at
    row.settled_from, fields = (row.outcome, row.reason), row.__dict__.pop("noted", [])
    if is_new and row.outcome != FAILED and not changes.lists_new(context):
        return None
    healed = outcome == FAILED and row.outcome == SYNCED
    turn = changes.Change(
        row.pk, "" if is_new else outcome, row.outcome, reason if healed else row.reason, fields
    )
    turn.wrote = bool(fields) or reason != row.reason
    return turn


def seen_rows(context, module, after=0):
    """The ledger rows met in this run, in the order of their ids, in lists of some 200; read as a stream."""
    seen = context.seen(module)
    while batch := list(context.ledger(module).filter(pk__gt=after).order_by("pk")[:AT_ONCE]):
        after = batch[-1].pk
        rows = [row for row in batch if row.pk in seen]
        for row in rows:
            row.run_now = context.run.pk
        if rows:
            yield rows


def count(context, module):
    """Set the module's counts from its ledger rows met in this run."""
    counts = dict.fromkeys(("seen", "created", "updated", "unchanged", "excluded", "failed"), 0)
    for rows in seen_rows(context, module):
        for row in rows:
            counts["seen"] += 1
            if row.outcome in (SYNCED, DELETED):  # met, and in the bin by the end of the run
                run_id, did = (row.source or {}).get("did", (None, ""))
                counts[did if run_id == context.run.pk else "unchanged"] += 1
            else:
                counts["failed" if row.outcome == FAILED else "excluded"] += 1
    with context.page(module) as part:
        for name, value in counts.items():
            setattr(part, name, value)
