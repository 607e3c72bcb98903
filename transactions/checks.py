"""Values that come in from forms, the API and imports: turned into exact ones, or refused in a sentence."""

import datetime
import re
from decimal import Decimal

from organizations.money import half_up, minor_units, plain_decimal
from organizations.zones import today_in
from transactions.errors import TransactionRefused
from transactions.models.preferences import LONGEST_TERMS

OLDEST = datetime.date(1990, 1, 1)
YEARS_AHEAD = 10
LARGEST = Decimal(10) ** 11  # money and quantities: far from the column's limit, so that sums fit, too
MOST_LINES = 1000


def number(value, field, label, places=None, at_least=None, above=None, at_most=LARGEST):
    """The Decimal of a number or text; None and '' give None. At most `places` decimals.

    Raises TransactionRefused with `field` for what is no number, too precise, or outside the limits.
    """
    if value is None or value == "":
        return None
    if isinstance(value, float):
        raise TransactionRefused("not_a_number", f"{label}: give a decimal number such as 12.50.", field)
    try:
        found = plain_decimal(format(value, "f") if isinstance(value, Decimal) else value)
    except ValueError:
        raise TransactionRefused("not_a_number", f"{label}: enter a number such as 1234.56.", field) from None
    if at_least is not None and found < at_least:
        sentence = "cannot be negative" if at_least == 0 else f"must be at least {at_least}"
        raise TransactionRefused("too_small", f"{label} {sentence}.", field)
    if above is not None and found <= above:
        raise TransactionRefused("too_small", f"{label} must be more than {above}.", field)
    if abs(found) > at_most:
        raise TransactionRefused("too_large", f"{label} can be {at_most:,} at most.", field)
    if places is not None and half_up(found, places) != found:
        raise TransactionRefused("too_precise", f"{label} can have {places} decimals at most.", field)
    return found


def money(value, currency, field, label, at_least=0, above=None):
    """An amount in `currency`, exact to its minor units; None for nothing."""
    return number(value, field, label, minor_units(currency), at_least, above)


def percent(value, field, label, at_most=100):
    """A percentage from 0 to `at_most`, at most four decimals; None for nothing."""
    return number(value, field, label, 4, at_least=0, at_most=Decimal(at_most))


def day(value, field, label, organization):
    """A date or ISO text as a date; None for nothing. Refused outside 1990 … ten years from now."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime.datetime) or not isinstance(value, datetime.date | str):
        raise TransactionRefused("not_a_date", f"{label}: enter a date such as 2026-03-31.", field)
    if isinstance(value, str):
        try:
            if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value.strip(), re.ASCII):
                raise ValueError
            value = datetime.date.fromisoformat(value.strip())
        except ValueError:
            raise TransactionRefused(
                "not_a_date", f"{label}: enter a date such as 2026-03-31.", field
            ) from None
    latest = today_in(organization) + datetime.timedelta(days=366 * YEARS_AHEAD)
    if not OLDEST <= value <= latest:
        raise TransactionRefused(
            "absurd_date", f"{label}: {value} is not between {OLDEST} and {latest}. Check the year.", field
        )
    return value


def text(value, field, label, longest):
    """Text without NUL and without spaces around it, of at most `longest` characters."""
    value = str(value or "").replace("\0", "").strip()
    if len(value) > longest:
        raise TransactionRefused("too_long", f"{label} can have {longest:,} characters at most.", field)
    return value


def whole(value, field, label, at_least=0, at_most=LONGEST_TERMS):
    """A whole number; None for nothing."""
    found = number(value, field, label, 0, at_least, at_most=Decimal(at_most))
    return None if found is None else int(found)


def ours(row, organization, field, label):
    """The row, when it is None or belongs to the organization; another organization's is refused as unknown."""
    if row is not None and row.organization_id != organization.pk:
        raise TransactionRefused("unknown", f"{label} was not found.", field)
    return row
