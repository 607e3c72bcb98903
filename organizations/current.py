"""The current organization of a request, and who may open which view in it."""

from functools import wraps

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import render
from django.utils import timezone

from organizations.models import Membership
from organizations.zones import zone_of

SESSION_KEY = "organization_id"
SEES_EVERYTHING = (Membership.Role.ADMIN, Membership.Role.STAFF)


def memberships_of(request):
    """The visitor's active memberships with their organizations, by name; one query a request."""
    if not hasattr(request, "erp_memberships"):
        request.erp_memberships = (
            list(
                Membership.objects.filter(user=request.user, is_active=True)
                .select_related("organization")
                .order_by("organization__name", "id")
            )
            if request.user.is_authenticated
            else []
        )
    return request.erp_memberships


def current_membership(request):
    """The membership the visitor works under: the one chosen in the switcher, else the first; or None."""
    memberships = memberships_of(request)
    chosen = request.session.get(SESSION_KEY) if memberships else None
    for membership in memberships:
        if membership.organization_id == chosen:
            return membership
    return memberships[0] if memberships else None


def current_organization(request):
    """The organization every query of this request goes through, or None for people without one."""
    membership = current_membership(request)
    return membership.organization if membership else None


def choose_organization(request, organization_id):
    """Switch to an organization the visitor is a member of. Returns False (and changes nothing) otherwise."""
    if any(item.organization_id == organization_id for item in memberships_of(request)):
        request.session[SESSION_KEY] = organization_id
        return True
    return False


def sees_everything(membership):
    """True for roles that see all customers, projects, hours and rates of the organization."""
    return membership is not None and membership.role in SEES_EVERYTHING


def sees_money(membership):
    """True for those who see rates and amounts: administrators, and staff to whom it is granted."""
    return sees_everything(membership) and (membership.role == Membership.Role.ADMIN or membership.can_view)


def sees_expenses(membership):
    """True for those who see money, and for employees, who see the expenses that they record."""
    return sees_money(membership) or (membership is not None and membership.role == Membership.Role.EMPLOYEE)


def edits_money(membership):
    """True for those who set rates, budgets and what is billable: administrators, and staff who bill."""
    return sees_money(membership) and (membership.role == Membership.Role.ADMIN or membership.can_bill)


def member_required(view):
    """Ask visitors to sign in; tell people without an organization, in plain words, what to do."""

    @wraps(view)
    @login_required
    def wrapped(request, *args, **kwargs):
        if current_membership(request) is None:
            return render(request, "organizations/no_organization.html", status=403)
        return view(request, *args, **kwargs)

    return wrapped


def role_required(*roles):
    """Let only these roles in; others get the 403 page (raises PermissionDenied)."""

    def decorate(view):
        @wraps(view)
        @member_required
        def wrapped(request, *args, **kwargs):
            if current_membership(request).role not in roles:
                names = " or ".join(Membership.Role(role).label for role in roles)
                raise PermissionDenied(f"This page needs the role {names} in your organization.")
            return view(request, *args, **kwargs)

        return wrapped

    return decorate


class OrganizationZoneMiddleware:
    """Shows times in the current organization's time zone."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        organization = current_organization(request) if request.user.is_authenticated else None
        if organization is None:
            return self.get_response(request)
        with timezone.override(zone_of(organization)):
            return self.get_response(request)
