"""What one does to a document with a button: each asks where it cannot be taken back, and says what it did.

Buttons that ask have a page of their own (GET), which opens as a dialog where there is JavaScript.
"""

from django.contrib import messages
from django.db.models import Count, Sum
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from organizations.ids import whole
from organizations.money import plain_decimal
from organizations.templatetags.amounts import amount
from transactions import life, payments, quotes
from transactions.errors import TransactionRefused
from transactions.models import BilledExpense, BilledTimeEntry, DriftItem, Invoice, Payment, Quote
from transactions.release import NOTHING_TO_BILL
from transactions.screens.access import billing, deleting, key_of, ours, sending
from transactions.screens.invoice import page_of

MODELS = {"invoice": Invoice, "quote": Quote}


def page(document):
    """The address of a document's page."""
    return reverse(document.KIND, args=[document.pk])


def name_of(document):
    """The document as one speaks of it, such as "Invoice INV-000001" or "The draft"."""
    return f"{document._meta.verbose_name.capitalize()} {document.number}" if document.number else "The draft"


def _ask(request, document, title, button, work, lines=(), done="", danger=False, fields=(), after=None):
    """The page that asks (GET) and does it (POST); a refusal is said on the same page."""
    context = {
        "document": document, "title": title, "button": button, "asked": lines, "danger": danger,
        "fields": fields, "back": page(document), "action": request.path,
        "values": request.POST if request.method == "POST" else {},
    }  # fmt: skip
    if request.method == "POST":
        try:
            result = work()
        except TransactionRefused as refused:
            context["errors"] = {refused.field or "": refused.sentence}
        else:
            messages.success(request, done)
            return redirect(after(result) if after else context["back"])
    template = (
        "transactions/_confirm.html"
        if request.htmx and request.method == "GET"
        else "transactions/confirm.html"
    )
    return render(request, template, context)


def _do(request, document, work, done):
    try:
        work()
    except TransactionRefused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, done)
    return redirect(page(document))


def freed_sentences(lines, what="become unbilled again"):
    """Sentences that say in numbers which hours and expenses on these lines would be free again."""
    rows = BilledTimeEntry.objects.filter(line__in=lines, released_at=None).order_by()
    hours = rows.aggregate(count=Count("pk"), minutes=Sum("minutes"))
    found = []
    if hours["count"]:
        found.append(f"{_entries(hours['count'])} ({_hm(hours['minutes'])} h) {what}.")
        projects = rows.values_list("project__name").annotate(count=Count("pk"), minutes=Sum("minutes"))
        if len(projects) > 1:
            found += [
                f"{name or 'A deleted project'}: {_entries(n)}, {_hm(m)} h" for name, n, m in projects[:20]
            ]
        gone = DriftItem.objects.filter(billed__in=rows, status="open", cause__in=NOTHING_TO_BILL).count()
        if gone:
            found.append(
                f"Of these, {gone} become non-billable: their source is gone or not approved any more."
            )
    if count := BilledExpense.objects.filter(line__in=lines, released_at=None).count():
        found.append(f"{count} {'expense' if count == 1 else 'expenses'} {what}.")
    return found


def _entries(count):
    return f"{count:,} time {'entry' if count == 1 else 'entries'}"


def _hm(minutes):
    return f"{minutes // 60:,}:{minutes % 60:02d}"


def _kind(request, kind, pk):
    return ours(request, MODELS[kind].objects.select_related("customer", "organization"), pk)


@sending
def mark_sent(request, pk, kind):
    """Issue a draft: number, freeze, sent. What it will be like is said before."""
    document = _kind(request, kind, pk)
    lines = [
        f"It gets its number and the total {amount(document.total, document.currency)}, and cannot change any more.",
        "No e-mail is sent by this.",
        *life.warnings_for(document),
    ]
    fields = [{"name": "total", "type": "hidden", "value": str(document.total)}]
    if document.total == 0:
        fields.append({"name": "zero", "type": "checkbox", "label": "Yes, a total of 0 is meant"})

    def work():
        try:
            expected = plain_decimal(request.POST.get("total", ""))
        except ValueError:
            expected = None
        return life.issue(document, allow_zero=bool(request.POST.get("zero")), expected_total=expected)

    title = f"Mark this {document._meta.verbose_name} as sent?"
    return _ask(
        request, document, title, "Mark as Sent", work, lines, fields=fields,
        done=f"The {document._meta.verbose_name} was issued and marked as sent.",
    )  # fmt: skip


@deleting
def void(request, pk):
    """Void an issued invoice, with a reason; says in numbers what becomes free."""
    document = ours(request, Invoice, pk)
    lines = ["Its number stays used; the customer owes nothing on it any more."]
    lines += freed_sentences(document.lines.all()) or ["No time entries stand on it."]
    return _ask(
        request, document, f"Void invoice {document}?", "Void",
        lambda: life.void(document, request.POST.get("reason", "")), lines, danger=True,
        done=f"Invoice {document} is void.",
        fields=[{"name": "reason", "type": "text", "label": "Reason", "hint": "Shown in its history.", "longest": 500}],
    )  # fmt: skip


@billing
def back_to_draft(request, pk):
    """Turn a voided invoice into a draft again."""
    document = ours(request, Invoice, pk)
    lines = ["It keeps its number and can change again.", "Its time entries and expenses come back onto it."]
    return _ask(
        request, document, f"Turn {document} back into a draft?", "Back to Draft",
        lambda: life.back_to_draft(document), lines, done="It is a draft again.",
    )  # fmt: skip


