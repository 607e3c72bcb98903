"""Hours from a CSV file: read, judged row by row in plain words, and stored all together or not at all."""

import csv
import datetime
import io
import re
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction

from organizations.activity import record
from timetracking import entries as service
from timetracking import entry_rules, selectors
from timetracking.durations import hours_text, minutes_of
from timetracking.log_forms import loggable_projects, new_entry
from timetracking.models import StaffUser

BYTES, ROWS = 1_000_000, 2000
NO_CSV = "This is no CSV file. In a spreadsheet choose “Save as” and then CSV (UTF-8)."
# What a column may be called, in lower case.
COLUMNS = {
    "date": ("date", "day", "log date"),
    "project": ("project", "project name"),
    "item": ("task or bug", "task", "task name", "bug", "item"),
    "person": ("person", "user", "staff", "name"),
    "email": ("e-mail", "email"),
    "hours": ("hours", "duration", "time spent", "time"),
    "billing": ("billing", "billable", "billing status"),
    "notes": ("notes", "description", "comment"),
    "kind": ("kind",),
    "customer": ("customer", "customer name"),
}
NEEDED = ("date", "project", "hours")
_NOT = ("no", "false", "0", "n", "non-billable", "non billable", "nonbillable")
_YES = ("", "yes", "true", "1", "y", "billable", "unbilled")


@dataclass
class Line:
    """One row of the file: its number there, what was read, and what is wrong with it."""

    number: int
    cells: dict
    problems: list = field(default_factory=list)
    entry: object = None

    @property
    def hours(self):
        """The duration as it will be stored, or as it was typed."""
        return hours_text(self.entry.minutes) if self.entry else self.cells.get("hours", "")

    @property
    def person(self):
        """Whose hour it will be, or who was written."""
        if self.entry:
            return self.entry.staff_user.name
        return self.cells.get("person") or self.cells.get("email", "")


def text_of(upload):
    """The text of an uploaded file; ValidationError with a sentence when it is none."""
    if upload.size > BYTES:
        raise ValidationError("The file is larger than 1 MB. Split it.")
    data = upload.read()
    if b"\0" in data:
        raise ValidationError(NO_CSV)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValidationError("The file is not in UTF-8. In a spreadsheet choose “CSV UTF-8”.") from None


def read(text):
    """The rows of the file as dicts by our column names; ValidationError when the columns cannot be found."""
    if "\0" in text:
        raise ValidationError(NO_CSV)
    text = text.lstrip("\ufeff")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        table = list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error:
        raise ValidationError("The file cannot be read as CSV: a quotation mark is open somewhere.") from None
    table = [(number, row) for number, row in enumerate(table, 1) if any(cell.strip() for cell in row)]
    if len(table) < 2:
        raise ValidationError("The file has no rows below its heading.")
    if len(table) - 1 > ROWS:
        raise ValidationError(f"At most {ROWS:,} rows at once; this file has {len(table) - 1:,}. Split it.")
    heading = [cell.strip().lower() for cell in table[0][1]]
    places = {}
    for name, spellings in COLUMNS.items():
        place = next((heading.index(word) for word in spellings if word in heading), None)
        if place is not None:
            places[name] = place
    if missing := [name for name in NEEDED if name not in places]:
        raise ValidationError(f"The heading has no column for: {', '.join(missing)}.")
    return [
        Line(number, {name: _cell(row, place) for name, place in places.items()}) for number, row in table[1:]
    ]


def _cell(row, place):
    cell = row[place].strip() if place < len(row) else ""
    # our own export puts an apostrophe before what a spreadsheet would take for a formula
    return cell[1:] if re.match(r"'[=+\-@\t\r＝＋－＠]", cell) else cell


