"""The short way for records that stand as they did: they are neither parsed nor judged again.

A ledger row's `mark` covers all that its verdict follows from: the raw record, the rules (the program itself, the
field map, the cutoff, the portal's time zone), the ids here of what it hangs on, and the fingerprint of what was
written. Same mark, same verdict, nothing to write. What an entity cannot tell from the raw record goes the long way.
"""

import sys
from functools import cache
from hashlib import blake2b
from pathlib import Path

import msgspec

from integrations.models import SyncedRecord
from integrations.sync import lookup
from integrations.zoho import values
from integrations.zoho.kept import Kept, head_of

COUNTED = {
    SyncedRecord.Outcome.SYNCED.value: "unchanged",
    SyncedRecord.Outcome.EXCLUDED.value: "excluded",
    SyncedRecord.Outcome.FAILED.value: "failed",
}
COLUMNS = ("zoho_id", "id", "object_id", "outcome", "fingerprint", "mark")
RAW_BYTES, LINKS_BYTES, RULES_BYTES = 12, 6, 4
# what JSON of an odd shape can make the encoder and the readers raise
_ODD = (TypeError, ValueError, OverflowError, RecursionError, AttributeError, KeyError)
_encode = msgspec.msgpack.Encoder().encode


@cache
def _program():
    """A digest of the program that reads and judges: another version of it may judge the same record differently."""
    digest = blake2b(f"{sys.version} {msgspec.__version__}".encode(), digest_size=16)
    package = Path(__file__).resolve().parent.parent
    for path in sorted(
        [*(package / "zoho").rglob("*.py"), *(package / "sync").rglob("*.py"), package / "pairs.py"]
    ):
        digest.update(path.read_bytes())
    return digest.digest()


def rules_of(context, module):
    """A digest of what besides a record and its links decides how it lands here."""
    pairs = context.pairs(module)
    told = (pairs.bounds, [sorted(age.items()) for age in pairs.ages], context.salt(module))
    told += (sorted(context.custom_types(module).items()), context.connection.portal_time_zone)
    return blake2b(_program() + _encode(told), digest_size=16).digest()


class Marker:
    """Makes the marks of one module under the present rules."""

    def __init__(self, context, module):
        self.rules = rules_of(context, module)
        # a record kept as bytes and the same record decoded have different marks
        self.tail, self.decoded_tail = self.rules[:RULES_BYTES], self.rules[-RULES_BYTES:]

    def mark(self, raw, links, fingerprint):
        """The mark of a raw record, kept or decoded; None when it cannot have one. `links`: see `Entity.standing`."""
        if links is None:
            return None
        try:
            if raw.__class__ is Kept:
                digest, tail = blake2b(raw.body, digest_size=RAW_BYTES, key=self.rules), self.tail
                if raw.filled is not None:
                    digest.update(_encode(raw.filled))
            else:
                digest, tail = (
                    blake2b(_encode(raw), digest_size=RAW_BYTES, key=self.rules),
                    self.decoded_tail,
                )
            return (
                digest.digest()
                + blake2b(_encode((links, fingerprint)), digest_size=LINKS_BYTES).digest()
                + tail
            )
        except _ODD:
            return None

    def is_stale(self, mark, present):
        """Whether a row whose record proved unchanged should take its `present` mark in place of the stored one.

        Not when only the raw record differs: a source that sends something else each time would be written each time.
        Nor does the mark of a decoded record take the place of one of its bytes; the reverse happens once.
        """
        if present is None or mark == present:
            return False
        tail = mark[-RULES_BYTES:] if mark else None
        if tail not in (self.tail, self.decoded_tail):
            return True
        if tail != present[-RULES_BYTES:]:
            return tail == self.decoded_tail
        return mark[:RAW_BYTES] == present[:RAW_BYTES]


def links_of(entity, raw, outcome, object_id):
    """`Entity.standing`, None for a record of an odd shape."""
    try:
        return entity.standing(head_of(raw), outcome, object_id)
    except _ODD:
        return None


def _id_of(raw):
    return values.text_id(raw.get("id")) if raw.__class__ is dict else ""


class Sieve:
    """Takes those records out of a page, kept or decoded, that stand as they did.

    `rest` are those left, `counts` and `met` (ledger ids) what the others add to the page, `known` the Zoho
    ids of the page that have a ledger row, `asked` those that were looked for.
    """

    def __init__(self, context, entity, marker, raws):
        self.rest, self.met, self.counts = raws, [], dict.fromkeys(COUNTED.values(), 0)
        heads = [head_of(raw) for raw in raws]
        keys = [raw.id if raw.__class__ is Kept else _id_of(raw) for raw in raws]
        self.asked = {key for key in keys if key}
        rows = lookup.ledger_rows(context.connection.pk, entity.module, self.asked, COLUMNS)
        self.known = {row[0]: row for row in rows}
        if self.known:
            entity.look_up(heads, [row[2] for row in rows if row[2] is not None])
            met_before = context.seen(entity.module).among(row[1] for row in rows)
            self._sift(met_before, entity, marker, keys, heads, raws)

    def _sift(self, met_before, entity, marker, keys, heads, raws):
        rest, met, counts, known = [], self.met, self.counts, self.known
        handled, tails, make, standing = (
            set(),
            (marker.tail, marker.decoded_tail),
            marker.mark,
            entity.standing,
        )
        for key, head, raw in zip(keys, heads, raws, strict=True):
            row = known.get(key)
            if row is None:
                rest.append(raw)
                continue
            if key in handled:
                continue  # listed twice on one page: the first counts
            handled.add(key)
            _, pk, object_id, outcome, fingerprint, mark = row
            if pk in met_before:
                continue  # listed twice in one run: counted once
            if mark and outcome in COUNTED and mark[-RULES_BYTES:] in tails:
                try:
                    links = standing(head, outcome, object_id)
                except _ODD:
                    links = None
                if links is not None and make(raw, links, fingerprint) == mark:
                    met.append(pk)
                    counts[COUNTED[outcome]] += 1
                    continue
            rest.append(raw)
        self.rest = rest
