"""Turns the HTML of notes and descriptions into plain text."""

from __future__ import annotations

import re
from typing import Any

from .values import _SURROGATE, decode_entities

_QUOTES_OR_END = re.compile("[>\"']")
_TAG_NAME = re.compile(r"/?([A-Za-z][A-Za-z0-9]*)")
_LINE_ENDS = re.compile(r"[ \t\xa0]*\n")
_MANY_LINES = re.compile(r"\n{3,}")
_BLOCK_TAGS = (
    "address article aside blockquote center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6"
    " header hr li main nav ol p pre section table tbody tfoot thead tr ul"
)
_BLOCKS = frozenset(_BLOCK_TAGS.split())
_SILENT = frozenset({"script", "style", "head", "title", "template", "noscript"})


def html_to_text(value: Any) -> str:
    """Plain text of a note: markup stripped, line breaks kept, entities decoded once, NUL out, trimmed.

    Text that merely looks like markup after decoding ('&lt;b&gt;') stays as text. Works in one pass, so
    hostile input costs no more than its length.
    """
    if value.__class__ is not str:
        return str(value) if value.__class__ is int else ""
    if "<" not in value:
        if "&" not in value and value.isprintable():
            return value.strip()
        return _finish(decode_entities(value))
    # nearly every note from Zoho's editor is one <div>
    if value.startswith("<div>") and value.endswith("</div>") and value.count("<") == 2:
        inner = value[5:-6]
        if ">" not in inner and inner.isprintable():
            return decode_entities(inner).replace("\xa0", " ").replace("\0", "").strip()
    return _finish(_strip_markup(value))


def _finish(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").replace("\xa0", " ")
    text = _SURROGATE.sub("\ufffd", text)
    return _MANY_LINES.sub("\n\n", _LINE_ENDS.sub("\n", text)).strip()


def _strip_markup(text: str) -> str:
    out: list[str] = []
    position, size = 0, len(text)
    quotes_close = True
    while position < size:
        start = text.find("<", position)
        if start < 0:
            out.append(decode_entities(text[position:]))
            break
        if start > position:
            out.append(decode_entities(text[position:start]))
        follows = text[start + 1 : start + 2]
        if text.startswith("<!--", start):
            end = text.find("-->", start + 4)
            if end < 0:
                break  # browsers, too, hide the rest of an open comment
            position = end + 3
            continue
        if not (follows.isascii() and (follows.isalpha() or follows in "/!?")) or not follows:
            out.append("<")
            position = start + 1
            continue
        end = _tag_end(text, start + 1) if quotes_close else -1
        if end < 0:
            quotes_close = (
                False  # an open quote runs to the end: stop looking for it behind every further tag
            )
            end = text.find(">", start + 1)
            if end < 0:
                out.append(decode_entities(text[start:]))
                break
        position = end + 1
        match = _TAG_NAME.match(text, start + 1, end)
        if not match:
            continue
        tag = match[1].lower()
        if tag == "br":
            out.append("\n")
        elif tag in _BLOCKS:
            if out and not out[-1].endswith("\n"):
                out.append("\n")
        elif tag in ("td", "th"):
            out.append(" ")
        elif tag in _SILENT and text[start + 1] != "/" and text[end - 1] != "/":
            position = _after_closing(text, tag, position)
    return "".join(out)


def _tag_end(text: str, position: int) -> int:
    """Index of the '>' that ends the tag, skipping quoted attribute values; -1 when a quote never closes."""
    while True:
        match = _QUOTES_OR_END.search(text, position)
        if not match:
            return -1
        if match[0] == ">":
            return match.start()
        position = text.find(match[0], match.end()) + 1
        if not position:
            return -1


def _after_closing(text: str, tag: str, position: int) -> int:
    """Position behind the element's closing tag (the end of the text when it never closes)."""
    match = re.compile(rf"</{tag}\s*>", re.IGNORECASE).search(text, position)
    return match.end() if match else len(text)
