"""Errors named after what has to happen next, not after the status code they came with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .redact import mask


class ZohoError(Exception):
    """Base of everything `integrations.zoho` raises on purpose; `message` is plain words without secrets.

    `listing` is the Listing that was being read when the error came up in a stream, else None.
    """

    listing: Any = None

    def __init__(self, message: str) -> None:
        self.message = mask(message)
        super().__init__(self.message)


class Temporary(ZohoError):
    """Network trouble, timeouts or 5xx that outlived the tries inside the call: try the run again later.

    `was_answered`: the server was there and took the call, so that the trouble may be with this call alone.
    """

    was_answered = False


class Throttled(ZohoError):
    """This path pattern must rest. `pattern` is the pattern, `until` an aware datetime."""

    def __init__(self, message: str, pattern: str, until: datetime) -> None:
        super().__init__(message)
        self.pattern = pattern
        self.until = until


class ReconnectNeeded(ZohoError):
    """Zoho refuses the stored grant: only a person who connects again can help."""


class NoAccess(ZohoError):
    """The token may not read this. `reason` is 'scope' (missing at consent) or 'forbidden' (right or module
    off).
    """

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class NotFound(ZohoError):
    """404: gone, never there, or hidden."""


class WrongAddress(ZohoError):
    """This data centre or plan does not know the path or method: use the other address."""


class BadAnswer(ZohoError):
    """An answer that cannot be understood: HTML, broken JSON, an unknown shape, a refused parameter."""


class TooManyPages(BadAnswer):
    """A listing went on past its page limit; what was yielded is good, the rest was not read."""


class WrongDataCenter(ZohoError):
    """The callback named a data centre or accounts host that is not ours to trust."""


class SetupError(ZohoError):
    """The OAuth exchange did not end in a connection."""


class CodeRefused(SetupError):
    """The authorization code was wrong, used already, or older than two minutes: begin again."""


class ClientRefused(SetupError):
    """Client id, secret or redirect address do not fit this accounts host (often: the wrong data centre)."""


class NoRefreshToken(SetupError):
    """The exchange worked but brought no refresh token: consent must be asked for again."""


class TokenThrottled(Throttled, SetupError):
    """The accounts server refuses more tokens until `until`. The grant is still good."""


class InvalidRecord(Exception):
    """One record that cannot be read. `field` is Zoho's key, `sentence` says what is wrong with its value."""

    def __init__(self, zoho_id: str, name: str, project_id: str, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.zoho_id = zoho_id
        self.name = name
        self.project_id = project_id
        self.field = field
        self.sentence = sentence

    def __repr__(self) -> str:
        return f"InvalidRecord(zoho_id={self.zoho_id!r}, field={self.field!r}, sentence={self.sentence!r})"
