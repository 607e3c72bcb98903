"""What happened to a project: changes of its fields, its people and tasks, and what was done with its hours."""

from organizations import panels
from organizations.activity import activities
from organizations.current import sees_money
from timetracking.models import Project, ProjectStaff

SHOWN = 100
MONEY = {"rate", "cost_rate", "budget_amount", "billing_method", "budget_type"}


def project_events(membership, project):
    """The latest events, newest first, at most 100. Rates and amounts only for those who see money."""
    money = sees_money(membership)
    events = [
        panels.Event(row.at, row.text, str(row.user or ""), changes=tuple(map(tuple, row.changes)))
        for row in activities(project)
    ]
    events += _changes(Project.history.filter(id=project.pk), "The project", money)
    people = list(project.staff.select_related("staff_user")[:SHOWN])
    names = {row.pk: row.staff_user.name for row in people}
    if money:
        events += _changes(ProjectStaff.history.filter(id__in=names), names, money)
    events += panels.collect("project.activity", membership, project)
    return sorted(events, key=lambda event: event.at, reverse=True)[:SHOWN]


def _changes(history, what, money):
    """Events of the fields that changed from one line of history to the next, for each row."""
    found, later = [], {}
    for line in history.select_related("history_user").order_by("-history_date", "-history_id")[: 2 * SHOWN]:
        newer = later.get(line.id)
        later[line.id] = line
        if newer is not None:
            changes = _differences(line, newer, money)
            if changes:
                name = what.get(line.id, "") if isinstance(what, dict) else what
                who = str(newer.history_user or newer.history_through or "")
                found.append(panels.Event(newer.history_date, f"{name} was changed.", who, changes=changes))
    return found


def _differences(before, after, money):
    found = []
    for field in after.tracked_fields:
        if field.name == "id" or (field.name in MONEY and not money):
            continue
        old, new = (getattr(line, field.attname) for line in (before, after))
        if old != new:
            found.append((field.verbose_name.capitalize(), _text(before, field), _text(after, field)))
    return tuple(found)


def _text(line, field):
    value = getattr(line, field.attname)
    if value is None or value == "":
        return "–"
    if field.is_relation:
        related = field.related_model.objects.filter(pk=value).first()
        return str(related) if related else "a deleted row"
    display = getattr(line, f"get_{field.name}_display", None)
    return str(display() if display else value)
