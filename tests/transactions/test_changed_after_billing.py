"""Two clerks and a source that changes under them: hours and money stay whole, whatever is done in which order."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from tests.factories import TaskFactory
from tests.transactions.source import Source
from tests.transactions.test_exact_and_reversible import Clerks, one_of, picks, walk
from timetracking.models import TimeEntry
from transactions import drift, life
from transactions.billing.choices import Choices
from transactions.billing.create import create_invoice
from transactions.models import BilledTimeEntry, DriftItem, Invoice

BILLED_WORDS = (
    "date",
    "minutes",
    "billed_minutes",
    "rate",
    "person_name",
    "work_text",
    "notes",
    "entry_number",
)
TURNED = {
    "unapproved": {"approval": {"status": "Pending"}},
    "approved": {"approval": {"status": "Approved"}},
    "not billable": {"billing_status": "Non Billable"},
    "billable": {"billing_status": "Billable"},
}


class ClerksAndSource(Clerks):
    """All that two clerks do, with hours that come from Zoho Projects and change there before and after billing."""

    def __init__(self):
        self.source, self.fresh, self.as_billed, self.as_issued = None, False, {}, {}
        super().__init__()
        self.correct(0, 77)

    def log(self, minutes, pick):
        """Hours come in from the source."""
        if self.source is None:
            self.tasks.append(TaskFactory(project=self.projects[1]))
            self.source = Source(self.customer.organization, self.projects, self.tasks, self.people)
        self.source.add(minutes, 1 + pick % 28, pick % 3 if pick % 4 else None, pick % 2, "as logged")
        self.sync()

    @rule()
    def sync(self):
        self.source.sync()
        self.fresh = True

    def one_log(self, pick, billed=False):
        """A log's id; with `billed`, rather one that stands on an invoice."""
        keys = list(self.source.logs)
        if billed:
            live = set(
                BilledTimeEntry.objects.filter(released_at=None).values_list("time_entry_id", flat=True)
            )
            keys = [key for key in keys if (row := self.source.row(key)) and row.object_id in live] or keys
        return keys[pick % len(keys)] if keys else None

    @rule(pick=picks, minutes=st.integers(1, 600), billed=st.booleans(), at_once=st.booleans())
    def the_source_changes_hours(self, pick, minutes, billed, at_once):
        if key := self.one_log(pick, billed):
            self.fresh = False
            self.source.set(key, log_hour=f"{minutes // 60:02d}:{minutes % 60:02d}")
            if at_once:
                self.sync()

    @rule(pick=picks, what=st.sampled_from(["day", "notes", "person", "task", "title"]))
    def the_source_changes_more(self, pick, what):
        if not (key := self.one_log(pick, billed=True)):
            return
        self.fresh = False
        if what == "day":
            self.source.set(key, date=f"2026-03-{1 + pick % 28:02d}")
        elif what == "notes":
            self.source.set(key, notes=f"notes {pick % 3}")
        elif what == "person":
            self.source.set(key, owner={"zpuid": str(300 + pick % 2), "name": "Somebody"})
        elif what == "task":
            self.source.move(key, pick % 3)
        elif self.source.logs[key]["type"] == "general":
            self.source.set(key, log_name=f"Title {pick % 3}")
        self.sync()

    @rule(pick=picks, how=st.sampled_from(sorted(TURNED)), billed=st.booleans())
    def the_source_turns_a_log(self, pick, how, billed):
        if key := self.one_log(pick, billed):
            self.source.set(key, **TURNED[how])
            self.sync()

    @rule(pick=picks, billed=st.booleans())
    def the_source_deletes_a_log(self, pick, billed):
        if key := self.one_log(pick, billed):
            self.source.delete(key)
            self.sync()

    @precondition(lambda self: self.source.binned)
    @rule(pick=picks)
    def the_source_restores_a_log(self, pick):
        self.source.restore(sorted(self.source.binned)[pick % len(self.source.binned)])
        self.sync()

    @rule(pick=picks, choice=st.sampled_from(["credit", "next_invoice", "next_invoice", "keep"]))
    def decide(self, pick, choice):
        if item := one_of(DriftItem.objects.filter(status="open").order_by("pk"), pick):
            self.attempt(getattr(drift, choice), item)

    @rule(pick=picks, minutes=st.integers(1, 600))
    def correct(self, pick, minutes):
        """A billed hour changes, its difference comes on the next invoice, and that is issued; or as far as it gets."""
        self.the_source_changes_hours(pick, minutes, billed=True, at_once=True)
        self.decide(pick, "next_invoice")
        invoice = self.attempt(create_invoice, self.customer, Choices(entry_ids=(0,)))
        if invoice and pick % 4:
            self.attempt(life.issue, invoice)

    @invariant()
    def what_was_billed_stays_as_it_was_billed(self):
        for row in BilledTimeEntry.objects.all():
            words = tuple(getattr(row, name) for name in BILLED_WORDS)
            assert self.as_billed.setdefault(row.pk, words) == words
        for invoice in Invoice.objects.filter(status="sent"):
            lines = list(
                invoice.lines.order_by("pk").values_list("pk", "minutes", "rate", "amount", "tax_amount")
            )
            assert self.as_issued.setdefault((invoice.pk, invoice.issued_at), (invoice.total, lines)) == (
                invoice.total,
                lines,
            )

    @invariant()
    def nothing_is_lost_and_nothing_is_charged_twice(self):
        """Per log: what is charged, with its corrections, and what is still to decide, come to what the source says."""
        if not self.fresh:
            return
        for key in (*self.source.logs, *self.source.binned):
            row = self.source.row(key)
            raw = self.source.logs.get(key)
            wanted = 0
            if raw and raw["approval"]["status"] == "Approved" and raw["billing_status"] == "Billable":
                hours, minutes = raw["log_hour"].split(":")
                wanted = int(hours) * 60 + int(minutes)
            entry = TimeEntry.objects.filter(pk=row.object_id).first() if row.object_id else None
            live = entry and BilledTimeEntry.objects.filter(time_entry=entry, released_at=None).first()
            if live:
                self.check_billed(live, wanted)
            elif wanted:
                self.check_free(entry, raw, wanted)
            else:
                assert entry is None or entry.billing_status == "non_billable", key

    def check_billed(self, live, wanted):
        """A billed hour: the bill, its corrections and the open difference are what the source says."""
        items = list(live.drift_items.order_by("pk"))
        corrected = sum(item.difference_minutes for item in items if item.correction_line_id)
        open_item = next((item for item in items if item.status == "open"), None)
        if open_item:
            assert live.billed_minutes + corrected + open_item.difference_minutes == wanted
        elif live.billed_minutes + corrected != wanted:
            assert any(item.choice == "keep" for item in items)  # somebody decided to leave the difference

    def check_free(self, entry, raw, wanted):
        """An hour that is on no invoice: it is what the source says, in every column, and can be billed."""
        assert entry is not None
        assert entry.billing_status == "unbilled" or entry.is_billable  # or somebody set it aside
        place = int(raw["module_detail"].get("id", 200)) - 200
        task = self.tasks[place] if raw["type"] == "task" else None
        assert (entry.minutes, str(entry.date), entry.notes) == (wanted, raw["date"], raw["notes"])
        assert entry.task == task and entry.project == (task.project if task else self.projects[0])
        assert entry.title == ("" if task else raw["log_name"])
        assert entry.staff_user == self.people[int(raw["owner"]["zpuid"]) - 300]

    @invariant()
    def each_correction_stands_on_one_line(self):
        lines = [item.correction_line_id for item in DriftItem.objects.exclude(correction_line=None)]
        assert len(lines) == len(set(lines))
        for item in DriftItem.objects.exclude(correction_line=None):
            assert item.correction_line.minutes == item.difference_minutes
            assert item.correction_line.invoice.status != "void"


@pytest.mark.django_db
def test_a_source_that_changes_after_billing_loses_and_doubles_nothing():
    walk(ClerksAndSource, examples=10, steps=20)
