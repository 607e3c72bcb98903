"""Lists and details of projects, timesheets and staff."""

from django.contrib import messages
from django.db.models import Sum
from django.shortcuts import get_object_or_404, redirect, render

from organizations.activity import activities
from organizations.current import (
    current_membership,
    current_organization,
    member_required,
    role_required,
    sees_everything,
)
from organizations.custom_values import shown_custom_fields
from organizations.paging import keyset_page
from timetracking import selectors
from timetracking.forms import ProjectForm
from timetracking.models import Project, StaffUser, TimeEntry
from timetracking.people_forms import GrantsForm
from timetracking.rules import project_creation_refusal
from timetracking.seats import seat_refusal, seats_used
from timetracking.tabs import TABS, tab_context


@member_required
def project_list(request):
    """Projects with search, filter, sorting and pages."""
    membership, params = current_membership(request), request.GET.dict()
    order = selectors.PROJECT_ORDERS.get(params.get("sort"), selectors.PROJECT_ORDERS["name"])
    rows = selectors.filtered_projects(membership, params)
    page = keyset_page(
        rows.select_related("customer", "manager").defer("description"), order, params, count_from=rows
    )
    return render(
        request,
        "timetracking/project_list.html",
        {"page": page, "params": params, "refusal": project_creation_refusal(membership.organization)},
    )


@member_required
def project_detail(request, pk):
    """One project, by tabs; 404 outside the organization and for people who do not work on it."""
    membership = current_membership(request)
    rows = selectors.visible_projects(membership).select_related("customer", "manager")
    project = get_object_or_404(rows, pk=pk)
    params = request.GET.dict()
    tab = params.get("tab") if params.get("tab") in dict(TABS) else "overview"
    context = {"project": project, "tab": tab, "tabs": TABS, "params": params}
    if tab == "overview":
        context["custom"] = shown_custom_fields(membership.organization, "projects", project.custom_fields)
        hours = selectors.visible_entries(membership).filter(project=project)
        context["hours"] = [
            (TimeEntry.BillingStatus(row["billing_status"]).label, row["total"])
            for row in hours.order_by("billing_status")
            .values("billing_status")
            .annotate(total=Sum("minutes"))
        ]
    else:
        context |= tab_context(tab, project, membership, params)
    return render(request, "timetracking/project_detail.html", context)


@role_required("admin", "staff")
def project_new(request):
    """Create a project here, unless projects come from Zoho Projects only."""
    organization = current_organization(request)
    refusal = project_creation_refusal(organization)
    form = ProjectForm(request.POST or None, organization=organization)
    if request.method == "POST" and not refusal and form.is_valid():
        project = form.save()
        messages.success(request, f"The project {project.name} was created.")
        return redirect("project", project.pk)
    return render(
        request,
        "timetracking/project_form.html",
        {"form": form, "refusal": refusal},
        status=403 if refusal else 200,
    )


@member_required
def entry_list(request):
    """Timesheets with search, filters, sorting and pages."""
    membership, params = current_membership(request), request.GET.dict()
    order = selectors.ENTRY_ORDERS.get(params.get("sort"), selectors.ENTRY_ORDERS["-date"])
    rows = selectors.filtered_entries(membership, params)
    page = keyset_page(selectors.with_names(rows), order, params, count_from=rows)
    return render(
        request,
        "timetracking/entry_list.html",
        {
            "page": page,
            "params": params,
            "billing_choices": TimeEntry.BillingStatus.choices,
            "kind_choices": TimeEntry.Kind.choices,
        },
    )


@role_required("admin", "staff")
def staff_list(request):
    """People with search, filters, sorting and pages."""
    params = request.GET.dict()
    order = selectors.STAFF_ORDERS.get(params.get("sort"), selectors.STAFF_ORDERS["name"])
    membership = current_membership(request)
    rows = selectors.filtered_staff(membership, params)
    page = keyset_page(
        rows.select_related("membership__user", "membership__invitation"), order, params, count_from=rows
    )
    organization = membership.organization
    context = {
        "page": page,
        "params": params,
        "role_choices": StaffUser.Role.choices,
        "seats_used": seats_used(organization),
        "seats_limit": organization.employee_portal_limit,
    }
    if membership.role == "admin" and not params:
        only_members = organization.memberships.filter(staff_users=None).select_related("user")
        context["only_members"] = only_members.order_by("user__email")[:200]
    return render(request, "timetracking/staff_list.html", context)


@member_required
def staff_detail(request, pk):
    """One person with their projects and latest hours; 404 outside the organization."""
    membership, params = current_membership(request), request.GET.dict()
    people = selectors.visible_staff(membership).select_related(
        "membership__user", "membership__invitation__invited_by"
    )
    person = get_object_or_404(people, pk=pk)
    rows = selectors.filtered_entries(membership, params, staff_user=person)
    projects = Project.objects.filter(staff__staff_user=person).order_by("name", "id")[:200]
    page = keyset_page(selectors.with_names(rows), ("-date", "-id"), params, count_from=rows)
    return render(
        request,
        "timetracking/staff_detail.html",
        {
            "person": person,
            "projects": projects,
            "page": page,
            "params": params,
            "everything": sees_everything(membership),
            "manages": membership.role == "admin",
            "grants": GrantsForm(instance=person.membership)
            if membership.role == "admin" and person.membership and person.membership.role == "staff"
            else None,
            "activities": activities(person) if membership.role == "admin" else (),
            "seats_used": seats_used(membership.organization),
            "seats_limit": membership.organization.employee_portal_limit,
            "seat_refusal": seat_refusal(membership.organization, person),
        },
    )
