"""What the parts of one run share: the connection's preferences, look-up tables by id, and the page transaction."""

from collections import Counter
from contextlib import contextmanager

from django.db import transaction
from django.utils import timezone

from integrations.models import ModuleRun, SyncedRecord
from integrations.pairs import ModulePairs, pairs_of
from integrations.sync import behind, bulk, lookup
from integrations.sync.seen import Seen
from integrations.sync.statistics import Growth

SYNCED = SyncedRecord.Outcome.SYNCED
LINKS_KEPT = 100_000
NO_PAIRS = ModulePairs(())
PART_COLUMNS = [
    field.attname for field in ModuleRun._meta.concrete_fields if field.name not in ("id", "run", "module")
]


class Context:
    """One run as one worker sees it."""

    def __init__(self, run, lease, client):
        self.run, self.lease, self.client = run, lease, client
        self.step = "check"  # the one that is worked
        self.connection = run.connection
        self.organization = self.connection.organization
        self.started = timezone.now()
        self.modules = {row.module: row for row in run.module_runs.all()}
        self._seen, self._links, self._projects, self._pairs = {}, {}, None, None
        self.behind, self.growth = behind.NOTHING, Growth()
        self.binned = None  # what the bin held when it was last read, see `deletions.bin_of`
        self.out_of_scope = set()  # "clients", "users": what no project needs to be asked for any more

    def pairs(self, module):
        """The custom pairs of a module as `pairs.ModulePairs`."""
        if self._pairs is None:
            self._pairs = pairs_of(self.connection)
        return self._pairs.get(module) or NO_PAIRS

    def forget_pairs(self):
        """Read the custom pairs anew, after some were paused or resumed."""
        self._pairs = None

    def custom_types(self, module):
        """{Zoho field: data type} of the custom pairs of a module, as the parsers want them."""
        return self.pairs(module).types()

    def keep_mapped(self, module, record, object_id):
        """Leave only those custom values on the record that are mapped for this object of ours (or a new one)."""
        if record.custom:
            mapped = self.pairs(module).of(object_id)
            record.custom = {name: value for name, value in record.custom.items() if name in mapped}

    def salt(self, module, object_id=None):
        """What besides the record decides how it lands here; a change of it makes the record look changed."""
        cutoff = self.connection.invoiced_before if module == "timesheets" else None
        return (self.pairs(module).salt(object_id), cutoff and cutoff.isoformat())

    def seen(self, module):
        """The ledger rows of a module that this run has met."""
        if module not in self._seen:
            self._seen[module] = Seen(self.run.pk, module)
        return self._seen[module]

    def seen_elsewhere(self, module):
        """Read anew what was met, after another run's record of it was taken over."""
        self._seen.pop(module, None)

    def ledger(self, module):
        """All ledger rows of a module of this connection."""
        return SyncedRecord.objects.filter(connection=self.connection, module=module)

    @contextmanager
    def page(self, module, cursor=None, has_moved=True, requests=None):
        """One unit of work: renewed lease, writes, counts and checkpoint in one transaction.

        `has_moved`: it brings the run further; what is written anew at each start does not. `requests`: as
        `requests()` gave them, else those of now.
        """
        part = self.modules[module]
        with transaction.atomic():
            self.lease.renew(has_moved, requests=self.requests() if requests is None else requests)
            yield part
            if cursor is not None:
                part.cursor = {**part.cursor, **cursor}
            if part.status == ModuleRun.Status.WAITING:
                part.status = ModuleRun.Status.RUNNING
            part.written_at = timezone.now()
            part.started_at = part.started_at or part.written_at
            bulk.update(ModuleRun, PART_COLUMNS, [(*(getattr(part, name) for name in PART_COLUMNS), part.pk)])

    def requests(self):
        """{path pattern: requests} of the run so far."""
        return dict(self.client.requests + Counter(self.run.requests))

    # -- look-up tables: ids only ------------------------------------------------------------------------------

    @property
    def projects(self):
        """{Zoho id: our id} of the synced projects."""
        if self._projects is None:
            rows = self.ledger("projects").filter(outcome=SYNCED, object_id__isnull=False)
            self._projects = dict(rows.values_list("zoho_id", "object_id"))
        return self._projects

    def forget(self, module):
        """Drop what was looked up, after a module's links changed."""
        self._links.pop(module, None)
        if module == "projects":
            self._projects = None

    def links(self, module, zoho_ids):
        """{Zoho id: our id} for those of `zoho_ids` that are synced; at most some 100,000 are kept in memory."""
        known = self._links.setdefault(module, {})
        if len(known) > LINKS_KEPT:
            known.clear()
        missing = {zoho_id for zoho_id in zoho_ids if zoho_id and zoho_id not in known}
        if missing:
            rows = lookup.ledger_rows(
                self.connection.pk, module, missing, ("zoho_id", "object_id", "outcome")
            )
            known.update((key, ours) for key, ours, outcome in rows if outcome == SYNCED and ours is not None)
        return known

    def rolled_back(self, module):
        """Forget what a page that was not written may have left in memory."""
        self._seen.clear()
        self._links.clear()
        self._projects = None
        if hasattr(self, "_people"):
            self._people.reset()
        for part in self.modules.values():  # a page of hours may have counted people, too
            part.refresh_from_db()
