"""Task lists: `GET /all-tasklists`, `GET /projects/{id}/tasklists` (Zoho Projects API V3, task lists)."""

from __future__ import annotations

from typing import Any

from .. import values
from ..custom_values import extract
from ..kept import Head
from ..records import TaskList
from .shared import closed, identity, milestone_of, modified, project_of


class TaskListHead(Head, total=False):
    """What a task list hangs on."""

    milestone: Any
    phase: Any


def parse(raw: Any, custom: dict[str, str]) -> TaskList:
    """Read one task list. Raises InvalidRecord without id or name."""
    zoho_id, name = identity(raw, "task list")
    remarks: list[str] = []
    completed = values.boolean(values.mapping(raw.get("meta_info")).get("is_completed"))
    return TaskList(
        id=zoho_id,
        name=name,
        project_id=project_of(raw),
        modified_at=modified(raw),
        custom=extract(raw, custom, remarks) if custom else {},
        remarks=remarks,
        milestone_id=milestone_of(raw),
        is_closed=closed(raw) or bool(completed),
    )
