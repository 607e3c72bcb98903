"""What Create Invoice would make: plain data for the screen, compared again when it is confirmed."""

import base64
import binascii
import datetime
import json
import re
import zlib
from dataclasses import dataclass, field
from decimal import Decimal

from transactions.errors import TransactionRefused


@dataclass(frozen=True)
class ProposedEntry:
    """An hour on a proposed line. `amount` is its share of the line; `rate` None on lines with a price of their own."""

    id: int
    date: datetime.date
    minutes: int
    billed_minutes: int
    rate: Decimal | None
    person: str
    work: str
    notes: str
    mark: str
    amount: Decimal = Decimal(0)
    task_id: int | None = None
    bug_id: int | None = None
    staff_user_id: int | None = None


@dataclass
class ProposedLine:
    """A line that would be made. `key` names it in the form; amounts are in the proposal's currency."""

    key: str
    kind: str
    project_id: int | None
    project_name: str
    name: str
    description: str
    quantity: Decimal
    rate: Decimal
    amount: Decimal
    minutes: int | None = None
    entries: list[ProposedEntry] = field(default_factory=list)
    expense_id: int | None = None
    expense_mark: str = ""
    milestone_id: int | None = None
    drift_item_id: int | None = None
    cost: Decimal | None = None
    date: datetime.date | None = None


@dataclass(frozen=True)
class Refused:
    """Hours or expenses that are unbilled but cannot be billed now, with the reason in words."""

    code: str
    sentence: str
    project_id: int | None
    entry_ids: tuple[int, ...] = ()
    minutes: int = 0
    expense_ids: tuple[int, ...] = ()


@dataclass
class Proposal:
    """The lines in their order, what was refused and why, and the sums before document discount and tax."""

    customer_id: int
    currency: str
    lines: list[ProposedLine]
    refused: list[Refused]
    warnings: list[str]
    first_day: datetime.date | None = None
    last_day: datetime.date | None = None

    @property
    def minutes(self):
        """Billed minutes of all lines."""
        return sum(line.minutes or 0 for line in self.lines)

    @property
    def amount(self):
        """Sum of the lines."""
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def marks(self):
        """{"e<entry id>" or "x<expense id>": mark of what it was like when looked at}."""
        found = {f"e{entry.id}": entry.mark for line in self.lines for entry in line.entries}
        found |= {f"x{line.expense_id}": line.expense_mark for line in self.lines if line.expense_id}
        found |= {f"d{line.drift_item_id}": line.expense_mark for line in self.lines if line.drift_item_id}
        return found

    def token(self):
        """The marks as text for a hidden field of the form; `read_token` reads it."""
        packed = zlib.compress(json.dumps(self.marks, separators=(",", ":")).encode(), 9)
        return base64.urlsafe_b64encode(packed).decode()


_NAME = re.compile(r"[exd][1-9][0-9]{0,17}", re.ASCII)
LONGEST = 8_000_000  # characters of marks; some 300,000 hours


def read_token(text):
    """The marks of a form's hidden field. Raises TransactionRefused when it is damaged."""
    try:
        reader = zlib.decompressobj()
        unpacked = reader.decompress(base64.urlsafe_b64decode(text.encode()), LONGEST)
        marks = json.loads(unpacked)
        if not reader.eof or not all(
            _NAME.fullmatch(name) and isinstance(mark, str) for name, mark in marks.items()
        ):
            raise ValueError
    except (ValueError, RecursionError, zlib.error, binascii.Error, AttributeError, UnicodeError):
        raise TransactionRefused("damaged_form", "The form was damaged. Reload the page.") from None
    return marks
