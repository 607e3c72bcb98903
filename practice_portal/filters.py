"""`filter`: URL-encoded JSON of criteria and a pattern, as the V3 filter guide describes it.

`{"criteria": [{"field_name", "criteria_condition", "value": ["…"]}], "pattern": "(1 AND 2) OR 3"}`.
`created_time` and `last_updated_time` compare whole UTC days, and `last_updated_time` means the record's
change stamp whatever its key: `greater_than "2026-02-27"` begins with 2026-02-28T00:00:00Z,
`greater_than_or_equal` with the day itself, `less_than` ends before it, `between` holds both days.
"""

import re

import msgspec

from .data.specs import SPECS
from .messages import error, invalid_value

FIELDS = {
    "projects": {"name", "status", "owner", "start_date", "end_date", "key", "project_type", "is_completed"},
    "tasks": {
        "name",
        "status",
        "owner",
        "is_completed",
        "tasklist_id",
        "tasklist",
        "milestone",
        "milestone_id",
        "parent_task",
        "priority",
        "start_date",
        "end_date",
        "billing_type",
        "completion_percentage",
        "project",
        "project_id",
        "prefix",
    },
    "issues": {
        "name",
        "status",
        "owner",
        "assignee",
        "reporter",
        "is_completed",
        "severity",
        "flag",
        "due_date",
        "project",
        "project_id",
        "prefix",
        "tasklist_id",
    },
    "logs": {"user", "owner", "project", "project_id", "billing_status", "approval_status", "name"},
}
STAMPS = {"created_time", "last_updated_time"}
LIMITED = {
    "greater_than",
    "greater_than_or_equal",
    "less_than",
    "less_than_or_equal",
    "between",
    "not_between",
    "before",
    "after",
    "today",
}
TEXTS = {"is", "is_not", "contains", "not_contains", "starts_with", "ends_with", "is_empty", "is_not_empty"}
OPPOSITE = {"is_not": "is", "not_contains": "contains", "not_between": "between", "is_not_empty": "is_empty"}


def read_filter(call, entity):
    """The call's filter as a predicate on decoded records, or None. Raises the 400s of section "errors"."""
    text = call.params.get("filter")
    if not text:
        return None
    request = call.request
    try:
        raw = msgspec.json.decode(text)
    except msgspec.DecodeError:
        raise error(request, 400, "JSON_PARSE_ERROR", "JSON parse error", "filter") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("criteria"), list) or not raw["criteria"]:
        raise error(request, 400, "LESS_THAN_MIN_OCCURANCE", "Input Parameter Missing", "criteria")
    if not raw.get("pattern"):
        raise error(request, 400, "LESS_THAN_MIN_OCCURANCE", "Input Parameter Missing", "pattern")
    tests = [_criterion(call, entity, c) for c in raw["criteria"]]
    found = _pattern(request, str(raw["pattern"]), tests)

    def match(data):
        return found(data)

    #: True when the two times are all that is looked at: large listings are searched faster then.
    match.stamps_only = all(c["field_name"] in STAMPS for c in raw["criteria"])
    return match


def _custom_names(call, entity):
    return {
        f["api_name"]
        for f in call.portal.fields.get("timelogs" if entity == "logs" else entity, ())
        if f.get("is_custom_field")
    }


def _criterion(call, entity, raw):
    request = call.request
    if not isinstance(raw, dict) or not raw.get("field_name"):
        raise error(request, 400, "LESS_THAN_MIN_OCCURANCE", "Input Parameter Missing", "field_name")
    name, condition = raw["field_name"], raw.get("criteria_condition")
    if name not in STAMPS and name not in FIELDS[entity] and name not in _custom_names(call, entity):
        raise invalid_value(request, name, "Invalid field name")
    values = raw.get("value", [])
    values = [str(v) for v in (values if isinstance(values, list) else [values])]
    if condition == "custom_condition" or any(v in {"${ALL_OPEN}", "${ALL_CLOSED}"} for v in values):
        closed = "${ALL_CLOSED}" in values
        return lambda data: bool((data.get("status") or {}).get("is_closed_type")) == closed
    if condition not in TEXTS | LIMITED:
        raise invalid_value(request, "criteria_condition")
    if condition not in {"is_empty", "is_not_empty", "today"} and not values:
        raise error(request, 400, "LESS_THAN_MIN_OCCURANCE", "Input Parameter Missing", "value")
    if "between" in condition and len(values) < 2:
        raise invalid_value(request, "value")
    if entity == "logs" and name in {"user", "owner"}:  # both user ids are taken; records name only the zpuid
        values += [
            u.data["zpuid"] for u in call.table("users").records.values() if str(u.data.get("zuid")) in values
        ]
    if name in STAMPS:
        if any(not re.fullmatch(r"\d{4}-\d\d-\d\d", v) for v in values):
            raise invalid_value(request, name, "A date of the form YYYY-MM-DD is expected")
        key = SPECS[entity].stamp if name == "last_updated_time" else "created_time"
        pick = lambda data: [str(data.get(key) or "")[:10]]  # noqa: E731 - whole days
    else:
        pick = _picker(entity, name)
    today = call.state.clock.stamp()[:10]
    wanted = OPPOSITE.get(condition, condition)
    if wanted != condition:
        return lambda data: not _holds(wanted, pick(data), values, today)
    return lambda data: _holds(wanted, pick(data), values, today)


