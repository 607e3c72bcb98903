"""Rows of a listing kept as the bytes they came in, for readers that compare most rows and read few.

Of each row only its head is decoded: the few keys that tell which record it is and what it hangs on. Only answers of
the usual shape are split like this, an object with a list of rows (or of groups of rows); all others are decoded whole.
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
    """A row as it came. `filled` are values that it takes from around it, in the head already; None for none."""

    body: msgspec.Raw
    head: dict[str, Any]
    filled: dict[str, Any] | None

    def raw(self) -> dict[str, Any]:
        """The whole record as the usual dict. Raises BadAnswer when nobody can decode it."""
        try:
            found: dict[str, Any] = decode(bytes(self.body))
        except (ValueError, RecursionError):
            raise BadAnswer("A record in Zoho's answer cannot be read.") from None
        return found if self.filled is None else found | self.filled


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


def stored(value: Any, head: Any) -> Any:
    """The row that `storable` made a value of."""
    if value.__class__ is not list:
        return value
    text, filled = value
    body = msgspec.Raw(text.encode())
    return Kept(body, _decoders((), "", head)[1](body) | (filled or {}), filled)


def split(body: bytes, listing: Any, head: Any) -> Rows | None:
    """Split the answer to a page of a listing; None when it is not of the usual shape. `head`: a TypedDict."""
    if not listing.defaults.keys() <= head.__annotations__.keys():
        return None
    read, heads = _decoders(listing.keys, listing.nested, head)
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        if not body.isascii():
            body.decode()  # the decoder takes no look at the text that it passes over
        found = read(body)
    except (ValueError, RecursionError):
        return None
    if found.error:
        return None
    groups = next(
        (value for key in listing.keys if (value := getattr(found, key)) is not msgspec.UNSET), None
    )
    if groups is None:
        return None
    groups = [(None, groups)] if not listing.nested else [(each.date, each.rows) for each in groups]
    rows: list[Any] = []
    for day, bodies in groups:
        for raw in bodies:
            try:
                row = _filled(raw, heads(raw), listing, day)
                if text_id(row.head.get("id")):
                    rows.append(row)
                    continue
            except msgspec.DecodeError:
                pass
            try:
                odd = decode(bytes(raw))
            except (ValueError, RecursionError):
                return None
            if odd.__class__ is not dict:
                return None
            rows.append(_filled(raw, odd, listing, day).head)
    return Rows(rows, mapping(found.page_info))


def _filled(raw: msgspec.Raw, head: dict[str, Any], listing: Any, day: Any) -> Kept:
    filled = None
    if listing.nested and not head.get("date"):
        filled = {"date": day}
    for key, value in listing.defaults.items():
        if head.get(key) is None:
            filled = {**(filled or {}), key: value}
    if filled is not None:
        head |= filled
    return Kept(raw, head, filled)


@lru_cache(64)
def _decoders(keys: tuple[str, ...], nested: str, head: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Decoders of an answer and of the head of a row."""
    rows: Any = list[msgspec.Raw]
    if nested:
        group = msgspec.defstruct(
            "Group", [("rows", list[msgspec.Raw]), ("date", Any, None)], rename={"rows": nested}
        )
        rows = list[group]  # type: ignore[valid-type]
    lists = [(key, rows | msgspec.UnsetType, msgspec.UNSET) for key in keys]
    answer = msgspec.defstruct("Answer", [("page_info", Any, None), ("error", Any, None), *lists])
    return msgspec.json.Decoder(answer).decode, msgspec.json.Decoder(head).decode
