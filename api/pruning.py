"""What the API keeps for a while only."""

from datetime import timedelta

from django.utils import timezone

from api.models import IdempotentCall

DAYS = 30
AT_ONCE = 2000


def prune_calls():
    """Forget the keys of creations older than 30 days, some at a time; how many went."""
    old = IdempotentCall.objects.filter(at__lt=timezone.now() - timedelta(days=DAYS))
    return IdempotentCall.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:AT_ONCE])).delete()[0]
