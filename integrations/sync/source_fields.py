"""At the start of a run: are the custom fields of the map still there, and of the type they were paired with?

A pair whose field is gone or changed its type is paused, not guessed: its values here are left alone until it
fits again. Choices of pick lists are noted, so that new ones can be shown.
"""

from integrations import preferences, timeline
from integrations.field_map import type_words
from integrations.models import Module
from integrations.zoho import api
from integrations.zoho.errors import ReconnectNeeded, ZohoError
from organizations.models import CustomField


def compare(context):
    """Look at the source's fields of every module with custom pairs; pause or resume pairs. One call per module.

    Where Zoho does not tell its fields (now, or at all) nothing is changed.
    """
    connection = context.connection
    rows = list(connection.field_mappings.filter(is_custom=True, until_object_id=None).order_by("id"))
    targets = {
        (field.module, field.key): field
        for field in CustomField.objects.filter(organization=connection.organization_id)
    }
    resumed = set()
    for module in {row.module: None for row in rows}:
        try:
            known = {field.api_name: field for field in api.fields(context.client, module)}
        except ReconnectNeeded:
            raise
        except ZohoError:
            continue
        if not known:
            continue
        for row in rows:
            if row.module == module and _judge(connection, row, known, targets):
                resumed.add(module)
    if resumed:  # what changed while they rested has to be read
        preferences.ask_for_full_pass(connection, resumed)
    context.forget_pairs()


def _judge(connection, row, known, targets):
    """Bring one pair up to date; True when it was resumed."""
    field, target = known.get(row.source_field), targets.get((row.module, row.target_field))
    before = (row.paused, row.source_label, row.source_options)
    row.paused = why_paused(row, field, target)
    if field is not None:
        row.source_label = field.label[:300] or row.source_label
        row.source_options = list(field.options)
    if before == (row.paused, row.source_label, row.source_options):
        return False
    row.save(update_fields=["paused", "source_label", "source_options"])
    was = before[0]
    if bool(was) != bool(row.paused):
        name = f"{Module(row.module).label}: {row.source_label or row.source_field}"
        what = "Field pair paused" if row.paused else "Field pair resumed"
        timeline.record(connection, None, f"{what} ({name})"[:200], was or "In use", row.paused or "In use")
    return bool(was) and not row.paused


def why_paused(row, field, target):
    """Why a pair must rest, '' when it may be used. `field`: Zoho's field or None; `target`: ours or None."""
    name = row.source_label or row.source_field
    if field is None:
        return f"The field “{name}” no longer exists in Zoho Projects."
    if field.data_type != row.data_type:
        return (
            f"The field “{name}” changed its type in Zoho Projects from {type_words(row.data_type)} "
            f"to {type_words(field.data_type)}."
        )
    if target is None:
        return f"The custom field “{row.target_field}” no longer exists here."
    if target.data_type != row.data_type:
        return (
            f"The custom field “{target.label}” changed its type here from {type_words(row.data_type)} "
            f"to {type_words(target.data_type)}."
        )
    return ""
