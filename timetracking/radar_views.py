"""The unbilled radar on screen."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import render

from organizations.current import current_membership, role_required, sees_money
from timetracking import radar as sums


@role_required("admin", "staff")
def radar(request):
    """Per customer and project: ready, waiting, blocked, before the cutoff, without a rate; each opens its rows."""
    membership, params = current_membership(request), request.GET.dict()
    if not sees_money(membership):
        raise PermissionDenied("Amounts are not granted to you. Ask an administrator.")
    lines, totals = sums.radar(membership, params)
    for line in lines:
        line.shown_ages = [
            (label, line.ages.get(label, 0), sums.age_query(label)) for _, label in reversed(sums.AGES)
        ]
        line.columns = [line.stakes.get(kind, []) for kind, _ in sums.KINDS]
    context = {
        "lines": lines,
        "totals": totals,
        "kinds": [(label, *totals["stakes"][kind]) for kind, label in sums.KINDS],
        "params": params,
        "customers": membership.organization.customers.order_by("display_name", "id").values_list(
            "pk", "display_name"
        )[:300],
    }
    return render(request, "timetracking/radar.html", context)
