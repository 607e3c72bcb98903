"""When two names are one: trimmed, whatever their case, on any database."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Lower, Trim

from customers.models import Customer


def key_of(name: str) -> str:
    """What is equal for names that are one."""
    return name.strip().lower()


def named(customers: QuerySet[Customer], names: Iterable[str]) -> dict[str, int]:
    """{key: id} of those among the customers that bear one of the names.

    SQLite knows upper and lower case of plain letters alone, so there the others are looked through here.
    """
    keys = {key_of(name) for name in names}
    plain = {key for key in keys if key.isascii() or connection.vendor != "sqlite"}
    rows = customers.annotate(key=Lower(Trim("display_name")))
    found = dict(rows.filter(key__in=plain).order_by("-pk").values_list("key", "pk"))
    if plain != keys:
        all_names = customers.order_by("-pk").values_list("display_name", "pk")
        found |= {key: pk for name, pk in all_names.iterator() if (key := key_of(name)) in keys - plain}
    return found
