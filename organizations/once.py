"""A form that was sent twice (a double click, a reload) does its work once.

The page carries a token; the view uses it up in the transaction that does the work, so that of two requests
with the same token exactly one succeeds:

    with transaction.atomic():
        if not use_up(request):
            return redirect(...)   # the first one did it
"""

import datetime
import re
import uuid

from django.db import IntegrityError, models, transaction
from django.utils import timezone

FIELD = "once"
KEPT = datetime.timedelta(days=2)


class UsedToken(models.Model):
    """The token of a form that did its work."""

    organization = models.ForeignKey("organizations.Organization", models.CASCADE, related_name="used_tokens")
    token = models.CharField(max_length=60, unique=True)
    used_at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return self.token


def new_token():
    """A token for one rendering of a form; put it into a hidden field `once`."""
    return uuid.uuid4().hex


def use_up(request):
    """True for the first use of the form's token, False for a repetition. A form without a token is let through.

    Call it inside the transaction that does the work: where that fails, the token stays usable.
    """
    token = request.POST.get(FIELD, "")
    if not re.fullmatch(r"[0-9a-f]{32}", token):
        return True
    from organizations.current import current_organization  # it needs the tables, this file is one of them

    key = f"{request.user.pk}:{token}"
    try:
        with transaction.atomic():
            UsedToken.objects.create(organization=current_organization(request), token=key)
    except IntegrityError:
        return False
    if int(token[:2], 16) == 0:  # now and then
        UsedToken.objects.filter(used_at__lt=timezone.now() - KEPT).delete()
    return True
