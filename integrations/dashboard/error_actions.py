"""Retry and ignore: what the buttons of the error pages do. The rules stand in `integrations.problems`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from integrations import lifecycle, problems
from integrations.dashboard.causes import reason_of
from integrations.dashboard.errors import dressed
from integrations.dashboard.links import our_urls
from integrations.models import Connection, Module
from integrations.setup import pages
from organizations.current import current_organization
from organizations.paging import keyset_page

Action = Callable[[HttpRequest, Connection], HttpResponse]


def _back(request: HttpRequest) -> str:
    """Where the visitor came from, when that is a page of ours."""
    here = request.POST.get("here", "")
    if here.startswith("/") and url_has_allowed_host_and_scheme(here, allowed_hosts=None):
        return here
    return reverse("integrations:errors")


def _acts(view: Action) -> Callable[[HttpRequest], HttpResponse]:
    """Give the view the connection; a refusal becomes a message, a foreign record a 404."""

    @require_POST
    @pages.admin_only
    @wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponse:
        connection = lifecycle.live_connection(current_organization(request))
        if connection is None:
            messages.error(request, "The integration was deleted meanwhile; nothing was changed.")
            return redirect("integrations:details")
        try:
            with timezone.override(pages.zone_of(request)):
                return view(request, connection)
        except problems.ProblemRefused as refused:
            messages.error(request, refused.message)
            return redirect(_back(request))
        except problems.NoSuchRecord:
            raise Http404 from None

    return wrapped


def _cause(request: HttpRequest) -> tuple[str, str] | None:
    """(module, reason) when a whole cause is meant; None for single records."""
    cause = request.POST.get("cause")
    if cause is None:
        return None
    module, _, reason = cause.partition("/")
    return module, reason


def _wanted(request: HttpRequest) -> list[str]:
    """Ledger ids: the one whose button was pressed, else those that are ticked."""
    one = request.POST.get("one")
    return [one] if one is not None else request.POST.getlist("record")


@_acts
def retry(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Read one record, the ticked ones, or all of a cause again."""
    cause = _cause(request)
    if cause is not None:
        problems.retry_cause(connection, request.user, *cause)
    else:
        problems.retry_records(connection, request.user, _wanted(request))
    messages.success(
        request, "These records are read again. What passes disappears from this page by itself."
    )
    return redirect(_back(request))


@_acts
def ignore(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Ask why and until when, then look away. Without a reason given the form is drawn."""
    cause, wanted = _cause(request), _wanted(request)
    given = {name: request.POST.get(name, "").strip() for name in ("note", "until")}
    error = ""
    if cause is not None:
        problems.check_cause(*cause)
    rows = [] if cause else problems.chosen_records(connection, wanted)
    if "note" in request.POST:
        try:
            until = _day(given["until"])
            if cause is not None:
                problems.ignore_cause(connection, request.user, *cause, given["note"], until)
                done = "The cause is ignored."
            else:
                number = problems.ignore_records(connection, request.user, wanted, given["note"], until)
                done = f"{number} record{'s are' if number != 1 else ' is'} ignored."
            messages.success(request, f"{done} It stands under Ignored, where it can be taken back.")
            return redirect(_back(request))
        except problems.ProblemRefused as refused:
            error = refused.message
    elif cause is None and not rows:
        raise problems.ProblemRefused("Choose at least one record.")
    context = {
        "connection": connection,
        "cause": "/".join(cause) if cause else "",
        "cause_words": f"{Module(cause[0]).label}: {reason_of(cause[1]).title}" if cause else "",
        "rows": rows[:10],
        "more": max(len(rows) - 10, 0),
        "wanted": [row.pk for row in rows],
        "given": given,
        "error": error,
        "here": _back(request),
        "today": timezone.localdate().isoformat(),
        "longest": problems.NOTE_LENGTH,
    }
    return pages.draw(request, "integrations/ignore.html", context, status=400 if error else 200)


def _day(text: str) -> Any:
    """The day that was typed; None for none. Raises ProblemRefused for what is no day."""
    if not text:
        return None
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise problems.ProblemRefused("The day cannot be read. Choose one, or leave it empty.")
    return day


@_acts
def unignore(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Take it back: the problem is open again."""
    problems.stop_ignoring(connection, request.user, request.POST.get("ignored", ""))
    messages.success(request, "No longer ignored; it is among the open problems again.")
    return redirect(_back(request))


@require_GET
@pages.admin_only
def ignored(request: HttpRequest) -> HttpResponse:
    """What is ignored, why, by whom and until when."""
    connection = lifecycle.live_connection(current_organization(request))
    if connection is None:
        return redirect("integrations:details")
    with timezone.override(pages.zone_of(request)):
        rows = problems.holding(connection).select_related("record", "created_by")
        page = keyset_page(rows, ("-id",), request.GET.dict())
    records = [row.record for row in page.rows if row.record is not None]
    dressed(connection, records)
    ours = our_urls(records)
    for row in page.rows:
        row.reason_words = reason_of(row.reason)
        row.our_url = ours.get(row.record_id, "") if row.record_id else ""
    context = {"connection": connection, "page": page, "here": request.get_full_path()}
    return pages.draw(request, "integrations/ignored.html", context)
