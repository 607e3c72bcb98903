"""An expense in another currency than its customer's: converted by exchange rates that are known, or refused."""

from fractions import Fraction

from organizations.money import round_money
from transactions import preferences


def converted(amount, expense, currency):
    """(`amount` of the expense in `currency` as an exact Fraction, why not): one of them is None.

    Over the base currency: the expense's own exchange rate, which is stored with it, and for a customer who is not
    billed in the base currency the rate of the latest document in theirs.
    """
    if expense.currency == currency:
        return Fraction(amount), None
    base = expense.organization.base_currency
    own = 1 if expense.currency == base else expense.exchange_rate
    if own is None:
        return None, f"Give the expense its exchange rate: how many {base} one {expense.currency} is."
    theirs = preferences.exchange_rate_for(expense.organization, currency)
    if theirs is None:
        return None, (
            f"The customer is billed in {currency}, whose exchange rate is not known before a document in {currency} "
            f"was issued. Record the expense in {currency}."
        )
    return Fraction(amount) * Fraction(own) / Fraction(theirs), None


def priced(expense, currency):
    """(cost, price with mark-up, why not): what an expense is billed at in `currency`, rounded; or None, None, why."""
    cost, problem = converted(expense.total, expense, currency)
    if problem:
        return None, None, problem
    price = cost * (100 + Fraction(expense.markup_percent)) / 100
    return round_money(cost, currency), round_money(price, currency), None


def rate_text(expense, currency):
    """The rate used, for people: how many `currency` one unit of the expense's is, to six digits; '' for the same."""
    one, _ = converted(1, expense, currency)
    if expense.currency == currency or one is None:
        return ""
    return f"{float(one):.6g}"
