"""Rows are locked in one order everywhere, so that two people never wait for each other; docs/transactions.md names it.

The hour is the gate: whoever touches what stands on it (where it was billed, what its source says since) has locked
the hour before. So the sync and a release of the same hour come one after the other, whatever else they lock.
"""

from timetracking.models import TimeEntry
from transactions.errors import TransactionRefused


def lock(row):
    """Lock the stored row until the transaction ends and read it anew into `row`, which is also returned.

    Raises TransactionRefused when somebody deleted it meanwhile.
    """
    model = type(row)
    try:
        row.refresh_from_db(from_queryset=model._base_manager.select_for_update())
    except model.DoesNotExist:
        raise TransactionRefused("gone", "Somebody deleted this meanwhile. Reload the page.") from None
    return row


def lock_hours(ids):
    """Lock time entries in the order of their ids, all that the transaction will need in one call."""
    list(TimeEntry.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
