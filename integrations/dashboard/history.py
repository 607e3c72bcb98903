"""Show Sync History: the modules with their latest run, every run with its counts, a bar per run, CSV, retention."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_GET, require_POST

from integrations import field_map, lifecycle, timeline
from integrations.dashboard.bars import bars
from integrations.dashboard.runs import COUNTS, dressed, duration_words
from integrations.models import Connection, Module, ModuleRun, SyncRun
from integrations.setup import pages
from organizations.csv_export import csv_response
from organizations.current import current_organization

PER_PAGE = 20
LATEST = 60  # runs looked through for the latest one of each module
SHORTEST_DAYS, LONGEST_DAYS = 7, 3650
Row = dict[str, Any]


def filtered_runs(connection: Connection, params: Row) -> QuerySet[SyncRun]:
    """Runs after the filters `trigger`, `status`, `from`, `to` (days, both included) and `problems`, latest first.

    Filters that cannot be understood are ignored.
    """
    runs = connection.runs.select_related("requested_by").prefetch_related("module_runs").order_by("-id")
    if params.get("trigger") in SyncRun.Trigger.values:
        runs = runs.filter(trigger=params["trigger"])
    if params.get("status") in SyncRun.Status.values:
        runs = runs.filter(status=params["status"])
    for name, look in (("from", "queued_at__gte"), ("to", "queued_at__lt")):
        if day := _day(params.get(name)):
            day += timedelta(days=name == "to")
            midnight = timezone.make_aware(datetime.combine(day, time()), timezone.get_current_timezone())
            runs = runs.filter(**{look: midnight})
    if params.get("problems"):
        worse = ModuleRun.objects.filter(run__connection=connection, changes__failed__gt=0)
        runs = runs.filter(pk__in=worse.values("run_id"))
    return runs


def _day(text: str | None) -> Any:
    try:
        day = parse_date(text or "")
    except ValueError:
        return None
    return day if day and 1970 <= day.year <= 9000 else None


def latest_of_modules(connection: Connection) -> list[Row]:
    """Per module the latest run that read it, newest first looked for among the last runs."""
    found: dict[str, ModuleRun] = {}
    waiting: dict[str, ModuleRun] = {}
    for run in connection.runs.prefetch_related("module_runs").order_by("-id")[:LATEST]:
        for part in run.module_runs.all():
            part.run = run
            read = part.status not in (ModuleRun.Status.SKIPPED, ModuleRun.Status.WAITING)
            (found if read else waiting).setdefault(part.module, part)
        if len(found) == len(Module):
            break
    return [{"module": module, "part": found.get(module) or waiting.get(module)} for module in Module]


@require_GET
@pages.admin_only
def history(request: HttpRequest) -> HttpResponse:
    """The runs of the connection, latest first."""
    connection = lifecycle.live_connection(current_organization(request))
    if connection is None:
        return redirect("integrations:details")
    params = request.GET.dict()
    page = Paginator(filtered_runs(connection, params), PER_PAGE).get_page(params.get("page"))
    runs = dressed(page.object_list)
    kept = {name: value for name, value in params.items() if name != "page" and value}
    context = {
        "connection": connection,
        "page": page,
        "runs": runs,
        "drawing": bars(runs),
        "modules": latest_of_modules(connection),
        "params": params,
        "filters_on": bool(kept),
        "query": f"&{urlencode(kept)}" if kept else "",
        "triggers": SyncRun.Trigger.choices,
        "statuses": SyncRun.Status.choices,
        "shortest": SHORTEST_DAYS,
        "longest": LONGEST_DAYS,
    }
    return pages.draw(request, "integrations/history.html", context)


@require_GET
@pages.admin_only
def history_csv(request: HttpRequest) -> HttpResponseBase:
    """The runs as filtered, one line per run and module."""
    connection = lifecycle.live_connection(current_organization(request))
    if connection is None:
        return redirect("integrations:details")
    runs = filtered_runs(connection, request.GET.dict())
    header = [
        "Run", "Trigger", "By", "Asked for", "Started", "Finished", "Seconds", "Result", "Requests", "Message",
        "Module", "Module result", *[name.capitalize() for name in COUNTS], "Newly failed", "Newly healed",
    ]  # fmt: skip
    with timezone.override(pages.zone_of(request)):
        return csv_response("sync-history.csv", header, _lines(runs))


def _lines(runs: QuerySet[SyncRun]) -> Iterator[list[Any]]:
    for run in runs.iterator(chunk_size=200):
        seconds: int | None = None
        if run.started_at and run.finished_at:
            seconds = int((run.finished_at - run.started_at).total_seconds())
        head = [
            run.pk, run.get_trigger_display(), run.requested_by or "", run.queued_at, run.started_at,
            run.finished_at, seconds, run.get_status_display(), sum(run.requests.values()), run.message,
        ]  # fmt: skip
        for part in run.module_runs.all():
            counts = [getattr(part, name) for name in COUNTS]
            changed = [part.changes.get(kind, 0) for kind in ("failed", "healed")]
            yield [*head, part.get_module_display(), part.get_status_display(), *counts, *changed]


@require_POST
@pages.admin_only
def keep(request: HttpRequest) -> HttpResponse:
    """How long runs are kept, in days; 0 keeps them all. What was synced, and why not, stays in any case."""
    connection = lifecycle.live_connection(current_organization(request))
    if connection is None:
        return redirect("integrations:details")
    text = request.POST.get("days", "").strip()
    days = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1
    if days != 0 and not SHORTEST_DAYS <= days <= LONGEST_DAYS:
        messages.error(
            request,
            f"Nothing was saved: give a whole number of days from {SHORTEST_DAYS} to {LONGEST_DAYS}, or 0 to "
            "keep all runs.",
        )
        return redirect("integrations:history")
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        before, row.history_days = row.history_days, days
        row.save(update_fields=["history_days"])
        if before != days:
            timeline.record(row, request.user, "Sync history kept", kept_words(before), kept_words(days))
    messages.success(request, f"Saved. Runs are kept {kept_words(days)}.")
    return redirect("integrations:history")


def kept_words(days: int) -> str:
    """For how long runs are kept, in words."""
    return f"for {days} days" if days else "without end"


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
        "took": duration_words(row.started_at, row.written_at),
    }
    return pages.draw(request, "integrations/mapped_fields.html", context)
