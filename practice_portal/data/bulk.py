"""Large data without storage: every record is arithmetic on its index.

A project holds a contiguous span of indices in each entity, the first projects large, the last ones small.
Ids tell the index back (`2193` + kind + index), so that a single record is found without a search.
"""

from abc import ABC, abstractmethod
from array import array
from bisect import bisect_right
from collections import OrderedDict
from datetime import timedelta

import msgspec

from .table import IndexList, Spans

KINDS = {
    "projects": 11,
    "users": 12,
    "clients": 13,
    "contacts": 14,
    "tasklists": 15,
    "milestones": 16,
    "tasks": 21,
    "issues": 22,
    "task": 31,
    "issue": 32,
    "general": 33,
}
DAYS = 720


def bulk_id(kind, index):
    """Id of a generated record, 18 digits."""
    return f"2193{KINDS[kind]:02d}{index:012d}"


def spread(total, parts):
    """Start indices (parts + 1) of a skewed split: the first parts are large, none empty if possible."""
    least = 1 if total >= parts else 0
    weights = [1 / (i + 1) ** 0.8 for i in range(parts)]
    whole, rest, run = sum(weights), total - least * parts, 0.0
    starts = array("q", [0])
    for i, weight in enumerate(weights):
        run += weight
        starts.append(round(rest * run / whole) + least * (i + 1))
    starts[-1] = total
    return starts


