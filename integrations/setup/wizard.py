"""The wizard: preferences, then Map Field with Save and Sync."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from integrations import field_map, lifecycle
from integrations import preferences as preferences_of
from integrations.models import Connection, Module
from integrations.setup import pages
from integrations.setup.forms import PreferencesForm
from integrations.setup.portals import counts_of, custom_fields_of, portals_of
from integrations.zoho.errors import ReconnectNeeded, ZohoError
from integrations.zoho.records import Field
from organizations.current import current_organization
from organizations.models import CustomField

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
    owned = [portal.id for portal in portals if portal.is_owner]
    if not initial["portal_id"] and len(owned) == 1:
        initial["portal_id"] = owned[0]
    form = PreferencesForm(request.POST or None, portals=portals, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            connection = lifecycle.choose_portal(connection, form.portal)
            preferences_of.save(connection, request.user, **form.preferences())
            return redirect("integrations:setup_fields")
        except lifecycle.LifecycleRefused as refused:
            form.add_error("portal_id", refused.message)
    chosen = form["portal_id"].value() or ""
    context = {
        "form": form,
        "connection": connection,
        "portals": portals,
        "chosen": chosen,
        "found": request.session.get(COUNTS_KEY, {}).get(chosen),
        "not_owner": lifecycle.NOT_OWNER,
        "any_owned": bool(owned),
    }
    return pages.draw(request, "integrations/setup.html", context, status=400 if form.errors else 200)


@require_GET
@pages.admin_only
def counts(request: HttpRequest) -> HttpResponse:
    """How much stands in the chosen portal, as a fragment beside Portal Name."""
    connection = lifecycle.live_connection(current_organization(request))
    if connection is None or connection.status != Connection.Status.CONNECTING:
        return HttpResponse(status=404)
    portal_id = request.GET.get("portal_id", "")
    found: list[str] = []
    if portal_id.isdigit():
        kept = request.session.get(COUNTS_KEY, {})
        found = kept.get(portal_id) or counts_of(connection, portal_id)
        request.session[COUNTS_KEY] = {portal_id: found}
    return pages.draw(request, "integrations/_counts.html", {"found": found, "chosen": portal_id})


@require_http_methods(["GET", "HEAD", "POST"])
@_in_setup
def map_fields(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Map Field: the default pairs, a drop-down per custom field of Zoho, and Save and Sync."""
    if not connection.portal_id:
        return redirect("integrations:setup")
    fields = custom_fields_of(connection)
    chosen = _kept(connection)
    refusals: dict[tuple[str, str], str] = {}
    problem = ""
    if request.method == "POST":
        chosen = {
            (module, field.api_name): request.POST.get(_name(module, field), "")
            for module, group in fields.items()
            for field in group
        }
        mappings, refusals = field_map.check_pairs(connection.organization, fields, chosen)
        if not refusals:
            try:
                lifecycle.activate(connection, request.user, portals_of(connection), mappings)
                request.session.pop(COUNTS_KEY, None)
                return redirect("integrations:details")
            except lifecycle.LifecycleRefused as refused:
                problem = refused.message
    context = {
        "connection": connection,
        "modules": _modules(connection, fields, chosen, refusals),
        "refusals": list(refusals.values()),
        "problem": problem,
        "custom_fields_url": reverse("custom_fields"),
    }
    failed = bool(refusals or problem)
    return pages.draw(request, "integrations/setup_fields.html", context, status=400 if failed else 200)


def _kept(connection: Connection) -> dict[tuple[str, str], str]:
    rows = connection.field_mappings.values_list("module", "source_field", "target_field")
    return {(module, source): target for module, source, target in rows}


def _name(module: str, field: Field) -> str:
    return f"map-{module}-{field.api_name}"


def _modules(
    connection: Connection,
    fields: dict[str, list[Field]],
    chosen: dict[tuple[str, str], str],
    refusals: dict[tuple[str, str], str],
) -> list[dict[str, Any]]:
    """What the page shows per module: default pairs, and rows of drop-downs with their options."""
    targets: dict[str, list[CustomField]] = {}
    for target in CustomField.objects.filter(organization=connection.organization_id):
        targets.setdefault(target.module, []).append(target)
    return [
        {
            "module": module,
            "pairs": field_map.DEFAULT_PAIRS[module],
            "rows": [
                {
                    "name": _name(module, field),
                    "label": field.label,
                    "type": field_map.type_words(field.data_type),
                    "refusal": refusals.get((module, field.api_name), ""),
                    "options": [
                        {
                            "key": target.key,
                            "label": target.label,
                            "type": target.get_data_type_display(),
                            "fits": not field_map.check_pair(field, target),
                            "selected": chosen.get((module, field.api_name)) == target.key,
                        }
                        for target in targets.get(module, [])
                    ],
                }
                for field in fields.get(module, [])
            ],
            "has_targets": bool(targets.get(module)),
        }
        for module in Module
        if connection.sync_timesheets or module != Module.TIMESHEETS
    ]
