"""The PDF. Made by typst from our own template; every text of a person arrives as data and is never markup.

No database is needed here, so call it outside of transactions. The same document gives the same bytes.
"""

from __future__ import annotations

import datetime
import importlib.util
import json
import logging
from functools import cache
from pathlib import Path

import typst

from transactions.printing.paper import Printed
from transactions.printing.shown import shown
from transactions.printing.words import parsed

log = logging.getLogger(__name__)
TEMPLATE = Path(__file__).parent / "document.typ"
FONT_PACKAGES = ("manimgx_fonts", "manimgx_fonts_cjk")
ARCHIVE = ["a-2a", "ua-1"]  # readable in thirty years, and by people who listen to it


class PdfFailed(Exception):
    """No PDF could be made; the message says so in plain words, the log says why."""


@cache
def _fonts() -> typst.Fonts:
    """The fonts that are installed with the product, never those of the machine: same result everywhere."""
    folders = []
    for name in FONT_PACKAGES:
        found = importlib.util.find_spec(name)
        if found is None:
            log.warning(
                "The font package %s is missing; characters of some scripts will show as boxes.", name
            )
            continue
        folders.extend(found.submodule_search_locations or [])
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=folders)


def _cjk(language: str) -> str:
    """The variant of the East Asian font: the same character is drawn differently in each country."""
    locale = parsed(language)
    if locale.language == "zh" and (locale.script == "Hant" or locale.territory in ("TW", "HK", "MO")):
        return "TC"
    return {"ja": "JP", "ko": "KR"}.get(locale.language, "SC")


def pdf_of(document: Printed) -> bytes:
    """The document as PDF. Raises PdfFailed when it cannot be made."""
    data = shown(document) | {
        "cjk": _cjk(document.language),
        "logo": document.logo.name if document.logo else "",
    }
    moment = datetime.datetime.combine(max(document.date, datetime.date(1980, 1, 1)), datetime.time())
    timestamp = int(moment.replace(tzinfo=datetime.UTC).timestamp())
    # The template may read files below `root` only: the folder of this logo, or the template's own.
    root = document.logo.parent if document.logo else TEMPLATE.parent
    compiler = typst.Compiler(root=str(root), font_paths=_fonts(), ignore_system_fonts=True)
    try:
        return _compiled(compiler, data, timestamp, ARCHIVE)
    except typst.TypstError as error:
        # The archive format refuses characters that no font has; say so on the page and go on without it.
        log.warning("A document could not be made in archive format: %s", error.message)
    data["warning"] = data["words"]["missing_font"]
    try:
        return _compiled(compiler, data, timestamp, [])
    except typst.TypstError as error:
        log.exception("No PDF could be made: %s", error.message)
        raise PdfFailed("The PDF could not be made. The log of the server says why.") from error


def _compiled(compiler: typst.Compiler, data: dict, timestamp: int, standards: list) -> bytes:
    made = compiler.compile(
        TEMPLATE.read_bytes(),
        format="pdf",
        sys_inputs={"data": json.dumps(data)},
        timestamp=timestamp,
        pdf_standards=standards,
    )
    assert isinstance(made, bytes)
    return made
