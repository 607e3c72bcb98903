"""What an administrator can do with the integration. A GET asks for confirmation, a POST does it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from integrations import lifecycle
from integrations.models import Connection, Module, SyncedRecord
from integrations.setup import pages
from organizations.current import current_organization

Action = Callable[[HttpRequest, Connection], HttpResponse]


def _on_connection(view: Action) -> Callable[[HttpRequest], HttpResponse]:
    """Give the view the connection; a refusal of the rules becomes a message on the details page."""

    @pages.admin_only
    @wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponse:
        connection = lifecycle.live_connection(current_organization(request))
        if connection is None:
            return redirect("integrations:details")
        try:
            return view(request, connection)
        except lifecycle.LifecycleRefused as refused:
            messages.error(request, refused.message)
            return redirect("integrations:details")

    return wrapped


@require_POST
@_on_connection
def instant_sync(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Start a run now."""
    lifecycle.start_run(connection, request.user)
    return redirect("integrations:details")


@require_http_methods(["GET", "HEAD", "POST"])
@_on_connection
def duplication(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Customer Duplication: choose and Save."""
    if request.method != "POST":
        context = {"connection": connection, "duplications": Connection.Duplication.choices}
        return pages.draw(request, "integrations/duplication.html", context)
    lifecycle.change_duplication(connection, request.POST.get("customer_duplication", ""), request.user)
    messages.success(request, "Saved. It holds for customers met from the next sync on.")
    return redirect("integrations:details")


def _confirm(request: HttpRequest, connection: Connection, what: str) -> HttpResponse:
    return pages.draw(
        request,
        "integrations/confirm.html",
        {"connection": connection, "what": what, "synced_projects": synced_projects(connection)},
    )


def synced_projects(connection: Connection) -> int:
    """How many projects are kept up to date by the integration."""
    synced = SyncedRecord.Outcome.SYNCED
    return connection.synced_records.filter(module=Module.PROJECTS, outcome=synced).count()


@require_http_methods(["GET", "HEAD", "POST"])
@_on_connection
def disable(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Disable Integration."""
    if request.method != "POST":
        return _confirm(request, connection, "disable")
    lifecycle.disable(connection, request.user)
    messages.success(request, "The integration is disabled. Everything synced so far stays.")
    return redirect("integrations:details")


@require_http_methods(["GET", "HEAD", "POST"])
@_on_connection
def enable(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Enable Integration: the sync continues from the last sync time."""
    if request.method != "POST":
        return _confirm(request, connection, "enable")
    lifecycle.enable(connection, request.user)
    messages.success(request, "The integration is enabled and syncs from the last sync time on.")
    return redirect("integrations:details")


@require_http_methods(["GET", "HEAD", "POST"])
@_on_connection
def delete(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Delete the integration."""
    if request.method != "POST":
        return _confirm(request, connection, "delete")
    if lifecycle.delete(connection, request.user):
        messages.success(request, "The integration was deleted and its access at Zoho revoked.")
    else:
        messages.warning(
            request,
            "The integration was deleted and its access erased here. Zoho did not confirm the revocation; "
            "you can remove the application under your Zoho account's connected apps.",
        )
    return redirect("integrations:zoho_apps")
