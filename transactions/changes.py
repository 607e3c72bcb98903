"""What changed on a row with kept history, for rows that are no documents: expenses and recurring profiles."""

from organizations.panels import Event
from transactions.models import Schedule

LABELS = {
    "name": "Profile name", "repeat_every": "Repeat every", "unit": "Unit", "start_date": "Start date",
    "end_date": "End date", "status": "Status", "creates": "Makes", "include_expenses": "Includes expenses",
    "grouping": "Grouping", "description_pattern": "Description of the hours", "payment_terms": "Payment terms (days)",
    "date": "Date", "category": "Category", "vendor": "Vendor", "paid_through": "Paid through", "currency": "Currency",
    "amount": "Amount", "tax_name": "Tax", "tax_inclusive": "Tax included", "total": "Total",
    "is_billable": "Billable", "markup_percent": "Mark-up (percent)", "billing_status": "Billing",
    "discount_percent": "Discount (percent)", "discount_amount": "Discount",
    "reimbursed_at": "Reimbursed", "reference": "Reference", "description": "Description", "notes": "Notes",
    "terms": "Terms", "problem": "Problem", "last_date": "Last date", "next_date": "Next date",
}  # fmt: skip
MOST = 100


def events(row):
    """The row's changes (`organizations.panels.Event`), newest first."""
    rows = list(row.history.select_related("history_user").order_by("-history_id")[:MOST])
    found = []
    for after, before in zip(rows, [*rows[1:], None], strict=True):
        user = after.history_user
        who = (user.name or user.email) if user else ""
        who = (
            f"{who} ({after.history_through})"
            if who and after.history_through
            else who or after.history_through
        )
        if after.history_type == "+":
            found.append(Event(after.history_date, "Created", who))
        elif before is not None:
            changes = tuple(
                (label, _text(getattr(before, name)), _text(getattr(after, name)))
                for name, label in LABELS.items()
                if hasattr(after, name) and getattr(before, name) != getattr(after, name)
            )
            if changes:
                found.append(Event(after.history_date, _title(row, changes), who, changes=changes))
    return found


def _title(row, changes):
    names = {label for label, _, _ in changes}
    if isinstance(row, Schedule) and "Last date" in names:
        return "Ran"
    return "Changed"


def _text(value):
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if hasattr(value, "normalize"):
        return f"{value:,f}"
    text = str(value)
    return f"{text[:200]}…" if len(text) > 200 else text
