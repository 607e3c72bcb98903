"""Long drop-downs: in a template loop, hundreds of options cost more than the rest of a page together."""

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()
SELECTED = SafeString(" selected")


@register.simple_tag
def options(pairs, chosen):
    """The <option>s of (id, name) pairs; the one whose id is the text `chosen` is selected."""
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((key, SELECTED if str(key) == chosen else "", name) for key, name in pairs),
    )
