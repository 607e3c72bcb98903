"""The portal's own clock: real time plus an offset, so that 22 minutes can pass at once."""

import time
from datetime import UTC, datetime


class Clock:
    """Seconds since 1970 (`now`), shifted by `offset` seconds."""

    def __init__(self, offset=0.0):
        self.offset = offset

    def now(self):
        """Seconds since 1970 as this portal sees them."""
        return time.time() + self.offset

    def datetime(self):
        """The same as an aware UTC datetime."""
        return datetime.fromtimestamp(self.now(), UTC)

    def stamp(self):
        """Now in the form that Zoho Projects API V3 uses: `2026-03-30T07:58:19.896Z`."""
        return stamp(self.datetime())


def stamp(moment):
    """An aware or naive UTC datetime as `2026-03-30T07:58:19.896Z`."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
