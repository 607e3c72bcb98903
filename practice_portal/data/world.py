"""Builds the portals and accounts of one practice portal from its settings."""

from datetime import datetime, time, timedelta

from ..clock import stamp
from . import bulk_fill, small_hours, small_people, small_work
from .portal import Portal

#: Who can sign in: the owner of the first portal, and the owner of the second.
ACCOUNTS = (
    {
        "email": "ada.winter@lindenwerk.example.test",
        "name": "Ada Winter",
        "first_name": "Ada",
        "last_name": "Winter",
        "zuid": 610012001,
    },
    {
        "email": "tomas.okoro@ferrygate.example.test",
        "name": "Tomás Okoro",
        "first_name": "Tomás",
        "last_name": "Okoro",
        "zuid": 610012901,
    },
)


class Days:
    """Moments counted back from the base day, so that the data always looks recent."""

    def __init__(self, today):
        self.today = today

    def ago(self, days):
        """The date `days` before the base day as `YYYY-MM-DD`; negative days lie ahead."""
        return (self.today - timedelta(days=days)).isoformat()

    def stamp(self, days, hour=9, minute=0):
        """A moment `days` before the base day as a V3 timestamp."""
        return stamp(datetime.combine(self.today - timedelta(days=days), time(hour, minute, 7, 120_000)))


def build(settings, clock, today):
    """(portals by id, accounts by e-mail) for these settings."""
    days, accounts = Days(today), {a["email"]: a for a in ACCOUNTS}
    first, second = ACCOUNTS
    cases = settings.cases if settings.cases is not None else settings.size != "large"
    portals = [
        Portal(
            1,
            {
                "id": "60012345",
                "portal_name": "lindenwerk",
                "org_name": "Lindenwerk Engineering",
                "timezone": "CET",
                "project_plan": "Enterprise",
                "currency_code": "EUR",
                "owner": {
                    "id": str(first["zuid"]),
                    "zpuid": "219300000000012001",
                    "name": first["name"],
                    "email": first["email"],
                },
            },
            "219300000000",
            {first["email"]: "Portal Owner"},
        ),
        Portal(
            2,
            {
                "id": "60098765",
                "portal_name": "ferrygate",
                "org_name": "Ferrygate Studio",
                "timezone": "GMT",
                "project_plan": "Premium",
                "currency_code": "GBP",
                "owner": {
                    "id": str(second["zuid"]),
                    "zpuid": "742100000000012001",
                    "name": second["name"],
                    "email": second["email"],
                },
            },
            "742100000000",
            {second["email"]: "Portal Owner", first["email"]: "Employee"},
        ),
    ]
    small_people.fill(portals[0], days, accounts, cases)
    if cases:
        small_work.fill(portals[0], days)
        small_hours.fill(portals[0], days, settings.seed)
    small_work.fill_second(portals[1], days, accounts)
    if settings.size != "small" or (settings.projects, settings.tasks, settings.logs) != (None, None, None):
        bulk_fill.fill(portals[0], days, settings)
    return {portal.id: portal for portal in portals}, accounts
