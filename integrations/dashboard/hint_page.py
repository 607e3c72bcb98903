"""Hints from Zoho: the page that makes the address, and the address itself."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from integrations import hints
from integrations.dashboard.actions import on_connection
from integrations.hint_calls import Counter, named_projects
from integrations.models import Connection, HintAddress
from integrations.setup import pages
from timetracking.models import Project


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@on_connection
def page(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Make the address, make it anew, or remove it; how it is set up at Zoho, and when the last hint came."""
    address = ""
    if request.method == "POST":
        if request.POST.get("do") == "remove":
            hints.withdraw(connection, request.user)
        elif request.POST.get("do") == "make":
            secret = hints.make(connection, request.user)
            address = settings.SITE_URL + reverse("integrations:hint", args=[secret])
    row = HintAddress.objects.filter(connection=connection).first()
    waiting = row.pending_projects if row and row.pending_at else []
    ids = connection.synced_records.filter(module="projects", zoho_id__in=waiting).values("object_id")
    context = {
        "connection": connection,
        "row": row,
        "address": address,
        "is_active": connection.status == Connection.Status.ACTIVE,
        "waiting": Project.objects.filter(pk__in=ids, organization=connection.organization_id),
        "last_run": connection.runs.filter(trigger="webhook").order_by("-id").first(),
    }
    return pages.draw(request, "integrations/hints.html", context)


ANSWERS = {
    "taken": (202, "Thank you. The next sync comes soon."),
    "disabled": (409, "The integration is disabled here, so nothing is synced."),
    "unknown": (404, "There is no such address."),
    "many": (429, "These are many hints. A sync of everything comes soon; no more are needed until then."),
}
known, unknown = Counter(settings.HINTS_PER_MINUTE), Counter(settings.HINTS_PER_MINUTE)


@csrf_exempt
@never_cache
def hint(request: HttpRequest, secret: str) -> HttpResponse:
    """Any method, any body. Over so many a minute nothing is asked or written any more."""
    over = known.add(hints.hash_of(secret[:101]))
    if over > 1:
        return _answer("many")
    # the first one too many may have been about anything: then everything is looked at
    what = hints.take(secret, () if over else named_projects(request))
    if what == "unknown":
        return _answer("many" if unknown.add("") else what)
    return _answer("many" if over and what == "taken" else what)


def _answer(what: str) -> HttpResponse:
    status, text = ANSWERS[what]
    response = HttpResponse(text + "\n", status=status, content_type="text/plain; charset=utf-8")
    response._has_been_logged = True  # Django would log the address, which is a secret
    if what == "many":
        response["Retry-After"] = str(known.wait())
    return response
