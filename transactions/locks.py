"""What is fixed once documents exist."""

from django.apps import apps


def base_currency_lock(organization):
    """Why the organization's base currency cannot change any more; '' while no document exists."""
    for model in apps.get_app_config("transactions").get_models():
        names = {field.name for field in model._meta.get_fields()}
        if "history_id" in names:
            continue
        if {"organization", "currency"} <= names and model._default_manager.filter(
            organization=organization
        ).exists():
            return (
                "The base currency is fixed now: there are documents already "
                f"({model._meta.verbose_name_plural}), and their sums are kept in it."
            )
    return ""
