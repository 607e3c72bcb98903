"""Who changed a row, from what to what, when: the tables that django-simple-history writes.

A row saved by a form, the admin, the API or a service gets a line of history at each `save()`. What the sync writes
in bulk (tasks, bugs, timesheets) and what `QuerySet.update()` changes does not appear there.
"""

from contextlib import contextmanager
from contextvars import ContextVar

from django.db import models
from simple_history.models import HistoricalRecords

_actor = ContextVar("actor", default=(None, ""))


@contextmanager
def acting(user=None, through=""):
    """Name who acts inside the block where no request does: `user` (or None) and `through`, what they act with.

    `through` is shown beside the change, such as "API token Reporting" or "Sync with Zoho Projects".
    """
    token = _actor.set((user, through))
    try:
        yield
    finally:
        _actor.reset(token)


def current_actor():
    """The user named by `acting`, or None."""
    return _actor.get()[0]


def current_through():
    """What the user named by `acting` acts with, or ''."""
    return _actor.get()[1]


class Recorded(models.Model):
    """What each line of history holds besides the row's own fields, the user, the moment and the kind of change."""

    history_through = models.CharField(max_length=200, blank=True, default=current_through)

    class Meta:
        abstract = True


def _who(instance, request=None, **kwargs):
    if user := current_actor():
        return user
    user = getattr(request, "user", None)
    return user if user is not None and user.is_authenticated else None


def recorded(**kwargs):
    """The `history` attribute of a model whose changes are kept."""
    return HistoricalRecords(bases=[Recorded], get_user=_who, **kwargs)
