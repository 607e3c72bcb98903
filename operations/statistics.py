"""What the database knows about its tables, by which it chooses how to find rows."""

from django.db import connection

ROWS_LOOKED_AT = 1000  # of each index: some milliseconds even with millions of rows


def refresh() -> None:
    """A chore of the watch: SQLite counts only when it is told to. PostgreSQL does so by itself."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA analysis_limit = {ROWS_LOOKED_AT}")
            cursor.execute("ANALYZE")
