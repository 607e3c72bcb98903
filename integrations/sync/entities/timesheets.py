"""Time logs → time entries: only billable, approved ones whose project and task or bug are here."""

from integrations.sync import billed_drift
from integrations.sync.entities import users
from integrations.sync.entities.base import Entity
from integrations.sync.ledger import EXCLUDED, FAILED, SYNCED, Verdict
from integrations.zoho import api
from integrations.zoho.entities import time_logs as parser
from integrations.zoho.entities.shared import person, project_of
from timetracking.costs import cost_rates
from timetracking.models import TimeEntry
from transactions import drift
from transactions.billed import billed_entry_ids

KINDS = ("task", "bug", "general")
KEPT_HERE = (
    "billing_status",
    "is_billable",
    "cost_rate",
)  # what decides what of an hour the sync leaves alone


class BilledMeanwhile(Exception):
    """Hours of this page were billed, or freed from their invoice, while it was judged: judge it again."""


class Timesheets(Entity):
    module = "timesheets"
    model = TimeEntry
    head = parser.TimeLogHead
    columns = [
        "organization_id",
        "project_id",
        "staff_user_id",
        "kind",
        "task_id",
        "bug_id",
        "title",
        "date",
        "minutes",
        "is_billable",
        "billing_status",
        "notes",
        "cost_rate",
        "custom_fields",
    ]
    removes_disqualified = True

    def listings(self, project_ids):
        return [
            listing
            for project_id in project_ids
            for kind in KINDS
            for listing in api.timelogs(project_id, kind)
        ]

    def parse(self, raw, custom):
        return parser.parse(raw, custom)

    def prepare(self, records):
        context = self.context
        self.items = {
            "task": context.links("tasks", {r.item_id for r in records if r.kind == "task"}),
            "bug": context.links("bugs", {r.item_id for r in records if r.kind == "bug"}),
        }
        self.people = users.people(context)
        self.removed, self.billed, self.drift, self.costs = [], None, {}, {}

    def look_up(self, heads, object_ids):
        wanted = {"task": set(), "bug": set(), "general": set()}
        for head in heads:
            if head.__class__ is dict:
                kind, item_id = parser.item_of(head)
                if item_id:
                    wanted[kind].add(item_id)
        self.items = {kind: self.context.links(f"{kind}s", wanted[kind]) for kind in ("task", "bug")}
        self.people = users.people(self.context)
        self._load_billed(object_ids)

    def standing(self, head, outcome, object_id):
        kind, item_id = parser.item_of(head)
        if not kind or object_id in self.billed:
            return None  # what was billed is compared with its entry each time
        project = self.context.projects.get(project_of(head))
        item = self.items[kind].get(item_id) if kind != "general" else None
        if outcome != SYNCED:
            return project, item
        staff_user = self.people.standing(person(head.get("owner")), project)
        return None if staff_user is None else (project, item, staff_user)

    def judge(self, record, row):
        project = self.context.projects.get(record.project_id)
        if project is None:
            return Verdict(FAILED, "project_not_fetched")
        item = self.items[record.kind].get(record.item_id) if record.kind != "general" else None
        verdict = self._refusal(record, item)
        if verdict is None:
            verdict = Verdict(SYNCED, links=(project, item, self.people.owner_of_log(record, project)))
        if row is not None and row.object_id is not None and self._is_billed(row.object_id):
            return self._judge_billed(record, row, verdict)
        return verdict

    def _refusal(self, record, item):
        if not record.is_billable:
            return Verdict(EXCLUDED, "not_billable")
        if record.approval != "approved":
            return Verdict(EXCLUDED, "not_approved", f"Approval in Zoho Projects: {record.approval}.")
        if record.kind != "general" and item is None:
            return Verdict(FAILED, f"{record.kind}_not_fetched")
        return None

    def _judge_billed(self, record, row, verdict):
        # what was billed is never touched; the ledger only says that the source went its own way since
        entry = self.billed[row.object_id]
        links = (entry.project_id, entry.task_id or entry.bug_id, entry.staff_user_id)
        found = billed_drift.of_record(record, verdict, entry, links)
        self.drift[entry.pk] = found
        if record.cost_rate is not None and record.cost_rate != entry.cost_rate:
            self.costs[entry.pk] = record.cost_rate  # what it costs us is no part of the bill
        return Verdict(SYNCED, "" if found is None else "changed_after_billing", links=links)

    def _is_billed(self, object_id):
        return object_id in self.billed

    def load_billed(self, rows):
        """Note which of the page's entries stand on a live invoice."""
        self._load_billed(row.object_id for row in rows if row.object_id is not None)

    def _load_billed(self, object_ids):
        ids = billed_entry_ids(object_ids)
        self.billed = TimeEntry.objects.in_bulk(ids) if ids else {}

    def source(self, record, verdict):
        # what a log hangs on that has no entry here, so that it can go with its task or bug
        return {"item": record.item_id} if verdict.outcome != SYNCED and record.item_id else None

    def minutes_of(self, record):
        return record.minutes

    def waits_for(self, record, verdict):
        if verdict.reason in ("task_not_fetched", "bug_not_fetched"):
            return record.item_id or None
        return super().waits_for(record, verdict)

    def values(self, context, record, verdict):
        project, item, staff_user = verdict.links
        cutoff = context.connection.invoiced_before
        invoiced = record.is_invoiced or (cutoff is not None and record.date < cutoff)
        return (
            context.organization.pk,
            project,
            staff_user,
            record.kind,
            item if record.kind == "task" else None,
            item if record.kind == "bug" else None,
            record.title,
            record.date,
            record.minutes,
            record.is_billable,
            "invoiced" if invoiced else "unbilled",
            record.notes,
            record.cost_rate,
            {},
        )

    def judged(self):
        self.joins = self.people.taken_joins()

    def may_write(self, page, row, verdict):
        return row.object_id not in self.billed

    def disqualify(self, page, object_id):
        if object_id in self.billed:
            return object_id  # what was billed stays, whatever became of its record
        self.removed.append(object_id)
        return None

    def before_write(self, page):
        """Lock what is about to change or go, or went its own way since it was billed, in the order of
        `transactions.locking`; and look once more whether somebody billed or freed it in this moment."""
        page.inserts = self._with_costs(page.inserts)
        ids = [row[-1] for row in page.updates] + self.removed
        billed = drift.concerned(self.drift)
        if not ids and not billed and not self.costs:
            return
        rows = (
            TimeEntry.objects.select_for_update().filter(pk__in={*ids, *billed, *self.costs}).order_by("pk")
        )
        stored = {row["pk"]: row for row in rows.values("pk", *KEPT_HERE)}
        if billed_entry_ids({*ids, *billed}) != billed:
            raise BilledMeanwhile
        page.updates = [
            (*self.as_written(row[:-1], stored[row[-1]]), row[-1]) if row[-1] in stored else row
            for row in page.updates
        ]

    def as_written(self, values, stored):
        """Hours that somebody here set aside stay aside, whatever else changed at the source; those that were freed
        from an invoice when their source had nothing to bill any more are not billable themselves, and come back.
        What an hour cost stays where the source does not name it.
        """
        found = list(values)
        if (stored["billing_status"], stored["is_billable"]) == ("non_billable", True):
            found[self.columns.index("billing_status")] = "non_billable"
        cost = self.columns.index("cost_rate")
        if found[cost] is None:
            found[cost] = stored["cost_rate"]
        return tuple(found)

    def _with_costs(self, rows):
        """New hours, with what they cost here by now where the source does not name it."""
        project, person, cost = map(self.columns.index, ("project_id", "staff_user_id", "cost_rate"))
        pairs = {(row[project], row[person]) for row in rows if row[cost] is None}
        rates = cost_rates(pairs) if pairs else {}
        if not any(rate is not None for rate in rates.values()):
            return rows
        return [
            row
            if row[cost] is not None
            else (*row[:cost], rates[row[project], row[person]], *row[cost + 1 :])
            for row in rows
        ]

    def finish(self, page):
        for pk, rate in sorted(self.costs.items()):
            TimeEntry.objects.filter(pk=pk).update(cost_rate=rate)
        drift.report(self.drift)
        users.write_joins(self.joins)
        if self.removed:
            TimeEntry.objects.filter(pk__in=self.removed).delete()
            self.removed = []

    def sweep(self, rows):
        """Logs that are gone at the source: billed ones stay, the others leave the unbilled pool.

        Returns {ledger id: (reason, object id to keep)}.
        """
        ids = [row.object_id for row in rows if row.object_id is not None]
        list(TimeEntry.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
        billed = billed_entry_ids(ids)
        drift.report(dict.fromkeys(billed, billed_drift.DELETED))
        gone = [row.object_id for row in rows if row.object_id is not None and row.object_id not in billed]
        TimeEntry.objects.filter(pk__in=gone).delete()
        return {
            row.pk: ("deleted_after_billing", row.object_id)
            if row.object_id in billed
            else ("deleted_at_source", None)
            for row in rows
        }
