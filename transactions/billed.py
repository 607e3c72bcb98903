"""What has been billed here. "Billed" means: on a line of a live invoice."""

from transactions.models import BilledTimeEntry


def billed_entry_ids(time_entry_ids):
    """The ids among `time_entry_ids` that stand on a live invoice, as a set."""
    ids = list(time_entry_ids)
    if not ids:
        return set()
    live = BilledTimeEntry.objects.filter(time_entry_id__in=ids, released_at=None)
    return set(live.values_list("time_entry_id", flat=True))
