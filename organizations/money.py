"""Exact decimals in the database, and the one rounding rule: half up, to the currency's minor units.

SQLite keeps decimals as binary floats: a thousand times 0.10 adds up to 99.9999999999986 there. Every rate, amount,
quantity and percent of the product is therefore a whole number in the database (the value times 10^n, in a BIGINT)
and a `Decimal` in Python. Sums, comparisons and ordering in SQL are exact on SQLite and on PostgreSQL.
"""

import re
from decimal import Decimal
from fractions import Fraction

from babel.numbers import format_currency, get_currency_precision, list_currencies
from django import forms
from django.core.exceptions import ValidationError
from django.db import models

_PLAIN = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?", re.ASCII)
_NO_MONEY = {"XXX", "XTS", "XAU", "XAG", "XPT", "XPD"}  # ISO codes for "none", "test" and metals


def plain_decimal(text):
    """The Decimal written as `text`: ASCII digits, an optional sign and point, nothing else. ValueError otherwise.

    `Decimal` itself also takes "NaN", "1e400", "1_000" and digits of any script.
    """
    text = str(text).strip()
    if not _PLAIN.fullmatch(text):
        raise ValueError("Enter a number such as 1234.56.")
    number = Decimal(text)
    return number if number else number.copy_abs()  # −0.00 becomes 0.00


class ExactDecimalFormField(forms.DecimalField):
    """Takes plain numbers only."""

    def to_python(self, value):
        if value in self.empty_values:
            return None
        if isinstance(value, str) and not self.localize:
            try:
                return plain_decimal(value)
            except ValueError as error:
                raise ValidationError(str(error), code="invalid") from None
        return super().to_python(value)


class ExactDecimalField(models.Field):
    """A Decimal with at most `decimal_places`, stored as a whole number. Too precise or too large: ValidationError.

    Values read back show at least two decimals ("12.50"), more where they are needed. It is no DecimalField on
    purpose: arithmetic in SQL needs an explicit `output_field` of the same `decimal_places`, else Django raises
    FieldError instead of mixing scales. In SQL never add plain numbers to it (`F("total") + 1`).
    """

    description = "Exact decimal with %(decimal_places)s decimals"
    empty_strings_allowed = False

    def __init__(self, *args, max_digits=16, decimal_places=4, **kwargs):
        if max_digits > 18:
            raise ValueError("A BIGINT holds 18 digits.")
        self.max_digits, self.decimal_places = max_digits, decimal_places
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        return (
            name,
            path,
            args,
            kwargs | {"max_digits": self.max_digits, "decimal_places": self.decimal_places},
        )

    def get_internal_type(self):
        return "BigIntegerField"

    def to_python(self, value):
        """The Decimal; floats are refused, for they already lost what was meant."""
        if value is None:
            return None
        if isinstance(value, bool | float):
            raise ValidationError("Give a decimal number or text, not a float.", code="invalid")
        try:
            number = plain_decimal(format(value, "f") if isinstance(value, Decimal) else value)
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from None
        return number

    def check_value(self, value):
        """ValidationError when the Decimal has too many digits before or after the point."""
        if value is None:
            return
        _, digits, exponent = value.as_tuple()
        while digits and digits[-1] == 0:  # `normalize` would round beyond 28 digits
            digits, exponent = digits[:-1], exponent + 1
        if -exponent > self.decimal_places:
            raise ValidationError(f"At most {self.decimal_places} decimals are possible.", code="too_precise")
        if len(digits) + exponent > self.max_digits - self.decimal_places:
            raise ValidationError(
                f"At most {self.max_digits - self.decimal_places} digits before the point are possible.",
                code="too_large",
            )

    @property
    def validators(self):
        return [*super().validators, self.check_value]

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        if value is None or hasattr(value, "resolve_expression"):
            return value
        number = self.to_python(value)
        self.check_value(number)
        return number

    def get_db_prep_value(self, value, connection, prepared=False):
        if not prepared:
            value = self.get_prep_value(value)
        return int(value.scaleb(self.decimal_places)) if isinstance(value, Decimal) else value

    def from_db_value(self, value, expression, connection):
        """The Decimal for the stored whole number, or for a sum of them."""
        if value is None:
            return None
        if isinstance(value, float):
            raise TypeError("Averages and quotients are not exact in SQL; compute them in Python.")
        number = Decimal(value).scaleb(-self.decimal_places)
        return trimmed(number)

    def value_to_string(self, obj):
        value = self.value_from_object(obj)
        return "" if value is None else str(value)

    def formfield(self, **kwargs):
        return super().formfield(
            **{
                "form_class": ExactDecimalFormField,
                "max_digits": self.max_digits,
                "decimal_places": self.decimal_places,
                **kwargs,
            }
        )


def trimmed(number, places=2):
    """The same number with trailing zeros cut off, but at least `places` decimals."""
    number = number.normalize()
    return number.quantize(Decimal(1).scaleb(-places)) if number.as_tuple().exponent > -places else number


def amount_field(*args, **kwargs):
    """Money: four decimals (the currency with most has four), below 10^12."""
    return ExactDecimalField(*args, max_digits=16, decimal_places=4, **kwargs)


def rate_field(*args, **kwargs):
    """Money per hour or per unit: six decimals, below 10^12."""
    return ExactDecimalField(*args, max_digits=18, decimal_places=6, **kwargs)


def quantity_field(*args, **kwargs):
    """Hours or pieces: eight decimals, below 10^9."""
    return ExactDecimalField(*args, max_digits=17, decimal_places=8, **kwargs)


def percent_field(*args, **kwargs):
    """Percent: four decimals, below 1,000; rules narrow it to 0…100 where that is meant."""
    return ExactDecimalField(*args, max_digits=7, decimal_places=4, **kwargs)


def exchange_rate_field(*args, **kwargs):
    """Base currency per unit of the document's currency: eight decimals, below 10^9."""
    return ExactDecimalField(*args, max_digits=17, decimal_places=8, **kwargs)


def known_currency(code):
    """True for the upper-case ISO 4217 code of a currency one can pay with."""
    return code in list_currencies() and code not in _NO_MONEY


def minor_units(currency):
    """How many decimals amounts in this currency have: JPY 0, EUR 2, KWD 3."""
    return get_currency_precision(currency)


def half_up(value, places):
    """`value` (int, Decimal or Fraction) rounded to `places` decimals as a Decimal; halves go away from zero."""
    scaled = Fraction(value) * 10**places
    whole = (2 * abs(scaled.numerator) + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(-whole if scaled < 0 else whole).scaleb(-places)


def round_money(value, currency):
    """`value` (int, Decimal or Fraction) rounded half up to the currency's minor units, as a Decimal."""
    return half_up(value, minor_units(currency))


def money_text(value, currency, locale="en"):
    """An amount for people, such as "€1,234.50" or "¥1,235", in the formats of `locale`."""
    return format_currency(value, currency, locale=locale, currency_digits=True)
