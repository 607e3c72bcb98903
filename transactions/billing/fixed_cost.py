"""How much of a project's fixed cost was invoiced, and what is left of it."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from organizations.money import round_money
from timetracking.models import Project
from transactions import checks
from transactions.errors import TransactionRefused
from transactions.models import CreditNoteLine, InvoiceLine, LineFields

PRICED = (LineFields.Kind.FIXED_COST, LineFields.Kind.MILESTONE)


@dataclass(frozen=True)
class FixedCost:
    """Amounts in the project's currency, before tax and document discount. `remaining` is never below 0."""

    price: Decimal
    invoiced: Decimal

    @property
    def remaining(self):
        """What is left to invoice."""
        return max(self.price - self.invoiced, Decimal(0))


def fixed_cost_of(project):
    """The FixedCost of a project; its price is 0 where it has no rate or another billing method."""
    lines = InvoiceLine.objects.filter(project=project, kind__in=PRICED).exclude(invoice__status="void")
    credits = CreditNoteLine.objects.filter(invoice_line__in=lines)
    invoiced = sum(lines.values_list("amount", flat=True), Decimal(0))
    credited = sum(credits.values_list("amount", flat=True), Decimal(0))
    fixed = project.billing_method == Project.BillingMethod.FIXED_COST
    return FixedCost(project.rate if fixed and project.rate else Decimal(0), invoiced - credited)


def check_share(customer, project, share, field, beside=Decimal(0)):
    """The amount of a share, or TransactionRefused: no price, two ways at once, or more than is left.

    `beside`: what other shares of the same project are to take on the same invoice.
    """
    if project.currency != customer.currency:
        raise TransactionRefused(
            "currency", f"The project is in {project.currency}, the customer in {customer.currency}.", field
        )
    fixed = project.billing_method == Project.BillingMethod.FIXED_COST
    state = fixed_cost_of(project)
    amount = checks.money(share.amount, customer.currency, field, "Amount", at_least=None, above=0)
    percent = checks.percent(share.percent, field, "Percent")
    if (amount is None) == (percent is None):
        raise TransactionRefused("required", "Give the share as an amount or in percent.", field)
    if percent is not None:
        if not state.price:
            raise TransactionRefused(
                "no_price", "The project has no fixed cost to take a percentage of.", field
            )
        amount = round_money(Fraction(state.price) * Fraction(percent) / 100, customer.currency)
        if not amount:
            raise TransactionRefused("too_small", "This share would be 0.", field)
    left = max(state.remaining - beside, Decimal(0))
    if fixed and state.price and amount > left:
        raise TransactionRefused(
            "over_fixed_cost",
            f"Of the fixed cost of {state.price} {project.currency}, {left} are left to invoice.",
            field,
        )
    return amount
