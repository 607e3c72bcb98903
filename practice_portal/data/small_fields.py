"""Custom fields of the first portal: every data type, on projects, tasks, phases, issues and time logs."""

from .defaults import person

TYPES = (
    "singleline",
    "multiline",
    "picklist",
    "multi_picklist",
    "userpicklist",
    "multi_userpicklist",
    "date",
    "time",
    "datetime",
    "checkbox",
    "currency",
    "percentage",
    "number",
    "decimal",
    "email",
    "phone",
    "url",
)
LABELS = {
    "singleline": "Cost centre",
    "multiline": "Hand-over notes",
    "picklist": "Risk",
    "multi_picklist": "Trades",
    "userpicklist": "Sponsor",
    "multi_userpicklist": "Reviewers",
    "date": "Inspection day",
    "time": "Shift start",
    "datetime": "Go-live",
    "checkbox": "Needs permit",
    "currency": "Deposit",
    "percentage": "Mark-up",
    "number": "Asset number",
    "decimal": "Weight in tonnes",
    "email": "Site e-mail",
    "phone": "Site phone",
    "url": "Drawing",
}
STANDARD = {
    "projects": ("name", "status", "owner", "start_date", "end_date"),
    "tasks": ("name", "status", "priority"),
    "issues": ("name", "status", "severity"),
    "milestones": ("name", "status"),
    "tasklists": ("name",),
    "timelogs": ("date", "log_hour", "billing_status", "notes"),
}


def api_name(module, kind):
    """Key of a custom field in records: `cost_centre` on projects, `cf_…` on logs, `tasks_cf_…` elsewhere."""
    if module == "projects":
        return LABELS[kind].lower().replace(" ", "_").replace("-", "_")
    if module == "timelogs":
        return f"cf_{kind}"
    return f"{module}_cf_{TYPES.index(kind) + 1:04d}"


def fill(portal):
    """Metadata of all modules."""
    number = 140_000
    for module, standard in STANDARD.items():
        fields = []
        for name in standard:
            number += 1
            fields.append(
                {
                    "id": f"{portal.prefix}{number}",
                    "api_name": name,
                    "data_type": "singleline",
                    "display_name": name.replace("_", " ").capitalize(),
                    "is_custom_field": False,
                    "is_mandatory": name == "name",
                    "is_visible": True,
                }
            )
        for kind in TYPES if module != "tasklists" else ():
            number += 1
            field = {
                "id": f"{portal.prefix}{number}",
                "api_name": api_name(module, kind),
                "display_name": LABELS[kind],
                "data_type": kind,
                "is_custom_field": True,
                "is_mandatory": False,
                "is_visible": True,
                "layouts": [{"id": f"{portal.prefix}000401", "name": "Standard Layout"}],
            }
            if "picklist" in kind and "user" not in kind:
                field["pick_list_values"] = [
                    {
                        "id": f"{portal.prefix}{150_000 + number % 1000 * 10 + i}",
                        "value": value,
                        "sequence": i + 1,
                    }
                    for i, value in enumerate(
                        ("Low", "Medium", "High") if kind == "picklist" else ("Electric", "Steel", "Diving")
                    )
                ]
            fields.append(field)
        portal.fields[module] = fields


def values(portal, module, days, people):
    """One value of every type, keyed by api name; `people` are zpuids."""
    users = [person(portal, zpuid, "zuid", "zpuid", "name", "email") for zpuid in people]
    plain = {
        "singleline": "CC-7100 R&amp;D",
        "multiline": "Keys at the gate.\nAsk for the harbour office.",
        "picklist": "High",
        "multi_picklist": ["Electric", "Steel"],
        "userpicklist": users[0],
        "multi_userpicklist": users,
        "date": days.ago(-12),
        "time": "07:30",
        "datetime": days.stamp(-20, 6),
        "checkbox": True,
        "currency": {"currency_code": "EUR", "amount": "12500.50", "formatted_amount": "€12,500.50"},
        "percentage": 12.5,
        "number": "1234567890123456789",
        "decimal": 42.125,
        "email": "site@example.test",
        "phone": "+4555500177",
        "url": "https://drawings.example.test/crane",
    }
    return {api_name(module, kind): value for kind, value in plain.items()}
