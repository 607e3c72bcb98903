"""Rows of a listing kept as the bytes they came in, for readers that compare most rows and read few.

Of each row only its head is decoded, the few keys that tell which record it is and what it hangs on; or, while
most rows are read, all of it. Only answers of the usual shape are split like this, an object with a list of
rows (or of groups of rows); all others are decoded the usual way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, TypedDict

import msgspec

from .answers import decode
from .errors import BadAnswer
from .values import mapping, text_id


class Ref(TypedDict, total=False):
    """A reference to another record, without its name."""

    id: Any


class Head(TypedDict, total=False):
    """What the head of every record holds; values as in the record, null and absent ones too."""

    id: Any
    project: Ref | None
    project_id: Any


class Kept(msgspec.Struct, gc=False):
    """A row as it came, with its id. `filled` are values that it takes from around it, in the head already, if any.

    `is_whole`: the head is the whole record.
    """

    body: msgspec.Raw
    head: dict[str, Any]
    filled: dict[str, Any] | None
    is_whole: bool = False
    id: str = ""

    def raw(self) -> dict[str, Any]:
        """The whole record as the usual dict. Raises BadAnswer when nobody can decode it."""
        if self.is_whole:
            return self.head
        try:
            found: dict[str, Any] = decode(bytes(self.body))
        except (ValueError, RecursionError):
            raise BadAnswer("A record in Zoho's answer cannot be read.") from None
        return found if self.filled is None else found | self.filled


class Wanted(msgspec.Struct):
    """What a reader wants of each row: its head alone (`head`, a TypedDict), or, as long as most rows turn out to be
    read, the whole record beside its bytes, a page at once.
    """

    head: Any
    whole: bool = True


class Rows(msgspec.Struct):
    """The rows of one answer, as `Kept` or, where a head is of an odd shape, as the usual dict; and its page_info."""

    rows: list[Any]
    info: dict[str, Any]


def head_of(row: Any) -> Any:
    """What of a row tells which record it is and what it hangs on: the head of a kept one, any other itself."""
    return row.head if row.__class__ is Kept else row


def whole(rows: Iterable[Any]) -> list[Any]:
    """The rows, kept ones decoded."""
    return [row.raw() if row.__class__ is Kept else row for row in rows]


def storable(row: Any) -> Any:
    """A row that is an object, as JSON can hold it."""
    return [bytes(row.body).decode(), row.filled] if row.__class__ is Kept else row


def stored(value: Any) -> Any:
    """The row that `storable` made a value of."""
    if value.__class__ is not list:
        return value
    text, filled = value
    body = text.encode()
    found = decode(body) | (filled or {})
    return Kept(msgspec.Raw(body), found, filled, True, text_id(found.get("id")))


def split(body: bytes, listing: Any, wanted: Wanted) -> Rows | None:
    """Split the answer to a page of a listing; None when it is not of the usual shape."""
    if not listing.defaults.keys() <= wanted.head.__annotations__.keys():
        return None
    is_whole = wanted.whole
    bodies_in, records_in, head_in = _decoders(listing.keys, listing.nested, wanted.head)
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        if not body.isascii():
            body.decode()  # the decoder takes no look at the text that it passes over
        found = bodies_in(body)
        groups = None if found.error else _groups(found, listing)
        if groups is None:
            return None
        whole = _groups(records_in(body), listing) if is_whole else None
    except (ValueError, RecursionError):
        return None
    rows: list[Any] = []
    for place, (day, bodies) in enumerate(groups):
        heads = _heads(bodies, head_in) if whole is None else whole[place][1]
        if heads is None:
            return None
        for raw, head in zip(bodies, heads, strict=True):
            if head.__class__ is tuple:  # of an odd shape
                row = _filled(raw, head[0], listing, day, True)
            elif head.__class__ is dict:
                row = _filled(raw, head, listing, day, is_whole)
            else:
                return None
            # what has no id is told from others by its content
            row.id = text_id(row.head.get("id"))
            rows.append(row if row.id else row.raw())
    return Rows(rows, mapping(found.page_info))


def _groups(found: Any, listing: Any) -> list[tuple[Any, list[Any]]] | None:
    """(day, rows) of the groups of an answer; None when none of the lists is there."""
    for key in listing.keys:
        value = getattr(found, key)
        if value is not msgspec.UNSET:
            return [(each.date, each.rows) for each in value] if listing.nested else [(None, value)]
    return None


def _heads(bodies: list[msgspec.Raw], head_in: Callable[..., Any]) -> list[Any] | None:
    """The heads of rows, for one of an odd shape a tuple with the whole record; None when one cannot be decoded."""
    heads: list[Any] = []
    for raw in bodies:
        try:
            heads.append(head_in(raw))
        except msgspec.DecodeError:
            try:
                odd = decode(bytes(raw))
            except (ValueError, RecursionError):
                return None
            heads.append((odd,) if odd.__class__ is dict else None)
    return heads


def _filled(raw: msgspec.Raw, head: dict[str, Any], listing: Any, day: Any, is_whole: bool) -> Kept:
    filled = None
    if listing.nested and not head.get("date"):
        filled = {"date": day}
    for key, value in listing.defaults.items():
        if head.get(key) is None:
            filled = {**(filled or {}), key: value}
    if filled is not None:
        head |= filled
    return Kept(raw, head, filled, is_whole)


@lru_cache(64)
def _decoders(keys: tuple[str, ...], nested: str, head: Any) -> tuple[Callable[..., Any], ...]:
    """Decoders of an answer with its rows as bytes, of one with its rows whole, and of the head of a row."""
    answers = []
    for row in (msgspec.Raw, Any):
        rows: Any = list[row]  # type: ignore[valid-type]
        if nested:
            group = msgspec.defstruct("Group", [("rows", rows), ("date", Any, None)], rename={"rows": nested})
            rows = list[group]  # type: ignore[valid-type]
        lists = [(key, rows | msgspec.UnsetType, msgspec.UNSET) for key in keys]
        answer = msgspec.defstruct("Answer", [("page_info", Any, None), ("error", Any, None), *lists])
        answers.append(msgspec.json.Decoder(answer).decode)
    return *answers, msgspec.json.Decoder(head).decode
