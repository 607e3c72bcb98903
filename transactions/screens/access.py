"""Who may open which screen, and the rows of the visitor's organization; everything else answers 403 or 404."""

import re
import uuid
from functools import wraps

from django.core.exceptions import PermissionDenied
from django.http import Http404

from organizations.current import current_membership, current_organization, member_required
from organizations.ids import whole
from transactions import permissions

NEEDS = {
    "view": "This page needs the permission to see documents and amounts.",
    "bill": "This needs the permission to bill: to make and change drafts and to record payments.",
    "send": "This needs the permission to send: to issue documents and to mark them as sent.",
    "delete": "This needs the permission to delete drafts and payments, to void, credit and write off.",
}


def _granted(check, sentence):
    def decorate(view):
        @wraps(view)
        @member_required
        def wrapped(request, *args, **kwargs):
            if not check(current_membership(request)):
                raise PermissionDenied(sentence)
            return view(request, *args, **kwargs)

        return wrapped

    return decorate


viewing = _granted(permissions.may_view, NEEDS["view"])
billing = _granted(permissions.may_bill, NEEDS["bill"])
sending = _granted(permissions.may_send, NEEDS["send"])
deleting = _granted(permissions.may_delete, NEEDS["delete"])


def rights(request):
    """{"may_bill", "may_send", "may_delete"} for templates."""
    membership = current_membership(request)
    return {
        "may_bill": permissions.may_bill(membership),
        "may_send": permissions.may_send(membership),
        "may_delete": permissions.may_delete(membership),
    }


def ours(request, rows, pk):
    """The row with this id in the visitor's organization; 404 otherwise. `rows`: a model or a queryset."""
    rows = rows.objects.all() if hasattr(rows, "objects") else rows
    number = whole(pk)
    row = rows.filter(organization=current_organization(request), pk=number).first() if number else None
    if row is None:
        raise Http404
    return row


def new_key():
    """A one-time key for a form that makes something."""
    return uuid.uuid4().hex


def key_of(request):
    """The form's one-time key; '' when it has none or a damaged one."""
    key = request.POST.get("key", "")
    return key if re.fullmatch(r"[0-9a-f]{32}", key) else ""
