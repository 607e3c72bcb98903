"""Which customers a visitor may see."""

from django.db.models import Q

from customers.models import Customer
from organizations.current import sees_everything

ORDERS = {"name": ("display_name", "id"), "-name": ("-display_name", "-id"), "-id": ("-id",)}


def visible_customers(membership):
    """Customers of the membership's organization; none for roles that see their own work only."""
    if not sees_everything(membership):
        return Customer.objects.none()
    return Customer.objects.filter(organization=membership.organization)


def filtered_customers(membership, params):
    """Visible customers after search (`q`: name, company, e-mail) and the filter `status`."""
    rows = visible_customers(membership)
    if words := params.get("q", "").strip().replace("\0", ""):
        rows = rows.filter(
            Q(display_name__icontains=words) | Q(company_name__icontains=words) | Q(email__icontains=words)
        )
    if params.get("status") in ("active", "inactive"):
        rows = rows.filter(is_active=params["status"] == "active")
    return rows
