"""The settings timeline: who changed which preference, from what to what, when; and the integration's life."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from integrations.models import SettingsChange
from integrations.setup import pages
from organizations.current import current_organization

PER_PAGE = 50


@require_GET
@pages.admin_only
def timeline(request: HttpRequest) -> HttpResponse:
    """All changes of the organization's integration, latest first; those of deleted connections stay."""
    changes = SettingsChange.objects.filter(organization=current_organization(request)).order_by("-id")
    page = Paginator(changes, PER_PAGE).get_page(request.GET.get("page"))
    return pages.draw(request, "integrations/timeline.html", {"page": page})
