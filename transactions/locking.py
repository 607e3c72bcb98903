"""Rows are locked in one order everywhere: profile, document, entries by id, number series."""

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
