"""Seats: how many people may have access to the employee portal."""

from timetracking.models import StaffUser


def seats_used(organization, besides=None):
    """How many people have access, whoever gave it to them; `besides` is not counted."""
    rows = StaffUser.objects.filter(organization=organization, has_portal_access=True)
    return rows.exclude(pk=besides.pk or 0).count() if besides else rows.count()


def seat_refusal(organization, besides=None):
    """Why nobody (else than `besides`) can get portal access now; '' when a seat is free.

    True only as long as the organization's row is held (`organizations.rules.locked_organization`).
    """
    limit = organization.employee_portal_limit
    if limit is None or seats_used(organization, besides) < limit:
        return ""
    return (
        f"All {limit} seats with portal access are taken. Take access from somebody, or raise the limit "
        "under Settings → Organization."
    )
