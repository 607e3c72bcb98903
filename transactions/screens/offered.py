"""What Create Invoice offers to choose from: projects, fixed costs, and the work that has unbilled hours."""

from django.db.models import Q, Sum

from organizations import panels
from timetracking.models import Milestone, Project, Task, TimeEntry
from transactions.billing.fixed_cost import fixed_cost_of
from transactions.models import BilledTimeEntry, Expense

MOST_PROJECTS = 200
MOST_TASKS = 400
MOST_MILESTONES = 100
UNBILLED = Q(billing_status="unbilled", is_billable=True)


def projects_of(customer, always=()):
    """The customer's projects that have something to bill, and those in `always`; each with `.unbilled` (minutes)."""
    rows = Project.objects.filter(organization_id=customer.organization_id, customer=customer)
    rows = list(rows.defer("description").order_by("name", "pk")[: MOST_PROJECTS * 5])
    sums = dict(
        TimeEntry.objects.filter(UNBILLED, project__in=rows)
        .order_by()
        .values_list("project_id")
        .annotate(Sum("minutes"))
    )
    expenses = set(
        Expense.objects.filter(project__in=rows, billing_status="unbilled")
        .order_by()
        .values_list("project_id", flat=True)
    )
    for row in rows:
        row.unbilled = sums.get(row.pk, 0)
        row.has_expenses = row.pk in expenses
    found = [
        row
        for row in rows
        if row.pk in always
        or row.unbilled
        or row.has_expenses
        or (row.billing_method == "fixed_cost" and row.status == "active")
    ]
    return found[:MOST_PROJECTS]


def shares_of(projects, asked):
    """Per project at fixed cost: what it costs, what is left, and what stands in its fields; milestones likewise."""
    found = []
    for project in projects:
        if project.billing_method == "fixed_cost":
            found.append(_share(f"p{project.pk}", project, fixed_cost_of(project), asked))
    picked = set(asked.picks["milestone"])
    by_id = {project.pk: project for project in projects}
    rows = Milestone.objects.filter(Q(status="open") | Q(pk__in=picked), project__in=projects)
    for milestone in rows.order_by("project__name", "name", "pk")[:MOST_MILESTONES]:
        share = _share(f"m{milestone.pk}", by_id[milestone.project_id], None, asked)
        found.append(share | {"milestone": milestone})
    return found


def _share(key, project, cost, asked):
    kept = asked.shares.get(key, {})
    return {
        "key": key,
        "project": project,
        "cost": cost,
        "mode": kept.get("mode", "none"),
        "value": kept.get("value", ""),
        "with_hours": kept.get("with_hours", False),
        "error": asked.errors.get(f"share-{key}", ""),
    }


def work_of(projects, asked):
    """[(milestone or None, [(task list or None, minutes, [(task, minutes)])])] of the unbilled hours on tasks."""
    sums = dict(
        TimeEntry.objects.filter(UNBILLED, project__in=projects, task__isnull=False)
        .order_by()
        .values_list("task_id")
        .annotate(Sum("minutes"))
    )
    ids = set(sums) | set(asked.picks["task"])
    tasks = (
        Task.objects.filter(pk__in=list(ids), project__in=projects)
        .select_related("task_list__milestone")
        .defer("description")
        .order_by("task_list__milestone__name", "task_list__name", "name", "pk")[:MOST_TASKS]
    )
    tree = {}
    for task in tasks:
        task.unbilled = sums.get(task.pk, 0)
        milestone = task.task_list.milestone if task.task_list else None
        tree.setdefault(milestone, {}).setdefault(task.task_list, []).append(task)
    return [
        (
            milestone,
            [(task_list, sum(task.unbilled for task in rows), rows) for task_list, rows in lists.items()],
        )
        for milestone, lists in tree.items()
    ]


def in_the_way(membership, projects):
    """[Stake] of these projects: hours that are known, but wait, are blocked, or lie before the cutoff."""
    ids = {project.pk for project in projects}
    return [stake for stake in panels.collect("radar.stakes", membership) if stake.project_id in ids]


def why_nothing(projects, refused_minutes=0):
    """Sentences that say why there is nothing to bill. `refused_minutes` are unbilled, and refused for a reason."""
    entries = TimeEntry.objects.filter(project__in=projects)
    sums = dict(entries.order_by().values_list("billing_status").annotate(Sum("minutes")))
    found = []
    if not sums:
        return ["No time was logged, or none has come in from Zoho Projects yet."]
    if (unbilled := sums.get("unbilled", 0) - refused_minutes) > 0:
        found.append(
            f"{_hm(unbilled)} h are unbilled, but outside of the period, the work or the entries chosen."
        )
    if billed := sums.get("invoiced", 0):
        here = (
            BilledTimeEntry.objects.filter(time_entry__in=entries, released_at=None).aggregate(
                sum=Sum("minutes")
            )["sum"]
            or 0
        )
        if here:
            found.append(f"{_hm(here)} h stand on invoices already.")
        if billed > here:
            found.append(
                f"{_hm(billed - here)} h came in as invoiced (before the cutoff, or invoiced in Zoho)."
            )
    if free := sums.get("non_billable", 0):
        found.append(f"{_hm(free)} h are non-billable.")
    return found


def _hm(minutes):
    return f"{minutes // 60:,}:{minutes % 60:02d}"


def rate_links(refused, projects):
    """[(sentence, address, words of the link)] for what was refused."""
    by_id = {project.pk: project for project in projects}
    found = []
    for item in refused:
        project, url, words = by_id.get(item.project_id), "", ""
        if project and item.code in ("no_rate", "zero_rate"):
            tabs = {"task_hours": "tab=tasks", "staff_hours": "tab=people"}
            words = "Set the rate"
            if tab := tabs.get(project.billing_method):
                url = panels.address("project", project.pk, query=tab)
            else:
                url = panels.address("project_edit", project.pk)
        found.append((item.sentence, url, words))
    return found
