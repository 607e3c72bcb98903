"""Compare, then write: a page of judged records against the ledger, and what has to change where.

All entities share this file. A record's fingerprint covers everything that decides what stands here: the
cleaned record, the verdict on it, the rows it links to, and the field map. Same fingerprint, nothing to write.
"""

import json
from dataclasses import dataclass
from hashlib import blake2b
from itertools import repeat

import msgspec
from django.utils import timezone

from integrations.models import SyncedRecord
from integrations.sync import bulk, changes, lookup, standing
from integrations.zoho.errors import InvalidRecord
from integrations.zoho.values import content_key

SYNCED, EXCLUDED, FAILED, DELETED = (
    SyncedRecord.Outcome.SYNCED.value,
    SyncedRecord.Outcome.EXCLUDED.value,
    SyncedRecord.Outcome.FAILED.value,
    SyncedRecord.Outcome.DELETED.value,
)
# what a page writes; the directories write no marks
LEDGER_COLUMNS = [
    "id",
    "connection_id",
    "module",
    "zoho_id",
    "name",
    "project_zoho_id",
    "object_id",
    "outcome",
    "reason",
    "detail",
    "fingerprint",
    "source_modified_at",
    "first_seen_at",
    "last_changed_run_id",
    "source",
    "minutes",
    "blocked_by",
]
CHANGING_COLUMNS = [
    "name",
    "project_zoho_id",
    "object_id",
    "outcome",
    "reason",
    "detail",
    "fingerprint",
    "source_modified_at",
    "last_changed_run_id",
    "source",
    "minutes",
    "blocked_by",
]
_encoder = msgspec.msgpack.Encoder()


class Verdict(msgspec.Struct, gc=False):
    """What becomes of a record. `links` are our ids of the rows it points to."""

    outcome: str
    reason: str = ""
    detail: str = ""
    links: tuple = ()


@dataclass(slots=True)
class Known:
    """A ledger row as read for comparing."""

    id: int
    object_id: int | None
    outcome: str
    reason: str
    fingerprint: str
    minutes: int | None
    blocked_by: str | None
    detail: str
    mark: bytes | None
    source: object
    source_modified_at: object


KNOWN_COLUMNS = (
    "id",
    "object_id",
    "outcome",
    "reason",
    "fingerprint",
    "minutes",
    "blocked_by",
    "detail",
    "mark",
)


def known_rows(context, module, zoho_ids):
    """{Zoho id: Known} for those that have a ledger row."""
    columns = ("zoho_id", "source", "source_modified_at", *KNOWN_COLUMNS)
    found = {}
    for key, source, stamp, *values in lookup.ledger_rows(context.connection.pk, module, zoho_ids, columns):
        found[key] = Known(*values, source and json.loads(source), lookup.moment(stamp))
    return found


def fingerprint(record, verdict, salt):
    """32 hex digits over all that decides what stands here for this record."""
    content = (record, verdict.outcome, verdict.reason, verdict.detail, verdict.links, salt)
    return blake2b(_encoder.encode(content), digest_size=16).hexdigest()


def keyed(module, results, raws):
    """{key: record or InvalidRecord}, once per key; records without id get a key made of their content."""
    return {key: result for key, (result, _) in keyed_with_raws(module, results, raws).items()}


def keyed_with_raws(module, results, raws):
    """As `keyed`, each with its raw record: {key: (record or InvalidRecord, raw)}."""
    found = {}
    for result, raw in zip(results, raws, strict=True):
        key = result.zoho_id if isinstance(result, InvalidRecord) else result.id
        if not key:
            base = content_key(module, raw)
            key, number = base, 1
            while key in found:
                number += 1
                key = f"{base}:{number}"
        found.setdefault(key, (result, raw))
    return found


def values_of(context, entity, record, verdict, object_id):
    """The row's values, its mapped custom values among them; `object_id` None for a new row."""
    values = entity.values(context, record, verdict)
    if not context.pairs(entity.module).rows or "custom_fields" not in entity.columns:
        return values
    place = list(entity.columns).index("custom_fields")
    custom = context.pairs(entity.module).merged(object_id, {}, record.custom)
    return (*values[:place], custom, *values[place + 1 :])


