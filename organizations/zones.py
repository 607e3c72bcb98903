"""Time zones of organizations."""

from datetime import UTC
from zoneinfo import ZoneInfo


def zone_of(organization):
    """The organization's zone; UTC where its name is unknown on this machine."""
    try:
        return ZoneInfo(organization.time_zone)
    except (KeyError, ValueError, OSError):
        return UTC
