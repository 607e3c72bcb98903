"""What an administrator can do with the integration. A GET asks for confirmation, a POST does it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST

from integrations import lifecycle
from integrations.dashboard import consequences, meanwhile
from integrations.models import Connection
from integrations.setup import pages
from integrations.zoho.errors import ZohoError
from organizations.current import current_organization

GONE = (
    "The integration shown on that page does not exist any more: it was deleted, or another portal was connected "
    "since. Nothing was changed."
)


def on_connection(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give the view the connection; a refusal of the rules becomes a message on the details page."""

    @pages.admin_only
    @wraps(view)
    def wrapped(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        connection = lifecycle.live_connection(current_organization(request))
        if connection is None:
            if request.method == "POST":
                messages.error(request, GONE)
            return redirect("integrations:details")
        shown = request.POST.get("connection", "")
        if shown and shown != str(connection.pk):
            messages.error(request, GONE)
            return redirect("integrations:details")
        try:
            return view(request, connection, **kwargs)
        except lifecycle.LifecycleRefused as refused:
            messages.error(request, refused.message)
            return redirect("integrations:details")

    return wrapped


@require_POST
@on_connection
def instant_sync(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Start a run now."""
    lifecycle.start_run(connection, request.user)
    return redirect("integrations:details")


@require_POST
@on_connection
def stop(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Stop the run under way at its next page."""
    lifecycle.stop_run(connection, request.user)
    messages.success(request, "The sync was stopped. What was written so far was kept.")
    return redirect("integrations:details")


@require_POST
@on_connection
def brake(request: HttpRequest, connection: Connection, pk: int) -> HttpResponse:
    """Answer the question of a run that met unusually much: `decision` is go_on or leave."""
    asked = get_object_or_404(connection.brakes, pk=pk)
    answer = lifecycle.decide_brake(connection, asked.pk, request.POST.get("decision", ""), request.user)
    messages.success(request, answer)
    return redirect("integrations:details")


@require_http_methods(["GET", "HEAD", "POST"])
@on_connection
def duplication(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Customer Duplication: choose and Save."""
    if request.method != "POST":
        context = {"connection": connection, "duplications": Connection.Duplication.choices}
        return _dialog(request, "duplication", context)
    lifecycle.change_duplication(connection, request.POST.get("customer_duplication", ""), request.user)
    messages.success(request, "Saved. It holds for customers met from the next sync on.")
    return redirect("integrations:details")


def _dialog(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    """The inside of a dialog when the page asks for it, a page of its own without JavaScript."""
    template = f"integrations/_{name}.html" if request.htmx else f"integrations/{name}.html"
    return pages.draw(request, template, {**context, "in_dialog": bool(request.htmx)})


def _confirm(
    request: HttpRequest, connection: Connection, what: str, groups: list[consequences.Group], **more: Any
) -> HttpResponse:
    return _dialog(request, "confirm", {"connection": connection, "what": what, "groups": groups, **more})


@require_http_methods(["GET", "HEAD", "POST"])
@on_connection
def disable(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Disable Integration: pause the sync."""
    if request.method != "POST":
        return _confirm(request, connection, "disable", consequences.of_disabling(connection))
    lifecycle.disable(connection, request.user)
    messages.success(request, "The integration is disabled. Nothing is fetched until it is enabled again.")
    return redirect("integrations:details")


@require_http_methods(["GET", "HEAD", "POST"])
@on_connection
def enable(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Enable Integration: the sync continues from the last sync time; before, what changed meanwhile."""
    if request.method != "POST":
        return _confirm(request, connection, "enable", *_meanwhile(connection))
    lifecycle.enable(connection, request.user)
    messages.success(request, "The integration is enabled and syncs from the last sync time on.")
    return redirect("integrations:details")


def _meanwhile(connection: Connection) -> tuple[list[consequences.Group]]:
    group = consequences.Group
    first = "The modules are synced automatically from the last sync time on"
    then = [f"{first}, with the portal {connection.portal_name}.", consequences.SAME_PORTAL]
    if connection.interval_minutes:
        then.append(f"After that it syncs by itself, {connection.get_interval_minutes_display().lower()}.")
    if connection.last_synced_at is None:
        return ([group("What happens", ["No sync has ended yet, so everything is read.", *then])],)
    try:
        changed = meanwhile.changed_since(connection, connection.last_synced_at)
        found = [f"{line} added or changed" for line in changed] or ["Nothing that we can see."]
    except ZohoError as error:
        found = [f"Zoho does not tell at this moment ({error.message}) The next sync looks at everything."]
    return ([group("What changed in Zoho Projects since the last sync", found), group("What happens", then)],)


@require_http_methods(["GET", "HEAD", "POST"])
@on_connection
def delete(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Delete the integration."""
    if request.method != "POST":
        return _confirm(request, connection, "delete", consequences.of_deleting(connection))
    if lifecycle.delete(connection, request.user):
        messages.success(request, "The integration was deleted and its access at Zoho revoked.")
    else:
        messages.warning(
            request,
            "The integration was deleted and its access erased here. Zoho did not confirm the revocation; "
            "you can remove the application under your Zoho account's connected apps.",
        )
    return redirect("integrations:zoho_apps")
