"""CSV files that a spreadsheet opens as text: streamed row by row, cells that look like formulas neutralised."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.text import get_valid_filename

# A spreadsheet takes a cell that begins like this for a formula; tabs and line ends hide what follows them.
FORMULA_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BYTE_ORDER_MARK = "\ufeff"  # without it spreadsheets take UTF-8 for something else


def safe_cell(value: Any) -> Any:
    """The value as it is written: numbers plain, moments in the current zone, text never a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | Decimal):
        return value
    if isinstance(value, datetime.datetime):
        moment = timezone.localtime(value) if timezone.is_aware(value) else value
        return moment.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, datetime.date):
        return value.isoformat()
    text = str(value).replace("\0", "")
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_BEGINNINGS) else text


def lines(
    header: Sequence[str], rows: Iterable[Iterable[Any]], zone: datetime.tzinfo | None = None
) -> Iterator[str]:
    """The lines of the file, header first; `rows` is read as a stream. Times are written in `zone`."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)

    def written(cells: Iterable[Any]) -> str:
        with timezone.override(zone):
            writer.writerow([safe_cell(cell) for cell in cells])
        line = buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        return line

    yield BYTE_ORDER_MARK + written(header)
    for row in rows:
        yield written(row)


def csv_response(
    filename: str, header: Sequence[str], rows: Iterable[Iterable[Any]]
) -> StreamingHttpResponse:
    """A download called `filename` (with .csv); `rows` yields one sequence of plain values per line.

    The response is read after the view has ended, so the zone that is current now is kept for its times.
    """
    zone = timezone.get_current_timezone()
    response = StreamingHttpResponse(lines(header, rows, zone), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{get_valid_filename(filename)}"'
    response["Cache-Control"] = "no-store"
    return response
