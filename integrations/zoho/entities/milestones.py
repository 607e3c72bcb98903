"""Milestones (phases): `GET /phases`, `GET /projects/{id}/milestones` (Zoho Projects API V3, phases)."""

from __future__ import annotations

from typing import Any

from .. import values
from ..custom_values import extract
from ..records import Milestone
from .shared import closed, identity, is_none_phase, modified, optional_day, project_of


def parse(raw: Any, custom: dict[str, str]) -> Milestone:
    """Read one phase; its custom fields stand in an object of their own.

    Raises InvalidRecord without id or name and for a date that is none or absurd.
    """
    zoho_id, name = identity(raw, "milestone")
    remarks: list[str] = []
    found: dict[str, Any] = {}
    if custom:
        found = extract(raw, custom, remarks)
        found.update(extract(_nested(raw.get("custom_fields")), custom, remarks))
    return Milestone(
        id=zoho_id,
        name=name,
        project_id=project_of(raw),
        modified_at=modified(raw),
        custom=found,
        remarks=remarks,
        start_date=optional_day(raw, "start_date", "milestone", name),
        end_date=optional_day(raw, "end_date", "milestone", name),
        is_closed=closed(raw),
        is_none=is_none_phase(raw),
        is_trashed=bool(values.boolean(raw.get("isTrashed")) or values.boolean(raw.get("is_trashed"))),
    )


def _nested(value: Any) -> dict[str, Any]:
    """`custom_fields` as one object, whether it came as an object or as a list of small ones."""
    if value.__class__ is list:
        merged: dict[str, Any] = {}
        for part in value:
            merged.update(values.mapping(part))
        return merged
    return values.mapping(value)
