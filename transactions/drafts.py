"""Making and changing drafts of quotes and invoices by hand: every form, API call and import comes through here.

Values are texts or exact numbers as they come in; what cannot be right raises TransactionRefused with the field's name
(`lines.2.rate` for the third line). Lines made of hours, expenses and the like keep their quantity and rate; of them
name, description, discount and tax can change. They are removed with `transactions.life.remove_line`.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction

from organizations.money import known_currency
from organizations.zones import today_in
from transactions import checks, numbers, preferences
from transactions.errors import TransactionRefused
from transactions.locking import lock
from transactions.models import Invoice, LineFields, Quote
from transactions.totals import recalculate

MOST_PIECES = 10**8  # what a column of quantities holds, with room for sums
KEEPS_ITS_QUANTITY = {kind for kind in LineFields.Kind.values if kind != LineFields.Kind.CUSTOM}


@dataclass
class LineValues:
    """A line as it comes in. `id`: an existing line of the draft; `tax`, `project`: rows or None."""

    name: str = ""
    description: str = ""
    quantity: Any = "1"
    unit: str = ""
    rate: Any = "0"
    discount_percent: Any = None
    tax: Any = None
    project: Any = None
    id: int | None = None


def create_quote(customer, values=None, lines=(), user=None, creation_key=""):
    """A draft quote; `values` as in `VALUES` (all optional). The same `creation_key` gives the same quote."""
    return _create(Quote, customer, values or {}, lines, user, creation_key)


def create_invoice(customer, values=None, lines=(), user=None, creation_key=""):
    """A draft invoice of free lines; hours come in with `transactions.billing.create.create_invoice`."""
    return _create(Invoice, customer, values or {}, lines, user, creation_key)


def _create(model, customer, values, lines, user, creation_key):
    if creation_key:
        made = model.objects.filter(organization_id=customer.organization_id, creation_key=creation_key)
        if found := made.first():
            return found
    try:
        with transaction.atomic():
            document = new_document(model, customer, values, user, creation_key)
            write_lines(document, lines)
            recalculate(document)
            return document
    except IntegrityError:
        if creation_key and (found := made.first()):  # the same form, twice at once
            return found
        raise


def new_document(model, customer, values, user=None, creation_key=""):
    """Store an empty draft with the customer's defaults; inside the caller's transaction."""
    organization = customer.organization
    if not known_currency(customer.currency):
        raise TransactionRefused(
            "unknown_currency", f"The customer's currency “{customer.currency}” is not known.", "customer"
        )
    defaults, general = preferences.defaults_for(customer), preferences.of(organization)
    document = model(
        organization=organization,
        customer=customer,
        currency=customer.currency,
        date=today_in(organization),
        language=defaults["language"],
        tax_inclusive=defaults["tax_inclusive"],
        exchange_rate=preferences.exchange_rate_for(organization, customer.currency),
        created_by=user,
        creation_key=creation_key,
    )
    if model is Invoice:
        document.payment_terms = defaults["payment_terms"]
        document.notes, document.terms = general.invoice_notes, general.invoice_terms
    else:
        document.notes, document.terms = general.quote_notes, general.quote_terms
        document.expiry_date = document.date + timedelta(days=general.quote_valid_days)
    apply_values(document, values)
    document.save()
    return document


@transaction.atomic
def change_draft(document, values=None, lines=None):
    """Change a draft quote or invoice. `lines`: the complete list in its order, or None to leave them.

    Free lines that are missing from `lines` are deleted; lines of hours and expenses are never deleted this way and
    must be listed by `id` to change. Returns the document.
    """
    lock(document)
    if not document.is_draft:
        raise TransactionRefused("issued", f"{document} was issued and does not change any more.")
    apply_values(document, values or {})
    document.save()
    if lines is not None:
        write_lines(document, lines)
    recalculate(document)
    return document


# field: (label, how it is checked)
TEXTS = {
    "reference": ("Reference", 100),
    "language": ("Language", 20),
    "adjustment_description": ("Description of the adjustment", 100),
    "notes": ("Notes", 20_000),
    "terms": ("Terms", 20_000),
}
DAYS = {"date": "Date", "due_date": "Due date", "expiry_date": "Expiry date"}
VALUES = (
    *TEXTS, *DAYS, "customer", "exchange_rate", "tax_inclusive", "discount_percent", "discount_amount",
    "shipping_charge", "adjustment", "wanted_number", "payment_terms", "project",
)  # fmt: skip


def apply_values(document, values):
    """Check `values` and set them on the draft, without saving. Unknown names are refused."""
    organization = document.organization
    if unknown := sorted(set(values) - set(VALUES)):
        raise TransactionRefused("unknown_field", f"There is no field “{unknown[0]}”.", unknown[0])
    if "customer" in values:
        _change_customer(document, values["customer"])
    for name, (label, longest) in TEXTS.items():
        if name in values:
            setattr(document, name, checks.text(values[name], name, label, longest))
    for name, label in DAYS.items():
        if name in values and hasattr(document, name):
            setattr(document, name, checks.day(values[name], name, label, organization))
    if document.date is None:
        raise TransactionRefused("required", "Date: this is needed.", "date")
    if "tax_inclusive" in values:
        document.tax_inclusive = bool(values["tax_inclusive"])
    _apply_amounts(document, values)
    if "wanted_number" in values:
        wanted = checks.text(values["wanted_number"], "wanted_number", "Number", 50)
        numbers.check_wanted(document, "" if document.number else wanted)
        document.wanted_number = "" if document.number else wanted
    if "payment_terms" in values and isinstance(document, Invoice):
        document.payment_terms = checks.whole(values["payment_terms"], "payment_terms", "Payment terms")
    if "project" in values and isinstance(document, Quote):
        document.project = _project(values["project"], document, "project")
    for name in ("due_date", "expiry_date"):
        if (end := getattr(document, name, None)) and end < document.date:
            raise TransactionRefused("reversed_dates", f"{DAYS[name]}: this is before the date.", name)


def _apply_amounts(document, values):
    currency = document.currency
    if "exchange_rate" in values:
        document.exchange_rate = checks.number(
            values["exchange_rate"], "exchange_rate", "Exchange rate", 8, above=0, at_most=10**8
        )
    if "discount_percent" in values or "discount_amount" in values:
        share = checks.percent(values.get("discount_percent"), "discount_percent", "Discount")
        amount = checks.money(values.get("discount_amount"), currency, "discount_amount", "Discount")
        if share and amount:
            raise TransactionRefused(
                "two_discounts", "Give the discount in percent or as an amount, not both.", "discount_amount"
            )
        document.discount_percent, document.discount_amount = share or None, amount or None
    if "shipping_charge" in values:
        document.shipping_charge = (
            checks.money(values["shipping_charge"], currency, "shipping_charge", "Shipping charge") or 0
        )
    if "adjustment" in values:
        document.adjustment = (
            checks.money(values["adjustment"], currency, "adjustment", "Adjustment", at_least=None) or 0
        )


def _change_customer(document, customer):
    if customer is None:
        raise TransactionRefused("required", "Customer: this is needed.", "customer")
    checks.ours(customer, document.organization, "customer", "The customer")
    if customer.pk == document.customer_id:
        return
    if document.pk and document.lines.exclude(kind=LineFields.Kind.CUSTOM).exists():
        raise TransactionRefused(
            "customer_fixed",
            "The customer is fixed: hours or expenses of theirs are on this draft.",
            "customer",
        )
    document.customer, document.currency = customer, customer.currency
    document.address_is_own = False
    document.exchange_rate = preferences.exchange_rate_for(document.organization, customer.currency)


def _project(project, document, name):
    checks.ours(project, document.organization, name, "The project")
    if project is not None and project.customer_id != document.customer_id:
        raise TransactionRefused("foreign_project", "This project belongs to another customer.", name)
    return project


def write_lines(document, lines):
    """Replace the free lines of a draft by `lines` (LineValues) and change the others among them; totals not yet."""
    if len(lines) > checks.MOST_LINES:
        raise TransactionRefused(
            "too_many_lines", f"A document has {checks.MOST_LINES:,} lines at most.", "lines"
        )
    model = document.lines.model
    kept = {line.pk: line for line in document.lines.all()}
    named = set()
    for position, values in enumerate(lines, 1):
        line = None
        if values.id is not None:
            line = kept.get(values.id)
            if line is None or values.id in named:
                raise TransactionRefused(
                    "line_gone", "A line was removed meanwhile. Reload the page.", f"lines.{position - 1}"
                )
            named.add(values.id)
        line = line or model(**{model.DOCUMENT: document})
        line.position = position
        fill_line(line, values, document, f"lines.{position - 1}")
        line.save()
    position = len(lines)
    for line in kept.values():
        if line.pk in named:
            continue
        if line.kind == LineFields.Kind.CUSTOM:
            line.delete()
        else:
            position += 1
            line.position = position
            line.save()


def fill_line(line, values, document, path):
    """Check the values of one line and set them, without saving."""
    organization = document.organization
    line.name = checks.text(values.name, f"{path}.name", "Name", 1000)
    line.description = checks.text(values.description, f"{path}.description", "Description", 20_000)
    if not line.name and not line.description:
        raise TransactionRefused("required", "Name: say what this line is for.", f"{path}.name")
    line.discount_percent = (
        checks.percent(values.discount_percent, f"{path}.discount_percent", "Discount") or 0
    )
    set_tax(line, checks.ours(values.tax, organization, f"{path}.tax", "The tax"))
    if line.kind in KEEPS_ITS_QUANTITY and line.pk:
        return
    line.unit = checks.text(values.unit, f"{path}.unit", "Unit", 100)
    line.project = _project(values.project, document, f"{path}.project")
    for name, label, places, above, at_least, at_most in (
        ("quantity", "Quantity", 8, 0, None, MOST_PIECES),
        ("rate", "Rate", 6, None, 0, checks.LARGEST),
    ):
        found = checks.number(
            getattr(values, name), f"{path}.{name}", label, places, at_least, above, at_most
        )
        if found is None:
            raise TransactionRefused("required", f"{label}: this is needed.", f"{path}.{name}")
        setattr(line, name, found)


def set_tax(line, tax):
    """Put a tax, or none, on a line, with a copy of its name and rate. An unchanged tax keeps its copy."""
    if tax is not None and tax.pk == line.tax_id:
        return
    line.tax = tax
    line.tax_name, line.tax_rate = (tax.name, tax.rate) if tax else ("", 0)
