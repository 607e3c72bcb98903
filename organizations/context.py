"""What every template may use."""

from django.conf import settings

from organizations.current import (
    current_membership,
    edits_money,
    memberships_of,
    sees_everything,
    sees_expenses,
    sees_money,
)
from organizations.models import Membership

SECTIONS = (
    ("/customers/", "customers"),
    ("/time-tracking/projects/", "projects"),
    ("/time-tracking/timesheets/", "timesheets"),
    ("/time-tracking/unbilled/", "unbilled"),
    ("/time-tracking/staff/", "staff"),
    ("/sales/quotes/", "quotes"),
    ("/sales/invoices/", "invoices"),
    ("/sales/recurring-invoices/", "recurring_invoices"),
    ("/sales/credit-notes/", "credit_notes"),
    ("/sales/drift/", "drift"),
    ("/purchases/expenses/", "expenses"),
    ("/purchases/recurring-expenses/", "recurring_expenses"),
    ("/settings/", "settings"),
)


def erp(request):
    """The current membership and organization, what the sidebar needs, and whether the data is invented."""
    using_practice_portal = settings.USING_PRACTICE_PORTAL
    if not hasattr(request, "user"):  # an answer made before the sign-in middleware ran
        return {"using_practice_portal": using_practice_portal}
    membership = current_membership(request)
    nav = "home" if request.path == "/" else ""
    for prefix, name in SECTIONS:
        if request.path.startswith(prefix):
            nav = name
    return {
        "using_practice_portal": using_practice_portal,
        "memberships": memberships_of(request),
        "membership": membership,
        "organization": membership and membership.organization,
        "sees_everything": sees_everything(membership),
        "sees_money": sees_money(membership),
        "edits_money": edits_money(membership),
        "sees_expenses": sees_expenses(membership),
        "is_organization_admin": membership is not None and membership.role == Membership.Role.ADMIN,
        "nav": nav,
    }
