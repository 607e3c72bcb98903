"""Custom pairs as they are kept: saving a changed map for new records only or for all, pausing, new list values.

Whether a pair holds for a record is decided by our object's id: ids grow, so objects above the id that was
the last one when the map changed came in after it. Records here already thus keep the map they came in with,
and their fingerprints stay what they were.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.db.models import Max

from customers.models import Customer
from integrations import preferences, timeline
from integrations.field_map import field_map_of
from integrations.models import Connection, FieldMapping, Module, SyncedRecord
from organizations.models import CustomField
from timetracking.models import Bug, Project, Task, TimeEntry

TABLES: dict[str, Any] = {
    Module.CUSTOMERS: Customer,
    Module.PROJECTS: Project,
    Module.TASKS: Task,
    Module.BUGS: Bug,
    Module.TIMESHEETS: TimeEntry,
}
LISTS = ("picklist", "multi_picklist")
Targets = dict[str, tuple[str, str]]


class ModulePairs:
    """The custom pairs of one module that are not paused, by the age of our object."""

    def __init__(self, rows: Iterable[FieldMapping]) -> None:
        self.rows = [row for row in rows if not row.paused]
        bounds = {row.from_object_id for row in self.rows} | {row.until_object_id for row in self.rows}
        self.bounds = sorted(bound for bound in bounds if bound is not None)
        self.ages = [self._at(bound) for bound in self.bounds] + [self._at(None)]
        self.salts = [sorted((source, target) for source, (target, _) in age.items()) for age in self.ages]

    def _at(self, object_id: int | None) -> Targets:
        found: Targets = {}
        for row in self.rows:
            first, last = row.from_object_id, row.until_object_id
            if object_id is None:
                holds = last is None
            else:
                holds = (first is None or object_id > first) and (last is None or object_id <= last)
            if holds:
                found[row.source_field] = (row.target_field, row.data_type)
        return found

    def of(self, object_id: int | None) -> Targets:
        """{Zoho field: (our key, data type)} for an object of ours; None: one still to be made."""
        return self.ages[self._age(object_id)]

    def salt(self, object_id: int | None) -> list[tuple[str, str]]:
        """The same as sorted (Zoho field, our key), for fingerprints."""
        return self.salts[self._age(object_id)]

    def _age(self, object_id: int | None) -> int:
        return -1 if object_id is None or not self.bounds else bisect_left(self.bounds, object_id)

    def types(self) -> dict[str, str]:
        """{Zoho field: data type} over all ages; what the parsers are asked for."""
        found = {source: kind for age in self.ages for source, (_, kind) in age.items()}
        return {**found, **{source: kind for source, (_, kind) in self.ages[-1].items()}}

    def merged(self, object_id: int | None, before: dict[str, Any], custom: dict[str, Any]) -> dict[str, Any]:
        """An object's custom values after `custom` (by Zoho's names) came; those of no live pair stay."""
        pairs = self.of(object_id)
        own = {target for target, _ in pairs.values()}
        kept = {key: value for key, value in before.items() if key not in own}
        return {**kept, **{pairs[name][0]: value for name, value in custom.items() if name in pairs}}


def pairs_of(connection: Connection) -> dict[str, ModulePairs]:
    """The custom pairs of each module that has any."""
    rows: dict[str, list[FieldMapping]] = {}
    for row in connection.field_mappings.filter(is_custom=True).order_by("id"):
        rows.setdefault(row.module, []).append(row)
    return {module: ModulePairs(found) for module, found in rows.items()}


def existing(connection: Connection) -> dict[str, int]:
    """How many records of each module that can have custom values are synced here."""
    rows = connection.synced_records.filter(
        outcome=SyncedRecord.Outcome.SYNCED, object_id__isnull=False, module__in=list(TABLES)
    )
    return dict(rows.values_list("module").annotate(models.Count("id")).order_by())


@dataclass
class Saved:
    """What saving a map did: the modules whose pairs changed and how many synced records follow the new map."""

    modules: list[str]
    records: int


@transaction.atomic
def save_pairs(connection: Connection, mappings: Iterable[FieldMapping], only_new: bool = False) -> Saved:
    """Make `mappings`, already judged by `check_pairs`, the custom pairs of the connection.

    `only_new`: records here already keep the map they came in with; else all records follow the new one, and
    the modules concerned are read whole by the next run. Pairs that stay as they are keep their pause.
    """
    wanted = {(row.module, row.source_field): row for row in mappings}
    rows = list(connection.field_mappings.filter(is_custom=True))
    present = {(row.module, row.source_field): row for row in rows if row.until_object_id is None}
    same = {
        key
        for key, row in present.items()
        if key in wanted
        and (row.target_field, row.data_type) == (wanted[key].target_field, wanted[key].data_type)
    }
    differ = {module for module, _ in (wanted.keys() | present.keys()) - same}
    if not only_new:
        aged = [row for row in rows if row.from_object_id is not None or row.until_object_id is not None]
        differ |= {row.module for row in aged}
        connection.field_mappings.filter(until_object_id__isnull=False).delete()
        connection.field_mappings.update(from_object_id=None)
    last = {module: (_last_id(module) if only_new else None) for module in differ}
    for key, row in present.items():
        if key in same:
            if row.source_label != wanted[key].source_label:
                row.source_label = wanted[key].source_label
                row.save(update_fields=["source_label"])
        elif only_new and (row.from_object_id is None or row.from_object_id < (last[row.module] or 0)):
            row.until_object_id = last[row.module]
            row.save(update_fields=["until_object_id"])
        else:
            row.delete()
    for key, row in wanted.items():
        if key not in same:
            row.connection, row.from_object_id = connection, last[row.module]
            row.save(force_insert=True)
    counts = existing(connection)
    if differ and not only_new:
        preferences.ask_for_full_pass(connection, [module for module in differ if counts.get(module)])
    number = 0 if only_new else sum(counts.get(module, 0) for module in differ)
    return Saved(sorted(differ), number)


def _last_id(module: str) -> int:
    return TABLES[module].objects.aggregate(last=Max("pk"))["last"] or 0


def in_words(connection: Connection, module: str) -> str:
    """The live custom pairs of a module in one sentence, for the timeline."""
    pairs = [
        f"{pair['source']} → {pair['target']}" + (" (paused)" if pair["paused"] else "")
        for pair in field_map_of(connection, module)
        if pair["is_custom"] and not pair["scope"].startswith("records that came before")
    ]
    return ", ".join(pairs) or "no custom pairs"


@transaction.atomic
def change_map(
    connection: Connection,
    user: Any,
    mappings: Iterable[FieldMapping],
    only_new: bool,
    version: str | None = None,
) -> Saved:
    """Save a map changed after the set-up, told in the timeline. Raises preferences.Stale."""
    connection = Connection.objects.select_for_update().get(pk=connection.pk)
    preferences.check_version(connection, version)
    before = {module: in_words(connection, module) for module in TABLES}
    saved = save_pairs(connection, mappings, only_new)
    for module in saved.modules:
        scope = "for new records only" if only_new else "for all records"
        timeline.record(
            connection,
            user,
            f"Field map of {Module(module).label} changed, {scope}",
            before[module],
            in_words(connection, module),
        )
    if saved.modules:
        preferences.bump(connection)
    return saved


def paused(connection: Connection) -> list[FieldMapping]:
    """The live pairs that rest, with the reason in `paused`."""
    return list(
        connection.field_mappings.filter(until_object_id=None)
        .exclude(paused="")
        .order_by("module", "source_label")
    )


def new_options(connection: Connection) -> list[dict[str, Any]]:
    """Pick lists with choices in Zoho Projects that the custom field here does not know.

    Each: `mapping`, `target` (CustomField), `values` (list of texts).
    """
    rows = connection.field_mappings.filter(until_object_id=None, data_type__in=LISTS, paused="")
    targets = {
        (field.module, field.key): field
        for field in CustomField.objects.filter(organization=connection.organization_id, data_type__in=LISTS)
    }
    found = []
    for row in rows.order_by("module", "source_label"):
        target = targets.get((row.module, row.target_field))
        if target is None:
            continue
        fresh = [value for value in row.source_options if value not in target.options]
        if fresh:
            found.append({"mapping": row, "target": target, "values": fresh})
    return found


@transaction.atomic
def add_options(connection: Connection, user: Any, mapping: FieldMapping) -> list[str]:
    """Add the source's new choices to the custom field here; the texts added."""
    for row in new_options(connection):
        if row["mapping"].pk == mapping.pk:
            target = CustomField.objects.select_for_update().get(pk=row["target"].pk)
            fresh = [value for value in row["values"] if value not in target.options]
            timeline.record(
                connection,
                user,
                f"Choices of {target.label} ({target.get_module_display()}) added",
                ", ".join(map(str, target.options)),
                ", ".join([*map(str, target.options), *fresh]),
            )
            target.options = [*target.options, *fresh]
            target.save(update_fields=["options"])
            return fresh
    return []
