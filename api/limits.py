"""How many calls a token, and all tokens of an organization together, may make in a minute.

The counts stand in the database, so that every web process sees the same ones: a call costs one look and one
statement, which counts both at once; a call that is refused costs the look only.
"""

from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.utils import timezone

from api.models import RequestCount

TEXT = "You have exceeded the number of requests of a minute. Try again later."
KEPT = 5  # minutes
_COUNT = """
    INSERT INTO api_requestcount (scope, minute, count) VALUES (%s, %s, 1), (%s, %s, 1)
    ON CONFLICT (scope, minute) DO UPDATE SET count = api_requestcount.count + 1
    RETURNING scope, count
"""


@dataclass(frozen=True)
class Standing:
    """Where the caller stands: calls a minute, how many are left, seconds until the minute is over."""

    limit: int
    remaining: int
    reset: int
    is_over: bool = False

    def headers(self):
        """The headers that clients look at."""
        named = {"Limit": self.limit, "Remaining": self.remaining, "Reset": self.reset}
        found = {f"X-Rate-Limit-{name}": str(value) for name, value in named.items()}
        return found | ({"Retry-After": str(self.reset)} if self.is_over else {})


def count(token):
    """Count one call of a token and return its Standing, by the limit that is nearer; `is_over`: refuse the call."""
    now = timezone.now()
    minute, reset = int(now.timestamp()) // 60, max(1, 60 - now.second)
    limits = {
        f"token {token.pk}": settings.API_TOKEN_REQUESTS_PER_MINUTE,
        f"organization {token.organization_id}": settings.API_REQUESTS_PER_MINUTE,
    }
    used = dict(RequestCount.objects.filter(scope__in=limits, minute=minute).values_list("scope", "count"))
    left = {scope: limit - used.get(scope, 0) for scope, limit in limits.items()}
    if min(left.values()) > 0:
        mine, all_of_it = limits
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, [mine, minute, all_of_it, minute])
            used = dict(cursor.fetchall())
        # of calls in the same moment only as many get through as are left
        left = {scope: limit - used[scope] for scope, limit in limits.items()}
        is_over = min(left.values()) < 0
        if used[mine] == 1:
            RequestCount.objects.filter(minute__lt=minute - KEPT).delete()
    else:
        is_over = True
    nearest = min(left, key=lambda scope: left[scope])
    return Standing(limits[nearest], max(0, left[nearest]), reset, is_over)
