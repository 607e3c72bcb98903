"""The Map Field page: its rows with their choices, and what a request to it asks for.

The wizard and the change of the map later on share this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse

from integrations import field_map, pairs
from integrations.models import Connection, FieldMapping, Module
from integrations.setup import pages
from integrations.setup.samples import Sample, sample
from integrations.zoho.records import Field
from organizations.models import CustomField

PREFIX, POSITION = "map-", "at-"
Place = tuple[str, str]


def name_of(module: str, api_name: str) -> str:
    """The form's name of the drop-down of a custom field of Zoho."""
    return f"{PREFIX}{module}-{api_name}"


def posted(data: QueryDict) -> dict[Place, str]:
    """The pairs a form chose: (module, api name) → key of a custom field here or ''. Any names, also forged ones."""
    chosen: dict[Place, str] = {}
    for name in data:
        if name.startswith(PREFIX):
            module, _, api_name = name[len(PREFIX) :].partition("-")
            chosen[module, api_name] = str(data[name])
    return chosen


def stored(connection: Connection) -> dict[Place, FieldMapping]:
    """The live custom pairs."""
    rows = connection.field_mappings.filter(is_custom=True, until_object_id=None)
    return {(row.module, row.source_field): row for row in rows}


def positions(data: Mapping[str, Any]) -> dict[str, int]:
    """Which record of each module the page shows, from the form's hidden fields."""
    found = {}
    for module in Module.values:
        text = str(data.get(POSITION + module, ""))
        if text.isascii() and text.isdigit() and len(text) < 4:
            found[module] = int(text)
    return found


def asked_for(request: HttpRequest) -> tuple[str, int | None] | None:
    """(module, position) when a button asked to look at a record instead of saving; None: at the most telling one."""
    module, _, position = request.POST.get("look", "").partition(":")
    if module not in Module.values:
        return None
    return module, int(position) if position.isascii() and position.isdigit() and len(position) < 4 else None


def shown_modules(connection: Connection) -> list[Module]:
    """The modules whose pairs are shown."""
    return [module for module in Module if connection.sync_timesheets or module != Module.TIMESHEETS]


def part(
    connection: Connection,
    module: Module,
    fields: list[Field],
    chosen: dict[Place, str],
    refusals: dict[Place, str],
    looked: Sample | None = None,
) -> dict[str, Any]:
    """What the page shows of one module: default pairs, and a row with a drop-down per custom field of Zoho."""
    targets = list(CustomField.objects.filter(organization=connection.organization_id, module=module))
    values = looked.values if looked else {}
    kept = {place[1]: row for place, row in stored(connection).items() if place[0] == module}
    defaults = [
        {
            "source": field_map.label_of(pair.source),
            "target": field_map.label_of(pair.target),
            "type": field_map.type_words(pair.data_type),
            "is_required": pair.is_required,
            "value": values.get(pair.source),
        }
        for pair in field_map.DEFAULT_PAIRS[module]
    ]
    known = {field.api_name for field in fields}
    gone = [
        Field(
            api_name=name, label=row.source_label or name, data_type=row.data_type, is_custom=True, options=[]
        )
        for name, row in kept.items()
        if name not in known
    ]
    rows = [
        _row(module, field, kept.get(field.api_name), targets, chosen, refusals, values)
        for field in [*fields, *gone]
    ]
    return {
        "module": module,
        "pairs": defaults,
        "rows": rows,
        "has_targets": bool(targets),
        "can_map": module in field_map.CUSTOM_MODULES,
        "sample": looked,
    }


def _row(
    module: str,
    field: Field,
    kept: FieldMapping | None,
    targets: list[CustomField],
    chosen: dict[Place, str],
    refusals: dict[Place, str],
    values: dict[str, tuple[str, str]],
) -> dict[str, Any]:
    place = (module, field.api_name)
    selected = chosen.get(place, "")
    paused = kept.paused if kept else ""
    options = [
        {
            "key": target.key,
            "label": target.label,
            "type": target.get_data_type_display(),
            "fits": not field_map.check_pair(field, target),
            "selected": selected == target.key,
        }
        for target in targets
    ]
    options.sort(key=lambda option: not option["fits"])  # what fits comes first, the rest is greyed
    keep = ""
    if kept and (paused or kept.target_field not in {option["key"] for option in options if option["fits"]}):
        keep = {target.key: target.label for target in targets}.get(kept.target_field, kept.target_field)
        options = [option for option in options if option["key"] != kept.target_field]
    return {
        "name": name_of(module, field.api_name),
        "label": field.label,
        "api_name": field.api_name,
        "type": field_map.type_words(field.data_type),
        "refusal": refusals.get(place, ""),
        "paused": paused,
        "keep": keep,
        "keep_key": kept.target_field if kept else "",
        "keep_selected": bool(kept) and selected == kept.target_field,
        "options": options,
        "value": values.get(field.api_name),
    }


def draw(
    request: HttpRequest,
    connection: Connection,
    fields: dict[str, list[Field]],
    chosen: dict[Place, str],
    refusals: dict[Place, str],
    problem: str,
    asked: tuple[str, int | None] | None,
    **more: Any,
) -> HttpResponse:
    """The page, or with htmx the one card whose record was asked for. `more` goes to the template."""
    at = positions(request.POST)
    alone = asked is not None and bool(request.htmx)
    parts = []
    for module in shown_modules(connection):
        if alone and asked and module != asked[0]:
            continue
        own = fields.get(module, [])
        looked = None
        if asked and asked[0] == module:
            looked = sample(connection, module, asked[1], own)
        elif module in at:
            looked = sample(connection, module, at[module], own)
        parts.append(part(connection, module, own, chosen, refusals, looked))
    if alone:
        if not parts:
            raise Http404
        return pages.draw(
            request, "integrations/_map_part.html", {"part": parts[0], "connection": connection}
        )
    counts = pairs.existing(connection) if more.get("later") else {}
    context = {
        "connection": connection,
        "modules": parts,
        "refusals": list(refusals.values()),
        "problem": problem,
        "custom_fields_url": reverse("custom_fields"),
        "existing": [f"{number:,} {Module(name).label.lower()}" for name, number in sorted(counts.items())],
        "existing_number": sum(counts.values()),
        "scope": request.POST.get("scope", ""),
        **more,
    }
    failed = bool(refusals or problem)
    return pages.draw(request, "integrations/setup_fields.html", context, status=400 if failed else 200)
