"""The details page: the connection's home, with live progress of a run."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from integrations import lifecycle
from integrations.dashboard.bars import bars
from integrations.dashboard.runs import COUNTS, dressed
from integrations.dashboard.standing import SETTLED_BY, Standing, settled, standing, was_cut_short
from integrations.models import Connection, Module, ModuleRun, SyncedRecord
from integrations.setup import pages
from integrations.setup.address import better_address
from integrations.zoho.data_centers import DATA_CENTERS
from operations.heartbeat import WORKER, silent_seconds
from organizations.current import current_organization

BARS = 20
LONG = timedelta(hours=2)  # a run under way for so long is said to take longer than usual
Outcome = SyncedRecord.Outcome


def ledger_totals(connection: Connection, fresh: bool = True) -> dict[str, dict[str, int]]:
    """{module: {outcome: number}} over the whole ledger.

    Polls every two seconds must not count a million rows each time: without `fresh` a count is used again for
    fifty times as long as it took, a minute at most.
    """
    key = f"ledger-totals-{connection.pk}"
    found: dict[str, dict[str, int]] | None = None if fresh else cache.get(key)
    if found is None:
        begun = time.monotonic()
        rows = connection.synced_records.filter(module__in=Module.values).order_by()
        found = {}
        for module, outcome, number in rows.values_list("module", "outcome").annotate(Count("id")):
            found.setdefault(module, {})[outcome] = number
        seconds = min((time.monotonic() - begun) * 50, 60)
        if seconds >= 1:
            cache.set(key, found, seconds)
    return found


def _words(part: ModuleRun | None, run: Any, connection: Connection, done: set[str]) -> tuple[str, str]:
    """(sign, words) for the status of a module: the specification's two words, and what may go with them."""
    if part is not None and part.status == ModuleRun.Status.FAILED:
        usable = not run.is_active and connection.last_synced_at is not None
        return "⚠", "Active, with a warning" if usable else "Could not be read"
    if run is not None and run.is_active and part is not None:
        if SETTLED_BY.get(part.module, part.module) in done:
            return "✓", "Read"
        if part.status == ModuleRun.Status.RUNNING:
            return "⟳", "Sync in Progress"
        if part.status == ModuleRun.Status.WAITING:
            return "…", "Waiting"
    if part is not None and part.module == Module.TIMESHEETS and not connection.sync_timesheets:
        return "–", "Switched off"
    if connection.last_synced_at is None:
        return "–", "Not synced yet"
    if connection.status == Connection.Status.DISABLED:
        return "⏸", "Disabled"
    if part is not None and was_cut_short(part, run, done):
        return "⚠", "Active, with a warning"
    return "✓", "Active"


def module_rows(found: Standing, totals: dict[str, dict[str, int]]) -> list[dict[str, Any]]:
    """One row per module: its status, the ledger's totals and the counts of the latest run."""
    run: Any = found.latest
    parts = {row.module: row for row in run.module_runs.all()} if run else {}
    rows = []
    for module in Module:
        part, counted = parts.get(module), totals.get(module, {})
        kept = {name: counted.get(name, 0) for name in ("synced", "excluded", "failed", "deleted")}
        telling, its_run = found.told.get(module, (part, run))
        sign, words = _words(telling, its_run, found.connection, settled(its_run) if its_run else set())
        rows.append(
            {
                "module": module,
                "part": part or ModuleRun(module=module),
                "message": telling.message if telling is not None else "",
                "failed": telling is not None and telling.status == ModuleRun.Status.FAILED,
                "sign": sign,
                "words": words,
                "totals": kept,
                "reported": kept["synced"] + kept["excluded"] + kept["failed"],
            }
        )
    return rows


def live_context(connection: Connection, fresh: bool = True) -> dict[str, Any]:
    """What the part of the page shows that changes while a run is on."""
    runs = connection.runs.select_related("requested_by").prefetch_related("module_runs").order_by("-id")
    latest = dressed(runs[:1])
    run = latest[0] if latest else None
    syncing = run is not None and run.is_active
    now = timezone.now()
    waiting = syncing and run.not_before and run.not_before > now
    found = standing(connection, run)
    rows = module_rows(found, ledger_totals(connection, fresh))
    sums = {
        name: sum(row["totals"][name] for row in rows) for name in ("synced", "excluded", "failed", "deleted")
    }
    sums["reported"] = sums["synced"] + sums["excluded"] + sums["failed"]
    silent = silent_seconds(WORKER)
    reading = next((row for row in rows if row["words"] == "Sync in Progress"), None)
    return {
        "connection": connection,
        "run": run,
        "syncing": syncing,
        "doubt": found.doubt,
        "earlier": found.earlier,
        "state": "syncing" if syncing else connection.status,
        "resumes_at": run.not_before if waiting else None,
        "takes_long": syncing and run.started_at is not None and now - run.started_at > LONG,
        "rows": rows,
        "brakes": connection.brakes.exclude(decision="used").select_related("decided_by").order_by("pk"),
        "sums": sums,
        "settled": sum(row["words"] in ("Read", "Could not be read") for row in rows),
        "reading": reading,
        "failed_modules": [row for row in rows if row["failed"]],
        "worker_silent": silent is None or silent > settings.WORKER_SILENT_SECONDS,
        "worker_seconds": None if silent is None else int(silent),
        "poll_seconds": 2 if syncing else 30,
    }


def _drawing(connection: Connection) -> dict[str, Any]:
    runs = connection.runs.prefetch_related("module_runs").order_by("-id")[:BARS]
    return {"drawing": bars(dressed(runs)), "counts": COUNTS}


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
        **_drawing(connection),
        "country": center.country if center else connection.data_center,
    }
    return pages.draw(request, "integrations/details.html", context)


@require_GET
@pages.admin_only
def status(request: HttpRequest) -> HttpResponse:
    """The part of the page that changes, asked for every two seconds during a run and twice a minute otherwise.

    `was` says which state the page shows; only when that changed are buttons and bars drawn anew, too.
    """
    connection = lifecycle.live_connection(current_organization(request))
    if not request.htmx:
        if connection is None:
            return HttpResponse(status=404)
        return redirect("integrations:details")
    if connection is None or connection.status == Connection.Status.CONNECTING:
        answer = HttpResponse(status=200)
        answer["HX-Redirect"] = reverse("integrations:details")  # deleted meanwhile, by somebody else
        return answer
    context = live_context(connection, fresh=False)
    context["turned"] = request.GET.get("was") != context["state"]
    if context["turned"]:
        context |= _drawing(connection)
    return pages.draw(request, "integrations/_live_answer.html", context)
