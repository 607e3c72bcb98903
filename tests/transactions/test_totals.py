"""Totals against an independent calculation in fractions, to the last digit."""

import math
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from transactions import totals

UNITS = {"EUR": 2, "JPY": 0, "KWD": 3}


def rounded(value, places):
    """Half up, away from zero."""
    sign = -1 if value < 0 else 1
    return sign * Fraction(math.floor(abs(value) * 10**places + Fraction(1, 2)), 10**places)


def decimals(low, high, places):
    return st.integers(low * 10**places, high * 10**places).map(lambda whole: Decimal(whole).scaleb(-places))


lines = st.builds(
    SimpleNamespace,
    minutes=st.none() | st.integers(1, 10_000),
    quantity=decimals(0, 500, 6),
    rate=decimals(0, 2000, 2)
    | decimals(0, 2000, 6)
    | st.sampled_from(["0.005", "1.005", "2.675"]).map(Decimal),
    discount_percent=st.just(Decimal(0)) | decimals(0, 100, 3),
    tax_rate=st.sampled_from(["0", "7", "19", "19.9999", "100"]).map(Decimal),
)


def oracle(document, rows):
    """Totals of the document by the rule as written in docs/transactions.md, in fractions."""
    places = UNITS[document.currency]
    amounts = []
    for row in rows:
        quantity = Fraction(row.minutes, 60) if row.minutes is not None else Fraction(row.quantity)
        gross = rounded(quantity * Fraction(row.rate), places)
        amounts.append(gross - rounded(gross * Fraction(row.discount_percent) / 100, places))
    sub_total = sum(amounts)
    discount = rounded(sub_total * Fraction(document.discount_percent or 0) / 100, places)
    taxes, before, given_so_far = [], Fraction(0), Fraction(0)
    for row, amount in zip(rows, amounts, strict=True):
        before += amount
        upto = rounded(discount * before / sub_total, places) if sub_total else Fraction(0)
        taxable, given_so_far = amount - (upto - given_so_far), upto
        rate = Fraction(row.tax_rate)
        taxes.append(
            rounded(taxable * (rate / (100 + rate) if document.tax_inclusive else rate / 100), places)
        )
    total = sub_total - discount + (0 if document.tax_inclusive else sum(taxes))
    return (
        amounts,
        taxes,
        discount,
        total + Fraction(document.shipping_charge) + Fraction(document.adjustment),
    )


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    rows=st.lists(lines, min_size=1, max_size=40),
    currency=st.sampled_from(sorted(UNITS)),
    inclusive=st.booleans(),
    percent=st.none() | decimals(0, 100, 4),
)
def test_every_amount_equals_the_oracle_s(rows, currency, inclusive, percent):
    document = SimpleNamespace(
        currency=currency, tax_inclusive=inclusive, discount_percent=percent, discount_amount=None,
        shipping_charge=Decimal(5), adjustment=Decimal(-1),
    )  # fmt: skip
    totals.compute(document, rows)
    amounts, taxes, discount, total = oracle(document, rows)
    assert [Fraction(row.amount) for row in rows] == amounts
    assert [Fraction(row.tax_amount) for row in rows] == taxes
    assert (Fraction(document.discount_total), Fraction(document.total)) == (discount, total)
    assert sum(row.document_discount for row in rows) == document.discount_total or not document.sub_total


@settings(max_examples=300, deadline=None, derandomize=True)
@given(minutes=st.integers(1, 100_000), cents=st.integers(1, 1_500_000))
def test_hours_as_a_decimal_times_the_rate_give_the_same_amount(minutes, cents):
    rate = Decimal(cents).scaleb(-2)
    exact = totals.round_money(Fraction(minutes) * Fraction(rate) / 60, "EUR")
    assert totals.round_money(Fraction(totals.hours_of(minutes)) * Fraction(rate), "EUR") == exact


@settings(max_examples=200, deadline=None, derandomize=True)
@given(total=decimals(0, 10_000, 2), weights=st.lists(decimals(0, 500, 2), min_size=1, max_size=30))
def test_shares_always_add_up(total, weights):
    found = totals.shares(total, weights, "EUR")
    assert sum(found) == (total if sum(weights) else 0)
