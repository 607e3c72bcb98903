"""Values of custom fields as people read them."""

from organizations.models import CustomField


def shown_custom_fields(organization, module, values):
    """Pairs (label, text) of the stored values, in the order of the labels; one query."""
    labels = CustomField.objects.filter(organization=organization, module=module).values_list("key", "label")
    return [(label, _text(values[key])) for key, label in labels if values.get(key) not in (None, "", [])]


def _text(value):
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(_text(item) for item in value)
    if isinstance(value, dict):  # an amount of money with its currency
        return " ".join(str(part) for part in value.values())
    return str(value)
