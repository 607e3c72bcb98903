"""Issues (bugs): `GET /issues`, `GET /projects/{id}/issues` (Zoho Projects API V3, issues)."""

from __future__ import annotations

from typing import Any

from .. import values
from ..custom_values import extract
from ..html_text import html_to_text
from ..records import Bug
from .shared import closed, identity, modified, optional_day, person, project_of


def parse(raw: Any, custom: dict[str, str], zone: str = "") -> Bug:
    """Read one issue. `zone`: the portal's time zone, for the day of `due_date`.

    Raises InvalidRecord without id or name and for a due date that is none or absurd.
    """
    zoho_id, name = identity(raw, "bug", ("name", "title"))
    remarks: list[str] = []
    return Bug(
        id=zoho_id,
        name=name,
        project_id=project_of(raw),
        modified_at=modified(raw),
        custom=extract(raw, custom, remarks) if custom else {},
        remarks=remarks,
        description=html_to_text(raw.get("description")),
        is_closed=closed(raw),
        severity=values.label(raw.get("severity")),
        reporter=person(raw.get("reporter")),
        assignee=person(raw.get("assignee")),
        due_date=optional_day(raw, "due_date", "bug", name, zone),
    )
