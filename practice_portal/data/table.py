"""One entity of one portal: stored records, plus a generated base where the data is large.

The base is arithmetic on an index (see bulk.py) and holds nothing. A generated record that is changed or
deleted through the control interface leaves the base and, when changed, becomes a stored one.
"""

from bisect import bisect_left, bisect_right

import msgspec

from .specs import SPECS


class Record:
    """A stored record: its JSON form and its place in the recycle bin, if it is there."""

    __slots__ = ("_raw", "data", "key", "trashed")

    def __init__(self, key, data):
        self.key, self.data, self.trashed, self._raw = key, data, None, None

    @property
    def raw(self):
        """The record as JSON bytes, made once."""
        if self._raw is None:
            self._raw = msgspec.json.encode(self.data)
        return self._raw

    def touched(self):
        """Forget the JSON bytes after a change of `data`."""
        self._raw = None

    @property
    def project_id(self):
        """The project's id as text, or an empty text."""
        project = self.data.get("project")
        return str(project.get("id", "")) if isinstance(project, dict) else ""


class Table:
    """Records of one entity by id; `base` is a generated part or None."""

    def __init__(self, portal, entity, base=None):
        self.portal, self.spec, self.base = portal, SPECS[entity], base
        self.records = {}

    @property
    def entity(self):
        """Name of the entity."""
        return self.spec.name

    def add(self, data, key=""):
        """Store a record; a record without an id needs a `key` to be found again."""
        key = str(key or data.get("id") or data.get("zpuid") or f"without-id-{len(self.records)}")
        record = self.records[key] = Record(key, data)
        return record

    def get(self, key):
        """The visible record's Record (a generated one is made for the occasion), or None."""
        record = self.records.get(key)
        if record:
            return record if self.visible(record) else None
        index = self.base.index(key) if self.base else None
        if index is None or self.portal.is_hidden(self.base.project_id(index)):
            return None
        return Record(key, msgspec.json.decode(self.base.raw(index)))

    def peek(self, key):
        """The decoded record, hidden or not, without moving it into the store; None if unknown."""
        if key in self.records:
            return self.records[key].data
        index = self.base.index(key) if self.base else None
        return None if index is None else msgspec.json.decode(self.base.raw(index))

    def take(self, key):
        """The Record for a change, in the bin or not; a generated one is stored now. KeyError if unknown."""
        record = self.records.get(key)
        if record:
            return record
        index = self.base.index(key) if self.base else None
        if index is None:
            raise KeyError(key)
        record = self.records[key] = Record(key, msgspec.json.decode(self.base.raw(index)))
        self.base.remove(index, "moved")
        return record

    def drop(self, key):
        """Delete for good, without a trace. KeyError if unknown."""
        self.take(key)
        del self.records[key]

    def visible(self, record):
        """False for what is in the bin, itself or through its project, task or issue."""
        if record.trashed:
            return False
        if self.entity == "projects":
            return True
        if self.portal.is_hidden(record.project_id):
            return False
        if self.entity == "logs" and isinstance(record.data.get("module_detail"), dict):
            table = "issues" if record.data.get("type") == "issue" else "tasks"
            item = self.portal.tables[table].records.get(str(record.data["module_detail"].get("id")))
            return not (item and item.trashed)
        return True

    def stored(self, project_id=None):
        """Visible stored records, of one project or of all that are no templates."""
        for record in self.records.values():
            if project_id is None:
                if record.project_id in self.portal.template_ids:
                    continue
            elif record.project_id != project_id:
                continue
            if self.visible(record):
                yield record

    def rows(self, project_id=None, match=None, cache_key=None):
        """All visible rows as Rows: newest stored ones first, then the generated ones.

        `match` is a predicate on the decoded record; `cache_key` names it: scans of the base are kept.
        """
        stored = [r for r in self.stored(project_id) if match is None or match(r.data)]
        stored.sort(key=lambda r: r.data.get("created_time") or "", reverse=True)
        view = self.base.view(self.portal.hidden_ids(), project_id, match, cache_key) if self.base else None
        return Rows(stored, view, self.base)


class Rows:
    """A selection that can tell its length and give any slice as JSON bytes."""

    def __init__(self, stored, view, base):
        self.stored, self.view, self.base = stored, view, base
        self.positions = range(len(stored))

    def __len__(self):
        return len(self.stored) + (len(self.view) if self.view is not None else 0)

    def slice(self, start, stop):
        """Rows from `start` up to `stop` as a list of JSON bytes."""
        stop = min(stop, len(self))
        if self.view is None:
            return [r.raw for r in self.stored[start:stop]]
        first, last = bisect_left(self.positions, start), bisect_left(self.positions, stop)
        between = self.base.raws(self.view.items(start - first, stop - last))
        if first == last:
            return between
        out, place = [], 0
        for number in range(first, last):
            gap = self.positions[number] - start - len(out)
            out += between[place : place + gap]
            place += gap
            out.append(self.stored[number].raw)
        return out + between[place:]


class DatedRows(Rows):
    """Time logs: stored and generated ones merged by date, then by id."""

    def __init__(self, stored, view, base):
        stored = sorted(stored, key=lambda r: (str(r.data.get("date") or ""), r.key))
        super().__init__(stored, view, base)
        if view is not None:
            self.positions = [view.rank(str(r.data.get("date") or "")) + i for i, r in enumerate(stored)]


class IndexList:
    """A view that is a list of indices of the base."""

    def __init__(self, indices, dates=None):
        self.indices, self.dates = indices, dates

    def __len__(self):
        return len(self.indices)

    def items(self, start, stop):
        """Indices from `start` to `stop`."""
        return self.indices[start:stop]

    def rank(self, date):
        """How many are dated on or before `date`."""
        return bisect_right(self.indices, date, key=self.dates)


class Spans:
    """A view over spans of indices, without the removed ones."""

    def __init__(self, spans, removed=(), dates=None):
        self.spans = [s for s in spans if s[1] > s[0]]
        self.starts, total = [], 0
        for low, high in self.spans:
            self.starts.append(total)
            total += high - low
        self.full, self.dates = total, dates
        self.gone = sorted(p for p in (self._position(i) for i in removed) if p is not None)

    def _position(self, index):
        for (low, high), start in zip(self.spans, self.starts, strict=True):
            if low <= index < high:
                return start + index - low
        return None

    def __len__(self):
        return self.full - len(self.gone)

    def items(self, start, stop):
        """Indices from `start` to `stop`, counted without the removed ones."""
        out = []
        place = start
        while True:  # the place in the full span: as many further as removed ones lie before it
            further = start + bisect_right(self.gone, place)
            if further == place:
                break
            place = further
        gone = set(self.gone)
        number = bisect_right(self.starts, place) - 1
        while len(out) < stop - start and place < self.full:
            low, high = self.spans[number]
            begin = low + place - self.starts[number]
            end = min(high, begin + stop - start - len(out))
            if gone:
                out += [i for i in range(begin, end) if self.starts[number] + i - low not in gone]
            else:
                out += range(begin, end)
            place += end - begin
            if end == high:
                number += 1
        return out

    def rank(self, date):
        """How many are dated on or before `date` (for one span whose dates ascend)."""
        if not self.spans:
            return 0
        low, high = self.spans[0]
        place = bisect_right(range(low, high), date, key=self.dates)
        return place - bisect_left(self.gone, place)
