"""What happened to a customer: what was noted, and the fields that changed from one line of history to the next."""

import itertools

from organizations.activity import activities
from organizations.panels import Event

LABELS = {
    "display_name": "Name", "company_name": "Company", "email": "E-mail", "phone": "Phone", "website": "Website",
    "billing_street": "Street", "billing_city": "City", "billing_state": "State",
    "billing_postal_code": "Postal code", "billing_country": "Country", "notes": "Notes",
}  # fmt: skip
MOST = 100


def events(customer):
    """The customer's events (`organizations.panels.Event`), newest first, at most 200."""
    noted = [
        Event(row.at, row.text, str(row.user or ""), changes=tuple(map(tuple, row.changes)))
        for row in activities(customer)
    ]
    return sorted(noted + _changes(customer), key=lambda event: event.at, reverse=True)


def _changes(customer):
    rows = list(customer.history.select_related("history_user").order_by("-history_id")[:MOST])
    found = []
    for after, before in itertools.pairwise(rows):
        changes = tuple(
            (label, _text(getattr(before, name)), _text(getattr(after, name)))
            for name, label in LABELS.items()
            if getattr(before, name) != getattr(after, name)
        )
        if changes:
            who = str(after.history_user or "")
            through = after.history_through
            who = f"{who} ({through})" if who and through else who or through
            found.append(Event(after.history_date, "Changed", who, changes=changes))
    return found


def _text(value):
    if not value:
        return "–"
    return f"{value[:200]}…" if len(value) > 200 else value
