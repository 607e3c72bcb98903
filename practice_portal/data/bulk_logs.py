"""Generated time logs: three series (task, issue, general) whose days ascend within each project.

Log k of n in a project falls on working day ((k + 1) * D - 1) // n of D, so that any window of days is a span
of indices, and hours repeat every 64 logs, so that the total of a span is a sum over a short table.
"""

from array import array
from bisect import bisect_left, bisect_right

from .bulk import KINDS, Base, bulk_id
from .table import IndexList, Spans

CYCLE = 64
MINUTES = [15 * (1 + i * 7 % 32) for i in range(CYCLE)]
#: of 64: 10 not billable, 4 pending, 2 rejected, 1 already invoiced, the rest approved and billable
BILLABLE = [i % 13 not in {4, 9} for i in range(CYCLE)]
APPROVED = (
    '"approval":{"status":"Approved","name":"Ada Winter","email":"ada.winter@lindenwerk.example.test"},'
)
STATES = [
    '"approval":{"status":"Pending"},'
    if i % 16 == 5
    else APPROVED.replace("Approved", "Rejected")
    if i % 32 == 11
    else APPROVED
    for i in range(CYCLE)
]
NOTES = ("", "", "<div>On site</div>", "Parts &amp; labour", "", "Call with the customer", "", "Second visit")


def _sums(kept):
    run, out = 0, [0]
    for i in range(CYCLE):
        run += MINUTES[i] if kept[i] else 0
        out.append(run)
    return out


SUMS = (_sums(BILLABLE), _sums([not b for b in BILLABLE]))