class Reader:
    """Turns lines into entries for one member; looks names up once."""

    def __init__(self, membership):
        self.membership = membership
        self.own = entry_rules.own_staff(membership)
        self.loggable = {}
        for project in loggable_projects(membership):
            self.loggable.setdefault(project.name.casefold(), []).append(project)
        names = selectors.visible_projects(membership).values_list("name", flat=True)
        self.visible = {name.casefold() for name in names[:5000]}
        people = StaffUser.objects.filter(organization=membership.organization)
        self.people = list(people) if membership.role == "admin" else [self.own] if self.own else []
        self.items = {}

    def judge(self, line):
        """Fill `line.entry`, or note every problem in `line.problems`."""
        cells, entry = line.cells, None
        project = self._project(line)
        day = self._day(line)
        minutes = self._minutes(line)
        person = self._person(line)
        state = cells.get("billing", "").lower()
        if state not in (*_YES, *_NOT):
            line.problems.append(f"Billing is “{cells['billing'][:40]}”; write yes or no.")
        if project is not None:
            entry = new_entry(self.membership, project)
            self._item(line, entry)
        if line.problems:
            return
        entry.date, entry.minutes, entry.staff_user = day, minutes, person
        entry.is_billable, entry.notes = state not in _NOT, cells.get("notes", "")
        line.entry = entry

    def _project(self, line):
        name = line.cells["project"]
        found = self.loggable.get(name.casefold(), [])
        if len(found) == 1:
            return found[0]
        if customer := line.cells.get("customer", "").casefold():
            found = [row for row in found if row.customer.display_name.casefold() == customer]
            if len(found) == 1:
                return found[0]
        if found:
            line.problems.append(f"Several projects are called “{name[:60]}”; name the customer too.")
        elif name.casefold() in self.visible and name:
            line.problems.append(
                f"“{name[:60]}” takes no hours here: it is inactive, or logged in Zoho Projects."
            )
        else:
            line.problems.append(f"There is no project “{name[:60]}” that you log time on.")
        return None

    def _day(self, line):
        try:
            return datetime.date.fromisoformat(line.cells["date"])
        except ValueError:
            line.problems.append(f"“{line.cells['date'][:40]}” is no day; write it like 2026-03-31.")
            return None

    def _minutes(self, line):
        try:
            return minutes_of(line.cells["hours"])
        except ValueError as error:
            line.problems.append(str(error))
            return None

    def _person(self, line):
        email, name = line.cells.get("email", "").lower(), line.cells.get("person", "").casefold()
        if not email and not name:
            if self.own is None:
                line.problems.append("Name the person: you are not on the staff list yourself.")
            return self.own
        found = [row for row in self.people if email and row.email.lower() == email]
        found = found or [row for row in self.people if name and row.name.casefold() == name and not email]
        if len(found) == 1:
            return found[0]
        who = line.cells.get("email") or line.cells.get("person")
        if found:
            line.problems.append(f"Several people are called “{who[:60]}”; give the e-mail address.")
        elif self.membership.role == "admin":
            line.problems.append(f"Nobody on the staff list is “{who[:60]}”.")
        else:
            line.problems.append("You log your own time only; leave the person empty or write yourself.")
        return None

    def _item(self, line, entry):
        name, project = line.cells.get("item", ""), entry.project
        kind = line.cells.get("kind", "").lower()
        if kind == "general" or not name:
            entry.title = name
            return
        if project.pk not in self.items:
            self.items[project.pk] = {}
            for word, rows in (("bug", project.bugs), ("task", project.tasks)):
                for row in rows.only("name"):
                    self.items[project.pk].setdefault(row.name.casefold(), []).append((word, row))
        found = self.items[project.pk].get(name.casefold(), [])
        found = [pair for pair in found if kind in ("", pair[0])]
        if len(found) != 1:
            how = "Several tasks or bugs are" if found else "No task or bug is"
            line.problems.append(f"{how} called “{name[:60]}” in {project.name[:60]}.")
            return
        entry.kind = found[0][0]
        setattr(entry, entry.kind, found[0][1])


def judged(membership, text):
    """All lines of the file with their entries or problems, tried against every rule; nothing stays stored."""
    return _go(membership, text, keep=False)


def store(membership, text):
    """Store all lines, or none when one of them has a problem. Returns the lines."""
    return _go(membership, text, keep=True)


def _go(membership, text, keep):
    if refusal := entry_rules.logging_refusal(membership):
        raise ValidationError(refusal)
    lines, reader = read(text), Reader(membership)
    projects = {}
    with transaction.atomic():
        for line in lines:
            reader.judge(line)
            if line.entry is None:
                continue
            try:
                with transaction.atomic():
                    service.save_entry(membership, line.entry)
            except ValidationError as error:
                line.problems += error.messages
                continue
            count, minutes, project = projects.get(line.entry.project_id, (0, 0, line.entry.project))
            projects[line.entry.project_id] = (count + 1, minutes + line.entry.minutes, project)
        if not keep or any(line.problems for line in lines):
            transaction.set_rollback(True)
        else:
            for count, minutes, project in projects.values():
                text = f"Imported {count} entries ({hours_text(minutes)} hours) from a file."
                record(project, membership.user, text)
    return lines
