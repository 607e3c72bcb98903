"""Ids as they come in with forms and addresses."""

import re

LARGEST = 2**63 - 1  # of a row's id


def whole(text):
    """A row's id from a form or a query string; None for what is none."""
    if isinstance(text, int):
        return text if 0 < text <= LARGEST else None
    if not re.fullmatch(r"[0-9]{1,19}", str(text or ""), re.ASCII):
        return None
    return int(text) if 0 < int(text) <= LARGEST else None


def wholes(texts):
    """The ids among texts, each once, in their order."""
    return list(dict.fromkeys(number for number in map(whole, texts) if number))
