"""Which ledger rows a run has met: an exact bitmap over their ids, stored with each page."""

from django.db import connection as database

from integrations.models import SeenChunk

CHUNK_ROWS = 4096
CHUNK_BYTES = CHUNK_ROWS // 8


class Seen:
    """The rows of one module that one run has met. Valid as long as the caller holds the run's lease."""

    def __init__(self, run_id, module):
        self.run_id, self.module = run_id, module
        self._chunks = {
            number: bytearray(bits)
            for number, bits in SeenChunk.objects.filter(run_id=run_id, module=module).values_list(
                "number", "bits"
            )
        }

    def __bool__(self):
        """True when any row was met."""
        return bool(self._chunks)

    def __contains__(self, row_id):
        chunk = self._chunks.get(row_id // CHUNK_ROWS)
        place = row_id % CHUNK_ROWS
        return chunk is not None and bool(chunk[place >> 3] & (1 << (place & 7)))

    def among(self, row_ids):
        """Those of some rows that were met, as a set."""
        chunks, found = self._chunks, set()
        for row_id in row_ids:
            chunk = chunks.get(row_id // CHUNK_ROWS)
            place = row_id % CHUNK_ROWS
            if chunk is not None and chunk[place >> 3] & (1 << (place & 7)):
                found.add(row_id)
        return found

    def without(self, row_ids, but=()):
        """Yield those of some rows that were not met, and those that are in `but`."""
        chunks = self._chunks
        for row_id in row_ids:
            chunk = chunks.get(row_id // CHUNK_ROWS)
            place = row_id % CHUNK_ROWS
            if chunk is None or not chunk[place >> 3] & (1 << (place & 7)) or row_id in but:
                yield row_id

    def add(self, row_ids):
        """Mark rows as met and store that; call it within the page's transaction."""
        touched, chunks = set(), self._chunks
        for row_id in row_ids:
            number, place = row_id // CHUNK_ROWS, row_id % CHUNK_ROWS
            chunk = chunks.get(number)
            if chunk is None:
                chunk = chunks[number] = bytearray(CHUNK_BYTES)
            bit = 1 << (place & 7)
            if not chunk[place >> 3] & bit:
                chunk[place >> 3] |= bit
                touched.add(number)
        if touched:
            table = SeenChunk._meta.db_table
            with database.cursor() as cursor:
                cursor.executemany(
                    f"INSERT INTO {table} (run_id, module, number, bits) VALUES (%s, %s, %s, %s) "
                    "ON CONFLICT (run_id, module, number) DO UPDATE SET bits = excluded.bits",
                    [
                        (self.run_id, self.module, number, bytes(self._chunks[number]))
                        for number in sorted(touched)
                    ],
                )
