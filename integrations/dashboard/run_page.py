"""One run: its modules, its requests, and what it changed: newly failed, newly healed, updated from → to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from customers.models import Customer
from integrations import lifecycle
from integrations.dashboard.links import our_urls, zoho_url
from integrations.dashboard.runs import dressed, duration_words
from integrations.models import Module, RunChange, SyncRun
from integrations.setup import pages
from integrations.sync.changes import LISTED_PER_KIND
from integrations.sync.reasons import REASONS
from organizations.csv_export import csv_response
from organizations.current import current_organization
from organizations.paging import keyset_page
from timetracking.models import Bug, Milestone, Project, StaffUser, Task, TaskList

LINKS: dict[str, tuple[Any, str]] = {
    "project_id": (Project, "name"),
    "customer_id": (Customer, "display_name"),
    "manager_id": (StaffUser, "name"),
    "staff_user_id": (StaffUser, "name"),
    "task_list_id": (TaskList, "name"),
    "milestone_id": (Milestone, "name"),
    "task_id": (Task, "name"),
    "bug_id": (Bug, "name"),
    "parent_id": (Task, "name"),
}


def label_of(column: str) -> str:
    """A column of ours as people read it."""
    name, _, key = column.partition(".")
    if name == "custom_fields":
        return f"Custom field {key}" if key else "Custom fields"
    return name.removesuffix("_id").replace("_", " ").capitalize()


def _names(changes: Iterable[RunChange]) -> dict[tuple[str, Any], str]:
    """{(column, id): name} of the rows that changed links point to."""
    wanted: dict[str, set[Any]] = {}
    for change in changes:
        for column, old, new in change.fields:
            if column in LINKS:
                wanted.setdefault(column, set()).update({old, new} - {None})
    found = {}
    for column, ids in wanted.items():
        model, name = LINKS[column]
        found.update(
            {(column, pk): text for pk, text in model.objects.filter(pk__in=ids).values_list("pk", name)}
        )
    return found


def pairs_of(change: RunChange, names: dict[tuple[str, Any], str]) -> list[dict[str, str]]:
    """The change's fields as words: label, from, to."""

    def words(column: str, value: Any) -> str:
        if value is None or value == "":
            return "(empty)"
        if column in LINKS:
            return names.get((column, value)) or f"no longer here (number {value})"
        if isinstance(value, bool):
            return "Yes" if value else "No"
        if column == "minutes":
            return f"{value // 60}:{value % 60:02} h"
        return str(value)

    return [
        {"label": label_of(column), "old": words(column, old), "new": words(column, new)}
        for column, old, new in change.fields
    ]


def reason_title(code: str) -> str:
    """The title of a reason; '' for none."""
    return REASONS[code].title if code in REASONS else code


def _asked(request: HttpRequest, run: Any) -> tuple[str, str]:
    """(kind, module) the visitor wants to see; the first kind of which there is something by default."""
    kind = request.GET.get("show", "")
    if kind not in RunChange.Kind.values:
        kind = next((known for known in RunChange.Kind.values if run.changed.get(known)), "failed")
    module = request.GET.get("module", "")
    return kind, module if module in Module.values else ""


def _run(request: HttpRequest, pk: int) -> Any:
    """The run of the live connection; None without one. Raises 404 for any other run."""
    connection = lifecycle.live_connection(current_organization(request))
    if connection is None:
        return None
    runs = connection.runs.select_related("requested_by", "connection").prefetch_related("module_runs")
    return dressed([get_object_or_404(runs, pk=pk)])[0]


def _changes(run: SyncRun, kind: str, module: str) -> QuerySet[RunChange]:
    changes = run.changes.filter(kind=kind).select_related("record").defer("record__source")
    return changes.filter(module=module) if module else changes


@require_GET
@pages.admin_only
def run_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A run's own page."""
    run = _run(request, pk)
    if run is None:
        return redirect("integrations:details")
    kind, module = _asked(request, run)
    params = {"show": kind, "module": module}
    params |= {name: request.GET.get(name, "") for name in ("after", "before")}
    page = keyset_page(_changes(run, kind, module), ("id",), params)
    names = _names(page.rows)
    ours = our_urls([change.record for change in page.rows])
    for change in page.rows:
        change.pairs = pairs_of(change, names)
        change.reason_title = reason_title(change.reason)
        change.our_url = ours.get(change.record_id, "")
        change.zoho_url = zoho_url(run.connection, change.record)
    parts = list(run.module_runs.all())
    for part in parts:
        part.took = duration_words(part.started_at, part.written_at)
    total = sum(p.changes.get(kind, 0) for p in parts if not module or p.module == module)
    listed = sum(
        min(p.changes.get(kind, 0), LISTED_PER_KIND) for p in parts if not module or p.module == module
    )
    context = {
        "connection": run.connection,
        "run": run,
        "parts": parts,
        "kinds": [(known, label, run.changed.get(known, 0)) for known, label in RunChange.Kind.choices],
        "kind": kind,
        "kind_label": RunChange.Kind(kind).label,
        "module": module,
        "modules": [part for part in parts if part.changes.get(kind)],
        "page": page,
        "total": total,
        "unlisted": total - listed,
        "requests": sorted(run.requests.items(), key=lambda item: -item[1]),
        "only": run.connection.synced_records.filter(module=Module.PROJECTS, zoho_id__in=run.hinted),
        "is_first": run.trigger == SyncRun.Trigger.INITIAL,
    }
    return pages.draw(request, "integrations/run.html", context)


@require_GET
@pages.admin_only
def run_csv(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What a run changed, as filtered; one line per record and changed field."""
    run = _run(request, pk)
    if run is None:
        return redirect("integrations:details")
    kind, module = _asked(request, run)
    header = ["Change", "Module", "Zoho id", "Name", "Before", "Now", "Reason", "Field", "From", "To"]
    with timezone.override(pages.zone_of(request)):
        return csv_response(f"run-{run.pk}-{kind}.csv", header, _csv_rows(_changes(run, kind, module)))


def _csv_rows(changes: QuerySet[RunChange]) -> Iterator[list[Any]]:
    batch: list[RunChange] = []
    for change in changes.order_by("id").iterator(chunk_size=500):
        batch.append(change)
        if len(batch) == 500:
            yield from _csv_batch(batch)
            batch = []
    yield from _csv_batch(batch)


def _csv_batch(batch: list[RunChange]) -> Iterator[list[Any]]:
    names = _names(batch)
    for change in batch:
        record = change.record
        head = [
            change.get_kind_display(), record.get_module_display(), record.zoho_id, record.name,
            change.before or "new", record.outcome, reason_title(change.reason),
        ]  # fmt: skip
        for pair in pairs_of(change, names) or [{"label": "", "old": "", "new": ""}]:
            yield [*head, pair["label"], pair["old"], pair["new"]]
