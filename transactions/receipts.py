"""The receipts of an expense: files added and taken away, until the expense stands on an invoice."""

from contextlib import ExitStack

from django.db import transaction

from transactions import expenses, files
from transactions.errors import TransactionRefused
from transactions.locking import lock
from transactions.models import ExpenseReceipt

MOST = 20  # per expense


def add(expense, uploads, user=None):
    """Keep files with an expense: all of them or none. TransactionRefused (field "file") names the one in the way."""
    with ExitStack() as kept:  # a file is removed again when anything after it fails
        stored = [kept.enter_context(files.stored("receipts", upload)) for upload in uploads]
        with transaction.atomic():
            lock(expense)
            if expense.receipts.count() + len(stored) > MOST:
                raise TransactionRefused("too_many", f"An expense can have {MOST} receipts at most.", "file")
            return [
                ExpenseReceipt.objects.create(expense=expense, uploaded_by=user, **file.fields())
                for file in stored
            ]


def replace(expense, old, uploads, user=None):
    """Keep files with an expense instead of the receipts `old`: everything or nothing."""
    with transaction.atomic():
        for receipt in old:
            remove(receipt)
        return add(expense, uploads, user)


@transaction.atomic
def remove(receipt):
    """Delete a receipt and its file; what was invoiced keeps its proof."""
    expense = lock(receipt.expense)
    if reason := expenses.lock_reason(expense):
        raise TransactionRefused("billed", reason)
    receipt.delete()
