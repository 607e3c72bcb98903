"""The wizard: preferences, then Map Field with Save and Sync."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from integrations import field_map, lifecycle
from integrations import preferences as preferences_of
from integrations.models import Connection, FieldMapping
from integrations.setup import mapping, pages
from integrations.setup.conflicts import conflicts_of
from integrations.setup.forms import PreferencesForm
from integrations.setup.portals import custom_fields_of, found_in, portals_of
from integrations.zoho.errors import ReconnectNeeded, ZohoError
from organizations.current import current_organization

COUNTS_KEY = "zoho_portal_counts"


def _in_setup(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give the view the half-finished connection; go to the details page when there is none."""

    @pages.admin_only
    @wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponse:
        connection = lifecycle.live_connection(current_organization(request))
        if connection is None or connection.status != Connection.Status.CONNECTING:
            return redirect("integrations:details")
        try:
            return view(request, connection)
        except ZohoError as error:
            retry = "" if isinstance(error, ReconnectNeeded) else request.path
            return pages.problem_page(request, pages.problem_of(error), retry, status=502)

    return wrapped


@require_http_methods(["GET", "HEAD", "POST"])
@_in_setup
def preferences(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Portal Name, modules and preferences; Next keeps them and goes on to Map Field."""
    portals = portals_of(connection)
    if not portals:
        return pages.problem_page(request, pages.NO_PORTAL)
    initial = PreferencesForm.initial_of(connection)
    stale = ""
    owned = [portal.id for portal in portals if portal.is_owner]
    if not initial["portal_id"] and len(owned) == 1:
        initial["portal_id"] = owned[0]
    form = PreferencesForm(request.POST or None, portals=portals, initial=initial)
    if request.method == "POST" and request.POST.get("look"):  # without JavaScript: look, then choose
        _look(request, connection, request.POST.get("portal_id", ""))
    elif request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                preferences_of.check_version(connection, request.POST.get("version"))
                connection = lifecycle.choose_portal(connection, form.portal)
                preferences_of.save(connection, request.user, **form.preferences())
            return redirect("integrations:setup_fields")
        except lifecycle.LifecycleRefused as refused:
            form.add_error("portal_id", refused.message)
        except preferences_of.Stale as refused:
            stale = refused.message
            connection.refresh_from_db()
            form = PreferencesForm(portals=portals, initial=PreferencesForm.initial_of(connection))
    looking = bool(request.POST.get("look"))
    chosen = form["portal_id"].value() or ""
    context = {
        "form": form,
        "connection": connection,
        "portals": portals,
        "chosen": chosen,
        "found": request.session.get(COUNTS_KEY, {}).get(chosen),
        "not_owner": lifecycle.NOT_OWNER,
        "any_owned": bool(owned),
        "stale": stale,
        "show_errors": bool(form.errors) and not looking,
    }
    failed = (bool(form.errors) and not looking) or bool(stale)
    return pages.draw(request, "integrations/setup.html", context, status=400 if failed else 200)


def _look(request: HttpRequest, connection: Connection, portal_id: str) -> dict[str, Any]:
    """What stands in a portal, kept in the session for the one chosen last."""
    if not portal_id.isascii() or not portal_id.isdigit():
        return {}
    kept = request.session.get(COUNTS_KEY, {})
    found = kept.get(portal_id)
    if not found:
        found = found_in(connection, portal_id)
        request.session[COUNTS_KEY] = {portal_id: found}
    return found


@require_GET
@pages.admin_only
def counts(request: HttpRequest) -> HttpResponse:
    """How much stands in the chosen portal, as a fragment beside Portal Name."""
    connection = lifecycle.live_connection(current_organization(request))
    if connection is None or connection.status != Connection.Status.CONNECTING:
        return HttpResponse(status=404)
    portal_id = request.GET.get("portal_id", "")
    context = {"found": _look(request, connection, portal_id), "chosen": portal_id, "beside": True}
    return pages.draw(request, "integrations/_counts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@_in_setup
def map_fields(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Map Field: the default pairs, a drop-down per custom field of Zoho, and Save and Sync."""
    if not connection.portal_id:
        return redirect("integrations:setup")
    asked = mapping.asked_for(request) if request.method == "POST" else None
    only = [asked[0]] if asked and request.htmx else None
    fields = custom_fields_of(connection, only)
    kept = mapping.stored(connection)
    chosen = {place: row.target_field for place, row in kept.items()}
    refusals: dict[tuple[str, str], str] = {}
    problem = ""
    if request.method == "POST":
        chosen = mapping.posted(request.POST)
        if not asked:
            mappings, refusals = field_map.check_pairs(connection.organization, fields, chosen, kept)
            if not refusals:
                problem, done = _save_and_sync(request, connection, mappings)
                if done is not None:
                    return done
    alone = asked is not None and bool(request.htmx)
    clashes = [] if alone else [clash.sentence for clash in conflicts_of(connection)]
    return mapping.draw(
        request, connection, fields, chosen, refusals, problem, asked, later=False, conflict_lines=clashes
    )


def _save_and_sync(
    request: HttpRequest, connection: Connection, mappings: list[FieldMapping]
) -> tuple[str, HttpResponse | None]:
    """(what is wrong, or '', and the answer when the set-up is finished)."""
    try:
        lifecycle.activate(
            connection, request.user, portals_of(connection), mappings, request.POST.get("version")
        )
    except lifecycle.Finished:
        # the second press of one button, or another administrator was first: one run is on, that is all
        messages.info(request, "The set-up was finished already; its first sync is under way.")
        return "", redirect("integrations:details")
    except lifecycle.LifecycleRefused as refused:
        return refused.message, None
    except preferences_of.Stale as stale:
        connection.refresh_from_db()
        return stale.message, None
    request.session.pop(COUNTS_KEY, None)
    return "", redirect("integrations:details")
