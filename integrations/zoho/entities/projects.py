"""Projects: `GET /projects` (Zoho Projects API V3, projects). Their customers are a call of their own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .. import values
from ..custom_values import extract
from ..html_text import html_to_text
from ..records import Project
from .shared import closed, has_crm, identity, modified, optional_day, person

_METHODS = {"fixedcost": "fixed_cost", "projecthours": "project_hours", "taskhours": "task_hours"} | {
    "staffhours": "staff_hours"
}


def parse(raw: Any, custom: dict[str, str]) -> Project:
    """Read one project. Raises InvalidRecord without id or name and for a date that is none or absurd."""
    zoho_id, name = identity(raw, "project")
    remarks: list[str] = []
    budget = values.mapping(raw.get("budget_info"))
    kind = values.word(raw.get("project_type"))
    hours = _first(budget, "budget_hours", "budgeted_hours", "hours")
    return Project(
        id=zoho_id,
        name=name,
        project_id=zoho_id,
        modified_at=modified(raw),
        custom=extract(raw, custom, remarks) if custom else {},
        remarks=remarks,
        key=values.name(raw.get("key")),
        description=html_to_text(raw.get("description")),
        is_template=kind in ("template", "templates") or values.word(raw.get("status")) == "template",
        is_closed=kind == "archived" or _closed_status(raw),
        owner=person(raw.get("owner")),
        start_date=optional_day(raw, "start_date", "project", name),
        end_date=optional_day(raw, "end_date", "project", name),
        currency=_currency(budget, raw),
        billing_method=_METHODS.get(values.word(budget.get("tracking_method")), ""),
        rate=_amount(budget, "rate_per_hour", "rate", "cost_per_hour"),
        budget_type=values.label(budget.get("budget_type")),
        budget_amount=_amount(budget, "budget_amount", "total_budget", "budget", "amount"),
        budget_hours=_hours(hours),
        crm=has_crm(raw),
        created_at=values.timestamp(raw.get("created_time")) if raw.get("created_time") else None,
    )


def _closed_status(raw: dict[str, Any]) -> bool:
    """Only the status decides: a completed project whose status is open still takes hours."""
    return closed({"status": raw.get("status"), "status_type": raw.get("status_type")})


def _first(source: dict[str, Any], *keys: str) -> Any:
    for key in keys:
        value = source.get(key)
        if value is not None and value != "":
            return value
    return None


def _amount(budget: dict[str, Any], *keys: str) -> Decimal | None:
    amount = values.money(_first(budget, *keys))
    return amount if amount is None or amount >= 0 else None


def _hours(value: Any) -> Decimal | None:
    minutes = values.duration(value)
    return None if minutes is None else (Decimal(minutes) / 60).quantize(Decimal("0.01"))


def _currency(budget: dict[str, Any], raw: dict[str, Any]) -> str:
    code = values.label(budget.get("currency")) or values.name(budget.get("currency_code"))
    code = code or values.name(raw.get("currency_code"))
    return code.upper() if len(code) == 3 and code.isascii() and code.isalpha() else ""
