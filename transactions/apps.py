from django.apps import AppConfig


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
