"""Lists: filters and their variants, search, sorting and pages. What is not known is refused by name."""

from dataclasses import dataclass, field
from typing import Any

from api.errors import bad_value
from api.values import date_of, id_of, number_of

PER_PAGE = 200
LAST_PAGE = 10_000_000
VARIANTS = {
    "text": {"": "iexact", "_startswith": "istartswith", "_contains": "icontains"},
    "date": {"": "exact", "_start": "gte", "_end": "lte", "_before": "lt", "_after": "gt"},
    "number": {
        "": "exact", "_less_than": "lt", "_less_equals": "lte", "_greater_than": "gt", "_greater_equals": "gte",
    },
    "id": {"": "exact"},
    "bool": {"": "exact"},
}  # fmt: skip
COMMON = ("organization_id", "page", "per_page", "sort_column", "sort_order", "search_text", "filter_by")


@dataclass
class Listing:
    """How one resource is listed.

    `filters`: parameter → (look-up path, kind of VARIANTS). `by`: value of `filter_by` → function(rows, call) or None
    for all. `sorts`: `sort_column` → path; the first is the default. `search`: paths that `search_text` looks into.
    """

    filters: dict[str, tuple[str, str]] = field(default_factory=dict)
    by: dict[str, Any] = field(default_factory=dict)
    sorts: dict[str, str] = field(default_factory=dict)
    search: tuple[str, ...] = ()
    descending: bool = False
    special: dict[str, Any] = field(default_factory=dict)  # parameter → function(rows, call, text)

    def parameters(self):
        """Every parameter of the list besides the common ones: name → (path, look-up, kind)."""
        return {
            name + suffix: (path, lookup, kind)
            for name, (path, kind) in self.filters.items()
            for suffix, lookup in VARIANTS[kind].items()
        }

    def filtered(self, rows, params, call):
        """(rows after filters and search, name of the applied filter). `params`: a plain dict of texts."""
        known = self.parameters()
        for name, narrow in self.special.items():
            if params.get(name):
                rows = narrow(rows, call, params[name])
        for name, text in params.items():
            if name in known and text != "":
                path, lookup, kind = known[name]
                rows = rows.filter(**{f"{path}__{lookup}": _value(text, name, kind)})
                if path.startswith("contact_persons__"):  # one row of many per contact
                    rows = rows.distinct()
        applied = params.get("filter_by") or next(iter(self.by), "")
        if applied:
            if applied not in self.by:
                raise bad_value("filter_by", f"filter_by is one of {', '.join(self.by)}.")
            if narrow := self.by[applied]:
                rows = narrow(rows, call)
        if words := params.get("search_text", "").strip().replace("\0", ""):
            if len(words) > 100:
                raise bad_value("search_text", "search_text has at most 100 characters.")
            rows = _search(rows, self.search, words)
        return rows, applied

    def ordered(self, rows, params):
        """(ordered rows, the path they are ordered by, column, "A" or "D")."""
        column = params.get("sort_column") or next(iter(self.sorts))
        order = params.get("sort_order") or (
            "D" if self.descending and not params.get("sort_column") else "A"
        )
        if column not in self.sorts:
            raise bad_value("sort_column", f"sort_column is one of {', '.join(self.sorts)}.")
        if order not in ("A", "D"):
            raise bad_value("sort_order", "sort_order is A or D.")
        sign = "-" if order == "D" else ""
        path = self.sorts[column]
        further = [] if path in ("pk", "id") else [sign + "pk"]
        return rows.order_by(sign + path, *further), sign + path, column, order


def _value(text, name, kind):
    if kind == "date":
        return date_of(text, name)
    if kind == "number":
        return number_of(text, name)
    if kind == "id":
        return id_of(text, name)
    if kind == "bool":
        if text not in ("true", "false"):
            raise bad_value(name, f"{name} is true or false.")
        return text == "true"
    return text.replace("\0", "")[:1000]


def _search(rows, paths, words):
    from django.db.models import Q

    found = Q()
    for path in paths:
        found |= Q(**{f"{path}__icontains": words})
    return rows.filter(found) if paths else rows


def page_of(params):
    """(page, per_page). Refused for 0, for more than 200 a page, and for what is no number."""
    found = []
    for name, default, most in (("page", 1, LAST_PAGE), ("per_page", PER_PAGE, PER_PAGE)):
        text = params.get(name, "") or str(default)
        if not (text.isascii() and text.isdecimal() and len(text) < 10 and 1 <= int(text) <= most):
            raise bad_value(name, f"{name} is a whole number from 1 to {most}.")
        found.append(int(text))
    return tuple(found)
