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
from integrations.models import Connection, HintAddress
from integrations.setup import pages


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
    context = {"connection": connection, "row": row, "address": address}
    return pages.draw(request, "integrations/hints.html", context)


ANSWERS = {
    "taken": (202, "Thank you. The next sync comes soon."),
    "disabled": (409, "The integration is disabled here, so nothing is synced."),
    "unknown": (404, "There is no such address."),
}


@csrf_exempt
@never_cache
def hint(request: HttpRequest, secret: str) -> HttpResponse:
    """Any method, any body: nothing of it is read."""
    status, text = ANSWERS[hints.take(secret)]
    return HttpResponse(text + "\n", status=status, content_type="text/plain; charset=utf-8")
