"""Time zones of organizations."""

from datetime import UTC
from zoneinfo import ZoneInfo

from django.utils import timezone


def zone_of(organization):
    """The organization's zone; UTC where its name is unknown on this machine."""
    try:
        return ZoneInfo(organization.time_zone)
    except (KeyError, ValueError, OSError):
        return UTC


def today_in(organization):
    """The calendar day it is now in the organization's zone."""
    return timezone.now().astimezone(zone_of(organization)).date()
