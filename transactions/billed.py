"""What has been billed here. "Billed" means: on a line of a live invoice."""

from transactions.models import BilledTimeEntry, Invoice


def billed_entry_ids(time_entry_ids):
    """The ids among `time_entry_ids` that stand on a live invoice, as a set."""
    ids = list(time_entry_ids)
    if not ids:
        return set()
    live = BilledTimeEntry.objects.filter(time_entry_id__in=ids, released_at=None)
    return set(live.values_list("time_entry_id", flat=True))


def project_is_billed(project_id):
    """True when hours or documents of this project were billed here, so that its customer must stay."""
    return (
        BilledTimeEntry.objects.filter(time_entry__project_id=project_id, released_at=None).exists()
        or Invoice.objects.exclude(status=Invoice.Status.VOID).filter(lines__project_id=project_id).exists()
    )
