"""What a synced entity declares, and what most of them have in common."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from integrations.sync.ledger import FAILED, SYNCED, Verdict
from integrations.zoho.errors import InvalidRecord
from integrations.zoho.kept import Wanted


class Entity(ABC):
    """An entity read page by page and judged record by record.

    `columns` are the columns written, in the order in which `values` gives them. One object serves one run.
    """

    module = ""
    model: Any = None
    columns: Sequence[str] = ()
    removes_disqualified = False
    head: Any = (
        None  # the keys that `look_up` and `standing` read (a TypedDict); None where there is no short way
    )

    def __init__(self, context):
        self.context = context
        self.wanted = None if self.head is None else Wanted(self.head)

    @property
    def update_columns(self):
        """The columns written again when a record changes."""
        return self.columns

    @abstractmethod
    def listings(self, project_ids):
        """The listings to read, portal-wide where possible. `project_ids`: of all projects that are no template."""

    @abstractmethod
    def parse(self, raw, custom):
        """The typed record, or InvalidRecord raised."""

    def skips(self, record):
        """True for what is in the list but is no record of ours (it is not counted)."""
        return False

    def prepare(self, records):
        """Look up, for a whole page, what `judge` needs. Runs before the transaction that writes it."""

    def look_up(self, heads, object_ids):
        """Look up, for the heads of a page of records and the objects they have here, what `standing` needs."""

    def standing(self, head, outcome, object_id):
        """Our ids of all that a record's verdict hangs on, for one that stands with `outcome`; None: judge it anew.

        The same raw record under the same rules must get the same verdict as long as these ids are the same, with
        nothing to be done for it.
        """
        return None

    def judge(self, record, row):
        """The verdict on one readable record; `row` is its ledger row or None."""
        project = self.context.projects.get(record.project_id)
        if project is None:
            return Verdict(FAILED, "project_not_fetched")
        return Verdict(SYNCED, links=(project,))

    def verdict(self, record, row):
        """The verdict on one record, readable or not; `invalid_record` comes before every other reason."""
        if isinstance(record, InvalidRecord):
            return Verdict(FAILED, "invalid_record", record.sentence)
        verdict = self.judge(record, row)
        if record.remarks:
            verdict.detail = " ".join(filter(None, [verdict.detail, *record.remarks]))
        return verdict

    def source(self, record, verdict):
        """What to keep of the record in the ledger; None for nothing."""
        return None

    def minutes_of(self, record):
        """Minutes logged, for entities that are time; None for others."""
        return None

    def waits_for(self, record, verdict):
        """The Zoho id of the record whose failure keeps this one out; None when it waits for none."""
        return record.project_id or None if verdict.reason == "project_not_fetched" else None

    @abstractmethod
    def values(self, context, record, verdict):
        """The row's values, in the order of `columns`."""

    def as_written(self, values, stored):
        """`values` as they will be written over what is stored ({column: value})."""
        return values

    def may_write(self, page, row, verdict):
        """False when the object that is there must stay as it is."""
        return True

    def disqualify(self, page, object_id):
        """Called for an object whose record no longer qualifies; returns the object id to keep, None for none."""
        return object_id

    def judged(self):
        """Called when all records of a page are judged; what it found is written by `finish`, perhaps in another thread
        while the next page is judged."""

    def before_write(self, page):
        """Called before anything of the page is written, within its transaction."""

    def finish(self, page):
        """Writes that follow the page's rows."""


def openness(is_closed):
    """Our word for a closed or open thing."""
    return "closed" if is_closed else "open"


def missing_link(zoho_id, found, what):
    """A remark when a record points to something that is not here; the link then stays empty."""
    return f"Its {what} could not be fetched; the link was left empty." if zoho_id and found is None else ""
