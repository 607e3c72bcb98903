"""Sync history: every run with its counts, and the fields that were mapped."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET

from integrations import field_map, lifecycle
from integrations.models import Module, ModuleRun, SyncRun
from integrations.setup import pages
from organizations.current import current_organization

PER_PAGE = 10


def duration_words(run: SyncRun) -> str:
    """How long a run took, such as '1 min 5 s'; '' while it is not finished."""
    if not run.started_at or not run.finished_at:
        return ""
    seconds = max(int((run.finished_at - run.started_at).total_seconds()), 0)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours} h"] if hours else []
    parts += [f"{minutes} min"] if minutes else []
    return " ".join([*parts, f"{seconds} s"])


@require_GET
@pages.admin_only
def history(request: HttpRequest) -> HttpResponse:
    """The runs of the connection, latest first."""
    connection = lifecycle.live_connection(current_organization(request))
    if connection is None:
        return redirect("integrations:details")
    runs = connection.runs.select_related("requested_by").prefetch_related("module_runs").order_by("-id")
    page = Paginator(runs, PER_PAGE).get_page(request.GET.get("page"))
    for run in page.object_list:
        run.duration_words = duration_words(run)
    return pages.draw(request, "integrations/history.html", {"connection": connection, "page": page})


@require_GET
@pages.admin_only
def mapped_fields(request: HttpRequest, pk: int, module: str) -> HttpResponse:
    """View Mapped Fields: the map a run used for a module."""
    if module not in Module.values:
        raise Http404
    row = get_object_or_404(
        ModuleRun.objects.select_related("run__connection"),
        run_id=pk,
        module=module,
        run__connection__organization=current_organization(request),
    )
    context = {
        "row": row,
        "pairs": row.field_map or field_map.field_map_of(row.run.connection, module),
        "is_current": not row.field_map,
    }
    return pages.draw(request, "integrations/mapped_fields.html", context)
