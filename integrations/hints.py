"""Hints from Zoho Projects: somebody who knows a secret address says that something changed, and nothing more.

What a hint says is not trusted: it makes the next run come sooner, and a run asks Zoho itself. The one thing looked
for in it is the id of a project that is known here; then only that project is read. Hints that arrive together are
one; where none arrives, scheduled runs reach the same state.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from integrations import timeline
from integrations.models import Connection, HintAddress, Module, SyncedRecord, SyncRun
from integrations.sync.queue import RunRefused, request_run

MERGED = timedelta(seconds=20)  # hints of one action come in a row: their sync waits for the last of them
APART = timedelta(minutes=2)  # between two syncs for hints
TOUCH = timedelta(seconds=5)  # however many come, hints that say nothing new write this often at most
MOST_PROJECTS = 5  # more than these wait at once: reading the changes of the whole portal asks for no more


def hash_of(secret: str) -> str:
    """What the database keeps of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def make(connection: Connection, user: Any) -> str:
    """A new secret of the connection's hint address; the one before stops working. It is shown once."""
    secret = secrets.token_urlsafe(32)
    _, is_new = HintAddress.objects.update_or_create(
        connection=connection, defaults={"secret_hash": hash_of(secret), "made_at": timezone.now()}
    )
    timeline.record(connection, user, "Address for hints", "" if is_new else "made before", "made")
    return secret


@transaction.atomic
def withdraw(connection: Connection, user: Any) -> None:
    """The address stops working."""
    if HintAddress.objects.filter(connection=connection).delete()[0]:
        timeline.record(connection, user, "Address for hints", "made before", "removed")


def take(secret: str, named: Collection[str] = (), now: datetime | None = None) -> str:
    """Note a hint: "taken", "disabled" when nothing is synced now, or "unknown". At most one small write.

    `named`: Zoho ids of projects that the hint seems to be about; one that is unknown here makes it a hint about all.
    """
    now = now or timezone.now()
    if not secret or len(secret) > 100:
        return "unknown"
    row = HintAddress.objects.select_related("connection").filter(secret_hash=hash_of(secret)).first()
    if row is None:
        return "unknown"
    connection = row.connection
    if connection.is_deleted or connection.status != Connection.Status.ACTIVE:
        return "disabled"
    projects = _known(connection, named)
    is_new = _wanted(row, projects) != (row.pending_projects if row.pending_at else None)
    if is_new:
        with transaction.atomic():
            kept = HintAddress.objects.select_for_update().filter(pk=row.pk).first()
            if kept is not None:
                kept.pending_projects = _wanted(kept, projects)
                kept.pending_at, kept.last_hint_at = kept.pending_at or now, now
                kept.save(update_fields=["pending_projects", "pending_at", "last_hint_at"])
    elif row.last_hint_at is None or now - row.last_hint_at >= TOUCH:
        HintAddress.objects.filter(pk=row.pk).update(last_hint_at=now)
    return "taken"


def _known(connection: Connection, named: Collection[str]) -> list[str]:
    """The named projects, in order; [] (the whole portal) when none is named or one of them is not known."""
    if not named:
        return []
    rows = SyncedRecord.objects.filter(connection=connection, module=Module.PROJECTS, zoho_id__in=named)
    found = sorted(rows.exclude(outcome=SyncedRecord.Outcome.DELETED).values_list("zoho_id", flat=True))
    return found if len(found) == len(set(named)) else []


def _wanted(row: HintAddress, projects: list[str]) -> list[str]:
    """What waits once a hint about these projects has come, too."""
    if not row.pending_at:
        return projects
    if not row.pending_projects or not projects:
        return []
    merged = sorted({*row.pending_projects, *projects})
    return merged if len(merged) <= MOST_PROJECTS else []


def ring(now: datetime | None = None) -> int:
    """Start the syncs that hints wait for; how many. Called every few seconds by `manage.py watch`."""
    now = now or timezone.now()
    started = 0
    for pk, connection_id in HintAddress.objects.filter(pending_at__lte=now - MERGED).values_list(
        "pk", "connection_id"
    ):
        runs = SyncRun.objects.filter(connection=connection_id, trigger=SyncRun.Trigger.WEBHOOK)
        if not runs.filter(queued_at__gt=now - APART).exists():
            started += _start(pk)
    return started


def _start(pk: int) -> bool:
    try:
        with transaction.atomic():
            row = HintAddress.objects.select_for_update().filter(pk=pk).exclude(pending_at=None).first()
            if row is None:
                return False
            connection = Connection.objects.get(pk=row.connection_id)
            # hints that come from here on wait for a sync of their own
            HintAddress.objects.filter(pk=pk).update(pending_at=None, pending_projects=[])
            selection = {"projects": row.pending_projects} if row.pending_projects else None
            request_run(connection, SyncRun.Trigger.WEBHOOK, selection=selection)
        return True
    except RunRefused:
        if connection.status != Connection.Status.ACTIVE:  # whoever enables it starts a run
            HintAddress.objects.filter(pk=pk).update(pending_at=None, pending_projects=[])
        return False