def _names(value):
    """All texts by which a value can be named in a filter."""
    if value is None:
        return []
    if isinstance(value, bool):
        return ["true", "1"] if value else ["false", "0"]
    if isinstance(value, dict):
        keys = ("id", "name", "zpuid", "zuid", "value", "statusName", "status", "amount")
        return [str(value[k]) for k in keys if value.get(k) not in (None, "")]
    if isinstance(value, list):
        return [name for v in value for name in _names(v)]
    return [str(value)] if value != "" else []


def _picker(entity, name):
    if name == "is_completed" and entity == "issues":
        return lambda data: _names(bool((data.get("status") or {}).get("is_closed_type")))
    if name == "owner" and entity == "tasks":
        return lambda data: _names((data.get("owners_and_work") or {}).get("owners", []))
    if name == "parent_task":
        return lambda data: _names((data.get("parental_info") or {}).get("parent_task_id"))
    path = {
        ("issues", "owner"): "assignee",
        ("logs", "user"): "owner",
        ("logs", "approval_status"): "approval",
        ("logs", "name"): "log_name",
    }.get((entity, name))
    if not path:
        path = name[:-3] if name in {"tasklist_id", "milestone_id", "project_id"} else name
    return lambda data: _names(data.get(path))


def _holds(condition, found, wanted, today):
    if condition == "is_empty":
        return not found
    if condition == "is":
        low = {w.lower() for w in wanted}
        return any(f.lower() in low for f in found)
    if condition == "contains":
        return any(w.lower() in f.lower() for w in wanted for f in found)
    if condition == "starts_with":
        return any(f.lower().startswith(w.lower()) for w in wanted for f in found)
    if condition == "ends_with":
        return any(f.lower().endswith(w.lower()) for w in wanted for f in found)
    if condition == "today":
        return any(f[:10] == today for f in found)
    return any(_compare(condition, f, wanted) for f in found)


def _compare(condition, found, wanted):
    try:
        found, limits = float(found), [float(w) for w in wanted]
    except ValueError:
        limits = wanted
        found = found[:10] if re.match(r"\d{4}-\d\d-\d\d", found) else found
    if condition in {"greater_than", "after"}:
        return found > limits[0]
    if condition == "greater_than_or_equal":
        return found >= limits[0]
    if condition in {"less_than", "before"}:
        return found < limits[0]
    if condition == "less_than_or_equal":
        return found <= limits[0]
    return limits[0] <= found <= limits[1]


def _pattern(request, text, tests):
    """`(1 AND 2) OR 3` as a predicate; AND binds closer than OR."""
    words = re.findall(r"\d+|AND|OR|\(|\)|\S", text, re.IGNORECASE)
    place = 0

    def wrong():
        return invalid_value(request, "pattern")

    def peek():
        return words[place].upper() if place < len(words) else ""

    def either():
        nonlocal place
        parts = [both()]
        while peek() == "OR":
            place += 1
            parts.append(both())
        return parts[0] if len(parts) == 1 else lambda d: any(p(d) for p in parts)

    def both():
        nonlocal place
        parts = [single()]
        while peek() == "AND":
            place += 1
            parts.append(single())
        return parts[0] if len(parts) == 1 else lambda d: all(p(d) for p in parts)

    def single():
        nonlocal place
        word = peek()
        place += 1
        if word == "(":
            inner = either()
            if peek() != ")":
                raise wrong()
            place += 1
            return inner
        if word.isdigit() and 1 <= int(word) <= len(tests):
            return tests[int(word) - 1]
        raise wrong()

    found = either()
    if place != len(words):
        raise wrong()
    return found