@deleting
def write_off(request, pk):
    """Give up what is open."""
    document = ours(request, Invoice, pk)
    lines = [
        f"The open balance of {document.balance} {document.currency} is given up.",
        "Its hours stay billed. This can be cancelled later.",
    ]
    return _ask(
        request, document, f"Write off invoice {document}?", "Write Off", lambda: life.write_off(document), lines,
        danger=True, done=f"The open balance of {document} was written off.",
    )  # fmt: skip


@deleting
@require_POST
def cancel_write_off(request, pk):
    """Demand a written-off balance again."""
    document = ours(request, Invoice, pk)
    return _do(request, document, lambda: life.cancel_write_off(document), "The write-off was cancelled.")


@deleting
def delete(request, pk, kind):
    """Delete a draft without a number."""
    document = _kind(request, kind, pk)
    lines = ["It is gone then; it cannot be brought back."]
    if kind == "invoice":
        lines += freed_sentences(document.lines.all())
        if document.quote_id:
            lines.append(f"Quote {document.quote} can be invoiced again.")
    return _ask(
        request, document, "Delete this draft?", "Delete", lambda: life.delete_draft(document), lines, danger=True,
        done="The draft was deleted.", after=lambda _: reverse(f"{kind}s"),
    )  # fmt: skip


@billing
@require_POST
def duplicate(request, pk, kind):
    """A new draft with the same lines."""
    document = _kind(request, kind, pk)
    try:
        copy = quotes.duplicate(document, request.user)
    except TransactionRefused as refused:
        messages.error(request, refused.sentence)
        return redirect(page(document))
    messages.success(request, "This is a new draft with the same lines, dated today.")
    return redirect(page(copy))


@billing
@require_POST
def pay(request, pk):
    """Record a payment; refusals stand beside their fields on the invoice's page."""
    document = ours(
        request, Invoice.objects.select_related("customer", "organization", "quote", "created_by"), pk
    )
    values = {name: request.POST.get(name, "") for name in ("amount", "date", "method", "reference", "notes")}
    try:
        payment = payments.record_payment(document, **values, user=request.user, creation_key=key_of(request))
    except TransactionRefused as refused:
        document.refresh_from_db()
        context = page_of(request, document) | {
            "pay_errors": {refused.field: refused.sentence},
            "pay_values": values,
        }
        return render(request, "transactions/invoice.html", context)
    messages.success(request, f"A payment of {amount(payment.amount, document.currency)} was recorded.")
    return redirect(page(document))


@deleting
def payment_delete(request, pk):
    """Delete a payment."""
    payment = ours(request, Payment.objects.select_related("invoice"), pk)
    document = payment.invoice
    return _ask(
        request, document, f"Delete the payment of {amount(payment.amount, document.currency)}?", "Delete",
        lambda: payments.delete_payment(payment), [f"The amount is open on {document} again."], danger=True,
        done="The payment was deleted.",
    )  # fmt: skip


@billing
def line_remove(request, pk, line):
    """Take a whole line off a draft."""
    document = ours(request, Invoice, pk)
    row = get_object_or_404(document.lines, pk=line)
    lines = freed_sentences([row], "become unbilled again") or ["Nothing but this line changes."]
    return _ask(
        request, document, f"Take “{str(row)[:200]}” off the draft?", "Take Off", lambda: life.remove_line(row), lines,
        danger=True, done="The line was taken off.",
    )  # fmt: skip


@billing
@require_POST
def entries_remove(request, pk, line):
    """Take ticked hours off a line of a draft."""
    document = ours(request, Invoice, pk)
    row = get_object_or_404(document.lines, pk=line)
    texts = request.POST.getlist("billed")
    ids = [number for number in map(whole, texts) if number]
    if not ids or len(ids) != len(texts):
        messages.error(request, "Tick the entries that are to be taken off.")
        return redirect(page(document))
    noun = "entry was" if len(set(ids)) == 1 else "entries were"
    return _do(
        request, document, lambda: life.remove_entries(row, set(ids)),
        f"{len(set(ids))} time {noun} taken off and can be billed again.",
    )  # fmt: skip


@billing
@require_POST
def accept(request, pk):
    """Note that a customer accepted a quote."""
    document = ours(request, Quote, pk)
    return _do(request, document, lambda: quotes.accept(document, _by(request)), "The quote is accepted.")


@billing
@require_POST
def decline(request, pk):
    """Note that a customer declined a quote."""
    document = ours(request, Quote, pk)
    return _do(request, document, lambda: quotes.decline(document, _by(request)), "The quote is declined.")


def _by(request):
    return request.user.name or request.user.email


@billing
@require_POST
def convert(request, pk):
    """Turn a quote into a draft invoice, once."""
    document = ours(request, Quote, pk)
    try:
        made = quotes.convert(document, request.user)
    except TransactionRefused as refused:
        earlier = document.invoices.order_by("-pk").first()
        if refused.code == "already_invoiced" and earlier:  # the second click
            return redirect(page(earlier))
        messages.error(request, refused.sentence)
        return redirect(page(document))
    messages.success(request, f"This draft was made of quote {document}.")
    return redirect(page(made))
