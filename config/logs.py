"""How log lines look, and what must never stand in them."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime

from config.log_context import subject
from config.middleware import request_id

# Addresses that let in whoever knows them: documents for customers, invitations, new passwords, hints.
_SECRET_ADDRESS = re.compile(r"(/(?:d|invitation|hints/zoho-projects|password/reset/[^/\s]+)/)[^/\s?\"']{8,}")


def _mask(text: str) -> str:
    from integrations.zoho.redact import HIDDEN, mask

    return _SECRET_ADDRESS.sub(rf"\1{HIDDEN}", mask(text))


class RequestIdFilter(logging.Filter):
    """Adds the id of the request that is being answered, '' outside of one.

    Django writes "Not Found" and the like when the answer has left the middleware already; then the line brings its
    request along.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get() or getattr(getattr(record, "request", None), "request_id", "")
        return True


class SubjectFilter(logging.Filter):
    """Adds run and connection of the sync that is worked, {} outside of one."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.subject = subject.get() or {}
        return True


class RedactFilter(logging.Filter):
    """Masks tokens and secrets in the message, whatever put them there."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            record.msg, record.args = _mask(record.getMessage()), ()
        except Exception:  # a broken log call must neither hide its line nor print it unmasked
            record.msg, record.args = "(a log line that could not be formatted)", ()
        return True


class PlainFormatter(logging.Formatter):
    """One readable line per event, for a terminal."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the base class's name
        """The line, with what it belongs to at its end."""
        line = super().formatMessage(record)
        ids = getattr(record, "subject", {})
        return f"{line} [{' '.join(f'{name}={value}' for name, value in ids.items())}]" if ids else line

    def formatException(self, ei: object) -> str:  # noqa: N802 - the base class's name
        """The traceback with secrets masked."""
        return _mask(super().formatException(ei))  # type: ignore[arg-type]


class JsonFormatter(PlainFormatter):
    """One JSON object per line: time, level, logger, message, request, run, connection, error."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, with no line break inside."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if getattr(record, "request_id", ""):
            line["request_id"] = record.request_id  # type: ignore[attr-defined]
        line.update(getattr(record, "subject", {}))
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
