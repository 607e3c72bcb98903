"""What a new draft offers to take in: a project's tasks for a quote, a customer's unbilled hours for an invoice."""

from django.db.models import Count, Sum

from timetracking.models import TimeEntry
from timetracking.rates import rate_of
from transactions import checks
from transactions.models import Expense


def task_rows(project, empty):
    """One row of texts per open, billable task of the project: planned hours (or 1) at the task's rate."""
    tasks = project.tasks.filter(is_billable=True, status="open").select_related("task_list")
    rows = []
    for task in tasks.defer("description").order_by("task_list__name", "name", "pk")[: checks.MOST_LINES]:
        rate = rate_of(project, task.rate, None)
        rows.append(
            empty
            | {
                "name": task.name,
                "description": task.task_list.name if task.task_list else "",
                "quantity": f"{task.budget_hours.normalize():f}" if task.budget_hours else "1",
                "unit": "h",
                "rate": "" if rate is None else f"{rate.normalize():f}",
                "project": str(project.pk),
            }
        )
    return rows


def offers(customer):
    """{entries, minutes, projects, expenses}: what of the customer is unbilled; None when nothing is."""
    hours = TimeEntry.objects.filter(
        project__customer=customer, billing_status=TimeEntry.BillingStatus.UNBILLED, is_billable=True
    ).aggregate(count=Count("pk"), minutes=Sum("minutes"), projects=Count("project", distinct=True))
    expenses = Expense.objects.filter(customer=customer, billing_status="unbilled").count()
    if not hours["count"] and not expenses:
        return None
    return hours | {"expenses": expenses}