class Shape:
    """The common measure of all generated entities of a portal."""

    def __init__(self, portal, days, projects, tasks, logs, users):
        self.portal, self.n, self.users = portal, projects, users
        tasks, issues = max(tasks, projects), max(projects, tasks // 20)
        self.starts = {
            "tasks": spread(tasks, projects),
            "issues": spread(issues, projects),
            "tasklists": spread(max(projects, tasks // 10), projects),
            "milestones": array("q", [2 * i for i in range(projects + 1)]),
            "task": spread(logs - 2 * (logs // 10), projects),
            "issue": spread(logs // 10, projects),
            "general": spread(logs // 10, projects),
        }
        self.project_ids = [bulk_id("projects", i) for i in range(projects)]
        self.number = {key: i for i, key in enumerate(self.project_ids)}
        self.refs = [""] * projects
        self.people = []
        self.people_long = []
        #: dates by days ago
        self.ago = [days.ago(n) for n in range(DAYS + 60)]
        day, self.workdays = days.today - timedelta(days=1), []
        for n in range(DAYS):
            moment = day - timedelta(days=n)
            if moment.weekday() < 5:
                self.workdays.append(moment.isoformat())
        self.workdays.reverse()
        self.none = f'{{"id":"{portal.prefix[:-6]}000000000073","name":"None"}}'

    def members(self, project):
        """Numbers of the six users of a project."""
        return [(project * 7 + m) % self.users for m in range(min(6, self.users))]

    def refresh_names(self):
        """Read the names of projects and people from the stored records."""
        for i, key in enumerate(self.project_ids):
            name = self.portal.tables["projects"].records[key].data["name"]
            self.refs[i] = msgspec.json.encode({"id": key, "name": name}).decode()
        for i in range(self.users):
            user = self.portal.tables["users"].records[bulk_id("users", i)].data
            short = {k: user[k] for k in ("zpuid", "name", "email")}
            self.people.append(msgspec.json.encode(short).decode())
            self.people_long.append(msgspec.json.encode({"zuid": user["zuid"], **short}).decode())


class Base(ABC):
    """The generated part of one table."""

    entity = ""
    stamp_key = "last_modified_time"

    def __init__(self, shape):
        self.shape = shape
        self.starts = shape.starts[self.entity]
        self.count = self.starts[-1]
        self.removed = {}
        #: Grows whenever `removed` changes, so that kept scans are not used beyond it.
        self.version = 0
        self._found = OrderedDict()

    def project(self, index):
        """Number of the project of an index."""
        return bisect_right(self.starts, index) - 1

    def project_id(self, index):
        """Its id."""
        return self.shape.project_ids[self.project(index)]

    def index(self, key):
        """Index of an id, or None when it is none of ours or was removed."""
        if len(key) != 18 or key[:6] != f"2193{KINDS[self.entity]:02d}" or not key.isdigit():
            return None
        index = int(key[6:])
        return index if index < self.count and not any(index in s for s in self.removed.values()) else None

    def remove(self, index, cause):
        """Take an index out of every listing."""
        self.removed.setdefault(cause, set()).add(index)
        self.version += 1

    def gone(self):
        """All removed indices."""
        return set().union(*self.removed.values()) if self.removed else set()

    def raws(self, indices):
        """JSON bytes of the records."""
        raw = self.raw
        return [raw(i) for i in indices]

    def spans(self, hidden, project_id):
        """Spans of indices of one project, or of all whose ids are not hidden."""
        if project_id is not None:
            number = self.shape.number.get(project_id)
            return [] if number is None else [(self.starts[number], self.starts[number + 1])]
        numbers = sorted(self.shape.number[h] for h in hidden if h in self.shape.number)
        spans, begin = [], 0
        for number in numbers:
            spans.append((begin, self.starts[number]))
            begin = self.starts[number + 1]
        return [*spans, (begin, self.count)]

    def view(self, hidden, project_id, match=None, cache_key=None):
        """The selection as a view; a `match` is scanned once and kept under its key."""
        spans, gone = self.spans(hidden, project_id), self.gone()
        if match is None:
            return Spans(spans, gone)
        found = self.scan(spans, match, (project_id, cache_key, tuple(spans)))
        return IndexList(array("q", [i for i in found if i not in gone]) if gone else found)

    def scan(self, spans, match, key):
        """Indices in the spans that match; the last sixteen scans are kept."""
        if key in self._found:
            self._found.move_to_end(key)
            return self._found[key]
        look = self.light if getattr(match, "stamps_only", False) else self.decoded
        found = self._found[key] = array(
            "q", [i for low, high in spans for i in range(low, high) if match(look(i))]
        )
        while len(self._found) > 16:
            self._found.popitem(last=False)
        return found

    def decoded(self, index):
        """The whole record."""
        return msgspec.json.decode(self.raw(index))

    def light(self, index):
        """Only the two times of the record, for filters that look at nothing else."""
        created, changed = self.times(index)
        return {"created_time": created, self.stamp_key: changed}

    def times(self, index):
        """(created, changed): the lower the index the newer; all lie at least five days back."""
        back = 30 + (DAYS - 1) * index // self.count
        clock = f"T{8 + index % 9:02d}:{index % 60:02d}:07.120Z"
        return self.shape.ago[back] + clock, self.shape.ago[back - index * 7 % 25] + clock

    @abstractmethod
    def raw(self, index):
        """One record as JSON bytes."""


class TaskLists(Base):
    """Generated task lists."""

    entity = "tasklists"
    stamp_key = "last_updated_time"
    NAMES = ("Preparation", "Groundwork", "Assembly", "Electrics", "Acceptance", "Hand-over", "Upkeep")

    def raw(self, index):
        """One task list."""
        project = self.project(index)
        created, changed = self.times(index)
        return (
            f'{{"id":"{bulk_id("tasklists", index)}","name":"{self.name(index)}","flag":"internal",'
            f'"status":"active","project":{self.shape.refs[project]},'
            f'"milestone":{self.phase(project, index)},'
            f'"sequence":{{"milestone_sequence":1,"project_sequence":{index - self.starts[project] + 1}}},'
            f'"created_time":"{created}","last_updated_time":"{changed}"}}'
        ).encode()

    def name(self, index):
        """Name of a list."""
        return f"{self.NAMES[index % 7]} {index % 1000}"

    def phase(self, project, index):
        """The phase of a list; every fourth has none."""
        place = index - self.starts[project]
        if place % 4 == 3:
            return self.shape.none
        phase = 2 * project + place % 2
        return f'{{"id":"{bulk_id("milestones", phase)}","name":"{Phases.NAMES[phase % 2]}"}}'


class Phases(Base):
    """Generated phases, two per project."""

    entity = "milestones"
    NAMES = ("Plan", "Delivery")

    def raw(self, index):
        """One phase."""
        shape, project = self.shape, self.project(index)
        created, changed = self.times(index)
        owner = shape.people_long[project * 7 % shape.users][:-1] + ',"is_client_user":false}'
        start, end = shape.ago[400 - 190 * (index % 2)], shape.ago[215 - 190 * (index % 2)]
        return (
            f'{{"id":"{bulk_id("milestones", index)}","name":"{self.NAMES[index % 2]}",'
            f'"start_date":"{start}",'
            f'"end_date":"{end}","flag":"internal","owner":{owner},"addedby":{owner},'
            f'"status":{{"statusId":"219300000000000601","statusName":"Active","statusColorHexCode":"#08AEEA",'
            f'"closed":false}},"status_type":"open","completion_percent":50,"is_completed":false,"isTrashed":"0",'
            f'"sequence":"{index % 2 + 1}","project":{shape.refs[project]},"created_time":"{created}",'
            f'"last_modified_time":"{changed}","custom_fields":{{}}}}'
        ).encode()


_OPEN = '{"id":"219300000000000511","name":"Open","color_hexcode":"#74CB80","is_closed_type":false}'
_SHUT = '{"id":"219300000000000519","name":"Closed","color_hexcode":"#8A8A8A","is_closed_type":true}'


class Tasks(Base):
    """Generated tasks; every fifth is a subtask of the one before."""

    entity = "tasks"
    NAMES = (
        "Survey",
        "Drawing",
        "Order",
        "Installation",
        "Cable run",
        "Test",
        "Report",
        "Training",
        "Repair",
        "Cleaning",
        "Review",
    )

    def name(self, index):
        """Name of a task."""
        return f"{self.NAMES[index % 11]} {index % 1000:03d}"

    def raw(self, index):
        """One task."""
        shape, project = self.shape, self.project(index)
        place = index - self.starts[project]
        lists = shape.starts["tasklists"]
        line = lists[project] + place % (lists[project + 1] - lists[project])
        base = shape.portal.tables["tasklists"].base
        created, changed = self.times(index)
        closed = index % 3 == 0
        owner = shape.people[(project * 7 + place % 6) % shape.users]
        hours = f"{2 + index % 38:02d}:00"
        parent = (
            f'"parental_info":{{"parent_task_id":"{bulk_id("tasks", index - 1)}"}},' if place % 5 == 4 else ""
        )
        return (
            f'{{"id":"{bulk_id("tasks", index)}","prefix":"P{project}-T{place}","name":"{self.name(index)}",'
            f'"project":{shape.refs[project]},"tasklist":{{"id":"{bulk_id("tasklists", line)}",'
            f'"name":"{base.name(line)}"}},"milestone":{base.phase(project, line)},'
            f'"status":{_SHUT if closed else _OPEN},'
            f'"priority":"{("none", "low", "medium", "high")[index % 4]}",'
            f'"start_date":"{created[:10]}T07:00:00.000Z","end_date":"{changed[:10]}T15:00:00.000Z",'
            f'"completion_percentage":{100 if closed else index % 10 * 10},'
            f'"is_completed":{"true" if closed else "false"},"depth":{1 if parent else 0},{parent}'
            f'"association_info":{{"has_subtasks":{"true" if place % 5 == 3 else "false"}}},'
            f'"owners_and_work":{{"work_type":"standard","unit":"hours","total_work":"{hours}",'
            f'"copy_task_duration":false,"owners":[{owner[:-1]},"work_values":"{hours}"}}]}},'
            f'"billing_type":"{"non_billable" if index % 10 == 9 else "billable"}","created_by":{owner},'
            f'"updated_by":{owner},"created_time":"{created}","last_modified_time":"{changed}"}}'
        ).encode()


class Issues(Base):
    """Generated issues."""

    entity = "issues"
    stamp_key = "last_updated_time"
    NAMES = ("Leak", "Noise", "Wrong label", "Sensor drift", "Late part", "Loose bolt", "Broken link")

    def name(self, index):
        """Name of an issue."""
        return f"{self.NAMES[index % 7]} {index % 1000:03d}"

    def raw(self, index):
        """One issue."""
        shape, project = self.shape, self.project(index)
        place = index - self.starts[project]
        created, changed = self.times(index)
        owner = shape.people[(project * 7 + place % 6) % shape.users]
        return (
            f'{{"id":"{bulk_id("issues", index)}","prefix":"P{project}-I{place}","name":"{self.name(index)}",'
            f'"project":{shape.refs[project]},"status":{_SHUT if index % 3 else _OPEN},'
            f'"severity":{{"id":"219300000000000711","name":"Major"}},"assignee":{owner},"reporter":{owner},'
            f'"flag":"Internal","due_date":"{changed[:10]}T15:00:00.000Z","created_time":"{created}",'
            f'"last_updated_time":"{changed}"}}'
        ).encode()
