"""The weekly grid: one row per project and item, seven days; saved as a whole or not at all."""

import datetime
import re
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction

from timetracking import entries as service
from timetracking import entry_rules, selectors
from timetracking.durations import hours_text, minutes_of
from timetracking.log_forms import apply_item, items_of, new_entry

NEW_ROWS = 3
_ITEM = re.compile(r"(\d{1,18})/(general|task:\d{1,18}|bug:\d{1,18})", re.ASCII)


@dataclass
class Cell:
    """One day of a row. `reason`: why it cannot be typed into ('' when it can)."""

    name: str
    label: str
    text: str = ""
    minutes: int = 0
    entry: object = None
    reason: str = ""
    problem: str = ""


@dataclass
class Row:
    """One project and item of the grid."""

    key: str
    project: object
    name: str
    cells: list = field(default_factory=list)

    @property
    def minutes(self):
        """Minutes of the whole week."""
        return sum(cell.minutes for cell in self.cells)


def monday_of(text, today):
    """The Monday of the week that holds the day `text` (ISO); of this week when it cannot be read."""
    try:
        day = datetime.date.fromisoformat(text or "")
    except ValueError:
        day = today
    if not 1970 < day.year < 2200:
        day = today
    return day - datetime.timedelta(days=day.weekday())


def choices(projects):
    """Grouped choices "project id/item" for new rows."""
    found = []
    for project in projects[:100]:
        flat = []
        for value, label in items_of(project):
            flat += label if isinstance(label, list) else [(value, label)]
        found.append((project.name, [(f"{project.pk}/{value}", label) for value, label in flat]))
    return found


def rows_of(membership, person, monday, loggable):
    """The rows of a person's week, with what is logged already."""
    days = [monday + datetime.timedelta(days=number) for number in range(7)]
    entries = selectors.visible_entries(membership).filter(staff_user=person, date__range=(days[0], days[-1]))
    entries = list(selectors.with_names(entries).order_by("project__name", "id"))
    locked = entry_rules.locked_entries(entries)
    own = {project.pk for project in loggable}
    rows = {}
    for entry in entries:
        item = f"{entry.kind}:{entry.task_id or entry.bug_id}" if entry.kind != "general" else "general"
        key = f"{entry.project_id}/{item}"
        if key not in rows:
            name = entry.task or entry.bug or "General"
            rows[key] = Row(key, entry.project, str(name))
            rows[key].cells = [_cell(key, day, rows[key]) for day in days]
        cell = rows[key].cells[(entry.date - days[0]).days]
        several, cell.minutes = cell.entry is not None, cell.minutes + entry.minutes
        cell.entry, cell.text = entry, hours_text(cell.minutes)
        if entry.pk in locked:
            cell.reason = locked[entry.pk]
        elif several:
            cell.reason = "Several entries of this day: change them one by one in the list."
    for row in rows.values():
        if row.project.pk not in own:
            for cell in row.cells:
                cell.reason = cell.reason or "Hours of this project are not logged here."
    return list(rows.values())


def _cell(key, day, row):
    return Cell(f"{key} {day}", f"{row.project.name}, {row.name}, {day:%a %d %b}")


def save(membership, person, monday, rows, loggable, data):
    """Store what was typed. Returns the number of changed entries; ValidationError (problems stand at the cells).

    `data`: the posted values. All of it is stored, or nothing.
    """
    projects = {project.pk: project for project in loggable}
    grid, added = list(rows), []
    for number in range(NEW_ROWS):
        typed = data.get(f"new-{number}", "")
        match = _ITEM.fullmatch(typed)
        project = projects.get(int(match[1])) if match else None
        cells = []
        for day in range(7):
            date = monday + datetime.timedelta(days=day)
            cell = Cell(f"new-{number} {day}", f"New row {number + 1}, {date:%a %d %b}")
            cell.text = data.get(cell.name, "").strip()
            if cell.text and project is None:
                cell.problem = "Choose the project and task of this row."
            cells.append(cell)
        row = Row(match[0] if match else "", project, "")
        row.cells = cells
        added.append(row)
    changed, wrong = 0, False
    with transaction.atomic():
        for row in [*grid, *added]:
            for number, cell in enumerate(row.cells):
                typed = data.get(cell.name, "").strip()
                if cell.reason or typed == (hours_text(cell.minutes) if cell.minutes else ""):
                    continue
                cell.text = typed
                if not cell.problem:
                    date = monday + datetime.timedelta(days=number)
                    cell.problem = _store(membership, person, row, cell, date)
                wrong = wrong or bool(cell.problem)
                changed += 1
        if wrong:
            transaction.set_rollback(True)
    if wrong:
        first = "Nothing was saved: correct these first."
        problems = [f"{cell.label}: {cell.problem}" for row in added for cell in row.cells if cell.problem]
        raise ValidationError([first, *problems])
    return changed


def _store(membership, person, row, cell, date):
    """Write one cell; the sentence why not, '' when it is stored."""
    try:
        with transaction.atomic():
            if not cell.text:
                if cell.entry is not None:
                    service.delete_entry(membership, cell.entry)
                return ""
            minutes = minutes_of(cell.text)
            entry = cell.entry or new_entry(membership, row.project)
            if entry.pk is None:
                entry.staff_user, entry.date = person, date
                apply_item(entry, row.key.partition("/")[2])
            else:
                entry = service.as_it_stands(entry)
            entry.minutes = minutes
            service.save_entry(membership, entry)
    except ValidationError as error:
        return " ".join(error.messages)
    except ValueError as error:
        return str(error)
    return ""
