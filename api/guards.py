"""Who may what, in the API's words: 403 with 57 for members whose role does not allow it."""

from api.errors import not_authorized
from organizations.current import edits_money, sees_everything, sees_money
from organizations.models import Membership
from transactions import permissions


def _needs(allowed, detail):
    if not allowed:
        raise not_authorized(detail)


def work(call):
    """Customers, projects and tasks are changed by administrators and staff."""
    _needs(sees_everything(call.membership), "Administrators and staff only.")


def admin(call):
    """For administrators."""
    _needs(call.membership.role == Membership.Role.ADMIN, "Administrators only.")


def view(call):
    """See documents and amounts."""
    _needs(permissions.may_view(call.membership), "Seeing documents is not granted to you.")


def bill(call):
    """Make and change documents."""
    _needs(permissions.may_bill(call.membership), "Making documents is not granted to you.")


def send(call):
    """Issue and send documents."""
    _needs(permissions.may_send(call.membership), "Sending documents is not granted to you.")


def delete(call):
    """Delete, void, credit, write off."""
    _needs(permissions.may_delete(call.membership), "Deleting documents is not granted to you.")


def rates(call):
    """Change rates."""
    _needs(edits_money(call.membership), "Setting rates is not granted to you.")


def sees_rates(call):
    """True for those who see rates and amounts."""
    return sees_money(call.membership)
