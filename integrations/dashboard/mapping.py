"""Changing the field map after the set-up: for new records only, or for all records that are here."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from integrations import field_map, pairs, preferences
from integrations.dashboard.actions import on_connection
from integrations.models import Connection
from integrations.setup import mapping, pages
from integrations.setup.portals import custom_fields_of
from integrations.words import counted
from integrations.zoho.errors import ReconnectNeeded, ZohoError

RUNNING = (
    "A sync is under way and uses the present map. Nothing was saved: change the map when the sync has ended, "
    "or stop it first."
)
NEW, ALL = "new", "all"


@require_http_methods(["GET", "HEAD", "POST"])
@on_connection
def change_map(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Field map: the present pairs; Save with the choice which records follow the new map."""
    if connection.status == Connection.Status.CONNECTING:
        return redirect("integrations:setup_fields")
    asked = mapping.asked_for(request) if request.method == "POST" else None
    only = [asked[0]] if asked and request.htmx else None
    try:
        fields = custom_fields_of(connection, only)
    except ZohoError as error:
        retry = "" if isinstance(error, ReconnectNeeded) else request.path
        return pages.problem_page(request, pages.problem_of(error), retry, status=502)
    kept = mapping.stored(connection)
    chosen = {place: row.target_field for place, row in kept.items()}
    refusals: dict[tuple[str, str], str] = {}
    problem = ""
    if request.method == "POST":
        chosen = mapping.posted(request.POST)
        if not asked:
            found, refusals = field_map.check_pairs(connection.organization, fields, chosen, kept)
            scope = request.POST.get("scope", "")
            if not refusals:
                problem = why_not(connection, scope)
            if not refusals and not problem:
                try:
                    version = request.POST.get("version")
                    saved = pairs.change_map(connection, request.user, found, scope == NEW, version)
                    _tell(request, saved, scope)
                    return redirect("integrations:details")
                except preferences.Stale as stale:
                    problem = stale.message
                    connection.refresh_from_db()
                    chosen = {p: row.target_field for p, row in mapping.stored(connection).items()}
    return mapping.draw(request, connection, fields, chosen, refusals, problem, asked, later=True)


def why_not(connection: Connection, scope: str) -> str:
    """Why the map cannot be changed now and for these records; '' when it can."""
    if scope not in (NEW, ALL):
        return "Choose which records follow the new map: new records only, or the existing ones as well."
    if connection.runs.filter(status__in=["queued", "running"]).exists():
        return RUNNING
    return ""


def _tell(request: HttpRequest, saved: pairs.Saved, scope: str) -> None:
    if not saved.modules:
        messages.info(request, "Nothing was changed.")
    elif scope == NEW:
        messages.success(request, "Saved. Records that come in from now on follow the new map; others stay.")
    else:
        number = counted(saved.records, "existing record")
        messages.success(request, f"Saved. The next sync applies the new map to {number}.")


@require_POST
@on_connection
def add_options(request: HttpRequest, connection: Connection, pk: int) -> HttpResponse:
    """Add the choices that are new at the source to the custom field here."""
    row = connection.field_mappings.filter(pk=pk).first()
    if row is None:
        raise Http404
    added = pairs.add_options(connection, request.user, row)
    if added:
        messages.success(request, f"Added: {', '.join(added)}.")
    else:
        messages.info(request, "There was nothing to add any more.")
    return redirect("integrations:details")
