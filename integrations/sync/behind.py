"""On PostgreSQL one page is written while the next one is read and judged, so that neither waits for the other.

Only a page that adds and changes nothing is written behind (nearly all of a first run): what it adds bears on no
later page but one that lists the same record, which waits. One page at a time, in order, each with its checkpoint in
a transaction of its own, as always. A page that cannot be written stops the run at the next one. SQLite has one
writer, in this very process, and gains nothing.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from django.db import connection as database
from django.db import connections

# The writer waits for the server most of the time; by default it would get the interpreter back only after 5 ms.
SWITCH_SECONDS = 0.0005


class NeedsTransaction(Exception):
    """Judging this record writes something, so it belongs into its page's transaction."""


def demand_transaction():
    """Raise NeedsTransaction outside a transaction; call it where judging writes."""
    if not database.in_atomic_block:
        raise NeedsTransaction


class Behind:
    """The page that is being written, if any. A context manager: it is written when the block is left."""

    def __init__(self, context):
        self.context = context
        self.is_usable = database.vendor == "postgresql" and not database.in_atomic_block
        self._executor = self._writing = None
        self._keys, self._module = frozenset(), ""

    def __enter__(self):
        self._switch_seconds = sys.getswitchinterval()
        if self.is_usable:
            sys.setswitchinterval(SWITCH_SECONDS)
        self.context.behind = self
        return self

    def __exit__(self, kind, error, trace):
        self.context.behind = NOTHING
        try:
            self.finish()
        finally:
            sys.setswitchinterval(self._switch_seconds)
            if self._executor is not None:
                self._executor.submit(connections.close_all)
                self._executor.shutdown()

    def start(self, module, keys, write):
        """Have `write()` done in the writer's thread, after the page before it; `keys` are those of its records.

        Raises what the page before raised.
        """
        self.finish()
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, thread_name_prefix="page-writer")
        self._module, self._keys = module, frozenset(keys)
        self._writing = self._executor.submit(copy_context().run, write)

    def wait_for(self, keys):
        """Let the page that is being written end when it has one of these records; whether it had."""
        if self._writing is None or self._keys.isdisjoint(keys):
            return False
        self.finish()
        return True

    def finish(self):
        """Wait until nothing is being written. Raises what went wrong with it, after it was undone."""
        if self._writing is None:
            return
        writing, self._writing = self._writing, None
        try:
            writing.result()
        except BaseException:
            self.context.rolled_back(self._module)
            raise


class Nothing:
    """Where pages are written at once."""

    is_usable = False

    def wait_for(self, keys):
        """Nothing is being written."""
        return False

    def finish(self):
        """Nothing is being written."""


NOTHING = Nothing()
