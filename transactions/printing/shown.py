"""A document as texts in its language: what the PDF and the web page print without knowing any more."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from transactions.printing.formats import clean, day, figure, hours, money, number, percent, wrapping
from transactions.printing.paper import Party, Printed, PrintedEntry, PrintedLine
from transactions.printing.words import RIGHT_TO_LEFT, parsed, spoken, words_for


def shown(document: Printed) -> dict[str, Any]:
    """The document as nested dicts and lists of text; keys are the names that `document.typ` and the page use."""
    locale, words = parsed(document.language), words_for(document.language)

    def cash(value: Decimal) -> str:
        return money(value, document.currency, locale)

    lines = [_line(line, document, words) for line in document.lines]
    texts = {
        "language": spoken(document.language),
        "region": (locale.territory or "").lower(),
        "right_to_left": spoken(document.language) in RIGHT_TO_LEFT,
        "paper": document.paper,
        "accent": document.accent,
        "words": words,
        "kind": document.kind,
        "title": words[document.kind],
        "number": wrapping(document.number),
        "subject": wrapping(document.subject),
        "stamp": _stamp(document, words),
        "watermark": document.stamp in ("draft", "void"),
        "sender": _party(document.sender),
        "customer_label": words["quote_for" if document.kind == "quote" else "bill_to"],
        "customer": _party(document.customer),
        "facts": _facts(document, words),
        "currency": document.currency,
        "lines": lines,
        "columns": {
            name: any(line[name] for line in lines) for name in ("quantity", "rate", "discount", "tax")
        },
        "sums": _sums(document, words, cash),
        "headline": _headline(document, words, cash),
        "tax_remark": words["prices_include_tax"] if document.prices_include_tax and document.taxes else "",
        "notes": wrapping(document.notes).strip(),
        "terms": wrapping(document.terms).strip(),
        "sheet": _sheet(document, words, cash),
        "warning": "",
        "footer": " · ".join(_footer(document, words)),
    }
    if texts["right_to_left"]:
        texts |= {name: _isolated(texts[name]) for name in _ISOLATED}
    return texts


_ISOLATED = (
    "number",
    "subject",
    "sender",
    "customer",
    "facts",
    "lines",
    "sums",
    "headline",
    "notes",
    "terms",
    "sheet",
)


def _isolated(value: Any) -> Any:
    """Every line with a direction of its own: "10115 Berlin" keeps its order within Arabic."""
    if isinstance(value, dict):
        return {name: item if name == "look" else _isolated(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_isolated(item) for item in value]
    if isinstance(value, str) and value:
        return "\n".join(f"\u2068{line}\u2069" for line in value.split("\n"))
    return value


def _footer(document: Printed, words: dict[str, str]) -> list[str]:
    parts = [document.sender.name]
    if document.sender.tax_number:
        parts.append(f"{words['tax_number']}: {document.sender.tax_number}")
    parts.append(f"{words[document.kind]} {document.number}")
    return [clean(part) if len(part) <= 70 else clean(part[:69]) + "…" for part in parts]


def _stamp(document: Printed, words: dict[str, str]) -> str:
    if not document.stamp:
        return ""
    return words["paid_stamp" if document.stamp == "paid" else document.stamp]


def _party(party: Party) -> dict[str, Any]:
    lines = [wrapping(line).strip() for line in clean(party.address).split("\n")]
    return {
        "name": wrapping(party.name).replace("\n", " "),
        "address": [line for line in lines if line],
        "tax_number": wrapping(party.tax_number),
        "email": wrapping(party.email),
    }


def _facts(document: Printed, words: dict[str, str]) -> list[list[str]]:
    locale = parsed(document.language)
    rows = [(words["number"], document.number)] if document.number else []  # a draft has none yet
    rows.append((words["date"], day(document.date, locale)))
    if document.due_date:
        rows.append((words["due_date"], day(document.due_date, locale)))
    if document.valid_until:
        rows.append((words["valid_until"], day(document.valid_until, locale)))
    if document.corrects:
        rows.append((words["corrects"], document.corrects))
    if document.reference:
        rows.append((words["reference"], document.reference))
    rows.extend(document.extra)
    return [[wrapping(label), wrapping(text)] for label, text in rows]


def _line(line: PrintedLine, document: Printed, words: dict[str, str]) -> dict[str, str]:
    locale = parsed(document.language)
    quantity = ""
    if line.minutes is not None:
        quantity = f"{hours(line.minutes, locale)}\u00a0{words['hour_unit']}"
    elif line.quantity is not None:
        unit = words["hour_unit"] if line.unit == "hours" else line.unit
        quantity = number(line.quantity, locale) + (f"\u00a0{clean(unit)}" if unit else "")
    discount = ""
    if line.discount_percent:
        discount = percent(line.discount_percent, locale)
    elif line.discount_amount:
        discount = figure(line.discount_amount, document.currency, locale)
    return {
        "title": wrapping(line.title).strip(),
        "description": wrapping(line.description).strip(),
        "quantity": quantity,
        "rate": "" if line.rate is None else figure(line.rate, document.currency, locale),
        "discount": discount,
        "tax": wrapping(line.tax),
        "amount": figure(line.amount, document.currency, locale),
    }


def _sums(document: Printed, words: dict[str, str], cash: Any) -> list[dict[str, str]]:
    """Rows under the lines, each with a label, an amount and how strongly it is printed."""
    locale = parsed(document.language)
    rows = []
    plain = (document.discount, document.shipping, document.adjustment, document.taxes)
    if any(plain):
        rows.append((words["subtotal"], cash(document.subtotal), ""))
    if document.discount:
        label = words["discount"]
        if document.discount_percent:
            label += f" ({percent(document.discount_percent, locale)})"
        rows.append((label, cash(-document.discount), ""))
    if document.shipping:
        rows.append((words["shipping"], cash(document.shipping), ""))
    if not document.prices_include_tax:
        rows.extend((_tax_label(tax, document), cash(tax.amount), "") for tax in document.taxes)
    if document.adjustment:
        rows.append((document.adjustment_label or words["adjustment"], cash(document.adjustment), ""))
    rows.append((words["total"], cash(document.total), "strong"))
    if document.prices_include_tax:
        rows.extend(
            (words["includes"].format(tax=_tax_label(tax, document)), cash(tax.amount), "quiet")
            for tax in document.taxes
        )
    if document.credited:
        rows.append((words["credited"], cash(-document.credited), ""))
    if document.paid:
        rows.append((words["paid"], cash(-document.paid), ""))
    if document.balance is not None:
        rows.append((words["balance"], cash(document.balance), "due"))
    return [{"label": wrapping(label), "amount": amount, "look": look} for label, amount, look in rows]


def _tax_label(tax: Any, document: Printed) -> str:
    locale = parsed(document.language)
    label = clean(tax.name)
    if tax.percent is not None:
        label += f" {percent(tax.percent, locale)}"
    if tax.base is not None and len(document.taxes) > 1:
        label += f" ({money(tax.base, document.currency, locale)})"
    return label


def _headline(document: Printed, words: dict[str, str], cash: Any) -> list[str]:
    """What a reader looks for first: what to pay until when, or the total."""
    if document.balance is not None:
        when = (
            f"{words['due_date']}: {day(document.due_date, parsed(document.language))}"
            if document.due_date
            else ""
        )
        return [words["balance"], cash(document.balance), when if document.balance > 0 else ""]
    return [words["total"], cash(document.total), ""]


def _sheet(document: Printed, words: dict[str, str], cash: Any) -> dict[str, Any] | None:
    if not document.entries:
        return None
    locale = parsed(document.language)

    def row(entry: PrintedEntry) -> dict[str, str]:
        task = "\n".join(part for part in (entry.task, entry.notes) if part.strip())
        return {
            "date": day(entry.date, locale),
            "person": wrapping(entry.person),
            "task": wrapping(task),
            "project": wrapping(entry.project),
            "hours": hours(entry.minutes, locale),
            "amount": "" if entry.amount is None else figure(entry.amount, document.currency, locale),
        }

    amounts = [entry.amount for entry in document.entries if entry.amount is not None]
    return {
        "rows": [row(entry) for entry in document.entries],
        "hours": hours(sum(entry.minutes for entry in document.entries), locale),
        "amount": cash(sum(amounts, Decimal(0))) if amounts else "",
        "with_project": len({entry.project for entry in document.entries if entry.project}) > 1,
    }
