"""The card of Zoho Projects, Connect Now, and the way back from Zoho's consent page."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_POST

from integrations import lifecycle
from integrations.dashboard.standing import standing
from integrations.models import Connection, SyncedRecord
from integrations.setup import oauth_state, pages
from integrations.setup.address import better_address
from integrations.setup.portals import portals_of
from integrations.zoho import oauth
from integrations.zoho.data_centers import DATA_CENTERS, Hosts, resolve
from integrations.zoho.errors import ZohoError
from organizations.current import current_organization


@pages.admin_only
@require_GET
def zoho_apps(request: HttpRequest) -> HttpResponse:
    """Settings → Zoho Apps: the card of Zoho Projects."""
    connection = lifecycle.live_connection(current_organization(request))
    problems = 0
    if connection is not None:
        problems = connection.synced_records.filter(outcome=SyncedRecord.Outcome.FAILED).count()
    run = connection.runs.order_by("pk").last() if connection is not None else None
    syncing = run is not None and run.is_active
    center = DATA_CENTERS.get(connection.data_center) if connection else None
    context = {
        "connection": connection,
        "problems": problems,
        "syncing": syncing,
        "doubt": standing(connection, run).doubt if connection is not None else "",
        "country": center.country if center else "",
    }
    return pages.draw(request, "integrations/zoho_apps.html", context)


def redirect_uri() -> str:
    """The one address Zoho sends people back to."""
    return settings.SITE_URL + reverse("integrations:callback")


@pages.admin_only
@require_POST
def connect(request: HttpRequest) -> HttpResponse:
    """Connect Now: remember a fresh state and go to Zoho's consent page."""
    if elsewhere := better_address(request, reverse("integrations:details")):
        return redirect(elsewhere)
    if not settings.ZOHO_CLIENT_ID or not settings.ZOHO_CLIENT_SECRET:
        return pages.problem_page(request, pages.NOT_CONFIGURED, reverse("integrations:zoho_apps"), 503)
    live = lifecycle.live_connection(current_organization(request))
    chosen = DATA_CENTERS.get(request.POST.get("data_center", ""))
    if live is not None and live.status != Connection.Status.CONNECTING:
        chosen = DATA_CENTERS.get(live.data_center)
    accounts_url = settings.ZOHO_ACCOUNTS_URL or (chosen or DATA_CENTERS["us"]).accounts_url
    verifier, challenge = oauth.make_pkce()
    state = oauth_state.begin(request, verifier, current_organization(request).pk)
    return HttpResponseRedirect(
        oauth.authorize_url(
            accounts_url,
            settings.ZOHO_CLIENT_ID,
            redirect_uri(),
            state,
            challenge,
            settings.ZOHO_SCOPES or oauth.SCOPES,
        )
    )


@pages.admin_only
@require_GET
@sensitive_variables()
def callback(request: HttpRequest) -> HttpResponse:
    """Back from Zoho: check that this session asked, turn the code into tokens, go on to the wizard."""
    pending = oauth_state.finish(request, request.GET.get("state", ""))
    if pending is None or pending.organization_id != current_organization(request).pk:
        return pages.problem_page(request, pages.STATE_WRONG)
    if request.GET.get("error") or not request.GET.get("code"):
        return pages.problem_page(request, pages.CONSENT_REFUSED)
    try:
        hosts = resolve(
            request.GET.get("location", ""),
            request.GET.get("accounts-server", ""),
            accounts_override=settings.ZOHO_ACCOUNTS_URL,
            api_override=settings.ZOHO_API_URL,
        )
        tokens = oauth.exchange_code(
            hosts.accounts_url,
            settings.ZOHO_CLIENT_ID,
            settings.ZOHO_CLIENT_SECRET,
            redirect_uri(),
            request.GET["code"],
            pending.verifier,
        )
        return _connected(request, hosts, tokens)
    except ZohoError as error:
        return pages.problem_page(request, pages.problem_of(error), status=502)
    except lifecycle.LifecycleRefused as refused:
        problem = pages.Problem(
            "Zoho Projects was not connected", refused.message, "Nothing was changed.", "Back"
        )
        return pages.problem_page(request, problem)


@sensitive_variables()
def _connected(request: HttpRequest, hosts: Hosts, tokens: oauth.Tokens) -> HttpResponse:
    organization = current_organization(request)
    account = oauth.account_info(hosts.accounts_url, tokens.access_token)
    live = lifecycle.live_connection(organization)
    if live is None or live.status == Connection.Status.CONNECTING:
        lifecycle.new_connection(organization, request.user, hosts, tokens, account)
        return redirect("integrations:setup")
    portals = portals_of(live, access_token=tokens.access_token, api_url=hosts.api_url, account=account)
    lifecycle.renew_tokens(live, request.user, hosts, tokens, portals, account)
    messages.success(request, "Zoho Projects is connected again.")
    return redirect("integrations:details")
