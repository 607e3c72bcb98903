"""What a listing asks for, and how one decoded page of it becomes rows (API reference 2.4)."""

from __future__ import annotations

from typing import Any

import msgspec

from . import values
from .errors import BadAnswer
from .kept import Rows, head_of

PAGE_SIZE = 200
PAGE_LIMIT = 500
_BESIDE_ROWS = frozenset({"page_info", "log_hours", "count", "users_count", "sort_order"})


class Listing(msgspec.Struct, kw_only=True):
    """One list to read to its end.

    `path` is relative to the portal; `keys` are the container names accepted; `params` go along with every
    page. `tag` is handed back untouched. `nested` names the list inside each group (time logs:
    'log_details'). `defaults` are filled into rows that lack these keys. `fallback` is read instead when the
    address is unknown. `legacy`: the older API, paged by index and range. `continues`: rows already met in
    the listing before this one are left out. `expected`: about how many pages there are (0: unknown), for
    reading ahead. `bold`: half as many pages as came may be guessed, since it is read whole and may be long.
    `patient`: never read ahead, since the reader may have `enough` after any page.
    """

    path: str
    keys: tuple[str, ...]
    params: dict[str, Any] = {}
    tag: Any = None
    per_page: int = PAGE_SIZE
    id_key: str = "id"
    nested: str = ""
    defaults: dict[str, Any] = {}
    fallback: Listing | None = None
    legacy: bool = False
    continues: bool = False
    max_pages: int = PAGE_LIMIT
    expected: int = 0
    bold: bool = False
    patient: bool = False

    def query(self, number: int) -> dict[str, Any]:
        """The parameters of page `number` (from 1)."""
        if self.legacy:
            return self.params | {"index": (number - 1) * self.per_page + 1, "range": self.per_page}
        return self.params | {"page": number, "per_page": self.per_page}


class Page(msgspec.Struct):
    """One page. `raws` holds each record once per listing, some as `Kept` where the reader asked for it;
    `is_last` is true on the last page of every listing. `place` is the listing's place among those asked for (a
    fallback has the place of the one it stands in for). Who reads a `patient` listing sets `enough` to have no more
    of it.
    """

    listing: Listing
    number: int
    raws: list[Any]
    is_last: bool
    place: int = 0
    enough: bool = False


class Reader:
    """Reads the pages of one listing in order and knows when it ends.

    It ends at an empty page, when `has_next_page` says so, without `page_info` at a short page, and at a page
    that brings no id not seen before: Zoho's portal-wide time logs promise a next page for ever.
    """

    def __init__(self, listing: Listing, before: Reader | None = None) -> None:
        self.listing = listing
        self._ids: set[int | str] = set()
        self._earlier: set[int | str] = set()
        self._without_id: list[Any] = []
        if listing.continues and before is not None:
            self._earlier = before._ids | before._earlier

    def page(self, number: int, data: Any) -> Page:
        """Turn the decoded body of page `number` into a Page. Raises BadAnswer for an unknown shape."""
        rows, info = (data.rows, data.info) if data.__class__ is Rows else _rows(self.listing, data)
        found = len(rows)
        rows, brought_new = self._new_rows(rows)
        return Page(self.listing, number, rows, not brought_new or not self._goes_on(info, found))

    def _new_rows(self, rows: list[Any]) -> tuple[list[Any], bool]:
        """The rows not handed on before, and whether the page brought anything new."""
        ids, earlier, id_key = self._ids, self._earlier, self.listing.id_key
        kept: list[Any] = []
        brought_new = repeated = False
        for row in rows:
            key = _key(head_of(row), id_key)
            if key is not None:
                if key in ids:
                    repeated = True
                    continue
                ids.add(key)
                brought_new = True
                if key in earlier:
                    continue
            kept.append(row)
        if brought_new:
            return kept, True
        if repeated or kept == self._without_id:
            return [], False  # the same page again: what has no id on it was handed on before
        self._without_id = kept
        return kept, True

    def _goes_on(self, info: dict[str, Any], found: int) -> bool:
        if not self.listing.legacy:
            answer = values.boolean(info.get("has_next_page"))
            if answer is not None:
                return answer
        # a server that caps the page size at the documented default of 100 must not end the listing early
        return found >= self.listing.per_page or (found > 0 and found % 100 == 0)


def _key(row: Any, id_key: str) -> int | str | None:
    """What tells a row from others; a number where possible: it takes half the memory of a text."""
    if row.__class__ is not dict:
        return None
    key = row.get(id_key)
    if key is None:
        key = row.get("id")
    if key.__class__ is str:
        return int(key) if key.isdecimal() and len(key) < 40 else key or None
    return key if key.__class__ is int else None


def _rows(listing: Listing, data: Any) -> tuple[list[Any], dict[str, Any]]:
    """The rows of a decoded body and its page_info ({} when there is none)."""
    if data is None:
        return [], {}
    info: dict[str, Any] = {}
    if data.__class__ is list:
        rows = data
        if len(rows) == 1 and _is_wrapped(listing, rows[0]):
            return _rows(listing, rows[0])
    elif data.__class__ is dict:
        info = values.mapping(data.get("page_info"))
        rows = _container(listing, data)
    else:
        raise BadAnswer(f"Zoho's answer for {listing.path} is not a list.")
    if listing.nested:
        rows = _flat(rows, listing.nested)
    if listing.defaults:
        for row in rows:
            if row.__class__ is dict:
                for key, value in listing.defaults.items():
                    if row.get(key) is None:
                        row[key] = value
    return rows, info


def _is_wrapped(listing: Listing, row: Any) -> bool:
    """Whether the only element of a list is the usual object around the rows, not a row itself."""
    return row.__class__ is dict and not row.get(listing.id_key) and any(key in row for key in listing.keys)


def _container(listing: Listing, data: dict[str, Any]) -> list[Any]:
    for key in listing.keys:
        if key in data:
            value = data[key]
            if value.__class__ is list:
                return value
            if value.__class__ is dict:
                return [value] if value else []
            if value is None or value == "":
                return []
            raise BadAnswer(f"Zoho's answer for {listing.path} has no list under “{key}”.")
    if data.get(listing.id_key) is not None:
        return [data]  # a list of one, without its list
    if data.keys() <= _BESIDE_ROWS:
        return []  # an empty list may leave its container out
    raise BadAnswer(f"Zoho's answer for {listing.path} has none of the expected lists.")


def _flat(groups: list[Any], nested: str) -> list[Any]:
    """The rows inside groups by day; a row without a date of its own takes its group's."""
    rows: list[Any] = []
    for group in groups:
        inner = group.get(nested) if group.__class__ is dict else None
        if inner.__class__ is not list:
            if group.__class__ is not dict or "id" in group or inner.__class__ is dict:
                rows.append(inner if inner.__class__ is dict else group)
            continue
        day = group.get("date")
        for row in inner:
            if row.__class__ is dict and not row.get("date"):
                row["date"] = day
        rows.extend(inner)
    return rows
