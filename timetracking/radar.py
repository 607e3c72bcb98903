"""The unbilled radar: per customer and project, what could be billed and what stands in the way."""

import datetime
from dataclasses import dataclass, field

from django.db.models import Case, Value, When
from django.utils import timezone

from organizations import panels
from timetracking import rates, selectors
from timetracking.models import Project

# Age of the work in days: (lower bound, label). Read from above.
AGES = ((91, "Older than 90 days"), (61, "61 to 90 days"), (31, "31 to 60 days"), (0, "Up to 30 days"))
KINDS = (
    ("waiting", "Waiting for approval"),
    ("blocked", "Blocked by a sync error"),
    ("cutoff", "Before the cutoff"),
)


@dataclass
class Line:
    """One project. `ready`/`without_rate`: minutes; `worth` in the project's currency; `stakes` by kind."""

    project: Project | None
    name: str
    customer: str = ""
    currency: str = ""
    ready: int = 0
    worth: object = None
    without_rate: int = 0
    ages: dict = field(default_factory=dict)
    stakes: dict = field(default_factory=dict)


def radar(membership, params):
    """(lines, totals): lines by customer and project; totals of hours by column, of money per currency."""
    entries = selectors.filtered_entries(membership, {"customer": params.get("customer", "")})
    entries = entries.filter(billing_status="unbilled")
    projects = {
        project.pk: project
        for project in selectors.visible_projects(membership).select_related("customer").defer("description")
    }
    age = Case(
        *(
            When(date__lte=timezone.localdate() - datetime.timedelta(days=lower), then=Value(label))
            for lower, label in AGES
            if lower
        ),
        default=Value(AGES[-1][1]),
    )
    groups = rates.by_rate(entries.annotate(age=age), projects, "age")
    lines = {}
    for item in groups:
        project = projects[item.project_id]
        line = lines.setdefault(project.pk, _line(project))
        line.ages[item.key[0]] = line.ages.get(item.key[0], 0) + item.minutes
        if item.rate is None and project.billing_method != Project.BillingMethod.FIXED_COST:
            line.without_rate += item.minutes
        else:
            line.ready += item.minutes
    for pk, line in lines.items():
        priced = [item for item in groups if item.project_id == pk and item.rate is not None]
        if line.project.billing_method != Project.BillingMethod.FIXED_COST and priced:
            line.worth = rates.worth(priced, line.currency)
    for stake in panels.collect("radar.stakes", membership):
        project = projects.get(stake.project_id)
        if params.get("customer") and (project is None or str(project.customer_id) != params["customer"]):
            continue
        key = project.pk if project else f"?{stake.project_name}"
        line = lines.setdefault(key, _line(project) if project else Line(None, stake.project_name))
        line.stakes.setdefault(stake.kind, []).append(stake)
    found = sorted(
        lines.values(), key=lambda line: (line.project is None, line.customer.lower(), line.name.lower())
    )
    return found, _totals(found)


def _line(project):
    return Line(project, project.name, project.customer.display_name, project.currency)


def _totals(lines):
    money = {}
    for line in lines:
        if line.worth is not None:
            money[line.currency] = money.get(line.currency, 0) + line.worth
    return {
        "ready": sum(line.ready for line in lines),
        "without_rate": sum(line.without_rate for line in lines),
        "money": sorted(money.items()),
        "ages": [(label, sum(line.ages.get(label, 0) for line in lines)) for _, label in reversed(AGES)],
        "stakes": {
            kind: (
                sum(stake.count for line in lines for stake in line.stakes.get(kind, ())),
                sum(stake.minutes or 0 for line in lines for stake in line.stakes.get(kind, ())),
            )
            for kind, _ in KINDS
        },
    }


def age_query(label):
    """The query string of the days that an age covers."""
    today = timezone.localdate()
    bounds = [lower for lower, _ in AGES]
    place = [text for _, text in AGES].index(label)
    last = today - datetime.timedelta(days=bounds[place])
    if place == 0:
        return f"to={last}"
    first = today - datetime.timedelta(days=bounds[place - 1] - 1)
    return f"from={first}&to={last}" if bounds[place] else f"from={first}"
