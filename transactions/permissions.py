"""Who may do what with money. Every view, form, API call and admin page asks here, with the visitor's membership.

Administrators may everything; staff what their membership grants (view, bill, send, delete, each by itself);
timesheet staff and employees nothing, except that employees handle their own expenses. `membership` may be None.
"""

from organizations.models import Membership
from transactions.models import Expense

_ROLE = Membership.Role


def _granted(membership, grant):
    if membership is None or not membership.is_active:
        return False
    if membership.role == _ROLE.ADMIN:
        return True
    return membership.role == _ROLE.STAFF and getattr(membership, grant)


def may_view(membership):
    """See documents, rates and amounts."""
    return _granted(membership, "can_view")


def may_bill(membership):
    """Make and change drafts of documents, record payments and expenses; includes seeing them."""
    return may_view(membership) and _granted(membership, "can_bill")


def may_send(membership):
    """Issue documents, mark them as sent, e-mail them."""
    return may_view(membership) and _granted(membership, "can_send")


def may_delete(membership):
    """Delete drafts and payments; void, credit and write off."""
    return may_view(membership) and _granted(membership, "can_delete")


def may_set_up(membership):
    """Change taxes, number series and billing preferences."""
    return membership is not None and membership.is_active and membership.role == _ROLE.ADMIN


def may_record_expenses(membership):
    """Record expenses: everybody who bills, and employees for themselves."""
    return may_bill(membership) or (
        membership is not None and membership.is_active and membership.role == _ROLE.EMPLOYEE
    )


def visible_expenses(membership):
    """The expenses a person may see: all for those who may view, one's own for employees, none otherwise."""
    rows = Expense.objects.filter(organization=membership.organization)
    if may_view(membership):
        return rows
    if membership.is_active and membership.role == _ROLE.EMPLOYEE:
        return rows.filter(employee__membership=membership)
    return rows.none()


def may_change_expense(membership, expense):
    """Change one expense: everybody who bills, and employees theirs until they got the money back."""
    if may_bill(membership):
        return True
    return (
        may_record_expenses(membership)
        and expense.reimbursed_at is None
        and visible_expenses(membership).filter(pk=expense.pk).exists()
    )


def may_delete_expense(membership, expense):
    """Delete one expense: who may delete, and employees what they may change."""
    if membership.role == _ROLE.EMPLOYEE:
        return may_change_expense(membership, expense)
    return may_bill(membership) and may_delete(membership)
