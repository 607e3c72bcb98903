"""`sort_by=DESC(last_modified_time)`: honoured on a few keys, ignored on others."""

import re

import msgspec

from ..data.specs import SPECS
from .paging import Plain

KEYS = {
    "id",
    "name",
    "created_time",
    "last_modified_time",
    "last_updated_time",
    "modified_time",
    "start_date",
    "end_date",
}
STAMPS = {"last_modified_time", "last_updated_time", "modified_time"}


def ordered(call, rows, entity):
    """The rows in the asked order, or as they are."""
    matched = re.fullmatch(r"(ASC|DESC)\((\w+)\)", call.params.get("sort_by", ""))
    if not matched or matched[2] not in KEYS:
        return rows
    key = SPECS[entity].stamp if matched[2] in STAMPS else matched[2]
    values = [msgspec.json.decode(raw) for raw in rows.slice(0, len(rows))]
    values.sort(key=lambda d: str(d.get(key) or ""), reverse=matched[1] == "DESC")
    return Plain(values)
