"""Links to people that can be set only when all people of a run are known: reporters and assignees of bugs."""

from integrations.sync import bulk
from integrations.sync.entities import users
from integrations.sync.ledger import SYNCED
from timetracking.models import Bug

AT_ONCE = 500


def link_bug_people(context):
    """Set reporter and assignee wherever they differ from the source; unknown people leave them empty."""
    who, after = users.people(context), 0
    rows = context.ledger("bugs").filter(outcome=SYNCED, object_id__isnull=False).order_by("pk")
    rows = rows.values_list("pk", "object_id", "source", named=True)
    while batch := list(rows.filter(pk__gt=after)[:AT_ONCE]):
        after = batch[-1].pk
        stored = {
            pk: (reporter, assignee)
            for pk, reporter, assignee in Bug.objects.filter(
                pk__in=[row.object_id for row in batch]
            ).values_list("pk", "reporter_id", "assignee_id")
        }
        changes = []
        for row in batch:
            people = row.source or {}
            wanted = (who.staff.get(people.get("reporter")), who.staff.get(people.get("assignee")))
            if row.object_id in stored and stored[row.object_id] != wanted:
                changes.append((*wanted, row.object_id))
        if changes:
            with context.page("bugs"):
                bulk.update(Bug, ("reporter_id", "assignee_id"), changes)
