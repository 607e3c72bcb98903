"""Modules and their fields, in both forms in which portals tell them."""

from ..messages import json_answer, missing_parameter, not_found
from .paging import Plain, listing

MODULES = ("projects", "tasks", "milestones", "issues", "tasklists", "timelogs")
ALIASES = {"bugs": "issues", "phases": "milestones"}


def list_modules(call):
    """GET /modules."""
    return json_answer(
        {
            "modules": [
                {
                    "id": f"{call.portal.prefix}0009{i:02d}",
                    "name": name.capitalize(),
                    "api_name": name,
                    "is_customized": False,
                    "is_default": True,
                }
                for i, name in enumerate(MODULES)
            ]
        },
        headers=call.headers,
    )


def _fields(call, module):
    module = ALIASES.get(module, module)
    if module not in MODULES:
        raise not_found(call.request)
    return call.portal.fields.get(module, [])


def list_module_fields(call, module):
    """GET /modules/{api_name}/fields: `api_name`, `display_name`, `data_type`."""
    return json_answer({"fields": _fields(call, module)}, headers=call.headers)


def list_settings_fields(call):
    """GET /settings/fields?module=…: the same under `field_name`, `display_name`, `field_type`."""
    module = call.params.get("module")
    if not module:
        raise missing_parameter(call.request, "module")
    names = {"api_name": "field_name", "data_type": "field_type"}
    values = [{names.get(k, k): v for k, v in field.items()} for field in _fields(call, module)]
    return listing(call, "fields", Plain(values), "fields")
