"""Who works on a run: taken by one conditional update, proved again by every page's transaction."""

import os
import secrets
import socket
from datetime import timedelta

from django.db.models import F, Q
from django.utils import timezone

from integrations.models import SyncRun
from integrations.sync import bulk

LEASE = timedelta(seconds=90)
MAX_STARTS_WITHOUT_PROGRESS = 3
LONGEST_WAIT = timedelta(hours=2)  # Zoho's lock-outs are taken to last an hour at most


class LeaseLost(Exception):
    """Another worker holds the run, or somebody ended it; nothing more may be written."""


class Lease:
    """The right to write for one run, held by one process until it expires or is given back."""

    def __init__(self, run_id, holder, fencing):
        self.run_id, self.holder, self.fencing = run_id, holder, fencing

    def _mine(self):
        return SyncRun.objects.filter(
            pk=self.run_id, holder=self.holder, fencing=self.fencing, status=SyncRun.Status.RUNNING
        )

    def renew(self, has_moved=True, **fields):
        """Extend the lease inside a page's transaction; `has_moved`: it brings the run further. Raises LeaseLost."""
        now = timezone.now()
        values = {"lease_expires_at": now + LEASE, "heartbeat_at": now, **fields}
        if has_moved:
            values["attempts"] = 0
        mine = {"id": self.run_id, "holder": self.holder, "fencing": self.fencing}
        # written past the ORM, since every page does it
        if not bulk.update_where(SyncRun, values, {**mine, "status": SyncRun.Status.RUNNING.value}):
            raise LeaseLost(f"run {self.run_id} is no longer ours")

    def starts(self):
        """How often the run was started since it last got further; 0 when it did since this start."""
        return self._mine().values_list("attempts", flat=True).first() or 0

    def is_last_try(self):
        """Whether the run is given up if it gets no further now."""
        return self.starts() >= MAX_STARTS_WITHOUT_PROGRESS

    def release(self, **fields):
        """Give the run back, with last words such as `not_before` or a final status. False when it was lost."""
        return bool(self._mine().update(holder="", lease_expires_at=None, **fields))


def due(now):
    """The active runs that nobody holds and that wait for nothing.

    A lease or a wait that ends later than any can was written by a clock that was ahead; it binds nobody.
    """
    free = Q(lease_expires_at=None) | Q(lease_expires_at__lt=now) | Q(lease_expires_at__gt=now + 2 * LEASE)
    waited = Q(not_before=None) | Q(not_before__lte=now) | Q(not_before__gt=now + LONGEST_WAIT)
    return SyncRun.objects.filter(free, waited, status__in=SyncRun.ACTIVE)


def claim(run_id):
    """The lease on a run that is due and held by nobody, else None. Counts the start before any work is done."""
    now = timezone.now()
    holder = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(6)}"
    taken = (
        due(now)
        .filter(pk=run_id)
        .update(
            status=SyncRun.Status.RUNNING,
            holder=holder,
            fencing=F("fencing") + 1,
            lease_expires_at=now + LEASE,
            heartbeat_at=now,
            attempts=F("attempts") + 1,
            not_before=None,
        )
    )
    if not taken:
        return None
    SyncRun.objects.filter(pk=run_id, started_at=None).update(started_at=now)
    fencing = SyncRun.objects.values_list("fencing", flat=True).get(pk=run_id)
    return Lease(run_id, holder, fencing)
