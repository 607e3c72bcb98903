"""Finding the document of an address within the visitor's organization, for those who may."""

from django.core.exceptions import PermissionDenied
from django.http import Http404

from organizations.current import current_membership
from organizations.panels import address
from transactions import permissions
from transactions.models import CreditNote, Invoice, Quote

MODELS = {"invoice": Invoice, "quote": Quote, "credit_note": CreditNote}


def document_or_404(request, kind, pk, may=permissions.may_view):
    """The document, 404 outside the organization; PermissionDenied for members who may not."""
    membership = current_membership(request)
    if not may(membership):
        raise PermissionDenied("You need a permission for this; ask an administrator of your organization.")
    if kind not in MODELS:
        raise Http404
    rows = MODELS[kind].objects.filter(organization=membership.organization)
    found = rows.select_related("customer", "organization").filter(pk=pk).first() if pk < 2**63 else None
    if found is None:
        raise Http404
    return found


def page_of(document):
    """The address of the document's own page, else of the home page."""
    return address(document.KIND, document.pk) or address("home")
