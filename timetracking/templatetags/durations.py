"""Durations for people."""

from django import template

register = template.Library()


@register.filter
def hm(minutes):
    """Minutes as h:mm, such as 90 → 1:30."""
    return f"{minutes // 60}:{minutes % 60:02d}"
