"""Money for people: the right number of decimals, thousands grouped, the currency named."""

from decimal import Decimal

from django import template

from organizations.money import minor_units, trimmed

register = template.Library()


@register.filter
def amount(value, currency):
    """An amount with its currency, such as 1,234.50 EUR; a dash for none."""
    if value is None or value == "":
        return "–"
    return f"{trimmed(Decimal(value), minor_units(currency)):,f} {currency}".replace("-", "−")
