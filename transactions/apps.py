from django.apps import AppConfig


class TransactionsConfig(AppConfig):
    name = "transactions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        """Tell Settings → Organization what documents fix."""
        from organizations.rules import lock_base_currency
        from transactions.locks import base_currency_lock

        lock_base_currency(base_currency_lock)
