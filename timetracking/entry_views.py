"""Timesheets: the list with its filters, totals on demand, what is done with many entries at once, export."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from organizations import panels
from organizations.csv_export import csv_response
from organizations.current import (
    current_membership,
    edits_money,
    member_required,
    role_required,
    sees_everything,
    sees_money,
)
from organizations.ids import wholes
from organizations.paging import keyset_page
from timetracking import entries as service
from timetracking import entry_rules, rates, selectors
from timetracking.models import StaffUser, TimeEntry
from timetracking.saved_filters import SavedFilter

FILTERS = ("q", "customer", "project", "person", "period", "from", "to", "kind", "billing", "sort")
OFFERED = 300
Status = TimeEntry.BillingStatus


def query_of(params):
    """The query string of the filters among `params`."""
    return urlencode({name: params[name] for name in FILTERS if params.get(name)})


@member_required
def entry_list(request):
    """Timesheets with search, filters, sorting and pages."""
    membership, params = current_membership(request), request.GET.dict()
    order = selectors.ENTRY_ORDERS.get(params.get("sort"), selectors.ENTRY_ORDERS["-date"])
    rows = selectors.filtered_entries(membership, params)
    walked = selectors.walked_entries(membership, params)
    page = keyset_page(selectors.with_names(rows), order, params, count_from=rows, walked=walked)
    locked = entry_rules.locked_entries(page.rows)
    admin, own = membership.role == "admin", entry_rules.own_staff(membership)
    may_log = not entry_rules.logging_refusal(membership)
    for row in page.rows:
        row.locked = locked.get(row.pk, "")
        mine = own is not None and row.staff_user_id == own.pk
        row.changeable = may_log and not row.locked and (admin or mine)
    context = {
        "page": page,
        "params": params,
        "query": query_of(params),
        "billing_choices": Status.choices,
        "kind_choices": TimeEntry.Kind.choices,
        "periods": selectors.PERIODS,
        "saved": SavedFilter.objects.filter(membership=membership),
        "log_refusal": entry_rules.logging_refusal(membership),
        "may_mark": edits_money(membership),
        "actions": panels.collect("timesheets.actions", membership),
        "chosen": _chosen(membership, params),
    }
    return render(request, "timetracking/entry_list.html", context)


def _chosen(membership, params):
    """What the drop-downs of customer, project and person offer: up to 300 each, with the chosen one."""
    projects = selectors.visible_projects(membership).order_by("name", "id")
    found = {"projects": list(projects.values_list("pk", "name")[:OFFERED])}
    if sees_everything(membership):
        customers = membership.organization.customers.order_by("display_name", "id")
        found["customers"] = list(customers.values_list("pk", "display_name")[:OFFERED])
        people = StaffUser.objects.filter(organization=membership.organization).order_by("name", "id")
        found["people"] = list(people.values_list("pk", "name")[:OFFERED])
    return found


@member_required
def entry_totals(request):
    """Hours by state, and the worth of unbilled ones per currency, of all rows that the filters find."""
    membership, params = current_membership(request), request.GET.dict()
    rows = selectors.filtered_entries(membership, params)
    projects = selectors.visible_projects(membership).filter(pk__in=rows.values("project_id"))
    projects = projects.in_bulk()
    groups = rates.by_rate(rows.filter(project__in=list(projects)), projects, "billing_status")
    states = [
        (label, sum(item.minutes for item in groups if item.key == (value,)))
        for value, label in Status.choices
    ]
    context = {
        "states": states,
        "total": sum(minutes for _, minutes in states),
        "count": sum(item.count for item in groups),
        "query": query_of(params),
    }
    if sees_money(membership):
        unbilled = [item for item in groups if item.key == (Status.UNBILLED,)]
        context["worth"] = per_currency(unbilled, projects)
        context["without_rate"] = sum(item.minutes for item in unbilled if item.rate is None)
    template = "timetracking/_totals.html" if request.htmx else "timetracking/totals.html"
    return render(request, template, context)


def per_currency(hours, projects):
    """[(currency, amount)] of hours with a rate; sums never mix currencies."""
    found = {}
    for item in hours:
        if item.rate is not None:
            found.setdefault(projects[item.project_id].currency, []).append(item)
    return [(currency, rates.worth(items, currency)) for currency, items in sorted(found.items())]


@role_required("admin", "staff")
@require_POST
def entries_mark(request):
    """Mark the ticked entries, or all that the filters find, non-billable or billable again."""
    membership = current_membership(request)
    if not edits_money(membership):
        raise PermissionDenied("Marking hours is not granted to you. Ask an administrator.")
    if request.POST.get("scope") == "all":
        rows = selectors.filtered_entries(membership, request.POST.dict())
    else:
        ticked = wholes(request.POST.getlist("entry"))
        rows = selectors.visible_entries(membership).filter(pk__in=ticked[:1000])
    what = request.POST.get("mark")
    if what not in ("non_billable", "billable"):
        return redirect("timesheets")
    changed, left = service.mark(membership, rows, what == "billable")
    words = "billable again" if what == "billable" else "non-billable"
    if changed:
        messages.success(request, f"{_entries(changed)} marked {words}.")
    if left:
        messages.info(
            request, f"{_entries(left)} left alone: invoiced, on a document, or already as you wish."
        )
    if not changed and not left:
        messages.info(request, "Tick the entries first.")
    return redirect(f"{reverse('timesheets')}?{query_of(request.POST)}")


def _entries(count):
    return "1 entry was" if count == 1 else f"{count:,} entries were"


@member_required
def entries_export(request):
    """The entries that the filters find as CSV, in the columns that the import takes."""
    membership, params = current_membership(request), request.GET.dict()
    rows = selectors.filtered_entries(membership, params).order_by("date", "id")
    columns = (
        "date",
        "project__customer__display_name",
        "project__name",
        "kind",
        "task__name",
        "bug__name",
        "title",
        "staff_user__name",
        "staff_user__email",
        "minutes",
        "billing_status",
        "notes",
    )
    header = [
        "Date",
        "Customer",
        "Project",
        "Kind",
        "Task or bug",
        "Person",
        "E-mail",
        "Hours",
        "Billing",
        "Notes",
    ]

    def lines():
        for row in rows.values_list(*columns).iterator(chunk_size=2000):
            day, customer, project, kind, task, bug, title, person, email, minutes, state, notes = row
            worked_on = task or bug or title
            hours = f"{minutes // 60}:{minutes % 60:02d}"
            yield [day, customer, project, kind, worked_on, person, email, hours, Status(state).label, notes]

    return csv_response("timesheets.csv", header, lines())
