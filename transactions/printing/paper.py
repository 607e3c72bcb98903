"""What stands on a document, whatever its kind. Plain values: no model, no language, no layout.

Amounts are Decimals in the document's currency, already rounded by whoever made the document; nothing is computed
here, so that paper and books cannot differ.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

KINDS = ("invoice", "quote", "credit_note")
STAMPS = ("", "draft", "void", "paid", "accepted", "declined", "expired", "invoiced")


@dataclass(frozen=True)
class Party:
    """Who sends or receives: a name and the lines of an address, each possibly empty."""

    name: str
    address: str = ""  # one line per line
    tax_number: str = ""
    email: str = ""


@dataclass(frozen=True)
class PrintedLine:
    """One line. `quantity` and `rate` are None where only an amount is meant."""

    title: str
    amount: Decimal
    description: str = ""
    quantity: Decimal | None = None
    minutes: int | None = None  # of lines made of hours: printed "7:20", exact, instead of the quantity
    unit: str = ""  # "hours" is translated, anything else printed as it is
    rate: Decimal | None = None
    discount_percent: Decimal | None = None
    discount_amount: Decimal | None = None
    tax: str = ""  # its name with the rate, e.g. "VAT 19 %"


@dataclass(frozen=True)
class PrintedTax:
    """One row of the tax summary; `percent` is None when the name says it all."""

    name: str
    amount: Decimal
    percent: Decimal | None = None
    base: Decimal | None = None


@dataclass(frozen=True)
class PrintedEntry:
    """One row of the time sheet, from what was billed and not from what the entry says today."""

    date: datetime.date
    person: str
    task: str
    minutes: int
    amount: Decimal | None = None
    notes: str = ""
    project: str = ""


@dataclass(frozen=True)
class Printed:
    """A whole document. `logo` is a PNG file of ours; `language` a code such as "de" or "en-GB"."""

    kind: str
    number: str
    date: datetime.date
    currency: str
    language: str
    sender: Party
    customer: Party
    lines: tuple[PrintedLine, ...]
    subtotal: Decimal
    total: Decimal
    due_date: datetime.date | None = None
    valid_until: datetime.date | None = None
    reference: str = ""
    subject: str = ""  # projects, the invoice that a credit note corrects, …
    corrects: str = ""  # number of the credited invoice
    discount: Decimal | None = None
    discount_percent: Decimal | None = None
    shipping: Decimal | None = None
    adjustment: Decimal | None = None
    adjustment_label: str = ""
    taxes: tuple[PrintedTax, ...] = ()
    prices_include_tax: bool = False
    paid: Decimal | None = None
    credited: Decimal | None = None
    balance: Decimal | None = None  # what is still to be paid; None where nothing is
    notes: str = ""
    terms: str = ""
    stamp: str = ""
    entries: tuple[PrintedEntry, ...] = ()
    logo: Path | None = None
    accent: str = "#1d4f91"
    paper: str = "a4"
    extra: tuple[tuple[str, str], ...] = field(default=())  # further rows beside the dates: label, text

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind} is no kind of document; it is one of {', '.join(KINDS)}.")
        if self.stamp not in STAMPS:
            raise ValueError(f"{self.stamp} is no stamp; it is one of {', '.join(STAMPS)}.")
