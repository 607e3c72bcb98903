"""Tasks with their subtasks. Parents are linked after all tasks are in, since a child may be listed first."""

from decimal import Decimal

from integrations.models import SyncedRecord
from integrations.sync import bulk
from integrations.sync.entities.base import Entity, missing_link, openness
from integrations.sync.ledger import SYNCED
from integrations.zoho import api
from integrations.zoho.entities import tasks as parser
from timetracking.models import Task

PARENTS_AT_ONCE = 500


class Tasks(Entity):
    module = "tasks"
    model = Task
    columns = [
        "project_id",
        "task_list_id",
        "name",
        "description",
        "status",
        "priority",
        "is_billable",
        "budget_hours",
        "start_date",
        "due_date",
        "percent_complete",
        "custom_fields",
    ]

    def listings(self, project_ids):
        return api.tasks()

    def project_listings(self, project_id):
        return api.tasks(project_id)

    def parse(self, raw, custom):
        return parser.parse(raw, custom, self.context.connection.portal_time_zone)

    def prepare(self, records):
        self.task_lists = self.context.links("task_lists", {record.task_list_id for record in records})

    def judge(self, record, row):
        verdict = super().judge(record, row)
        if verdict.outcome == SYNCED:
            task_list = self.task_lists.get(record.task_list_id)
            verdict.links += (task_list,)
            verdict.detail = missing_link(record.task_list_id, task_list, "task list")
        return verdict

    def source(self, record, verdict):
        return {"parent": record.parent_id} if record.parent_id else None

    def values(self, context, record, verdict):
        project, task_list = verdict.links
        hours = None
        if record.work_minutes is not None:
            hours = (Decimal(record.work_minutes) / 60).quantize(Decimal("0.01"))
        return (
            project,
            task_list,
            record.name,
            record.description,
            openness(record.is_closed),
            record.priority,
            record.is_billable,
            hours,
            record.start_date,
            record.due_date,
            record.percent_complete,
            {},
        )

    def link_parents(self):
        """Set `parent` wherever it differs from the source; an unknown or foreign parent leaves it empty."""
        rows = self.context.ledger("tasks").filter(outcome=SYNCED, object_id__isnull=False)
        last = 0
        while batch := list(rows.filter(pk__gt=last).order_by("pk")[:PARENTS_AT_ONCE]):
            last = batch[-1].pk
            with self.context.page("tasks"):
                self._link(batch)

    def _link(self, batch):
        parents = {row.source["parent"] for row in batch if row.source}
        known = self.context.links("tasks", parents)
        stored = dict(
            Task.objects.filter(pk__in=[row.object_id for row in batch]).values_list("pk", "parent_id")
        )
        changes, remarks = [], []
        for row in batch:
            wanted = known.get(row.source["parent"]) if row.source else None
            if wanted == row.object_id:
                wanted = None
            if row.object_id in stored and stored[row.object_id] != wanted:
                changes.append((wanted, row.object_id))
            remark = missing_link(bool(row.source), wanted, "parent task")
            if remark and remark not in row.detail:
                remarks.append((f"{row.detail} {remark}".strip(), self.context.run.pk, row.pk))
        bulk.update(Task, ("parent_id",), changes)
        bulk.update(SyncedRecord, ("detail", "last_changed_run_id"), remarks)
