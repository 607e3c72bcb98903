"""An employee created here by hand who exists in Zoho Projects is joined to their projects at once."""

from django.db import transaction

from integrations.models import SyncedRecord
from timetracking.models import ProjectStaff, StaffUser

SYNCED = SyncedRecord.Outcome.SYNCED
GONE = (SyncedRecord.Outcome.DELETED, SyncedRecord.Outcome.FAILED)


def staff_user_saved(sender, instance, created, raw=False, update_fields=None, **kwargs):
    """Join a new staff user, or one who got an address, to the synced projects of the person who has it.

    People whom the sync itself brings in are joined by the sync (they carry `made_by_sync`).
    """
    if raw or not instance.email or getattr(instance, "made_by_sync", False):
        return
    if instance.has_portal_access and (update_fields is None or "has_portal_access" in update_fields):
        forget_limit(instance)
    if update_fields is not None and "email" not in update_fields:
        return
    with transaction.atomic():
        join_projects(instance)


def join_projects(staff_user):
    """Link the staff user to people of the portal with the same e-mail and join them to their synced projects.

    The one place for it: whoever creates an employee (form, invitation, admin, API, import) saves a StaffUser,
    and the signal leads here. Letter case does not matter; a customer's people and people who are gone in
    Zoho Projects are left alone, and so is who is linked to a staff user already.
    """
    people = SyncedRecord.objects.filter(
        connection__organization=staff_user.organization,
        connection__is_deleted=False,
        module="users",
        source__record__email__iexact=staff_user.email,
    ).exclude(outcome__in=GONE)
    for person in people.select_related("connection"):
        if person.source["record"]["is_client"]:
            continue
        if person.object_id is not None and StaffUser.objects.filter(pk=person.object_id).exists():
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


def forget_limit(staff_user):
    """Whom the sync brought in without access, because all seats were taken, has it now: no remark any more."""
    SyncedRecord.objects.filter(
        connection__organization=staff_user.organization,
        module="users",
        object_id=staff_user.pk,
        reason="portal_limit_reached",
    ).update(reason="")
