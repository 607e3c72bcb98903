"""Which recurring invoices draw on hours of projects, for whoever is about to stop those hours."""

from transactions.models import RecurringInvoice


def drawing_on(organization, project_ids):
    """Names of the active recurring invoices that bill hours of any of `project_ids` (ids or a query), by name."""
    found = RecurringInvoice.objects.filter(
        organization=organization, status=RecurringInvoice.Status.ACTIVE, projects__in=project_ids
    )
    return list(found.order_by("name").values_list("name", flat=True).distinct())
