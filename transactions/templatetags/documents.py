"""Amounts, states and durations of documents for people."""

from decimal import Decimal

from django import template

from organizations.templatetags.amounts import amount
from transactions import states

register = template.Library()
register.filter("amount", amount)
COLOURS = {
    "draft": "secondary",
    "sent": "blue",
    "viewed": "azure",
    "partially_paid": "yellow",
    "overdue": "red",
    "paid": "green",
    "void": "secondary",
    "written_off": "secondary",
    "accepted": "green",
    "declined": "red",
    "expired": "yellow",
    "invoiced": "secondary",
}


@register.filter
def plain(value):
    """A number without superfluous zeros, such as 19 or 7.5, as people type it; '' for none."""
    return "" if value is None else f"{Decimal(value).normalize():f}"


@register.filter
def duration(minutes):
    """Minutes as h:mm with a sign where they are negative; a dash for none."""
    if minutes is None:
        return "–"
    sign = "−" if minutes < 0 else ""
    return f"{sign}{abs(minutes) // 60:,}:{abs(minutes) % 60:02d}"


@register.inclusion_tag("transactions/_state.html")
def state_badge(document):
    """The document's state as a word on a colour."""
    state = document.state
    return {"colour": COLOURS[state], "label": states.LABELS[state]}


@register.filter
def get(mapping, key):
    """The value under a key; '' where there is none."""
    return mapping.get(key, "") if mapping else ""
