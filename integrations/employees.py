"""An employee created here by hand who exists in Zoho Projects is joined to their projects at once."""

from django.db import transaction

from integrations.models import SyncedRecord
from timetracking.models import ProjectStaff

SYNCED = SyncedRecord.Outcome.SYNCED


def staff_user_saved(sender, instance, created, raw=False, **kwargs):
    """Join a new staff user to the synced projects of the person with the same e-mail, if there is one.

    People whom the sync itself brings in are joined by the sync (they carry `made_by_sync`).
    """
    if not created or raw or not instance.email or getattr(instance, "made_by_sync", False):
        return
    with transaction.atomic():
        join_projects(instance)


def join_projects(staff_user):
    """Link the staff user to people of the portal with the same e-mail and join them to their synced projects."""
    people = SyncedRecord.objects.filter(
        connection__organization=staff_user.organization,
        connection__is_deleted=False,
        module="users",
        object_id__isnull=True,
        source__record__email__iexact=staff_user.email,
    )
    for person in people:
        if person.source["record"]["is_client"]:
            continue
        projects = SyncedRecord.objects.filter(
            connection=person.connection, module="projects", outcome=SYNCED, object_id__isnull=False
        )
        joined = [
            project_id
            for project_id, source in projects.values_list("object_id", "source")
            if person.zoho_id in ((source or {}).get("members") or [])
        ]
        ProjectStaff.objects.bulk_create(
            [ProjectStaff(project_id=project_id, staff_user=staff_user) for project_id in joined],
            ignore_conflicts=True,
        )
        person.outcome, person.reason, person.object_id = SYNCED, "", staff_user.pk
        person.save(update_fields=["outcome", "reason", "object_id"])
