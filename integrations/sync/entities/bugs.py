"""Issues of Zoho Projects → bugs."""

from integrations.sync.entities.base import Entity, openness
from integrations.zoho import api
from integrations.zoho.entities import bugs as parser
from integrations.zoho.entities.shared import project_of
from integrations.zoho.kept import Head
from timetracking.models import Bug


class Bugs(Entity):
    module = "bugs"
    model = Bug
    head = Head
    columns = (
        "project_id",
        "name",
        "description",
        "status",
        "severity",
        "due_date",
        "custom_fields",
    )

    def listings(self, project_ids):
        return api.bugs()

    def changed(self, since):
        """Listings of what changed since a day."""
        return api.bugs(since=since)

    def project_listings(self, project_id, since=None):
        return api.bugs(project_id, since)

    def parse(self, raw, custom):
        return parser.parse(raw, custom, self.context.connection.portal_time_zone)

    def standing(self, head, outcome, object_id):
        return (self.context.projects.get(project_of(head)),)

    def source(self, record, verdict):
        # people may become known only later in the run, so they are linked at its end
        people = {
            role: person.id
            for role, person in (("reporter", record.reporter), ("assignee", record.assignee))
            if person and person.id
        }
        return people or None

    def values(self, context, record, verdict):
        (project,) = verdict.links
        return (
            project,
            record.name,
            record.description,
            openness(record.is_closed),
            record.severity,
            record.due_date,
            {},
        )
