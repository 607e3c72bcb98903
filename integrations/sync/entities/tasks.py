"""Tasks with their subtasks. Parents are linked after all tasks are in, since a child may be listed first."""

from decimal import Decimal

from django.db.models import Q

from integrations.models import SyncedRecord
from integrations.sync import bulk, marks, rounds
from integrations.sync.entities.base import Entity, missing_link, openness
from integrations.sync.ledger import SYNCED
from integrations.zoho import api
from integrations.zoho.entities import tasks as parser
from integrations.zoho.entities.shared import project_of, reference
from timetracking.models import Task

PARENTS_AT_ONCE = 2000
FEW_CHANGED = 500
NO_PARENT = missing_link("some", None, "parent task")


class Tasks(Entity):
    module = "tasks"
    model = Task
    head = parser.TaskHead
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

    def changed(self, since):
        """Listings of what changed since a day."""
        return api.tasks(since=since)

    def project_listings(self, project_id, since=None):
        return api.tasks(project_id, since)

    def parse(self, raw, custom):
        return parser.parse(raw, custom, self.context.connection.portal_time_zone)

    def prepare(self, records):
        self.task_lists = self.context.links("task_lists", {record.task_list_id for record in records})

    def look_up(self, heads, object_ids):
        wanted = {reference(head, "tasklist") for head in heads if head.__class__ is dict}
        self.task_lists = self.context.links("task_lists", wanted)

    def standing(self, head, outcome, object_id):
        return (
            self.context.projects.get(project_of(head)),
            self.task_lists.get(reference(head, "tasklist")),
        )

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
        rows = self.context.ledger("tasks").filter(outcome=SYNCED, object_id__isnull=False).order_by("pk")
        rows = rows.filter(self._may_differ(), self._names_or_has_one())
        rows = rows.values_list("pk", "zoho_id", "object_id", "detail", "source", named=True)
        last = 0
        while batch := list(rows.filter(pk__gt=last)[:PARENTS_AT_ONCE]):
            last = batch[-1].pk
            self._link(batch)

    def _names_or_has_one(self):
        """Tasks with a parent at the source or here, or with a remark that may be about it; most have none."""
        here = Task.objects.filter(project__organization=self.context.organization, parent__isnull=False)
        return Q(source__isnull=False) | ~Q(detail="") | Q(object_id__in=here.values("pk"))

    def _may_differ(self):
        """What changed since a run ended well, and the children of that; all after a whole reading or much change."""
        mark = marks.of(self.context.connection).get("tasks")
        if mark is None or mark.run_id is None or rounds.is_whole(self.context, "tasks"):
            return Q()
        changed = self.context.ledger("tasks").filter(last_changed_run_id__gt=mark.run_id)
        found = list(changed.values_list("pk", "zoho_id")[: FEW_CHANGED + 1])
        if len(found) > FEW_CHANGED:
            return Q()
        return Q(pk__in=[pk for pk, _ in found]) | Q(source__parent__in=[zoho_id for _, zoho_id in found])

    def _link(self, batch):
        parents = {row.source["parent"] for row in batch if row.source}
        known = self.context.links("tasks", parents)
        wanted = {row.pk: known.get(row.source["parent"]) if row.source else None for row in batch}
        tasks = Task.objects.filter(pk__in={*wanted.values(), *(row.object_id for row in batch)} - {None})
        stored = {
            pk: (parent, project)
            for pk, parent, project in tasks.values_list("pk", "parent_id", "project_id")
        }
        linked = [row for row in batch if wanted[row.pk] is not None]
        loops = self._in_loops(
            [row for row in linked if stored.get(row.object_id, (0,))[0] != wanted[row.pk]]
        )
        changes, remarks = [], []
        for row in batch:
            parent, here = wanted[row.pk], stored.get(row.object_id)
            if here is None:
                continue
            if parent is not None and (
                row.pk in loops or parent not in stored or stored[parent][1] != here[1]
            ):
                parent = None  # its own ancestor, or a task of another project
            if here[0] != parent:
                changes.append((parent, row.object_id))
            detail = row.detail.replace(NO_PARENT, "").strip()
            if row.source and parent is None:
                detail = f"{detail} {NO_PARENT}".strip()
            if detail != row.detail:
                remarks.append((detail, self.context.run.pk, row.pk))
        if changes or remarks:
            with self.context.page("tasks"):
                bulk.update(Task, ("parent_id",), changes)
                bulk.update(SyncedRecord, ("detail", "last_changed_run_id"), remarks)

    def _in_loops(self, rows):
        """Ledger ids of those rows that are among their own ancestors at the source."""
        found, above = set(), {row.pk: (row.zoho_id, row.source["parent"], {row.zoho_id}) for row in rows}
        while above:
            wanted = {parent for _, parent, _ in above.values()}
            sources = self.context.ledger("tasks").filter(zoho_id__in=wanted).values_list("zoho_id", "source")
            parents = {zoho_id: (source or {}).get("parent") for zoho_id, source in sources}
            following = {}
            for pk, (own, parent, met) in above.items():
                if parent == own:
                    found.add(pk)
                elif parent not in met and parents.get(parent):
                    following[pk] = (own, parents[parent], met | {parent})
            above = following
        return found
