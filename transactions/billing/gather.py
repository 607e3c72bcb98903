"""The unbilled hours that choices name, each with its rate, its billed minutes and the mark of what it is like."""

from hashlib import blake2b

from django.db.models import Q

from timetracking.models import Project, ProjectStaff, TimeEntry
from timetracking.rates import rate_of
from transactions.billing.proposal import ProposedEntry, Refused
from transactions.billing.rounding import billed_minutes
from transactions.models import BilledTimeEntry, DriftItem, Expense

REFUSALS = {
    "no_rate": "{hours} of {project} have no rate. Set one on the project{where}.",
    "zero_rate": "{hours} of {project} have a rate of 0. Set a rate, or mark them as non-billable.",
    "currency": "{project} is in {currency}, its customer is billed in {other}. Its hours cannot be billed.",
    "fixed_cost": "{hours} of {project} belong to a fixed cost: bill a share of it, by amount or percent.",
}


def mark(*parts):
    """A short fingerprint of what was looked at."""
    return blake2b(repr(parts).encode(), digest_size=4).hexdigest()


def projects_for(customer, choices):
    """The chosen projects of the customer by name, in one list."""
    rows = Project.objects.filter(organization_id=customer.organization_id, customer=customer)
    if choices.project_ids:
        rows = rows.filter(pk__in=choices.project_ids)
    return list(rows.order_by("name", "pk"))


def unbilled_entries(projects, choices):
    """The unbilled hours of the projects that the choices name, as a queryset; nothing else decides what is billable.

    Hours that are invoiced without an invoice here (before the cutoff, or invoiced at Zoho) are never among them.
    """
    rows = TimeEntry.objects.filter(
        project__in=projects, billing_status=TimeEntry.BillingStatus.UNBILLED, is_billable=True
    ).exclude(billings__in=BilledTimeEntry.objects.filter(released_at=None))
    if choices.date_from:
        rows = rows.filter(date__gte=choices.date_from)
    if choices.date_to:
        rows = rows.filter(date__lte=choices.date_to)
    if choices.staff_ids:
        rows = rows.filter(staff_user_id__in=choices.staff_ids)
    if choices.entry_ids:
        rows = rows.filter(pk__in=choices.entry_ids)
    work = Q()
    if choices.task_ids:
        work |= Q(task_id__in=choices.task_ids)
    if choices.task_list_ids:
        work |= Q(task__task_list_id__in=choices.task_list_ids)
    if choices.milestone_ids:
        work |= Q(task__task_list__milestone_id__in=choices.milestone_ids)
    return rows.filter(work)


def unbilled_expenses(customer, projects, choices):
    """The billable, unbilled expenses of these projects, and of the customer itself when no project was chosen."""
    where = Q(project__in=projects)
    if not choices.project_ids:
        where |= Q(project=None, customer=customer)
    rows = Expense.objects.filter(
        where, organization_id=customer.organization_id, billing_status=Expense.BillingStatus.UNBILLED
    )
    if choices.date_from:
        rows = rows.filter(date__gte=choices.date_from)
    if choices.date_to:
        rows = rows.filter(date__lte=choices.date_to)
    return rows.select_related("project", "organization").order_by("date", "pk")


def waiting_corrections(projects):
    """Differences of billed hours that somebody chose to put on the next invoice, in the order of their ids."""
    return (
        DriftItem.objects.filter(
            project__in=projects, status="open", choice="next_invoice", correction_line=None,
            billed__released_at=None,
        )
        .exclude(difference_minutes=0)
        .select_related("billed", "project")
        .order_by("pk")
    )  # fmt: skip


def staff_rates(projects):
    """{(project id, person id): rate} of the people in the projects."""
    rows = ProjectStaff.objects.filter(project__in=projects, rate__isnull=False)
    return {
        (project, person): rate
        for project, person, rate in rows.values_list("project_id", "staff_user_id", "rate")
    }


def proposed(entry, project, rate, preferences):
    """One hour as proposed."""
    named = entry.task or entry.bug
    return ProposedEntry(
        id=entry.pk,
        date=entry.date,
        minutes=entry.minutes,
        billed_minutes=billed_minutes(entry.minutes, preferences),
        rate=rate,
        person=entry.staff_user.name,
        work=named.name if named else entry.title,
        notes=entry.notes,
        mark=mark(
            entry.date, entry.minutes, str(rate), project.pk, entry.task_id, entry.bug_id, entry.staff_user_id,
            entry.notes, entry.title, billed_minutes(entry.minutes, preferences),
        ),
        task_id=entry.task_id,
        bug_id=entry.bug_id,
        staff_user_id=entry.staff_user_id,
    )  # fmt: skip


def judged(customer, projects, rows, preferences):
    """(billable hours as (project, ProposedEntry) in order, list of Refused)."""
    by_id = {project.pk: project for project in projects}
    people = staff_rates(projects)
    good, bad = [], {}
    rows = rows.select_related("task", "bug", "staff_user").defer("task__description", "bug__description")
    for entry in rows.order_by("date", "pk"):
        project = by_id[entry.project_id]
        task_rate = entry.task.rate if entry.task else None
        rate = rate_of(project, task_rate, people.get((project.pk, entry.staff_user_id)))
        code = _refusal(customer, project, rate)
        if code:
            bad.setdefault((project.pk, code), []).append(entry)
        else:
            good.append((project, proposed(entry, project, rate, preferences)))
    refused = [
        _refused(code, by_id[project_id], entries, customer) for (project_id, code), entries in bad.items()
    ]
    return good, refused


def _refusal(customer, project, rate):
    if project.currency != customer.currency:
        return "currency"
    if project.billing_method == Project.BillingMethod.FIXED_COST:
        return "fixed_cost"
    if rate is None:
        return "no_rate"
    return "zero_rate" if rate <= 0 else ""


WHERE = {"task_hours": " or on its tasks", "staff_hours": " or on its people"}


def _refused(code, project, entries, customer):
    minutes = sum(entry.minutes for entry in entries)
    sentence = REFUSALS[code].format(
        hours=f"{minutes // 60}:{minutes % 60:02d} h",
        project=f"“{project.name[:100]}”",
        where=WHERE.get(project.billing_method, ""),
        currency=project.currency,
        other=customer.currency,
    )
    return Refused(code, sentence, project.pk, tuple(entry.pk for entry in entries), minutes)
