"""Pages of long lists that stay fast at a million rows.

A page begins where the last one ended (keyset), so no page is slower than the first; counts stop at 10,000.
"""

import base64
import binascii
import datetime
import json
from dataclasses import dataclass, field
from operator import attrgetter
from urllib.parse import urlencode

from django.db.models import F, Func, Q

PER_PAGE = 50
COUNT_CAP = 10_000


@dataclass
class KeysetPage:
    """One page of rows; `next_query` and `previous_query` are query strings ('' where there is none)."""

    rows: list
    count_text: str
    next_query: str = ""
    previous_query: str = ""
    params: dict = field(default_factory=dict)

    def __iter__(self):
        return iter(self.rows)

    def __len__(self):
        return len(self.rows)


class Opaque(Func):
    """A column that databases must not look up in an index: the value itself, behind a function.

    PostgreSQL sees through NULLIF and COALESCE with a constant; a column twice it takes as it is.
    """

    template, arity = "COALESCE(%(expressions)s, %(expressions)s)", 1

    def _resolve_output_field(self):
        return self.source_expressions[0].output_field


def capped_count(queryset):
    """How many rows, as text; counting stops above 10,000, shown as '10,000+'."""
    return _count_text(_count(queryset))


def _count(queryset):
    return queryset.order_by()[: COUNT_CAP + 1].count()


def _count_text(count):
    return f"{COUNT_CAP:,}+" if count > COUNT_CAP else f"{count:,}"


def keyset_page(queryset, order, params, *, per_page=PER_PAGE, count_from=None, walked=None):
    """The page that `params` (a plain dict of the query string) asks for.

    `order`: field paths, '-' for falling, never null, the last one unique. `count_from`: a cheaper queryset
    with the same rows to count. `walked`: see `_ids`. A cursor that cannot be understood means the first page.
    Two queries, three with `walked`.
    """
    params = {key: value for key, value in params.items() if value}
    cursor, backwards = _read(params.pop("after", ""), order, queryset.model), False
    if cursor is None and (before := params.pop("before", "")):
        cursor = _read(before, order, queryset.model)
        backwards = cursor is not None
    params.pop("before", None)
    walk = [_turned(path) for path in order] if backwards else list(order)
    counted = queryset if count_from is None else count_from
    count = _count(counted)
    behind = Q() if cursor is None else _behind(walk, cursor)
    if walked is None:
        rows = list(queryset.order_by(*walk).filter(behind)[: per_page + 1])
    else:
        ids = _ids(counted, walked, count, walk, behind, per_page + 1)
        rows = list(queryset.filter(pk__in=ids).order_by(*walk)) if ids else []
    more, rows = len(rows) > per_page, rows[:per_page]
    if backwards:
        rows.reverse()
    page = KeysetPage(rows, _count_text(count), params=params)
    if rows and (more or backwards):
        page.next_query = urlencode({**params, "after": cursor_at(rows[-1], order)})
    if rows and (more if backwards else cursor is not None):
        page.previous_query = urlencode({**params, "before": cursor_at(rows[0], order)})
    return page


def _ids(gathered, walked, count, walk, behind, most):
    """The ids of a page, where databases often guess wrongly how rare the rows are.

    Few rows (`count`) are gathered by their filter and sorted; many are found by walking an index that stands in the
    order of the list. `walked` are the same rows with a filter that is looked at row by row (see Opaque).
    """
    if count > COUNT_CAP:
        found = walked.order_by(*walk)
    else:
        columns = [(Opaque(F(path.lstrip("-"))), path.startswith("-")) for path in walk]
        found = gathered.order_by(*[c.desc() if falling else c.asc() for c, falling in columns])
    return list(found.filter(behind).values_list("pk", flat=True)[:most])


def _turned(path):
    return path[1:] if path.startswith("-") else f"-{path}"


def _behind(walk, values):
    """Rows after `values` in the order of `walk`.

    The first condition repeats what the others imply, so that databases enter the index at the right place.
    """
    first = walk[0]
    entered = Q(**{f"{first.lstrip('-')}__{'lte' if first.startswith('-') else 'gte'}": values[0]})
    behind, equal = Q(), Q()
    for path, value in zip(walk, values, strict=True):
        name = path.lstrip("-")
        behind |= equal & Q(**{f"{name}__{'lt' if path.startswith('-') else 'gt'}": value})
        equal &= Q(**{name: value})
    return entered & behind


def cursor_at(row, order):
    """The cursor of the page behind `row`."""
    values = [attrgetter(path.lstrip("-").replace("__", "."))(row) for path in order]
    text = json.dumps(
        [value.isoformat() if isinstance(value, datetime.date) else value for value in values],
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor, order, model):
    """The values of a cursor, or None when it is empty, foreign or damaged."""
    if not cursor:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(values, list) or len(values) != len(order):
            return None
        return [_as_stored(value, path, model) for value, path in zip(values, order, strict=True)]
    except (ValueError, TypeError, binascii.Error, RecursionError):
        return None


def _as_stored(value, path, model):
    """The value as the column's type; raises ValueError for another type."""
    column, holder = None, model
    for name in path.lstrip("-").split("__"):
        column = holder._meta.get_field("id" if name == "pk" else name)
        holder = column.related_model or holder
    kind = column.get_internal_type()
    if kind == "DateField":
        return datetime.date.fromisoformat(value)
    wanted = int if "Integer" in kind or "AutoField" in kind else str
    if (
        type(value) is not wanted
        or (wanted is int and abs(value) > 2**62)
        or (wanted is str and "\0" in value)
    ):
        raise ValueError(value)
    if wanted is str:
        value.encode()  # a lone surrogate is a ValueError here, and an error page later
    return value
