"""Rows as the sync leaves them: joined to a record of Zoho Projects."""

from django.utils import timezone

from integrations.models import Connection, SyncedRecord
from tests.factories import ConnectionFactory


def link(row, module, connection=None, **record):
    """Join a row of ours to an invented record of `module`; `record` holds what the source gives."""
    organization = row.organization if hasattr(row, "organization") else row.project.organization
    connection = (
        connection
        or Connection.objects.filter(organization=organization, is_deleted=False).first()
        or ConnectionFactory(organization=organization, last_synced_at=timezone.now())
    )
    return SyncedRecord.objects.create(
        connection=connection,
        module=module,
        zoho_id=str(9_000_000_000 + row.pk),
        name=str(row),
        object_id=row.pk,
        outcome="synced",
        first_seen_at=timezone.now(),
        source={"record": record},
    )
