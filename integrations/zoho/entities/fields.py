"""Fields of a module: `GET /modules/{m}/fields` or `GET /settings/fields` (Zoho Projects API V3,
metadata).
"""

from __future__ import annotations

from typing import Any

from .. import values
from ..custom_values import normal_type
from ..records import Field
from .shared import refuse, require_object

# keys of records that the API reference lists as standard, in case the metadata does not say which are custom
_STANDARD_KEYS = (
    "id key name prefix project_type description status owner created_by updated_by start_date end_date"
    " created_time modified_time completed_time is_public_project is_strict_project is_rollup_project"
    " is_completed percent_complete tasks issues milestones project_group layout budget_info"
    " business_hours_id tags project tasklist milestone priority completion_percentage completed_on depth"
    " parental_info association_info owners_and_work duration billing_type log_hours last_modified_time"
    " last_updated_time flag addedby status_type completion_percent isTrashed sequence custom_fields"
    " severity classification module release_milestone affected_milestone assignee reporter due_date date"
    " type module_detail log_name added_by log_hour start_time end_time billing_status approval notes"
    " log_notes invoice_id cost_rate_per_hour project_name task_name title"
)
_STANDARD = frozenset(_STANDARD_KEYS.split())


def parse(raw: Any, custom: dict[str, str] | None = None) -> Field:
    """Read one field. Raises InvalidRecord without an api name."""
    require_object(raw, "field")
    api_name = values.name(raw.get("api_name") or raw.get("field_name") or raw.get("name"))
    if not api_name:
        refuse(raw, "api_name", "The field has no api name.")
    options = raw.get("pick_list_values") or raw.get("picklist_values") or raw.get("options")
    texts = [values.label(option) for option in options] if options.__class__ is list else []
    return Field(
        api_name=api_name,
        label=values.name(raw.get("display_name")) or values.name(raw.get("i18n_display_name")) or api_name,
        data_type=normal_type(raw.get("data_type") or raw.get("field_type")) or "singleline",
        is_custom=_custom(raw, api_name),
        options=[text for text in texts if text],
    )


def _custom(raw: dict[str, Any], api_name: str) -> bool:
    for key in ("is_custom_field", "is_custom", "custom_field"):
        answer = values.boolean(raw.get(key))
        if answer is not None:
            return answer
    return api_name not in _STANDARD
