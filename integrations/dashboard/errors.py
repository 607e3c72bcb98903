"""Error summary and error details: by module, grouped by reason, each with why and what to do."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_GET

from integrations import lifecycle
from integrations.models import Connection, Module, SyncedRecord
from integrations.panels import zoho_url
from integrations.setup import pages
from integrations.sync.reasons import HEADINGS, REASONS, Reason
from organizations.current import current_organization

PER_PAGE = 50
Outcome = SyncedRecord.Outcome
# The sections of a module, in order: key, title, and which records belong there.
SECTIONS: tuple[tuple[str, str, Q], ...] = (
    ("failed", "Could not be fetched", Q(outcome=Outcome.FAILED)),
    ("excluded", "Left out by the rules", Q(outcome=Outcome.EXCLUDED)),
    ("remarks", "Synced, with a remark", Q(outcome=Outcome.SYNCED) & (~Q(reason="") | ~Q(detail=""))),
    ("deleted", "Gone in Zoho Projects", Q(outcome=Outcome.DELETED)),
)
_OUR_PAGES = {"customers": "customer", "projects": "project"}
_REMARK = Reason(
    "", "Synced with a remark", "The record came in; something about it deserves a look.", "See the detail."
)


def reason_of(code: str) -> Reason:
    """The reason for a code; an unknown one shows its code."""
    if not code:
        return _REMARK
    return REASONS.get(code) or Reason(
        code, code, "No explanation is known for this reason.", "See the detail."
    )


def _groups(records: QuerySet[SyncedRecord]) -> list[dict[str, Any]]:
    rows = records.values("reason").annotate(number=Count("id")).order_by("-number", "reason")
    return [{"reason": reason_of(row["reason"]), "number": row["number"]} for row in rows]


def _blocked(connection: Connection) -> int:
    """Records that wait only for a parent of theirs: one problem with N children, not N+1 problems."""
    codes = ("project_not_fetched", "task_not_fetched", "bug_not_fetched")
    return connection.synced_records.filter(outcome=Outcome.FAILED, reason__in=codes).count()


@require_GET
@pages.admin_only
def summary(request: HttpRequest) -> HttpResponse:
    """View Error Summary: per module what failed and what was left out, by reason."""
    connection = lifecycle.live_connection(current_organization(request))
    if connection is None:
        return redirect("integrations:details")
    modules = []
    for module in Module:
        records = connection.synced_records.filter(module=module)
        sections = [
            {"key": key, "title": title, "groups": groups}
            for key, title, wanted in SECTIONS
            if (groups := _groups(records.filter(wanted)))
        ]
        if sections:
            has_failed = sections[0]["key"] == "failed"
            modules.append(
                {
                    "module": module,
                    "heading": HEADINGS[module] if has_failed else f"{module.label}: nothing failed.",
                    "has_failed": has_failed,
                    "sections": sections,
                }
            )
    modules.sort(key=lambda row: not row["has_failed"])
    context = {
        "connection": connection,
        "modules": modules,
        "any_failed": any(row["has_failed"] for row in modules),
        "blocked": _blocked(connection),
    }
    return pages.draw(request, "integrations/errors.html", context)


@require_GET
@pages.admin_only
def module_errors(request: HttpRequest, module: str) -> HttpResponse:
    """Error Details: the records of one module, section and reason, paged."""
    connection = lifecycle.live_connection(current_organization(request))
    if connection is None:
        return redirect("integrations:details")
    wanted = {key: condition for key, _, condition in SECTIONS}
    section = request.GET.get("section", "failed")
    if module not in Module.values or section not in wanted:
        raise Http404
    records = connection.synced_records.filter(wanted[section], module=module).defer("source")
    reason = request.GET.get("reason")
    if reason is not None:
        records = records.filter(reason=reason)
    page = Paginator(records.order_by("reason", "id"), PER_PAGE).get_page(request.GET.get("page"))
    _decorate(connection, page.object_list)
    context = {
        "connection": connection,
        "module": Module(module),
        "section": section,
        "section_title": {key: title for key, title, _ in SECTIONS}[section],
        "heading": HEADINGS[module] if section == "failed" else Module(module).label,
        "page": page,
        "reason_filter": reason,
    }
    return pages.draw(request, "integrations/module_errors.html", context)


def _decorate(connection: Connection, records: Any) -> None:
    """Give each record its reason, its links, its project's name and the number of records it blocks."""
    records = list(records)
    projects = {record.project_zoho_id for record in records} - {""}
    names = dict(
        connection.synced_records.filter(module=Module.PROJECTS, zoho_id__in=projects).values_list(
            "zoho_id", "name"
        )
    )
    parents = [record.zoho_id for record in records if record.module == Module.PROJECTS]
    children = dict(
        connection.synced_records.filter(project_zoho_id__in=parents, reason="project_not_fetched")
        .values_list("project_zoho_id")
        .annotate(Count("id"))
        .order_by()
    )
    for record in records:
        record.reason_words = reason_of(record.reason)
        record.project_name = names.get(record.project_zoho_id, "")
        record.children = children.get(record.zoho_id, 0) if record.module == Module.PROJECTS else 0
        record.our_url = _our_url(record)
        record.zoho_url = zoho_url(connection, record)


def _our_url(record: SyncedRecord) -> str:
    name = _OUR_PAGES.get(record.module)
    if not name or not record.object_id:
        return ""
    try:
        return reverse(name, args=[record.object_id])
    except NoReverseMatch:
        return ""
