"""The field map: the pairs every module has by default, and the custom pairs an administrator may add."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from integrations.models import Connection, FieldMapping, Module
from integrations.zoho.records import Field
from organizations.models import CustomField, Organization

# Modules whose records have `custom_fields` here.
CUSTOM_MODULES = tuple(CustomField.Module.values)


@dataclass(frozen=True)
class Pair:
    """One default pair: Zoho's field, ours, and whether a record cannot come in without it."""

    source: str
    target: str
    is_required: bool = False


def _pairs(text: str) -> tuple[Pair, ...]:
    """Read `source -> target` lines; `!` in front marks a required one."""
    pairs = []
    for line in text.strip().splitlines():
        source, _, target = line.strip().partition("->")
        required = source.startswith("!")
        source = source.lstrip("!").strip()
        pairs.append(Pair(source, target.strip() or source, required))
    return tuple(pairs)


DEFAULT_PAIRS: dict[str, tuple[Pair, ...]] = {
    Module.CUSTOMERS: _pairs(
        """
        !name -> display_name, company_name
        email
        phone
        website
        currency_code -> currency
        address -> billing_street
        city -> billing_city
        state -> billing_state
        zip_code -> billing_postal_code
        country -> billing_country
        client users, contacts -> contact persons (name, email, phone, mobile)
        """
    ),
    Module.USERS: _pairs("!name, full_name -> name\nemail"),
    Module.PROJECTS: _pairs(
        """
        !name
        !primary customer -> customer
        key -> code
        description
        status, type -> status
        owner -> manager
        start_date
        end_date
        currency
        billing_method
        rate
        budget_info -> budget_type, budget_amount, budget_hours
        """
    ),
    Module.MILESTONES: _pairs("!name\nstart_date\nend_date\nstatus"),
    Module.TASK_LISTS: _pairs("!name\nmilestone\nstatus"),
    Module.TASKS: _pairs(
        """
        !name
        description
        status
        priority
        tasklist -> task_list
        parent
        start_date
        end_date -> due_date
        completion_percentage -> percent_complete
        billing_type -> is_billable
        total work -> budget_hours
        """
    ),
    Module.BUGS: _pairs("!name\ndescription\nstatus\nseverity\nreporter\nassignee\ndue_date"),
    Module.TIMESHEETS: _pairs(
        """
        !date
        !log_hour -> minutes
        !owner -> staff_user
        billing_status -> is_billable
        notes, log_notes -> notes
        log_name -> title
        """
    ),
}


def field_map_of(connection: Connection, module: str) -> list[dict[str, Any]]:
    """The whole map of a module as plain values: source, target, data_type ('' for default pairs), is_custom.

    This is what a run keeps with its counts.
    """
    rows: list[dict[str, Any]] = [
        {"source": pair.source, "target": pair.target, "data_type": "", "is_custom": False}
        for pair in DEFAULT_PAIRS[module]
    ]
    for mapping in connection.field_mappings.filter(module=module).order_by("source_label", "id"):
        rows.append(
            {
                "source": mapping.source_label or mapping.source_field,
                "target": mapping.target_field,
                "data_type": mapping.data_type,
                "is_custom": True,
            }
        )
    return rows


def type_words(data_type: str) -> str:
    """A data type as people read it; an unknown one as Zoho spells it."""
    return dict(CustomField.DataType.choices).get(data_type, data_type)


def check_pair(source: Field, target: CustomField) -> str:
    """Why the two cannot be paired, '' when they can: only fields of the same data type are paired."""
    if source.data_type == target.data_type:
        return ""
    return (
        f"“{source.label}” is a field of the type {type_words(source.data_type)}, “{target.label}” of the "
        f"type {type_words(target.data_type)}. Only fields of the same data type can be mapped."
    )


def check_pairs(
    organization: Organization, fields: Mapping[str, Iterable[Field]], chosen: Mapping[tuple[str, str], str]
) -> tuple[list[FieldMapping], dict[tuple[str, str], str]]:
    """Judge the custom pairs an administrator chose.

    `fields`: Zoho's custom fields per module; `chosen`: (module, api name) → key of a CustomField, or ''.
    Returns unsaved mappings (without connection) and the refusals, a sentence per (module, api name).
    """
    known = {(module, field.api_name): field for module, group in fields.items() for field in group}
    targets = {(t.module, t.key): t for t in CustomField.objects.filter(organization=organization)}
    taken: dict[tuple[str, str], str] = {}
    mappings, refusals = [], {}
    for place, key in chosen.items():
        if not key:
            continue
        module, api_name = place
        source, target = known.get(place), targets.get((module, key))
        if source is None:
            refusals[place] = "Zoho Projects has no such custom field any more."
        elif target is None:
            refusals[place] = "There is no such custom field here. Define it under Settings → Custom Fields."
        elif reason := check_pair(source, target):
            refusals[place] = reason
        elif (module, key) in taken:
            refusals[place] = (
                f"“{target.label}” is mapped to “{taken[module, key]}” already. Choose another field."
            )
        else:
            taken[module, key] = source.label
            mappings.append(
                FieldMapping(
                    module=module,
                    source_field=api_name,
                    source_label=source.label[:300],
                    target_field=key,
                    data_type=source.data_type,
                    is_custom=True,
                )
            )
    return mappings, refusals


@transaction.atomic
def save_pairs(connection: Connection, mappings: Iterable[FieldMapping]) -> None:
    """Replace the custom pairs of a connection by `mappings`, already judged by `check_pairs`."""
    connection.field_mappings.all().delete()
    for mapping in mappings:
        mapping.connection = connection
        mapping.save(force_insert=True)
