"""The arithmetic of documents: one rule, exact, the same for screen, PDF, API and database.

Per line: gross = minutes × rate / 60, or quantity × rate; its own discount in percent; `amount` = gross − discount.
A discount of the document is spread over the lines by running totals, so that the shares add up to it exactly.
Tax per line, on the amount less the share: percent of it, or contained in it (inclusive). Each of these is rounded half
up to the currency's minor units; totals are sums of lines. Shipping and adjustment come last and bear no tax.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from organizations.money import half_up, minor_units, round_money
from transactions import checks
from transactions.errors import TransactionRefused

HOURS_PLACES = 8
ZERO = Decimal(0)


@dataclass(frozen=True)
class TaxSum:
    """What a document bears of one tax."""

    name: str
    rate: Decimal
    taxable: Decimal
    amount: Decimal


def hours_of(minutes):
    """Minutes as a decimal number of hours, rounded away from zero at the eighth decimal."""
    exact = Fraction(minutes, 60)
    rounded = half_up(exact, HOURS_PLACES)
    if abs(Fraction(rounded)) < abs(exact):
        rounded += Decimal(1 if minutes > 0 else -1).scaleb(-HOURS_PLACES)
    return rounded


def gross_of(line, currency):
    """What a line costs before any discount."""
    if line.minutes is not None:
        return round_money(Fraction(line.minutes) * Fraction(line.rate) / 60, currency)
    return round_money(Fraction(line.quantity) * Fraction(line.rate), currency)


def shares(total, weights, currency):
    """`total` split by `weights` into amounts of whole minor units that add up to it exactly."""
    whole = sum(weights, ZERO)
    if not whole:
        return [ZERO] * len(weights)
    found, running, given = [], Fraction(0), ZERO
    for weight in weights:
        running += Fraction(weight)
        upto = round_money(Fraction(total) * running / Fraction(whole), currency)
        found.append(upto - given)
        given = upto
    return found


def compute(document, lines):
    """Set the amounts of `lines` and the totals of `document`, in memory.

    Raises TransactionRefused for a discount larger than the document or an amount beyond all measure.
    """
    currency, inclusive = document.currency, document.tax_inclusive
    for line in lines:
        if line.minutes is not None:
            line.quantity = hours_of(line.minutes)
        gross = gross_of(line, currency)
        _measure(gross)
        line.amount = gross - round_money(Fraction(gross) * Fraction(line.discount_percent) / 100, currency)
    sub_total = sum((line.amount for line in lines), ZERO)
    _measure(sub_total)
    discount = _discount(document, sub_total, currency)
    for line, share in zip(lines, shares(discount, [line.amount for line in lines], currency), strict=True):
        line.document_discount = share
        rate = Fraction(line.tax_rate)
        part = rate / (100 + rate) if inclusive else rate / 100
        line.tax_amount = round_money(Fraction(line.amount - share) * part, currency)
    document.sub_total, document.discount_total = sub_total, discount
    document.tax_total = sum((line.tax_amount for line in lines), ZERO)
    document.total = sub_total - discount + document.shipping_charge + document.adjustment
    if not inclusive:
        document.total += document.tax_total
    _measure(document.total)


def _discount(document, sub_total, currency):
    if document.discount_percent is not None:
        return round_money(Fraction(sub_total) * Fraction(document.discount_percent) / 100, currency)
    if not document.discount_amount:
        return ZERO
    if document.discount_amount > max(sub_total, 0):
        raise TransactionRefused(
            "discount_too_large", "The discount is larger than the sum of the lines.", "discount_amount"
        )
    return document.discount_amount


def _measure(amount):
    if abs(amount) > checks.LARGEST:
        raise TransactionRefused("too_large", f"Amounts above {checks.LARGEST:,} are not possible.")


def recalculate(document):
    """Compute a stored draft anew from its lines and save both."""
    lines = list(document.lines.order_by("position", "id"))
    compute(document, lines)
    type(document).lines.rel.related_model.objects.bulk_update(
        lines, ["quantity", "amount", "document_discount", "tax_amount"], batch_size=200
    )
    if hasattr(document, "balance"):
        document.balance = document.total
    document.save()


def tax_summary(document, lines=None):
    """The document's taxes as a list of TaxSum, one per name and rate, in the order of the lines."""
    found = {}
    for line in document.lines.order_by("position", "id") if lines is None else lines:
        if line.tax_name:
            sums = found.setdefault((line.tax_name, line.tax_rate), [ZERO, ZERO])
            sums[0] += line.amount - line.document_discount
            sums[1] += line.tax_amount
    return [TaxSum(name, rate, *sums) for (name, rate), sums in found.items()]


def too_precise_for(rate, currency):
    """True when a rate has more decimals than amounts in the currency; allowed, and worth a hint on screens."""
    return half_up(rate, minor_units(currency)) != rate
