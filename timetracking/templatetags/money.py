"""Money for people: right number of decimals, thousands grouped, the currency named."""

from django import template

from organizations.money import minor_units, trimmed

register = template.Library()


@register.filter
def money(value, currency):
    """An amount with its currency, such as 1,234.50 EUR; a dash for none."""
    if value is None or value == "":
        return "–"
    return f"{trimmed(value, minor_units(currency)):,f} {currency}"
