"""Records as the switches want them: integer ids, null for absent, words of approval, hidden rates."""

import msgspec

from ..data.specs import SPECS


def reshape(call, entity, raws):
    """The rows as they are sent; untouched bytes while no such switch is on."""
    if not call.switches.changes_records:
        return raws
    return [msgspec.json.encode(reshape_record(call, entity, msgspec.json.decode(raw))) for raw in raws]


def reshape_record(call, entity, data):
    """One decoded record as it is sent."""
    switches = call.switches
    if entity == "logs":
        if switches.no_approval:
            data.pop("approval", None)
        elif switches.unapproved_for_pending and _status(data) == "Pending":
            data["approval"]["status"] = "Unapproved"
    if switches.demoted and entity == "users":
        data.pop("budget", None)
    if switches.null_for_absent and entity in SPECS:
        for key in SPECS[entity].optional:
            data.setdefault(key, None)
    return integer_ids(data) if switches.integer_ids else data


def _status(data):
    approval = data.get("approval")
    return approval.get("status") if isinstance(approval, dict) else None


def integer_ids(value, key=""):
    """The value with every id that is a text of digits as a number."""
    if isinstance(value, dict):
        return {k: integer_ids(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [integer_ids(v, key) for v in value]
    if isinstance(value, str) and value.isdigit() and (key in {"id", "zpuid", "zuid"} or key.endswith("_id")):
        return int(value)
    return value
