"""Reading a page as a person does."""

from __future__ import annotations

import html
from typing import Any


def text_of(answer: Any) -> str:
    """The page of a response with its characters as they are shown: & and not &amp;."""
    return html.unescape(answer.content.decode())
