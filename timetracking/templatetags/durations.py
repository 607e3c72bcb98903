"""Durations for people."""

from django import template

register = template.Library()


@register.filter
def hm(minutes):
    """Minutes as h:mm, such as 90 → 1:30; None as 0:00."""
    return f"{(minutes or 0) // 60:,}:{(minutes or 0) % 60:02d}"
