"""Tasks and subtasks: `GET /tasks`, `GET /projects/{id}/tasks` (Zoho Projects API V3, tasks)."""

from __future__ import annotations

from typing import Any

from .. import values
from ..custom_values import extract
from ..html_text import html_to_text
from ..kept import Head, Ref
from ..records import Task
from .shared import closed, identity, milestone_of, modified, optional_day, project_of, reference


class TaskHead(Head, total=False):
    """What a task hangs on."""

    tasklist: Ref | None
    tasklist_id: Any


def parse(raw: Any, custom: dict[str, str], zone: str = "") -> Task:
    """Read one task. `zone`: the portal's time zone; task dates are timestamps whose day depends on it.

    Raises InvalidRecord without id or name and for a date that is none or absurd.
    """
    zoho_id, name = identity(raw, "task")
    remarks: list[str] = []
    parent = values.mapping(raw.get("parental_info"))
    percent = raw.get("completion_percentage")
    if percent is None:
        percent = raw.get("percent_complete")
    is_closed = closed(raw)
    billing = raw.get("billing_type") or raw.get("billingtype") or raw.get("billing_status")
    return Task(
        id=zoho_id,
        name=name,
        project_id=project_of(raw),
        modified_at=modified(raw),
        custom=extract(raw, custom, remarks) if custom else {},
        remarks=remarks,
        task_list_id=reference(raw, "tasklist"),
        milestone_id=milestone_of(raw),
        parent_id=values.text_id(parent.get("parent_task_id") or raw.get("parent_task_id")),
        description=html_to_text(raw.get("description")),
        is_closed=is_closed,
        priority=_priority(raw.get("priority")),
        start_date=optional_day(raw, "start_date", "task", name, zone),
        due_date=optional_day(raw, "end_date", "task", name, zone),
        percent_complete=_percent(percent, remarks),
        is_billable=values.word(billing) != "nonbillable",
        work_minutes=values.duration(values.mapping(raw.get("owners_and_work")).get("total_work")),
    )


def _priority(value: Any) -> str:
    text = values.label(value)
    return text.lower() if text.lower() in ("none", "low", "medium", "high") else text or "none"


def _percent(value: Any, remarks: list[str]) -> int:
    if value is None or value == "":
        return 0
    percent = values.percent(value)
    if percent is None:
        remarks.append(f"The completion “{values.shown(value)}” is not a percentage and counts as 0.")
        return 0
    return percent
