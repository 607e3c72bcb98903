"""Hours that are known in Zoho Projects but cannot be billed here yet: waiting, blocked, before the cutoff."""

import datetime

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, Sum
from django.http import Http404
from django.shortcuts import render

from integrations.models import Module, SyncedRecord
from integrations.sync.reasons import REASONS
from organizations.current import current_membership, role_required, sees_money
from organizations.paging import keyset_page
from organizations.panels import Stake, address
from timetracking.models import Project, TimeEntry
from transactions.models import BilledTimeEntry

Outcome = SyncedRecord.Outcome
KINDS = {
    "waiting": ("Waiting for approval in Zoho Projects", Q(outcome=Outcome.EXCLUDED, reason="not_approved")),
    "blocked": ("Blocked by a sync error", Q(outcome=Outcome.FAILED)),
}


def _records(organization, kind):
    return SyncedRecord.objects.filter(
        KINDS[kind][1],
        connection__organization=organization,
        connection__is_deleted=False,
        module=Module.TIMESHEETS,
    )


def stakes(membership):
    """[Stake] of all projects: at most one per kind and project. Nothing without a connection."""
    organization = membership.organization
    connection = organization.connections.filter(is_deleted=False).first()
    if connection is None:
        return []
    found = []
    names = {}
    rows = connection.synced_records.filter(module=Module.PROJECTS)
    for zoho_id, object_id, name in rows.values_list("zoho_id", "object_id", "name"):
        names[zoho_id] = (object_id, name)
    for kind in KINDS:
        sums = _records(organization, kind).order_by().values_list("project_zoho_id")
        for zoho_id, count, minutes, known in sums.annotate(Count("pk"), Sum("minutes"), Count("minutes")):
            object_id, name = names.get(zoho_id, (None, ""))
            note = f"{count - known} of unknown length" if known < count else ""
            url = address("integrations:unbilled_records", kind, query=f"project={zoho_id}")
            found.append(Stake(kind, object_id, name, count, minutes if known else None, url, note))
    return found + _before_cutoff(connection)


def _before_cutoff(connection):
    """Entries that came in as invoiced because of their day, and stand on no invoice here."""
    if connection.invoiced_before is None:
        return []
    billed = BilledTimeEntry.objects.filter(
        time_entry__organization_id=connection.organization_id, released_at__isnull=True
    )
    rows = TimeEntry.objects.filter(
        organization_id=connection.organization_id,
        billing_status=TimeEntry.BillingStatus.INVOICED,
        date__lt=connection.invoiced_before,
    ).exclude(pk__in=billed.values("time_entry_id"))
    sums = list(rows.order_by().values_list("project_id").annotate(Sum("minutes"), Count("pk")))
    last = connection.invoiced_before - datetime.timedelta(days=1)
    names = dict(Project.objects.filter(pk__in=[row[0] for row in sums]).values_list("pk", "name"))
    return [
        Stake(
            "cutoff",
            project_id,
            names[project_id],
            count,
            minutes,
            address("timesheets", query=f"project={project_id}&billing=invoiced&to={last}"),
        )
        for project_id, minutes, count in sums
    ]


@role_required("admin", "staff")
def records(request, kind):
    """The time logs behind a number of the radar, each with its reason and what to do; `?project=` narrows."""
    membership, params = current_membership(request), request.GET.dict()
    if kind not in KINDS:
        raise Http404
    if not sees_money(membership):
        raise PermissionDenied("Amounts are not granted to you. Ask an administrator.")
    rows = _records(membership.organization, kind)
    project = params.get("project", "").replace("\0", "")
    if project:
        rows = rows.filter(project_zoho_id=project)
    page = keyset_page(rows.defer("source"), ("-id",), params)
    for row in page.rows:
        row.why = REASONS.get(row.reason)
    names = SyncedRecord.objects.filter(
        connection__organization=membership.organization, module=Module.PROJECTS, zoho_id=project
    )
    context = {
        "page": page,
        "title": KINDS[kind][0],
        "project_name": names.values_list("name", flat=True).first() or "" if project else "",
    }
    return render(request, "integrations/radar_records.html", context)
