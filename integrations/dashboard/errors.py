"""View Error Summary and Error Details: by module, grouped by cause, with why, what to do, and buttons that do it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from integrations import lifecycle, problems
from integrations.dashboard.causes import PARENTS, blocked_under, reason_of, summary_of
from integrations.dashboard.fixes import fixes_for
from integrations.dashboard.links import our_urls, zoho_url
from integrations.dashboard.runs import hours_words
from integrations.models import Connection, Module, SyncedRecord, SyncRun
from integrations.setup import pages
from integrations.sync.reasons import HEADINGS, HELP
from organizations.csv_export import csv_response
from organizations.current import current_organization
from organizations.paging import keyset_page

Outcome = SyncedRecord.Outcome
# The sections of a module: key → title.
SECTIONS = {
    "failed": "Could not be fetched",
    "ignored": "Ignored",
    "excluded": "Left out by the rules",
    "remarks": "Synced, with a remark",
    "deleted": "Gone in Zoho Projects",
}


def section_rows(connection: Connection, module: str, section: str) -> QuerySet[SyncedRecord]:
    """The records of a section of a module."""
    if section == "failed":
        return problems.failing(connection, module)
    if section == "ignored":
        return problems.ignored(connection, module)
    wanted = {
        "excluded": Q(outcome=Outcome.EXCLUDED),
        "remarks": Q(has_remark__isnull=False),
        "deleted": Q(outcome=Outcome.DELETED),
    }
    return connection.synced_records.filter(wanted[section], module=module)


@require_GET
@pages.admin_only
def summary(request: HttpRequest) -> HttpResponse:
    """View Error Summary: per module what failed and what was left out, by cause."""
    connection = lifecycle.live_connection(current_organization(request))
    if connection is None:
        return redirect("integrations:details")
    with timezone.override(pages.zone_of(request)):
        found = summary_of(connection)
    for part in found["modules"]:
        failed = part["failed"] or (part["module"] == Module.TIMESHEETS and part["excluded"])
        part["heading"] = HEADINGS[part["module"]] if failed else part["module"].label
        part["help"] = HELP.get(part["module"]) if failed else None
    context = {
        **found,
        "connection": connection,
        "syncing": connection.runs.filter(status__in=SyncRun.ACTIVE).exists(),
    }
    return pages.draw(request, "integrations/errors.html", context)


def _reason(request: HttpRequest) -> str | None:
    """The cause asked for; None when none is. PostgreSQL refuses to look for a NUL."""
    reason = request.GET.get("reason")
    return None if reason is None else reason.replace("\0", "")


@require_GET
@pages.admin_only
def module_errors(request: HttpRequest, module: str) -> HttpResponse:
    """Error Details: the records of one module, section and cause, paged."""
    connection = lifecycle.live_connection(current_organization(request))
    if connection is None:
        return redirect("integrations:details")
    section = request.GET.get("section", "failed")
    if module not in Module.values or section not in SECTIONS:
        raise Http404
    reason = _reason(request) or ""
    with timezone.override(pages.zone_of(request)):
        records = section_rows(connection, module, section).defer("source").select_related("last_changed_run")
        if _reason(request) is not None:
            records = records.filter(reason=reason)
        page = keyset_page(records, ("reason", "id"), request.GET.dict())
    context = {
        "connection": connection,
        "module": Module(module),
        "section": section,
        "section_title": SECTIONS[section],
        "heading": HEADINGS[module]
        if section == "failed"
        else f"{Module(module).label}: {SECTIONS[section]}",
        "page": page,
        "records": dressed(connection, page.rows),
        "reason_filter": reason,
        "can_act": section in ("failed", "excluded"),
        "syncing": connection.runs.filter(status__in=SyncRun.ACTIVE).exists(),
        "here": request.get_full_path(),
    }
    return pages.draw(request, "integrations/module_errors.html", context)


@require_GET
@pages.admin_only
def blocked(request: HttpRequest, pk: int) -> HttpResponse:
    """The records that one failed parent keeps out, paged."""
    connection = lifecycle.live_connection(current_organization(request))
    if connection is None:
        return redirect("integrations:details")
    parent = get_object_or_404(connection.synced_records.filter(module__in=PARENTS), pk=pk)
    records = connection.synced_records.filter(blocked_by=parent.zoho_id, outcome=Outcome.FAILED)
    records = records.defer("source").select_related("last_changed_run")
    page = keyset_page(records, ("module", "id"), request.GET.dict())
    context = {
        "connection": connection,
        "parent": dressed(connection, [parent])[0],
        "page": page,
        "records": dressed(connection, page.rows),
        "syncing": connection.runs.filter(status__in=SyncRun.ACTIVE).exists(),
        "here": request.get_full_path(),
    }
    return pages.draw(request, "integrations/blocked.html", context)


def dressed(connection: Connection, rows: Iterable[SyncedRecord]) -> list[Any]:
    """The records with all that a row of the page shows: reason, links, fixes, what they block, hours."""
    records: list[Any] = list(rows)
    projects = {record.project_zoho_id for record in records} - {""}
    names = dict(
        connection.synced_records.filter(module=Module.PROJECTS, zoho_id__in=projects).values_list(
            "zoho_id", "name"
        )
    )
    parents = [record.zoho_id for record in records if record.module in PARENTS]
    below = blocked_under(connection, parents) if parents else {}
    ours = our_urls(records)
    fixes = fixes_for(connection, records)
    for record in records:
        record.reason_words = reason_of(record.reason)
        record.project_name = names.get(record.project_zoho_id, "")
        under = below.get(record.zoho_id, {}) if record.module in PARENTS else {}
        record.blocks, record.blocked_hours = under.get("number", 0), hours_words(under.get("minutes"))
        record.our_url = ours.get(record.pk, "")
        record.zoho_url = zoho_url(connection, record)
        record.fixes = fixes.get(record.pk, [])
        record.hours = hours_words(record.minutes)
        record.can_retry = problems.can_retry(record)
    return records


@require_GET
@pages.admin_only
def problems_csv(request: HttpRequest) -> HttpResponseBase:
    """The records of a section, of one module or of all, one line each."""
    connection = lifecycle.live_connection(current_organization(request))
    if connection is None:
        return redirect("integrations:details")
    section, module = request.GET.get("section", "failed"), request.GET.get("module", "")
    if section not in SECTIONS or (module and module not in Module.values):
        raise Http404
    header = [
        "Module", "Zoho id", "Name", "Project in Zoho", "Outcome", "Cause", "Why", "What to do", "Detail", "Hours",
        "Waits for (Zoho id)", "First seen", "Link in Zoho Projects",
    ]  # fmt: skip
    with timezone.override(pages.zone_of(request)):
        lines = _lines(connection, [module] if module else list(Module.values), section, _reason(request))
        return csv_response(f"sync-{section}{'-' + module if module else ''}.csv", header, lines)


def _lines(
    connection: Connection, modules: list[str], section: str, reason: str | None
) -> Iterator[list[Any]]:
    for module in modules:
        rows = section_rows(connection, module, section).defer("source")
        if reason is not None:
            rows = rows.filter(reason=reason)
        for row in rows.order_by("id").iterator(chunk_size=1000):
            words = reason_of(row.reason)
            yield [
                row.get_module_display(), row.zoho_id, row.name, row.project_zoho_id, row.get_outcome_display(),
                words.title, words.why, words.remedy, row.detail,
                "" if row.minutes is None else round(row.minutes / 60, 2), row.blocked_by, row.first_seen_at,
                zoho_url(connection, row),
            ]  # fmt: skip
