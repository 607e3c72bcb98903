"""Doing something only to look at what comes of it."""

from contextlib import contextmanager

from django.db import transaction


class _TakeBack(Exception):
    """Ends a transaction whose result is only looked at."""


@contextmanager
def taken_back():
    """What is done inside is undone at the end. What the block raises goes on, and is undone as well."""
    try:
        with transaction.atomic():
            yield
            raise _TakeBack
    except _TakeBack:
        pass
