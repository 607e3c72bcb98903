"""What PostgreSQL knows about the ledger while a run fills it.

Without statistics it takes every condition to be rare and reads the whole module for a page's ids: the more rows, the
slower each page. The server counts by itself only about a minute after a table grew.
"""

from collections import Counter

from django.db import connection as database

from integrations.models import SyncedRecord

FIRST_ROWS, FACTOR = (
    1_000,
    8,
)  # counted when a module has got so many new rows, and each time it has so many times as many
COLUMNS = ("connection_id", "module", "zoho_id", "project_zoho_id", "outcome", "reason", "object_id")


class Growth:
    """How many ledger rows of each module this worker has added to a run."""

    def __init__(self):
        self._added = Counter()
        self._next = {}

    def added(self, module, count):
        """Note rows written; whether it is time to `count` them. Free of database work."""
        self._added[module] += count
        if database.vendor != "postgresql" or self._added[module] < self._next.get(module, FIRST_ROWS):
            return False
        self._next[module] = self._added[module] * FACTOR
        return True


def refresh():
    """Have the ledger's rows counted (some 50 ms); outside a page's transaction, since others wait to do the same."""
    table = database.ops.quote_name(SyncedRecord._meta.db_table)
    with database.cursor() as cursor:
        cursor.execute(f"ANALYZE {table} ({', '.join(COLUMNS)})")
