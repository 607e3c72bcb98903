"""What the overview of a project's page shows: hours by state with their worth, budget, weeks, money."""

import datetime
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum
from django.db.models.functions import TruncWeek

from organizations import panels
from organizations.current import sees_money
from organizations.custom_values import shown_custom_fields
from organizations.money import half_up, round_money
from timetracking import rates, selectors
from timetracking.models import ProjectStaff, TimeEntry

Status = TimeEntry.BillingStatus
WEEKS = 26
BAR, GAP, HEIGHT = 18, 6, 120


@dataclass
class Row:
    """One line of the table of hours; `value` None where there is no price."""

    label: str
    minutes: int
    value: Decimal | None
    url: str
    hint: str = ""


def overview(request, membership, project):
    """Template context of the overview. Amounts only for those who see money; else one's own hours alone."""
    entries = selectors.visible_entries(membership).filter(project=project)
    money = sees_money(membership)
    groups = rates.by_rate(entries, {project.pk: project}, "billing_status")
    context = {
        "custom": shown_custom_fields(membership.organization, "projects", project.custom_fields),
        "hours": _hours(project, groups, money),
        "without_rate": sum(
            item.minutes for item in groups if item.rate is None and item.key == (Status.UNBILLED,)
        )
        if project.billing_method != "fixed_cost"
        else 0,
        "weeks": _weeks(entries),
        "blocks": panels.collect("project.blocks", membership, project),
    }
    logged = sum(item.minutes for item in groups)
    context["budgets"] = _budgets(project, groups, logged, money)
    if money:
        context["cost"] = _cost(project, entries, groups, membership.organization.base_currency)
    return context


def _hours(project, groups, money):
    def of(*states):
        return [item for item in groups if item.key[0] in states]

    def row(label, items, query="", hint=""):
        value = (
            rates.worth(items, project.currency) if money and project.billing_method != "fixed_cost" else None
        )
        url = f"?tab=timesheets&{query}" if query else "?tab=timesheets"
        return Row(label, sum(item.minutes for item in items), value, url, hint)

    return [
        row("Logged", groups),
        row("Billable", of(Status.UNBILLED, Status.INVOICED), hint="Billed and unbilled together"),
        row("Billed", of(Status.INVOICED), "billing=invoiced"),
        row("Unbilled", of(Status.UNBILLED), "billing=unbilled"),
        row("Non-billable", of(Status.NON_BILLABLE), "billing=non_billable"),
    ]


def _budgets(project, groups, logged, money):
    """[(label, planned, actual, percent, over)] as texts and numbers; empty without a budget."""
    found = []
    if project.budget_hours:
        actual = half_up(Decimal(logged) / 60, 2)
        found.append(_budget("Hours", project.budget_hours, actual, "h"))
    if money and project.budget_amount and project.billing_method != "fixed_cost":
        billable = [item for item in groups if item.key[0] != Status.NON_BILLABLE]
        worth = rates.worth(billable, project.currency)
        found.append(_budget("Amount", project.budget_amount, worth, project.currency))
    return found


def _budget(label, planned, actual, unit):
    percent = int(half_up(actual * 100 / planned, 0))
    return {
        "label": label,
        "planned": planned,
        "actual": actual,
        "unit": unit,
        "percent": percent,
        "over": actual > planned,
        "left": planned - actual,
    }


def _cost(project, entries, groups, base_currency):
    """What the hours cost where that is known, and what is left of their worth."""
    per_person = {
        row[0]: row[1]
        for row in ProjectStaff.objects.filter(project=project, cost_rate__isnull=False).values_list(
            "staff_user_id", "cost_rate"
        )
    }
    base = project.currency == base_currency
    cost, unknown = Decimal(0), 0
    rows = (
        entries.order_by()
        .values_list("staff_user_id", "cost_rate", "staff_user__cost_rate")
        .annotate(total=Sum("minutes"))
    )
    for person, of_entry, of_person, minutes in rows:
        found = (of_entry, per_person.get(person), of_person if base else None)
        rate = next((value for value in found if value is not None), None)
        if rate is None:
            unknown += minutes
        else:
            cost += rate * minutes / 60
    billable = [item for item in groups if item.key[0] != Status.NON_BILLABLE]
    if project.billing_method == "fixed_cost":
        worth = project.rate
    else:
        worth = rates.worth(billable, project.currency)
    cost = round_money(cost, project.currency)
    complete = not unknown and bool(groups)
    return {
        "cost": cost if cost or complete else None,
        "unknown": unknown,
        "worth": worth,
        "margin": worth - cost if worth is not None and complete else None,
    }


def _weeks(entries):
    """The last 26 weeks with hours up to the latest one: bars of the chart, and the same as a table."""
    rows = (
        entries.order_by()
        .annotate(week=TruncWeek("date"))
        .values_list("week", "billing_status")
        .annotate(total=Sum("minutes"))
    )
    sums = {}
    for week, status, total in rows:
        day = week.date() if isinstance(week, datetime.datetime) else week
        part = sums.setdefault(day, [0, 0])
        part[1 if status == Status.NON_BILLABLE else 0] += total
    if not sums:
        return None
    last = max(sums)
    first = max(min(sums), last - datetime.timedelta(weeks=WEEKS - 1))
    shown = [first + datetime.timedelta(weeks=number) for number in range((last - first).days // 7 + 1)]
    most = max(sum(sums.get(week, (0, 0))) for week in shown)
    bars = []
    for number, week in enumerate(shown):
        billable, other = sums.get(week, (0, 0))
        tall, other_tall = (max(round(part * HEIGHT / most), 1) if part else 0 for part in (billable, other))
        bars.append(
            {
                "week": week,
                "billable": billable,
                "other": other,
                "total": billable + other,
                "x": number * (BAR + GAP),
                "y": HEIGHT - tall,
                "height": tall,
                "other_y": HEIGHT - tall - other_tall,
                "other_height": other_tall,
            }
        )
    return {"bars": bars, "width": len(bars) * (BAR + GAP), "height": HEIGHT + 4, "bar": BAR, "most": most}
