"""What a document's life looks like today: stored status, balance, dates and views put together.

`paid`, `overdue`, `partially_paid`, `viewed`, `expired` are true or not by the day and are never stored. Lists use
`with_state` (a column `state`) and `in_state` (a filter), which say the same as `state_of` for each row.
"""

from django.db.models import Case, CharField, F, Q, Value, When

from organizations.zones import today_in

LABELS = {
    "draft": "Draft",
    "sent": "Sent",
    "viewed": "Viewed",
    "partially_paid": "Partially paid",
    "overdue": "Overdue",
    "paid": "Paid",
    "void": "Void",
    "written_off": "Written off",
    "accepted": "Accepted",
    "declined": "Declined",
    "expired": "Expired",
    "invoiced": "Invoiced",
    "unpaid": "Unpaid",
}
INVOICE_STATES = ("draft", "sent", "viewed", "partially_paid", "overdue", "paid", "void", "written_off")
QUOTE_STATES = ("draft", "sent", "viewed", "accepted", "declined", "expired", "invoiced")


def state_of(document, today=None):
    """One of INVOICE_STATES, QUOTE_STATES, or a credit note's status, on the day `today` (in its organization)."""
    if document.status != "sent" or document.KIND == "credit_note":
        return document.status
    today = today or today_in(document.organization)
    if document.KIND == "quote":
        if document.expiry_date and document.expiry_date < today:
            return "expired"
        return "viewed" if document.viewed_at else "sent"
    if document.balance <= 0:
        return "paid"
    if document.due_date and document.due_date < today:
        return "overdue"
    if document.paid_total or document.credited_total:
        return "partially_paid"
    return "viewed" if document.viewed_at else "sent"


def with_state(rows, organization):
    """The quotes or invoices with a column `state` for today in the organization's zone."""
    today = today_in(organization)
    sent = Q(status="sent")
    cases = [When(~sent, then=F("status"))]
    if rows.model.KIND == "quote":
        cases += [When(expiry_date__lt=today, then=Value("expired"))]
    elif rows.model.KIND == "invoice":
        cases += [
            When(balance__lte=0, then=Value("paid")),
            When(due_date__lt=today, then=Value("overdue")),
            When(Q(paid_total__gt=0) | Q(credited_total__gt=0), then=Value("partially_paid")),
        ]
    if rows.model.KIND != "credit_note":
        cases += [When(viewed_at__isnull=False, then=Value("viewed"))]
    return rows.annotate(state=Case(*cases, default=Value("sent"), output_field=CharField()))


def in_state(rows, state, organization):
    """Those in `state` today; "unpaid" means issued with an open balance. The rows have the column `state`."""
    rows = with_state(rows, organization)
    if state == "unpaid":
        return rows.filter(status="sent", balance__gt=0)
    return rows.filter(state=state)
