"""Saved filters of the timesheets."""

from urllib.parse import parse_qsl

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from organizations.current import current_membership, member_required
from timetracking.entry_views import query_of
from timetracking.saved_filters import SavedFilter

MOST = 50


@member_required
@require_POST
def filter_save(request):
    """Keep the current filters under a name; the same name again replaces it."""
    membership = current_membership(request)
    name = " ".join(request.POST.get("name", "").split()).replace("\0", "")
    query = query_of(dict(parse_qsl(request.POST.get("query", ""))))
    own = SavedFilter.objects.filter(membership=membership)
    if not 1 <= len(name) <= 100:
        messages.error(request, "Give the filter a name of at most 100 characters.")
    elif not query or len(query) > 1000:
        messages.error(request, "Choose some filters and apply them; then save them under a name.")
    elif own.count() >= MOST and not own.filter(name__iexact=name).exists():
        messages.error(request, f"You have {MOST} saved filters. Delete one first.")
    else:
        stored = own.filter(name__iexact=name).first()
        stored = stored or SavedFilter(membership=membership, organization=membership.organization, name=name)
        stored.query = query
        stored.save()
        messages.success(request, f"The filter {name} was saved.")
    return redirect(f"{reverse('timesheets')}?{query}")


@member_required
@require_POST
def filter_delete(request, pk):
    """Delete a saved filter of one's own."""
    get_object_or_404(SavedFilter, pk=pk, membership=current_membership(request)).delete()
    messages.success(request, "The filter was deleted.")
    return redirect("timesheets")
