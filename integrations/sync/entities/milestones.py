"""Phases of Zoho Projects → milestones. The "None" phase is no milestone."""

from integrations.sync.entities.base import Entity, openness
from integrations.zoho import api
from integrations.zoho.entities import milestones as parser
from timetracking.models import Milestone


class Milestones(Entity):
    module = "milestones"
    model = Milestone
    columns = ("project_id", "name", "start_date", "end_date", "status")

    def listings(self, project_ids):
        return api.milestones()

    def project_listings(self, project_id):
        return api.milestones(project_id)

    def parse(self, raw, custom):
        return parser.parse(raw, custom)

    def skips(self, record):
        return record.is_none or record.is_trashed

    def values(self, context, record, verdict):
        (project,) = verdict.links
        return (project, record.name, record.start_date, record.end_date, openness(record.is_closed))
