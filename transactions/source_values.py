"""What a billed hour looks like at its source by now: noted while it is billed, taken over when it is freed.

The bill keeps the hour as it was. Freed, the hour has to be what the source says, all of it and at once: a reading that
looks for changes only does not come back to it.
"""

import datetime
from decimal import Decimal

from timetracking.models import Bug, Project, StaffUser, Task

# columns of TimeEntry that the source decides; its billing status and custom fields are looked after elsewhere
COLUMNS = (
    "project_id",
    "staff_user_id",
    "kind",
    "task_id",
    "bug_id",
    "title",
    "date",
    "minutes",
    "notes",
    "cost_rate",
)
LINKS = {"project_id": Project, "staff_user_id": StaffUser, "task_id": Task, "bug_id": Bug}
TOGETHER = ("project_id", "kind", "task_id", "bug_id")


def noted(values):
    """{column: value} as a dict that JSON can hold; other columns are left out."""
    found = {}
    for name in COLUMNS:
        if name in values:
            value = values[name]
            plain = value is None or isinstance(value, int | str)
            found[name] = value if plain else str(value)
    return found


def take_over(entry, values):
    """Set on the hour what was noted of its source, without saving; the names of the columns that were set.

    What it hung on there may be gone here meanwhile: then project, task and bug stay as they are, or the person does.
    """
    found = dict(values)
    for name, model in LINKS.items():
        if found.get(name) is not None and not _exists(model, found[name], entry, found):
            for other in TOGETHER if name in TOGETHER else (name,):
                found.pop(other, None)
    if found.get("date"):
        found["date"] = datetime.date.fromisoformat(found["date"])
    if found.get("cost_rate") is not None:
        found["cost_rate"] = Decimal(found["cost_rate"])
    elif "cost_rate" in found:
        del found["cost_rate"]  # the source names none: what it cost when it came in stays
    for name, value in found.items():
        setattr(entry, name, value)
    return list(found)


def _exists(model, pk, entry, found):
    rows = model.objects.filter(pk=pk)
    if model in (Task, Bug):
        return rows.filter(project_id=found.get("project_id", entry.project_id)).exists()
    return rows.filter(organization_id=entry.organization_id).exists()
