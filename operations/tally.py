"""Numbers that only grow, for those who watch the installation: counted in the database, whichever process does it."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping

from django.db import Error, transaction
from django.db.models import F
from django.utils import timezone

from operations.models import Summary, Tally

log = logging.getLogger(__name__)
Count = tuple[str, Mapping[str, str], float]  # name, labels, amount


def add(counts: Iterable[Count]) -> None:
    """Add each amount to its tally. In one fixed order, so that two transactions never wait for each other."""
    merged: dict[str, tuple[str, dict[str, str], float]] = {}
    for name, labels, amount in counts:
        text = json.dumps([name, dict(labels)], sort_keys=True)
        key = hashlib.sha256(text.encode()).hexdigest()
        merged[key] = (name, dict(labels), amount + (merged[key][2] if key in merged else 0))
    for key, (name, labels, amount) in sorted(merged.items()):
        if amount and not Tally.objects.filter(key=key).update(value=F("value") + amount):
            Tally.objects.bulk_create([Tally(name=name, labels=labels, key=key)], ignore_conflicts=True)
            Tally.objects.filter(key=key).update(value=F("value") + amount)


def add_or_forget(counts: Iterable[Count]) -> None:
    """`add` outside of other work: a database that does not answer costs the numbers and nothing else."""
    try:
        with transaction.atomic():
            add(counts)
    except Error:
        log.warning("Numbers for the metrics could not be stored.", exc_info=True)


def summarize(name: str, rows: Iterable[tuple[Mapping[str, str], int]]) -> None:
    """Keep a count over a large table: `rows` of labels and number."""
    kept = [[dict(labels), number] for labels, number in rows]
    Summary.objects.update_or_create(name=name, defaults={"rows": kept, "counted_at": timezone.now()})
