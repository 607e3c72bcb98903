"""Parts of the details page that need rows of their own: schedule, e-mails, and what asks for attention in the map."""

from __future__ import annotations

from typing import Any

from django import template

from integrations import notices, pairs
from integrations.models import Connection

register = template.Library()


def _with(context: dict[str, Any], connection: Connection, **more: Any) -> dict[str, Any]:
    shared = {"csrf_token": context.get("csrf_token"), "zone_name": context.get("zone_name")}
    return {**shared, "connection": connection, **more}


@register.inclusion_tag("integrations/_schedule.html", takes_context=True)
def automatic_sync(context: dict[str, Any], connection: Connection) -> dict[str, Any]:
    """Automatic sync: the interval with its choice, and the next run."""
    return _with(context, connection, intervals=Connection.Interval.choices)


@register.inclusion_tag("integrations/_notices.html", takes_context=True)
def state_mails(context: dict[str, Any], connection: Connection) -> dict[str, Any]:
    """Who gets e-mails about changes of the state, the last failure to send one, and the test button."""
    people = notices.administrators(connection.organization)
    return _with(context, connection, people=people, only_printed=notices.is_only_printed())


@register.inclusion_tag("integrations/_map_banner.html", takes_context=True)
def map_banner(context: dict[str, Any], connection: Connection) -> dict[str, Any]:
    """Pairs that rest and choices that are new at the source; nothing when there are none."""
    return _with(context, connection, paused=pairs.paused(connection), fresh=pairs.new_options(connection))
