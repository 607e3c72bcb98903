"""The field map: the pairs every module has by default, and the custom pairs an administrator may add."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.models import Connection, FieldMapping, Module
from integrations.zoho.records import Field
from organizations.models import CustomField, Organization

# Modules whose records have `custom_fields` here.
CUSTOM_MODULES = tuple(CustomField.Module.values)


@dataclass(frozen=True)
class Pair:
    """One default pair: Zoho's field, ours, the type, and whether a record cannot come in without it."""

    source: str
    target: str
    data_type: str = "singleline"
    is_required: bool = False


def _pairs(text: str) -> tuple[Pair, ...]:
    """Read `source -> target : type` lines; `!` in front marks a required one, a single line is the usual type."""
    pairs = []
    for line in text.strip().splitlines():
        names, _, data_type = line.strip().partition(" : ")
        source, _, target = names.partition("->")
        required = source.startswith("!")
        source = source.lstrip("!").strip()
        pairs.append(Pair(source, target.strip() or source, data_type.strip() or "singleline", required))
    return tuple(pairs)


DEFAULT_PAIRS: dict[str, tuple[Pair, ...]] = {
    Module.CUSTOMERS: _pairs(
        """
        !name -> display_name, company_name
        email : email
        phone : phone
        website : url
        currency_code -> currency
        address -> billing_street : multiline
        city -> billing_city
        state -> billing_state
        zip_code -> billing_postal_code
        country -> billing_country
        client users, contacts -> contact persons (name, email, phone, mobile) : people
        """
    ),
    Module.USERS: _pairs("!name, full_name -> name\nemail : email"),
    Module.PROJECTS: _pairs(
        """
        !name
        !primary customer -> customer : customer
        key -> code
        description : multiline
        status, type -> status : picklist
        owner -> manager : userpicklist
        start_date : date
        end_date : date
        currency
        billing_method : picklist
        rate : currency
        budget_info -> budget_type, budget_amount, budget_hours : budget
        """
    ),
    Module.MILESTONES: _pairs("!name\nstart_date : date\nend_date : date\nstatus : picklist"),
    Module.TASK_LISTS: _pairs("!name\nmilestone : milestone\nstatus : picklist"),
    Module.TASKS: _pairs(
        """
        !name
        description : multiline
        status : picklist
        priority : picklist
        tasklist -> task_list : task list
        parent : task
        start_date : date
        end_date -> due_date : date
        completion_percentage -> percent_complete : percentage
        billing_type -> is_billable : checkbox
        total work -> budget_hours : duration
        """
    ),
    Module.BUGS: _pairs(
        """
        !name
        description : multiline
        status : picklist
        severity : picklist
        reporter : userpicklist
        assignee : userpicklist
        due_date : date
        """
    ),
    Module.TIMESHEETS: _pairs(
        """
        !date : date
        !log_hour -> minutes : duration
        !owner -> staff_user : userpicklist
        billing_status -> is_billable : checkbox
        notes, log_notes -> notes : multiline
        log_name -> title
        """
    ),
}
NEW_ONLY, OLD_ONLY = "new records only", "records that came before the map changed"


def label_of(name: str) -> str:
    """A field's name as people read it, such as 'Zip code' for zip_code."""
    text = name.replace("_", " ")
    return text[:1].upper() + text[1:]


def field_map_of(connection: Connection, module: str) -> list[dict[str, Any]]:
    """The whole map of a module as plain values; this is what a run keeps with its counts.

    Each pair: `source` and `target` (labels), `source_field` and `target_field` (names), `data_type` and
    `type_label`, `is_custom`, `is_required`, `paused` (why it rests, or ''), `scope` ('' for all records).
    """
    rows: list[dict[str, Any]] = [
        {
            "source": pair.source,
            "source_field": pair.source,
            "target": pair.target,
            "target_field": pair.target,
            "data_type": pair.data_type,
            "type_label": type_words(pair.data_type),
            "is_custom": False,
            "is_required": pair.is_required,
            "paused": "",
            "scope": "",
        }
        for pair in DEFAULT_PAIRS[module]
    ]
    labels = dict(
        CustomField.objects.filter(organization=connection.organization_id, module=module).values_list(
            "key", "label"
        )
    )
    for mapping in connection.field_mappings.filter(module=module).order_by("source_label", "id"):
        scope = NEW_ONLY if mapping.from_object_id is not None else ""
        rows.append(
            {
                "source": mapping.source_label or mapping.source_field,
                "source_field": mapping.source_field,
                "target": labels.get(mapping.target_field, mapping.target_field),
                "target_field": mapping.target_field,
                "data_type": mapping.data_type,
                "type_label": type_words(mapping.data_type),
                "is_custom": True,
                "is_required": False,
                "paused": mapping.paused,
                "scope": OLD_ONLY if mapping.until_object_id is not None else scope,
            }
        )
    return rows


def type_words(data_type: str) -> str:
    """A data type as people read it; an unknown one as Zoho spells it."""
    return dict(CustomField.DataType.choices).get(data_type) or label_of(data_type)


def check_pair(source: Field, target: CustomField) -> str:
    """Why the two cannot be paired, '' when they can: only fields of the same data type are paired."""
    if source.data_type == target.data_type:
        return ""
    return (
        f"“{source.label}” is a field of the type {type_words(source.data_type)}, “{target.label}” of the "
        f"type {type_words(target.data_type)}. Only fields of the same data type can be mapped."
    )


def check_pairs(
    organization: Organization,
    fields: Mapping[str, Iterable[Field]],
    chosen: Mapping[tuple[str, str], str],
    kept: Mapping[tuple[str, str], FieldMapping] | None = None,
) -> tuple[list[FieldMapping], dict[tuple[str, str], str]]:
    """Judge the custom pairs an administrator chose.

    `fields`: Zoho's custom fields per module; `chosen`: (module, api name) → key of a CustomField, or '';
    `kept`: the present pairs, which may stay as they are even while they are paused.
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
        former = (kept or {}).get(place)
        if module not in CUSTOM_MODULES:
            refusals[place] = f"There is no module “{module[:60]}” in the field map."
        elif former is not None and former.target_field == key and (module, key) not in taken:
            taken[module, key] = former.source_label
            mappings.append(_same(former))
        elif source is None:
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


def _same(row: FieldMapping) -> FieldMapping:
    return FieldMapping(
        module=row.module,
        source_field=row.source_field,
        source_label=row.source_label,
        target_field=row.target_field,
        data_type=row.data_type,
        is_custom=True,
    )
