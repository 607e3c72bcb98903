"""Invented documents to print."""

import datetime
from decimal import Decimal

from transactions.printing.paper import Party, Printed, PrintedEntry, PrintedLine, PrintedTax

DAY = datetime.date(2026, 11, 24)
SENDER = Party("Invented Works GmbH", "Musterstraße 12\n10115 Berlin", "DE000000000", "bill@invented.example")
CUSTOMER = Party("Harbour & Sons Ltd.", "5 Quay Road\nBristol BS1 4RB")


def line(title, quantity, rate, amount, **more):
    return PrintedLine(
        title=title,
        quantity=Decimal(quantity),
        unit="hours",
        rate=Decimal(rate),
        amount=Decimal(amount),
        **more,
    )


def paper(**changes):
    """An invoice over 1,749.00 plus tax, with every part that an invoice can have."""
    values = {
        "kind": "invoice",
        "number": "INV-000042",
        "date": DAY,
        "due_date": datetime.date(2026, 12, 24),
        "currency": "EUR",
        "language": "en-GB",
        "sender": SENDER,
        "customer": CUSTOMER,
        "reference": "PO 4711",
        "subject": "Website relaunch",
        "lines": (
            line(
                "Website relaunch", "12.5", "90", "1125", description="Design, November 2026", tax="VAT 19 %"
            ),
            PrintedLine(title="Support retainer", amount=Decimal(300), tax="VAT 19 %"),
            line("Workshop", "3", "120", "324", discount_percent=Decimal(10), tax="VAT 7 %"),
        ),
        "subtotal": Decimal(1749),
        "taxes": (
            PrintedTax("VAT", Decimal("270.75"), Decimal(19), Decimal(1425)),
            PrintedTax("VAT", Decimal("22.68"), Decimal(7), Decimal(324)),
        ),
        "total": Decimal("2042.43"),
        "paid": Decimal(500),
        "balance": Decimal("1542.43"),
        "notes": "Thank you.\nSee you in spring.",
        "terms": "Payable within 30 days.",
        "entries": (
            PrintedEntry(DAY, "Ada Invented", "Design", 425, Decimal("637.50"), notes="Check-out"),
            PrintedEntry(DAY, "Bo Example", "Build", 325, Decimal("487.50")),
        ),
    }
    return Printed(**(values | changes))
