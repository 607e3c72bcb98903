"""Who did what to a document, when, from what to what: its history, its payments, the hours it let go."""

from django.db.models import Count, Sum

from organizations.money import minor_units, trimmed
from organizations.panels import Event
from transactions import comments
from transactions.models import BilledTimeEntry, Invoice, Payment, Release

MONEY = {
    "sub_total": "Subtotal", "discount_amount": "Discount", "shipping_charge": "Shipping charge",
    "adjustment": "Adjustment",
    "total": "Total", "credited_total": "Credited", "written_off_total": "Written off",
}  # fmt: skip
PLAIN = {
    "number": "Number", "wanted_number": "Wanted number", "date": "Date", "due_date": "Due date",
    "expiry_date": "Expiry date", "payment_terms": "Payment terms (days)", "reference": "Reference",
    "language": "Language", "exchange_rate": "Exchange rate", "tax_inclusive": "Prices include tax",
    "discount_percent": "Discount (percent)", "adjustment_description": "Description of the adjustment",
    "notes": "Notes",
    "address_is_own": "Address of its own",
    "terms": "Terms", "void_reason": "Reason", "reason": "Reason", "decided_through": "Decided through",
}  # fmt: skip
BECAME = {
    "sent": "Issued and marked as sent",
    "void": "Voided",
    "draft": "Turned back into a draft",
    "written_off": "Written off",
    "accepted": "Accepted",
    "declined": "Declined",
    "invoiced": "Turned into an invoice",
}
TOGETHER = 3  # seconds: what one request of one person did is one event
MOST = 300  # lines of history that are looked at


def events(document):
    """The document's events (`organizations.panels.Event`), newest first."""
    found = _changes(document)
    if hasattr(document, "comments"):
        found += comments.events(document)
    if isinstance(document, Invoice):
        found += _payments(document) + _released(document)
    return sorted(found, key=lambda event: event.at, reverse=True)


def _who(row):
    user = row.history_user
    name = (user.name or user.email) if user else ""
    return f"{name} ({row.history_through})" if row.history_through else name


def _text(value, name, currency):
    if value is None or value == "":
        return "–"
    if name in MONEY:
        return f"{trimmed(value, minor_units(currency)):,f} {currency}"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    text = str(value)
    return f"{text[:200]}…" if len(text) > 200 else text


def _changes(document):
    rows = list(document.history.select_related("history_user").order_by("-history_id")[:MOST])[::-1]
    groups = []
    for row in rows:
        last = groups[-1] if groups else None
        same = (
            last is not None
            and last[-1].history_user_id == row.history_user_id
            and (row.history_date - last[-1].history_date).total_seconds() < TOGETHER
            and (last[-1].status == row.status or last[0].history_type == "+")
        )
        if same and last is not None:
            last.append(row)
        else:
            groups.append([row])
    found, before = [], None
    for group in groups:
        after = group[-1]
        if event := _event(document, before, after, group[0].history_type == "+"):
            found.append(event)
        before = after
    return found


def _event(document, before, after, is_new):
    currency = document.currency
    who = _who(after)
    if is_new or before is None:
        text = "Created" if is_new else "Changed"
        if is_new and after.status != "draft":
            text = "Created and issued"
        return Event(after.history_date, f"{text}: {_text(after.total, 'total', currency)}", who)
    changes = []
    for name, label in (PLAIN | MONEY).items():
        old, new = getattr(before, name, None), getattr(after, name, None)
        if old != new:
            changes.append((label, _text(old, name, currency), _text(new, name, currency)))
    if before.customer_id != after.customer_id:
        changes.append(("Customer", str(before.customer_id), str(after.customer_id)))
    if before.status != after.status:
        text = "Write-off cancelled" if before.status == "written_off" else BECAME[after.status]
        return Event(after.history_date, text, who, changes=tuple(changes))
    if getattr(before, "viewed_at", None) is None and getattr(after, "viewed_at", None) is not None:
        return Event(after.history_date, "Opened by the customer", who)
    if not changes:
        return None
    return Event(after.history_date, "Changed", who, changes=tuple(changes))


def _payments(invoice):
    rows = Payment.history.filter(invoice_id=invoice.pk).select_related("history_user")
    words = {"+": "Payment of {} recorded", "-": "Payment of {} deleted", "~": "Payment of {} changed"}
    return [
        Event(
            row.history_date,
            words[row.history_type].format(_text(row.amount, "total", invoice.currency)),
            _who(row),
        )
        for row in rows.order_by("-history_id")[:MOST]
    ]


def _released(invoice):
    rows = BilledTimeEntry.objects.filter(line__invoice=invoice, released_at__isnull=False).order_by()
    groups = rows.values("released_at", "release").annotate(count=Count("pk"), minutes=Sum("minutes"))
    by_moment = {}
    for row in groups:  # a release writes one moment per call; several calls of one action stand together
        key = (row["released_at"].replace(microsecond=0), row["release"])
        count, minutes = by_moment.get(key, (0, 0))
        by_moment[key] = (count + row["count"], minutes + row["minutes"])
    return [
        Event(
            at,
            f"{count} {'entry' if count == 1 else 'entries'} ({minutes // 60}:{minutes % 60:02d} h) set free: "
            f"{Release(release).label.lower()}",
        )
        for (at, release), (count, minutes) in by_moment.items()
    ]
