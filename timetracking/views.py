"""List and details of staff."""

from django.shortcuts import get_object_or_404, render

from organizations.activity import activities
from organizations.current import (
    current_membership,
    member_required,
    role_required,
    sees_everything,
)
from organizations.paging import keyset_page
from timetracking import selectors
from timetracking.models import Project, StaffUser
from timetracking.people_forms import GrantsForm
from timetracking.seats import seat_refusal, seats_used


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
