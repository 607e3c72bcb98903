"""Deep pages of long lists, as cheap as the first: where a page begins is remembered while a program walks the list.

Programs ask for page=1, 2, 3, … and the database can only count its way to page 5,000. So each page that is read leaves
a mark: the sort value and id of its last row, behind which the next one begins. Marks are a help, never needed: they
live in this process for some minutes, and a page without a mark is counted from the nearest one before it, or from
the beginning. Pages near the beginning are always counted, so short lists know nothing of all this.
"""

import hashlib
from typing import Any

from django.core.cache import caches
from django.db import connection
from django.db.models import Q

COUNTED = 2_000  # rows that may be counted over without looking for a mark
KEPT = 64  # marks of one walk: as many pages as other processes may have answered in between
SECONDS = 900


def _key(token, request):
    """The name of one token's walk over one list with the same filters, order and page size."""
    told = sorted((name, text) for name, text in request.GET.items() if name not in ("page", "accept"))
    return hashlib.sha256(repr((token.pk, request.path, told)).encode()).hexdigest()


def read_page(call, rows, path, page, per_page, with_all):
    """(rows of the page, whether there are more). Ids first, so that wide rows before the page are not read.

    `rows` are ordered by `path` ('-' for falling) and then by id in the same direction; `with_all(queryset)`: the same
    rows with all that the answer shows.
    """
    key = _key(call.token, call.request)
    skipped = (page - 1) * per_page
    marks: dict[int, tuple[Any, int]] = {}
    begin = 1
    if skipped + per_page > COUNTED:
        marks = caches["api_walks"].get(key) or {}
    if skipped > COUNTED:
        begin = max((number for number in marks if number <= page), default=1)
    found = _ids(call.organization, rows, path, marks.get(begin), (page - begin) * per_page, per_page + 1)
    more, found = len(found) > per_page, found[:per_page]
    if found and skipped + per_page > COUNTED:
        pk, value = found[-1]
        marks.pop(page + 1, None)
        marks[page + 1] = (value, pk)
        while len(marks) > KEPT:
            del marks[next(iter(marks))]
        caches["api_walks"].set(key, marks, SECONDS)
    ids = [pk for pk, _ in found]
    by_id = {row.pk: row for row in with_all(rows.model._default_manager.filter(pk__in=ids))}
    return [by_id[pk] for pk in ids if pk in by_id], more


def _ids(organization, rows, path, mark, start, most):
    """At most `most` (id, sort value) behind the mark and `start` more rows."""
    name = path.lstrip("-")
    parent = _parent(rows.model, name)
    if parent is not None:
        parents = parent._default_manager.filter(organization=organization)
        return _ids_by_parent(rows, path, parents, mark, start, most)
    if mark is not None:
        rows = rows.filter(_behind(rows.model, path, *mark))
    return list(rows.values_list("pk", name)[start : start + most])


def _parent(model, name):
    """The model that a path such as project__name leads to, when every row has one; else None."""
    first, _, rest = name.partition("__")
    field = model._meta.get_field(first) if rest else None
    if field is None or not field.many_to_one or field.null or "__" in rest:
        return None
    return field.related_model


def _ids_by_parent(rows, path, parents, mark, start, most):
    """The same for an order by the name of what the rows belong to, such as a project.

    No index holds that order. There are few parents, so they are taken in the order of their names, some at a time,
    and more at a time while there is little below them: what the database sorts stays small.
    """
    name, falling = path.lstrip("-"), path.startswith("-")
    key, _, label = name.partition("__")
    if mark is not None:
        parents = parents.filter(**{f"{label}__{'lte' if falling else 'gte'}": mark[0]})
        rows = rows.filter(_behind(rows.model, path, *mark))
    pairs = list(parents.order_by(f"-{label}" if falling else label, "pk").values_list("pk", label))
    found: list[tuple[int, Any]] = []
    at, size = 0, 1
    while at < len(pairs) and len(found) < most:
        end = at + size
        while (
            end < len(pairs) and pairs[end][1] == pairs[end - 1][1]
        ):  # rows of one name are ordered together
            end += 1
        here = rows.filter(**{f"{key}__in": [pk for pk, _ in pairs[at:end]]})
        count = here.order_by().count() if start else 0
        if start and count <= start:
            start -= count
        else:
            found += here.values_list("pk", name)[start : start + most - len(found)]
            start = 0
        at, size = end, size * 2
    return found


def _behind(model, path, value, pk):
    """The rows behind the one with this sort value and id.

    Databases differ in where empty values stand: PostgreSQL takes them for the largest, SQLite for the smallest.
    """
    name, falling = path.lstrip("-"), path.startswith("-")
    step = "lt" if falling else "gt"
    later = Q(**{f"pk__{step}": pk})
    if name in ("pk", "id"):
        return later
    empty = Q(**{f"{name}__isnull": True})
    empty_last = connection.features.nulls_order_largest != falling
    if value is None:
        return empty & later if empty_last else (empty & later) | ~empty
    # the first condition repeats what the others imply, so that databases enter the index at the right place
    behind = Q(**{f"{name}__{step}e": value}) & (
        Q(**{f"{name}__{step}": value}) | (Q(**{name: value}) & later)
    )
    return behind | empty if empty_last and _may_be_empty(model, name) else behind


def _may_be_empty(model, name):
    """Whether a path, such as customer__display_name, leads over anything that may be null."""
    for part in name.split("__"):
        field = model._meta.get_field(part)
        if field.null or field.one_to_many or field.many_to_many:
            return True
        model = field.related_model
    return False