def keeping(context, entity, values, object_id, before):
    """`values` with those custom values of `before` that belong to no live pair of the object."""
    if "custom_fields" not in entity.update_columns:
        return values
    place = list(entity.update_columns).index("custom_fields")
    kept = context.pairs(entity.module).merged(object_id, before, {})
    return (*values[:place], {**kept, **values[place]}, *values[place + 1 :])


class Page:
    """The changes that one page of records makes: to the entity's table and to the ledger."""

    def __init__(self, context, entity, known, marker, sieve=None):
        self.context, self.entity, self.known, self.marker = context, entity, known, marker
        self.salt, self.has_ages = context.salt(entity.module), bool(context.pairs(entity.module).bounds)
        self.now = timezone.now()
        self.new, self.changed = [], []
        self.inserts, self.updates = [], []
        self.met, self.noted, self.marked, self.changes = [], [], [], []
        self.counts = dict.fromkeys(("seen", "created", "updated", "unchanged", "excluded", "failed"), 0)
        if sieve is not None:
            self.met += sieve.met
            self.counts |= {"seen": len(sieve.met), **sieve.counts}

    def settle(self, key, record, verdict, source=None, holder=None, raw=None):
        """Count one record and note what has to be written for it; a `holder` may make it wait."""
        context, entity = self.context, self.entity
        row = self.known.get(key)
        waited = holder is not None and holder.releasing
        if row is not None and not waited and row.id in context.seen(entity.module):
            return  # listed twice in one run: counted once
        invalid = isinstance(record, InvalidRecord)
        ours = row.object_id if row else None
        if not invalid and record.custom:
            context.keep_mapped(entity.module, record, ours)
        salt = context.salt(entity.module, ours) if self.has_ages else self.salt
        mark = fingerprint(str(record) if invalid else record, verdict, salt)
        same = row is not None and row.fingerprint == mark and row.source == source
        if row is not None:
            self.met.append(row.id)
        if holder is not None and not same and holder.takes(record, verdict, row, raw):
            return
        self.counts["seen"] += 1
        minutes = None if invalid else entity.minutes_of(record)
        waits = verdict.outcome == FAILED and not invalid
        waits_for = entity.waits_for(record, verdict) if waits else None
        if same:
            self._count(verdict, "unchanged")
            present = self._mark_of(raw, invalid, verdict.outcome, ours, mark)
            if self.marker.is_stale(row.mark, present):
                self.marked.append((present, row.id))
            if (row.minutes, row.blocked_by) != (minutes, waits_for):  # rows older than these columns
                self.noted.append((minutes, waits_for, row.id))
            return
        object_id, what = row.object_id if row else None, "unchanged"
        if verdict.outcome == SYNCED:
            object_id, what = self._write_object(record, verdict, row)
        elif object_id is not None and entity.removes_disqualified:
            object_id = entity.disqualify(self, object_id)
        self._count(verdict, what)
        modified = None if invalid else record.modified_at
        project = record.project_id
        changing = [
            record.name or (row and "") or "", project, object_id, verdict.outcome, verdict.reason,
            verdict.detail, mark, modified, context.run.pk, source, minutes, waits_for,
            self._mark_of(raw, invalid, verdict.outcome, ours, mark),
        ]  # fmt: skip
        if row is None:
            self.new.append([key, changing])
        else:
            self.changed.append((*changing, row.id))
            reason = row.reason if row.outcome == FAILED and verdict.outcome == SYNCED else verdict.reason
            self.changes.append(changes.Change(row.id, row.outcome, verdict.outcome, reason))

    def _mark_of(self, raw, invalid, outcome, object_id, mark):
        if raw is None or invalid:
            return None
        return self.marker.mark(raw, standing.links_of(self.entity, raw, outcome, object_id), mark)

    def _write_object(self, record, verdict, row):
        entity = self.entity
        values = values_of(self.context, entity, record, verdict, row.object_id if row else None)
        if row is not None and row.object_id is not None:
            if entity.may_write(self, row, verdict):
                self.updates.append((*values, row.object_id))
            return row.object_id, "updated"
        self.inserts.append(values)
        return len(self.inserts), "created"  # a place; becomes an id when the page is written

    def _count(self, verdict, what):
        # the words for what is excluded or failed are those of the outcomes
        self.counts[what if verdict.outcome == SYNCED else verdict.outcome] += 1

    def write(self):
        """Write everything; call it within the page's transaction."""
        context, entity = self.context, self.entity
        entity.before_write(self)
        if self.inserts:
            ids = bulk.next_ids(entity.model, len(self.inserts))
            bulk.insert_columns(
                entity.model, ("id", *entity.columns), (ids, *zip(*self.inserts, strict=True))
            )
            self._place_ids(ids)
        self.updates = self._keeping_other_values()
        self._note_fields()
        bulk.update(entity.model, entity.update_columns, self.updates)
        entity.finish(self)
        new_ids = bulk.next_ids(SyncedRecord, len(self.new))
        if self.new:
            keys, changing = zip(*self.new, strict=True)
            connection, module, now = map(repeat, (context.connection.pk, entity.module, self.now))
            changing = list(zip(*changing, strict=True))
            bulk.insert_columns(
                SyncedRecord,
                [*LEDGER_COLUMNS, "mark"],
                (new_ids, connection, module, keys, *changing[:8], now, *changing[8:]),
            )
        bulk.update(SyncedRecord, [*CHANGING_COLUMNS, "mark"], self.changed)
        bulk.update(SyncedRecord, ("mark",), self.marked)
        bulk.update(SyncedRecord, ("minutes", "blocked_by"), self.noted)
        self._note_new(new_ids)
        changes.record(context, entity.module, self.changes)
        context.seen(entity.module).add([*self.met, *new_ids])
        if self.updates or self.inserts or self.new or self.changed:
            context.forget(entity.module)

    def count_on(self, part):
        """Add the page's counts to its module's."""
        for name, value in self.counts.items():
            setattr(part, name, getattr(part, name) + value)

    def _note_fields(self):
        """Add our fields from → to, read before they are overwritten; not once the run lists no more of them."""
        context, entity = self.context, self.entity
        if not self.updates or not (
            changes.room_for(context, entity.module, changes.Kind.UPDATED)
            or changes.room_for(context, entity.module, changes.Kind.HEALED)
        ):
            return
        values = {row[-1]: row[:-1] for row in self.updates}
        stored = entity.model.objects.filter(pk__in=values).values_list("pk", *entity.update_columns)
        fields = {
            pk: changes.difference(entity.update_columns, old, values[pk]) for pk, *old in stored.iterator()
        }
        for change in self.changes:
            change.fields = fields.get(self._by_id(change.record_id).object_id, [])

    def _note_new(self, ids):
        """New records that failed; in later runs also those that came in."""
        lists_new = changes.lists_new(self.context)
        self.changes += [
            changes.Change(pk, "", changing[3], changing[4])
            for pk, (_, changing) in zip(ids, self.new, strict=True)
            if changing[3] == FAILED or (lists_new and changing[3] == SYNCED)
        ]

    def _keeping_other_values(self):
        """The updates, each with the custom values that stand here and belong to no live pair of that object."""
        if not self.updates or "custom_fields" not in self.entity.update_columns:
            return self.updates
        stored = self.entity.model.objects.filter(pk__in=[row[-1] for row in self.updates])
        before = dict(stored.exclude(custom_fields={}).values_list("pk", "custom_fields"))
        if not before:
            return self.updates
        return [
            (*keeping(self.context, self.entity, row[:-1], row[-1], before.get(row[-1], {})), row[-1])
            for row in self.updates
        ]

    def _place_ids(self, ids):
        # rows settled as "created" carry the place of their insert (1, 2, …) until here
        for _, changing in self.new:
            if changing[3] == SYNCED and changing[2] is not None:
                changing[2] = ids[changing[2] - 1]
        renumbered = []
        for changing in self.changed:
            known = self._by_id(changing[-1])
            if changing[3] == SYNCED and known.object_id is None and changing[2] is not None:
                changing = (*changing[:2], ids[changing[2] - 1], *changing[3:])
            renumbered.append(changing)
        self.changed = renumbered

    def _by_id(self, row_id):
        if not hasattr(self, "_known_by_id"):
            self._known_by_id = {row.id: row for row in self.known.values()}
        return self._known_by_id[row_id]
