from django.apps import AppConfig
from django.db.models.signals import post_delete


class TransactionsConfig(AppConfig):
    name = "transactions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        """Tell the apps below what documents fix."""
        from organizations.rules import lock_base_currency
        from transactions import panels
        from transactions.locks import base_currency_lock

        lock_base_currency(base_currency_lock)
        panels.register()
        post_delete.connect(_remove_receipt_file, sender="transactions.ExpenseReceipt")
        post_delete.connect(_remove_attachment, sender="transactions.Attachment")


def _remove_receipt_file(sender, instance, **kwargs):
    """A receipt's file goes with its row, and so with its expense."""
    from transactions import files

    files.remove_after_commit("receipts", instance.stored_name)


def _remove_attachment(sender, instance, **kwargs):
    """A document's file goes with its row, and so with a deleted draft."""
    from transactions import attachments, files

    files.remove_after_commit(attachments.KIND, instance.stored_name)
