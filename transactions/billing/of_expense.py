"""An invoice of one expense."""

from transactions import preferences
from transactions.billing.choices import Choices
from transactions.billing.create import create_invoice
from transactions.billing.propose import propose
from transactions.errors import TransactionRefused
from transactions.models import Invoice


def invoice_of(expense, user=None, creation_key=""):
    """A draft invoice of this expense alone, with its mark-up; the same key gives the same one.

    Raises TransactionRefused with the reason.
    """
    made = Invoice.objects.filter(organization_id=expense.organization_id, creation_key=creation_key)
    if creation_key and (found := made.first()):
        return found
    customer = expense.customer
    if expense.billing_status != "unbilled" or customer is None:
        sentence = (
            "It stands on an invoice already."
            if expense.billing_status == "invoiced"
            else "Only a billable expense can be invoiced. Edit it and tick Billable."
        )
        raise TransactionRefused("not_unbilled", sentence)
    defaults = preferences.defaults_for(customer)
    choices = Choices(
        project_ids=(expense.project_id,) if expense.project_id else (),
        include_hours=False,
        include_expenses=True,
        tax_id=defaults["tax"].pk if defaults["tax"] else None,
    )
    proposal, name = propose(customer, choices), f"x{expense.pk}"
    if name not in proposal.marks:
        reasons = [item.sentence for item in proposal.refused if expense.pk in item.expense_ids]
        raise TransactionRefused(
            "not_billable", reasons[0] if reasons else "It cannot be invoiced now. Reload the page."
        )
    return create_invoice(
        customer,
        choices,
        seen={name: proposal.marks[name]},
        values={"tax_inclusive": defaults["tax_inclusive"]},
        user=user,
        creation_key=creation_key,
        remember=False,
    )
