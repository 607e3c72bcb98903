"""When the database itself fails under a run: which errors pass by themselves, and what to tell people."""

from django.db import InterfaceError, InternalError, OperationalError

# locked, full, read-only, restarted, a dropped connection, a deadlock: none of them is the fault of a record
ERRORS = (OperationalError, InterfaceError, InternalError)

_WORDS = (
    (
        ("full", "no space left", "53100"),
        "The database has no space left, so nothing can be written. Ask the operator of this installation to free "
        "space on its disk; the sync then goes on where it stopped.",
    ),
    (
        ("readonly", "read-only", "25006"),
        "The database can only be read at the moment, as while a backup is restored. The sync goes on where it "
        "stopped once it can be written again.",
    ),
    (
        ("locked", "deadlock", "serialize", "lock timeout"),
        "The database was busy for too long. The sync goes on where it stopped.",
    ),
)
_LOST = "The connection to the database was lost. The sync goes on where it stopped."


def words(error: Exception) -> str:
    """What happened and what to do, in plain words; nothing of the statement is quoted."""
    said = f"{getattr(error.__cause__, 'sqlstate', '') or ''} {error}".lower()
    return next((text for marks, text in _WORDS if any(mark in said for mark in marks)), _LOST)
