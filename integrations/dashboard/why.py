"""Why isn't this here? A Zoho link, an id or a title leads to the rule that stopped a record, or to the record."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from integrations import lifecycle
from integrations.dashboard.causes import reason_of
from integrations.dashboard.errors import dressed
from integrations.dashboard.links import named_by
from integrations.models import Connection, Module, ModuleRun, SyncedRecord, SyncRun
from integrations.setup import pages
from organizations.current import current_organization

SHOWN = 25
SHORTEST_TITLE = 2
LONGEST_QUESTION = 2000


def look_up(
    connection: Connection, question: str, with_logs: bool = False
) -> tuple[list[SyncedRecord], bool, bool]:
    """Ledger rows that a link, an id or a title means, at most 25; whether there are more; whether time logs were
    looked through. By title those many rows are read only when nothing else has it, or `with_logs` asks for them.
    """
    rows = connection.synced_records.select_related("last_changed_run").filter(module__in=Module.values)
    module, zoho_id = named_by(question)
    if zoho_id:
        found = rows.filter(zoho_id=zoho_id)
        exact = list(found.filter(module=module)) if module else []
        return exact or list(found.order_by("module")[:SHOWN]), False, True
    if len(question) < SHORTEST_TITLE:
        return [], False, True
    titled = _titled(rows.exclude(module=Module.TIMESHEETS), question, SHOWN + 1)
    with_logs = with_logs or not titled
    if with_logs and len(titled) <= SHOWN:
        titled += _titled(rows.filter(module=Module.TIMESHEETS), question, SHOWN + 1 - len(titled))
    return titled[:SHOWN], len(titled) > SHOWN, with_logs


def _titled(rows: QuerySet[SyncedRecord], title: str, most: int) -> list[SyncedRecord]:
    """At most `most` rows with the title in theirs, exact ones before others."""
    ids = list(rows.filter(name__icontains=title).order_by().values_list("pk", flat=True)[: SHOWN * 8])
    exact = Case(When(name__iexact=title, then=Value(0)), default=Value(1), output_field=IntegerField())
    return list(rows.filter(pk__in=ids).order_by(exact, "module", "pk")[:most])


def _chain(connection: Connection, record: SyncedRecord) -> list[SyncedRecord]:
    """The failed parents that a record waits for, nearest first."""
    found: list[SyncedRecord] = []
    while record.blocked_by and len(found) < 4:
        parent = connection.synced_records.filter(
            module__in=Module.values, zoho_id=record.blocked_by, outcome=SyncedRecord.Outcome.FAILED
        ).first()
        if parent is None or parent in found:
            break
        found.append(parent)
        record = parent
    return found


def never_shown(connection: Connection) -> dict[str, Any]:
    """What may explain that a record was never read: the last sync, and modules that could not be read."""
    last = connection.runs.filter(status=SyncRun.Status.SUCCEEDED, selection={}).order_by("-id").first()
    unread = (
        list(last.module_runs.filter(status=ModuleRun.Status.FAILED).order_by("id"))
        if last is not None
        else []
    )
    return {"last": last, "unread": unread}


@require_GET
@pages.admin_only
def why(request: HttpRequest) -> HttpResponse:
    """Answer the question in `q`."""
    connection = lifecycle.live_connection(current_organization(request))
    if connection is None:
        return redirect("integrations:details")
    question = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST_QUESTION]
    asked_logs = request.GET.get("logs") == "1"
    rows, more, with_logs = look_up(connection, question, asked_logs) if question else ([], False, True)
    answers = []
    for record in dressed(connection, rows):
        chain = dressed(connection, _chain(connection, record))
        answers.append({"record": record, "chain": chain, "reason": reason_of(record.reason)})
    context: dict[str, Any] = {
        "connection": connection,
        "question": question,
        "answers": answers,
        "more": more,
        "logs_left": not with_logs,
        "too_short": bool(question) and not any(named_by(question)) and len(question) < SHORTEST_TITLE,
    }
    if question and not answers:
        context |= never_shown(connection)
        context["asked_id"] = named_by(question)[1]
    return pages.draw(request, "integrations/why.html", context)
