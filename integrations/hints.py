"""Hints from Zoho Projects: somebody who knows a secret address says that something changed, and nothing more.

What a hint says is neither read nor trusted: it makes the next run come sooner, and a run asks Zoho itself. Hints that
arrive together are one; where none arrives, scheduled runs reach the same state.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from integrations import timeline
from integrations.models import Connection, HintAddress, SyncRun
from integrations.sync.queue import RunRefused, request_run

MERGED = timedelta(seconds=20)  # hints of one action come in a row: their sync waits for the last of them
APART = timedelta(minutes=2)  # between two syncs for hints
TOUCH = timedelta(seconds=5)  # however many come, a hint writes this often at most


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def make(connection: Connection, user: Any) -> str:
    """A new secret of the connection's hint address; the one before stops working. It is shown once."""
    secret = secrets.token_urlsafe(32)
    _, is_new = HintAddress.objects.update_or_create(
        connection=connection, defaults={"secret_hash": _hash(secret), "made_at": timezone.now()}
    )
    timeline.record(connection, user, "Address for hints", "" if is_new else "made before", "made")
    return secret


@transaction.atomic
def withdraw(connection: Connection, user: Any) -> None:
    """The address stops working."""
    if HintAddress.objects.filter(connection=connection).delete()[0]:
        timeline.record(connection, user, "Address for hints", "made before", "removed")


def take(secret: str, now: datetime | None = None) -> str:
    """Note a hint: "taken", "disabled" when nothing is synced now, or "unknown". At most one small write."""
    now = now or timezone.now()
    if not secret or len(secret) > 100:
        return "unknown"
    row = HintAddress.objects.select_related("connection").filter(secret_hash=_hash(secret)).first()
    if row is None:
        return "unknown"
    connection = row.connection
    if connection.is_deleted or connection.status != Connection.Status.ACTIVE:
        return "disabled"
    if row.pending_at and row.last_hint_at and now - row.last_hint_at < TOUCH:
        return "taken"
    HintAddress.objects.filter(pk=row.pk).update(last_hint_at=now, pending_at=Coalesce(F("pending_at"), now))
    return "taken"


def ring(now: datetime | None = None) -> int:
    """Start the syncs that hints wait for; how many. Called every few seconds by `manage.py watch`."""
    now = now or timezone.now()
    started = 0
    for row in HintAddress.objects.select_related("connection").filter(pending_at__lte=now - MERGED):
        runs = row.connection.runs.filter(trigger=SyncRun.Trigger.WEBHOOK, queued_at__gt=now - APART)
        if runs.exists():
            continue
        try:
            with transaction.atomic():
                # hints that come from here on wait for a sync of their own
                HintAddress.objects.filter(pk=row.pk).update(pending_at=None)
                request_run(row.connection, SyncRun.Trigger.WEBHOOK)
            started += 1
        except RunRefused:
            if row.connection.status != Connection.Status.ACTIVE:  # whoever enables it starts a run
                HintAddress.objects.filter(pk=row.pk).update(pending_at=None)
    return started