def span_minutes(low, high):
    """(billable, other) minutes of the logs with indices low..high-1 of a series."""
    out = []
    for sums in SUMS:
        upto = [sums[CYCLE] * (i // CYCLE) + sums[i % CYCLE] for i in (low, high)]
        out.append(upto[1] - upto[0])
    return out


class Series(Base):
    """The generated logs of one kind."""

    def __init__(self, shape, kind):
        self.entity = kind
        super().__init__(shape)
        self.kind, self.days = kind, shape.workdays
        self.items = {"task": "tasks", "issue": "issues"}.get(kind)
        self._running = {}

    def day(self, index, project=None):
        """Number of the working day of a log."""
        project = self.project(index) if project is None else project
        low, n = self.starts[project], self.starts[project + 1] - self.starts[project]
        return ((index - low + 1) * len(self.days) - 1) // n

    def date(self, index):
        """Date of a log."""
        return self.days[self.day(index)]

    def before(self, project, day):
        """First index of the project on or after a working day."""
        low, high = self.starts[project], self.starts[project + 1]
        return low + (high - low) * day // len(self.days)

    def window(self, first, last):
        """Numbers of the working days from date `first` to date `last`, half-open; "" is everything."""
        if not first:
            return 0, len(self.days)
        return bisect_left(self.days, first), bisect_right(self.days, last)

    def item(self, project, index):
        """Index of the task or issue of a log."""
        starts = self.shape.starts[self.items]
        return starts[project] + (index - self.starts[project]) % (starts[project + 1] - starts[project])

    def running(self, hidden):
        """How many logs lie before each working day, over all projects that are not hidden; made once."""
        if hidden not in self._running:
            if len(self._running) > 8:
                self._running.clear()
            sizes = [self.starts[p + 1] - self.starts[p] for p in range(self.shape.n) if p not in hidden]
            total = len(self.days)
            self._running[hidden] = array(
                "q", [sum([n * d // total for n in sizes]) for d in range(total + 1)]
            )
        return self._running[hidden]

    def raw(self, index):
        """One log."""
        shape, project, place = self.shape, self.project(index), index % CYCLE
        day = self.days[self.day(index, project)]
        spent = MINUTES[place]
        owner = shape.people[(project * 7 + (index - self.starts[project]) % 6) % shape.users]
        if self.items:
            item = self.item(project, index)
            table = shape.portal.tables[self.items].base
            about = (
                f'"module_detail":{{"id":"{bulk_id(self.items, item)}","name":"{table.name(item)}","prefix":'
                f'"P{project}-{self.items[0].upper()}{item - table.starts[project]}",'
                f'"type":"{"bug" if self.kind == "issue" else "task"}"}},'
            )
        else:
            about = '"log_name":"Coordination",'
        note = NOTES[index % 8]
        invoice = f',"invoice_id":"{bulk_id("general", 999_000_000 + index)}"' if place == 33 else ""
        return (
            f'{{"id":"{bulk_id(self.kind, index)}","date":"{day}","type":"{self.kind}",{about}'
            f'"project":{shape.refs[project]},"owner":{owner},"added_by":{owner},'
            f'"log_hour":"{spent // 60:02d}:{spent % 60:02d}",'
            f'"billing_status":"{"Billable" if BILLABLE[place] else "Non Billable"}",{STATES[place]}'
            f'"notes":"{note}","log_notes":"{note}","created_time":"{day}T16:{index % 60:02d}:10.000Z",'
            f'"last_modified_time":"{day}T18:{index % 60:02d}:41.000Z"{invoice}}}'
        ).encode()


class DayOrder:
    """Logs of the whole portal in a window, by day, then by project, then by index."""

    def __init__(self, series, hidden, first, last, gone):
        self.series, self.hidden, self.first, self.last = series, hidden, first, last
        self.running = series.running(hidden)
        self.numbers = [p for p in range(series.shape.n) if p not in hidden]
        self.full = self.running[last] - self.running[first]
        self.gone_indices = [
            i for i in gone if first <= series.day(i) < last and series.project(i) not in hidden
        ]
        self.gone = sorted(self._position(i) for i in self.gone_indices)

    def _position(self, index):
        series, project = self.series, self.series.project(index)
        day = series.day(index, project)
        place = self.running[day] - self.running[self.first] + index - series.before(project, day)
        return place + sum(
            series.before(p, day + 1) - series.before(p, day) for p in self.numbers if p < project
        )

    def __len__(self):
        return self.full - len(self.gone)

    def items(self, start, stop):
        """Indices from `start` to `stop`, walking only the days of the page."""
        out, series, gone = [], self.series, set(self.gone_indices)
        place = start
        while (further := start + bisect_right(self.gone, place)) != place:
            place = further
        day = bisect_right(self.running, self.running[self.first] + place) - 1
        skip = place - (self.running[day] - self.running[self.first])
        wanted = min(stop, len(self)) - start
        while len(out) < wanted and day < self.last:
            for project in self.numbers:
                low, high = series.before(project, day), series.before(project, day + 1)
                if high - low <= skip:
                    skip -= high - low
                    continue
                out += [i for i in range(low + skip, high) if i not in gone]
                skip = 0
                if len(out) >= wanted:
                    break
            day += 1
        return out[:wanted]

    def rank(self, date):
        """How many are dated on or before `date`."""
        day = min(max(bisect_right(self.series.days, date), self.first), self.last)
        place = self.running[day] - self.running[self.first]
        return place - bisect_left(self.gone, place)

    def spans(self):
        """Spans of indices, one per project."""
        return [(self.series.before(p, self.first), self.series.before(p, self.last)) for p in self.numbers]


class LogBase:
    """The three series under one roof; an index is shifted by the series before it."""

    def __init__(self, shape):
        self.shape = shape
        self.series, self.shift, self.count = {}, {}, 0
        for kind in ("task", "issue", "general"):
            series = self.series[kind] = Series(shape, kind)
            self.shift[kind] = self.count
            self.count += series.count

    def _home(self, index):
        for kind in ("general", "issue", "task"):
            if index >= self.shift[kind]:
                return self.series[kind], index - self.shift[kind]
        raise IndexError(index)

    def index(self, key):
        """Index of an id, or None."""
        for kind, series in self.series.items():
            if key[4:6] == str(KINDS[kind]):
                found = series.index(key)
                return None if found is None else found + self.shift[kind]
        return None

    def raw(self, index):
        """One log as JSON bytes."""
        series, inner = self._home(index)
        return series.raw(inner)

    def project_id(self, index):
        """Id of its project."""
        series, inner = self._home(index)
        return series.project_id(inner)

    def remove(self, index, cause):
        """Take an index out of every listing."""
        series, inner = self._home(index)
        series.remove(inner, cause)

    def hide_item(self, entity, key, gone):
        """Hide or show the logs of a generated task or issue."""
        series = self.series["issue" if entity == "issues" else "task"]
        series.version += 1
        if not gone:
            series.removed.pop(key, None)
            return
        if key[:6] != f"2193{KINDS[entity]}":
            return
        item, starts = int(key[6:]), self.shape.starts[entity]
        project = bisect_right(starts, item) - 1
        step = starts[project + 1] - starts[project]
        series.removed[key] = set(
            range(series.starts[project] + item - starts[project], series.starts[project + 1], step)
        )

    def raws(self, pairs):
        """JSON bytes; a view of logs yields (series, index) through `_Bound`."""
        return [series.raw(index) for series, index in pairs]

    def log_view(self, kind, hidden, project_id, first, last, match=None, cache_key=None):
        """A view of the logs of one kind in a window of dates ("" for all), merged-ready by date."""
        series = self.series[kind]
        low, high = series.window(first, last)
        gone = series.gone()
        if project_id is not None:
            number = self.shape.number.get(project_id)
            spans = [] if number is None else [(series.before(number, low), series.before(number, high))]
            view = Spans(spans, gone, series.date)
            view.gone_indices = [i for i in gone if spans and spans[0][0] <= i < spans[0][1]]
        else:
            numbers = frozenset(self.shape.number[h] for h in hidden if h in self.shape.number)
            view = DayOrder(series, numbers, low, high, gone)
        if match is not None:
            key = (project_id, first, last, cache_key, frozenset(hidden), series.version)
            if key not in series._found:
                every = view.items(0, len(view))
                found = array("q", [i for i in every if match(series.decoded(i))])
                series._found[key] = found
                while len(series._found) > 16:
                    series._found.popitem(last=False)
            view = IndexList(series._found[key], series.date)
        return _Bound(series, view)

    def log_minutes(self, bound):
        """(billable, other) minutes of a view."""
        view = bound.view
        if isinstance(view, IndexList):
            spans, gone = [(i, i + 1) for i in view.indices], ()
        else:
            spans = view.spans() if isinstance(view, DayOrder) else view.spans
            gone = view.gone_indices
        parts = [span_minutes(low, high) for low, high in spans] + [
            [-m for m in span_minutes(i, i + 1)] for i in gone
        ]
        return sum(p[0] for p in parts), sum(p[1] for p in parts)


class _Bound:
    """A view together with its series."""

    def __init__(self, series, view):
        self.series, self.view = series, view

    def __len__(self):
        return len(self.view)

    def items(self, start, stop):
        """(series, index) pairs."""
        return [(self.series, i) for i in self.view.items(start, stop)]

    def rank(self, date):
        """How many are dated on or before `date`."""
        return self.view.rank(date)
