"""Task lists; a list within the "None" phase has no milestone."""

from integrations.sync.entities.base import Entity, missing_link, openness
from integrations.sync.ledger import SYNCED
from integrations.zoho import api
from integrations.zoho.entities import task_lists as parser
from integrations.zoho.entities.shared import milestone_of, project_of
from timetracking.models import TaskList


class TaskLists(Entity):
    module = "task_lists"
    model = TaskList
    head = parser.TaskListHead
    columns = ("project_id", "milestone_id", "name", "status")

    def listings(self, project_ids):
        return api.task_lists()

    def project_listings(self, project_id):
        return api.task_lists(project_id)

    def parse(self, raw, custom):
        return parser.parse(raw, custom)

    def prepare(self, records):
        self.milestones = self.context.links("milestones", {record.milestone_id for record in records})

    def look_up(self, heads, object_ids):
        wanted = {milestone_of(head) for head in heads if head.__class__ is dict}
        self.milestones = self.context.links("milestones", wanted)

    def standing(self, head, outcome, object_id):
        return (self.context.projects.get(project_of(head)), self.milestones.get(milestone_of(head)))

    def judge(self, record, row):
        verdict = super().judge(record, row)
        if verdict.outcome == SYNCED:
            milestone = self.milestones.get(record.milestone_id)
            verdict.links += (milestone,)
            verdict.detail = missing_link(record.milestone_id, milestone, "milestone")
        return verdict

    def values(self, context, record, verdict):
        project, milestone = verdict.links
        return (project, milestone, record.name, openness(record.is_closed))
