"""Hours of projects, tasks and people, summed for a whole page in one query."""

from django.db.models import Q, Sum

from timetracking.models import TimeEntry

PARTS = {
    "total": Q(),
    "billable": ~Q(billing_status="non_billable"),
    "billed": Q(billing_status="invoiced"),
    "un_billed": Q(billing_status="unbilled"),
    "non_billable": Q(billing_status="non_billable"),
}


def minutes_by(rows, path, ids):
    """{id: {part: minutes}} of time entries grouped by `path`."""
    found = (
        rows.filter(**{f"{path}__in": ids})
        .order_by()
        .values(path)
        .annotate(**{name: Sum("minutes", filter=part) for name, part in PARTS.items()})
    )
    return {row[path]: {name: row[name] or 0 for name in PARTS} for row in found}


def of_projects(ids):
    """Minutes of projects."""
    return minutes_by(TimeEntry.objects.all(), "project_id", ids)
