"""What keeps records out, and what an administrator can do about it: read again, look away, take that back.

The rules live here, for every entrance. A refusal is a ProblemRefused with a sentence for people.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from integrations import timeline
from integrations.models import Connection, IgnoredProblem, Module, SyncedRecord, SyncRun
from integrations.sync.queue import RunRefused, request_run
from integrations.sync.reasons import REASONS
from integrations.sync.retry import MOST_IDS

Outcome = SyncedRecord.Outcome
OPEN = (Outcome.FAILED, Outcome.EXCLUDED)
NOTE_LENGTH = 500


class ProblemRefused(Exception):
    """What was asked is not possible now; `message` says why and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NoSuchRecord(Exception):
    """A record or cause that was named does not exist for this connection."""


def holding(connection: Connection) -> QuerySet[IgnoredProblem]:
    """What is ignored today: not expired, and for records still failing for the same cause."""
    rows = connection.ignored_problems.filter(Q(until=None) | Q(until__gte=timezone.localdate()))
    same = Q(record__outcome=Outcome.FAILED, record__reason=F("reason"))
    return rows.filter(Q(record=None) | same)


def ignored_causes(connection: Connection) -> set[tuple[str, str]]:
    """(module, reason) of the causes that are ignored whole."""
    return set(holding(connection).filter(record=None).values_list("module", "reason"))


def _looked_away(connection: Connection, module: str) -> Q:
    causes = [reason for known, reason in ignored_causes(connection) if known == module]
    single = holding(connection).filter(module=module, record__isnull=False).values("record_id")
    return Q(reason__in=causes) | Q(pk__in=single)


def failing(connection: Connection, module: str) -> QuerySet[SyncedRecord]:
    """Records of a module that failed and are not ignored."""
    rows = connection.synced_records.filter(module=module, outcome=Outcome.FAILED)
    return rows.exclude(_looked_away(connection, module))


def ignored(connection: Connection, module: str) -> QuerySet[SyncedRecord]:
    """Records of a module that failed and are ignored."""
    rows = connection.synced_records.filter(module=module, outcome=Outcome.FAILED)
    return rows.filter(_looked_away(connection, module))


def _ids(values: Iterable[str]) -> list[int]:
    """Ledger ids from a form. Raises NoSuchRecord for what is none, ProblemRefused for too many."""
    found = []
    for value in values:
        if not (value.isascii() and value.isdigit() and len(value) < 19):
            raise NoSuchRecord
        found.append(int(value))
    if len(found) > MOST_IDS:
        raise ProblemRefused(f"Choose at most {MOST_IDS} records at a time, or all of a cause.")
    return found


def chosen_records(connection: Connection, values: Iterable[str]) -> list[SyncedRecord]:
    """The ledger rows that a form names, all of this connection. Raises NoSuchRecord, ProblemRefused."""
    wanted = set(_ids(values))
    rows = list(connection.synced_records.filter(pk__in=wanted).order_by("module", "pk"))
    if len(rows) != len(wanted):
        raise NoSuchRecord
    return rows


def check_cause(module: str, reason: str) -> None:
    """Raises NoSuchRecord for a module or cause that is none of ours."""
    if module not in Module.values or reason not in REASONS:
        raise NoSuchRecord


def retry_records(connection: Connection, user: Any, values: Iterable[str]) -> SyncRun:
    """Read the named records again, in a run of their own. Raises NoSuchRecord, ProblemRefused."""
    rows = [row for row in chosen_records(connection, values) if row.outcome in OPEN]
    if not rows:
        raise ProblemRefused(
            "Choose at least one record that is still open; those that passed meanwhile are not."
        )
    if not any(can_retry(row) for row in rows):
        raise ProblemRefused(
            "Zoho Projects gave no id for these records, so they cannot be asked for; each sync looks at them again."
        )
    return _start(connection, user, {"ids": [row.pk for row in rows if can_retry(row)]})


def can_retry(row: SyncedRecord) -> bool:
    """Whether Zoho can be asked for this one record."""
    return row.outcome in OPEN and row.zoho_id.isdigit()


def retry_cause(connection: Connection, user: Any, module: str, reason: str) -> SyncRun:
    """Read all records of a cause again. Raises NoSuchRecord, ProblemRefused."""
    check_cause(module, reason)
    rows = connection.synced_records.filter(module=module, outcome__in=OPEN, reason=reason)
    if not rows.exists():
        raise ProblemRefused("No record fails for this cause any more.")
    return _start(connection, user, {"module": module, "reason": reason})


def _start(connection: Connection, user: Any, selection: dict[str, Any]) -> SyncRun:
    try:
        return request_run(connection, SyncRun.Trigger.RETRY, user=user, selection=selection)
    except RunRefused as refused:
        raise ProblemRefused(refused.message) from None


def _checked(note: str, until: date | None) -> str:
    note = " ".join(note.replace("\0", "").split())
    if not note:
        raise ProblemRefused("Say why it can be ignored; whoever looks at it next will want to know.")
    if len(note) > NOTE_LENGTH:
        raise ProblemRefused(f"Keep the reason within {NOTE_LENGTH} characters.")
    if until is not None and until < timezone.localdate():
        raise ProblemRefused("That day is over. Choose today or later, or leave it empty.")
    return note


@transaction.atomic
def ignore_records(
    connection: Connection, user: Any, values: Iterable[str], note: str, until: date | None
) -> int:
    """Look away from failed records until a day (None: until taken back); how many. Raises as `retry_records`."""
    note = _checked(note, until)
    rows = [row for row in chosen_records(connection, values) if row.outcome == Outcome.FAILED]
    if not rows:
        raise ProblemRefused(
            "Choose at least one record that fails; those that passed meanwhile are settled."
        )
    IgnoredProblem.objects.filter(record__in=rows).delete()
    IgnoredProblem.objects.bulk_create(
        IgnoredProblem(
            connection=connection, module=row.module, reason=row.reason, record=row, note=note, until=until,
            created_by=user,
        )
        for row in rows
    )  # fmt: skip
    return len(rows)


@transaction.atomic
def ignore_cause(
    connection: Connection, user: Any, module: str, reason: str, note: str, until: date | None
) -> None:
    """Look away from all records of a cause, those to come included. Raises NoSuchRecord, ProblemRefused."""
    check_cause(module, reason)
    note = _checked(note, until)
    Connection.objects.select_for_update().get(
        pk=connection.pk
    )  # two administrators at once: the later one holds
    connection.ignored_problems.filter(module=module, reason=reason, record=None).delete()
    IgnoredProblem.objects.create(
        connection=connection, module=module, reason=reason, note=note, until=until, created_by=user
    )
    what = f"Ignored: {Module(module).label}, {REASONS[reason].title}"
    timeline.record(connection, user, what, "", f"until {until}" if until else "until taken back")


@transaction.atomic
def stop_ignoring(connection: Connection, user: Any, value: str) -> None:
    """Take back an ignored record or cause. Raises NoSuchRecord."""
    found = connection.ignored_problems.filter(pk__in=_ids([value])).first()
    if found is None:
        raise NoSuchRecord
    if found.record_id is None:
        what = f"No longer ignored: {found.get_module_display()}, {REASONS[found.reason].title}"
        timeline.record(connection, user, what)
    found.delete()
