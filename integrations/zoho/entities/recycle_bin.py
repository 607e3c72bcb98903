"""The recycle bin: `GET /bin` (seen in public clients of the Zoho Projects API V3)."""

from __future__ import annotations

from typing import Any

from .. import values
from ..records import BinEntry
from .shared import project_of, refuse, require_object

_MODULES = {
    "project": "projects",
    "projects": "projects",
    "milestone": "milestones",
    "milestones": "milestones",
    "phase": "milestones",
    "phases": "milestones",
    "tasklist": "task_lists",
    "tasklists": "task_lists",
    "task": "tasks",
    "tasks": "tasks",
    "issue": "bugs",
    "issues": "bugs",
    "bug": "bugs",
    "bugs": "bugs",
}


def parse(raw: Any, custom: dict[str, str] | None = None) -> BinEntry:
    """Read one entry; `module` is '' for kinds that are not synced. Raises InvalidRecord without id."""
    require_object(raw, "entry of the bin")
    zoho_id = values.text_id(raw.get("id")) or values.text_id(raw.get("entity_id"))
    if not zoho_id:
        refuse(raw, "id", "The entry of the bin has no id.")
    module = values.word(values.label(raw.get("module") or raw.get("entity_type")))
    return BinEntry(
        id=zoho_id,
        module=_MODULES.get(module, ""),
        name=values.name(raw.get("name")),
        project_id=project_of(raw),
    )
