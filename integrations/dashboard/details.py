"""The details page: the connection's home, with live progress of a run."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from integrations import lifecycle
from integrations.models import Connection, Module, ModuleRun, SyncedRecord, SyncRun
from integrations.setup import pages
from integrations.setup.address import better_address
from integrations.zoho.data_centers import DATA_CENTERS
from organizations.current import current_organization

COUNTS = ("seen", "created", "updated", "unchanged", "excluded", "failed", "deleted")


def module_rows(run: SyncRun | None) -> list[dict[str, Any]]:
    """One row per module with its counts in a run; before the first run, too."""
    found = {row.module: row for row in run.module_runs.all()} if run else {}
    return [{"module": module, "run": found.get(module) or ModuleRun(module=module)} for module in Module]


def live_context(connection: Connection) -> dict[str, Any]:
    """What the part of the page shows that changes while a run is on."""
    run = connection.runs.select_related("requested_by").order_by("-id").first()
    waiting = run is not None and run.is_active and run.not_before and run.not_before > timezone.now()
    problems = dict(
        connection.synced_records.filter(outcome=SyncedRecord.Outcome.FAILED)
        .values_list("module")
        .annotate(Count("id"))
        .order_by()
    )
    rows = module_rows(run)
    for row in rows:
        row["problems"] = problems.get(row["module"], 0)
    return {
        "connection": connection,
        "run": run,
        "syncing": run is not None and run.is_active,
        "resumes_at": run.not_before if waiting else None,
        "rows": rows,
        "problems": sum(problems.values()),
        "brakes": connection.brakes.exclude(decision="used").select_related("decided_by").order_by("pk"),
        "failed_modules": [row for row in rows if row["run"].status == ModuleRun.Status.FAILED],
    }


@require_GET
@pages.admin_only
def details(request: HttpRequest) -> HttpResponse:
    """Before: what the integration does and Connect Now. After: the details page."""
    connection = lifecycle.live_connection(current_organization(request))
    if connection is None or connection.status == Connection.Status.CONNECTING:
        if elsewhere := better_address(request, request.path):
            return redirect(elsewhere)
        centers = [] if settings.ZOHO_ACCOUNTS_URL else list(DATA_CENTERS.values())
        context = {"connection": connection, "data_centers": centers}
        return pages.draw(request, "integrations/connect.html", context)
    center = DATA_CENTERS.get(connection.data_center)
    context = {
        **live_context(connection),
        "country": center.country if center else connection.data_center,
    }
    return pages.draw(request, "integrations/details.html", context)


@require_GET
@pages.admin_only
def status(request: HttpRequest) -> HttpResponse:
    """The part of the details page that changes, asked for every two seconds while a run is on."""
    connection = lifecycle.live_connection(current_organization(request))
    if connection is None or connection.status == Connection.Status.CONNECTING:
        return HttpResponse(status=404)
    if not request.htmx:
        return redirect("integrations:details")
    context = live_context(connection)
    response = pages.draw(request, "integrations/_live.html", context)
    if not context["syncing"]:
        response["HX-Refresh"] = "true"  # the buttons change with the end of the run
    return response
