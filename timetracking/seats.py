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
    used = 0 if limit is None else seats_used(organization, besides)
    if limit is None or used < limit:
        return ""
    return (
        f"No seat with portal access is free: {used} of {limit} are taken. Take access from somebody, or raise "
        "the limit under Settings → Organization."
    )
