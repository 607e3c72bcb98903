"""What the database knows about its tables, by which it chooses how to find rows."""

from django.db import connection

GROWN = 1.1  # worth counting again
_counted_at: dict[str, int] = {}


def refresh() -> None:
    """A chore of the watch: SQLite counts only when it is told to, PostgreSQL does so by itself.

    All rows are counted (a second or two at millions of them, in which others wait to write): a sample misleads where a
    few projects hold most hours. So it is done after a start, and when a tenth more rows were written since.
    """
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(SUM(seq), 0) FROM sqlite_sequence")
        written = cursor.fetchone()[0]
        if written < _counted_at.get("rows", -1) * GROWN:
            return
        cursor.execute("ANALYZE")
    _counted_at["rows"] = written
