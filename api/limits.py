"""How many requests a token, and all tokens of an organization together, may make in a minute."""

from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Sum
from django.utils import timezone

from api.errors import THROTTLED, Refused
from api.models import RequestCount

TEXT = "You have exceeded the number of requests of a minute. Try again later."


def count(token):
    """Count one request; (limit, remaining, seconds until the minute is over).

    Raises Refused (429) when the minute is used up; refused requests are not counted.
    """
    now = timezone.now()
    minute = now.replace(second=0, microsecond=0)
    reset = max(1, 60 - now.second)
    limit = settings.API_REQUESTS_PER_MINUTE
    used = RequestCount.objects.filter(organization_id=token.organization_id, minute=minute)
    total = used.aggregate(total=Sum("count"))["total"] or 0
    if total >= limit:
        raise Refused(429, THROTTLED, TEXT, retry_after=reset)
    if not RequestCount.objects.filter(token=token, minute=minute).update(count=F("count") + 1):
        try:
            with transaction.atomic():
                RequestCount.objects.create(
                    token=token, organization_id=token.organization_id, minute=minute, count=1
                )
        except IntegrityError:  # another request of this token began the minute
            RequestCount.objects.filter(token=token, minute=minute).update(count=F("count") + 1)
        RequestCount.objects.filter(minute__lt=minute - timedelta(minutes=5)).delete()
    return limit, max(0, limit - total - 1), reset
