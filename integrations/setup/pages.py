"""What the screens of the integration share: drawing in the organization's zone, and pages for problems."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from integrations.zoho.errors import (
    ClientRefused,
    CodeRefused,
    NoAccess,
    NoRefreshToken,
    ReconnectNeeded,
    Temporary,
    Throttled,
    WrongDataCenter,
    ZohoError,
)
from organizations.current import current_organization, role_required

View = Callable[..., HttpResponse]


def admin_only(view: View) -> View:
    """Only administrators of the current organization see the view."""
    return role_required("admin")(view)


def zone_of(request: HttpRequest) -> ZoneInfo:
    """The time zone of the current organization, UTC when its name is unknown."""
    try:
        return ZoneInfo(current_organization(request).time_zone)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def draw(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Render a page with times in the organization's zone."""
    zone = zone_of(request)
    context = {"zone_name": zone.key, **context}
    with timezone.override(zone):
        return render(request, template, context, status=status)


@dataclass(frozen=True)
class Problem:
    """A problem on the way to a connection: what happened, and what to do next."""

    title: str
    text: str
    next_step: str
    label: str = "Try again"
    url_name: str = "integrations:details"


CONSENT_REFUSED = Problem(
    "Consent was refused",
    "You (or Zoho) did not grant access to Zoho Projects, so nothing was connected and nothing was stored.",
    "To connect, begin again and choose Accept on Zoho's page.",
)
STATE_WRONG = Problem(
    "This answer does not belong to your session",
    "The way to Zoho was begun in another browser or session, more than ten minutes ago, or was finished already. "
    "For your safety the answer was not used.",
    "Begin again with Connect Now and finish within ten minutes in this browser.",
)
NO_PORTAL = Problem(
    "No portal found",
    "The Zoho account you consented with has no portal in Zoho Projects.",
    "Create a portal in Zoho Projects, or connect with the account that owns one.",
    "Connect with another account",
)
NOT_CONFIGURED = Problem(
    "Zoho is not set up in this installation",
    "The client ID and client secret of the application registered with Zoho are missing.",
    "Ask the operator of this installation to set ZOHO_CLIENT_ID and ZOHO_CLIENT_SECRET.",
    "Back",
)


def problem_of(error: ZohoError) -> Problem:
    """A page for an error of Zoho's, in plain words."""
    if isinstance(error, CodeRefused):
        return Problem(
            "The permission has expired",
            "Zoho's code for this connection is good for two minutes and can be used once. It was older or used.",
            "Begin again with Connect Now. "
            + "If it happens every time, choose the data centre of your account.",
        )
    if isinstance(error, WrongDataCenter):
        return Problem(
            "Wrong data centre",
            error.message,
            "Check in which data centre the Zoho account lives and begin again.",
        )
    if isinstance(error, ClientRefused):
        return Problem(
            "Zoho does not accept this application",
            error.message,
            "Ask the operator to check the registration; choose the data centre of your account and begin again.",
        )
    if isinstance(error, NoRefreshToken):
        return Problem("Access for one hour only", error.message, "Begin again and accept when Zoho asks.")
    if isinstance(error, Throttled):
        until = timezone.localtime(error.until).strftime("%H:%M %Z")
        return Problem("Zoho asks for a pause", error.message, f"Nothing is lost. Try again after {until}.")
    if isinstance(error, ReconnectNeeded):
        return Problem(
            "Zoho no longer accepts this connection", error.message, "Connect again.", "Connect again"
        )
    if isinstance(error, NoAccess):
        return Problem(
            "Zoho refused access",
            error.message,
            "Ask the administrator of the portal for the right to read it, then begin again.",
        )
    if isinstance(error, Temporary):
        return Problem(
            "Zoho could not be reached",
            error.message,
            "Check the network connection of this installation and try again in a few minutes.",
        )
    return Problem("Zoho's answer was not understood", error.message, "Try again in a few minutes.")


def problem_page(request: HttpRequest, problem: Problem, retry: str = "", status: int = 400) -> HttpResponse:
    """Draw a problem; `retry` is the address of its button, the details page by default."""
    context = {"problem": problem, "retry": retry or reverse(problem.url_name)}
    return draw(request, "integrations/problem.html", context, status)
