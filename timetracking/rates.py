"""What an hour is worth and what it costs: the one rule of rates, and sums of hours by rate.

Billing method → rate: project hours → the project's; task hours → the task's, else the project's; staff
hours → the person's in this project, else the project's; fixed cost → none, for hours have no price there.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.db.models import Count, Sum

from organizations.money import round_money
from timetracking.models import Project, ProjectStaff

Method = Project.BillingMethod


def rate_of(project, task_rate=None, staff_rate=None):
    """The rate per hour in the project's currency, or None where there is none; None at fixed cost, too.

    Task hours: the task's rate, else the project's (bugs and general hours have no task). Staff hours: the person's
    rate in this project, else the project's. A rate of 0 counts as given.
    """
    if project.billing_method == Method.FIXED_COST:
        return None
    own = {Method.TASK_HOURS: task_rate, Method.STAFF_HOURS: staff_rate}.get(project.billing_method)
    return own if own is not None else project.rate


def entry_rate(entry):
    """The rate of one time entry, as `rate_of`; asks for the person's rate where the method needs it."""
    staff_rate = None
    if entry.project.billing_method == Method.STAFF_HOURS:
        rows = ProjectStaff.objects.filter(project_id=entry.project_id, staff_user_id=entry.staff_user_id)
        staff_rate = rows.values_list("rate", flat=True).first()
    return rate_of(entry.project, entry.task.rate if entry.task_id else None, staff_rate)


@dataclass(frozen=True)
class Hours:
    """Hours of one project at one rate. `key`: the values of the extra groups asked for."""

    project_id: int
    key: tuple
    minutes: int
    count: int
    rate: Decimal | None

    @property
    def value(self):
        """Exact worth as a Fraction, not rounded; 0 where there is no rate."""
        return Fraction(self.rate) * self.minutes / 60 if self.rate is not None else Fraction(0)


def by_rate(entries, projects, *by):
    """Sums of `entries` (a queryset) by project, rate and the fields or expressions named in `by`: list of Hours.

    `projects`: {id: Project} of all projects that occur. One query per billing method that occurs among them.
    """
    found = []
    for method in {project.billing_method for project in projects.values()}:
        ids = [pk for pk, project in projects.items() if project.billing_method == method]
        deciding = {Method.TASK_HOURS: ["task__rate"], Method.STAFF_HOURS: ["staff_user_id"]}.get(method, [])
        rows = entries if len(ids) == len(projects) else entries.filter(project_id__in=ids)
        sums = (
            rows.order_by()
            .values_list("project_id", *by, *deciding)
            .annotate(minutes=Sum("minutes"), count=Count("pk"))
        )
        rates = _staff_rates(ids) if method == Method.STAFF_HOURS else {}
        for row in sums:
            project_id, key, (minutes, count) = row[0], tuple(row[1 : 1 + len(by)]), row[-2:]
            last = row[1 + len(by)] if deciding else None
            staff_rate = rates.get((project_id, last))
            rate = rate_of(projects[project_id], last if method == Method.TASK_HOURS else None, staff_rate)
            found.append(Hours(project_id, key, minutes, count, rate))
    return found


def _staff_rates(project_ids):
    rows = ProjectStaff.objects.filter(project_id__in=project_ids, rate__isnull=False)
    return {(row[0], row[1]): row[2] for row in rows.values_list("project_id", "staff_user_id", "rate")}


def worth(hours, currency):
    """The sum of the values of `hours`, rounded half up to the currency's minor units."""
    return round_money(sum((item.value for item in hours), Fraction(0)), currency)
