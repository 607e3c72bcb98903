"""Money received for an invoice."""

from django.db import IntegrityError, transaction

from organizations.zones import today_in
from transactions import checks
from transactions.errors import TransactionRefused
from transactions.locking import lock
from transactions.models import Invoice, Payment


def record_payment(invoice, amount, date=None, method="", reference="", notes="", user=None, creation_key=""):
    """Record a payment on an issued invoice, of at most its open balance, and return it.

    The same `creation_key` gives the same payment. Raises TransactionRefused.
    """
    made = Payment.objects.filter(organization_id=invoice.organization_id, creation_key=creation_key)
    if creation_key and (found := made.first()):
        return found
    try:
        with transaction.atomic():
            return _record(lock(invoice), amount, date, (method, reference, notes), user, creation_key)
    except IntegrityError:
        if creation_key and (found := made.first()):
            return found
        raise


def _record(invoice, amount, date, texts, user, creation_key):
    if invoice.status != Invoice.Status.SENT:
        raise TransactionRefused(
            "not_sent", f"Payments go on issued invoices; this one is {invoice.state_label.lower()}."
        )
    amount = checks.money(amount, invoice.currency, "amount", "Amount", at_least=None, above=0)
    if amount is None:
        raise TransactionRefused("required", "Amount: this is needed.", "amount")
    if amount > invoice.balance:
        raise TransactionRefused(
            "overpaid", f"Only {invoice.balance} {invoice.currency} is open on this invoice.", "amount"
        )
    today = today_in(invoice.organization)
    date = checks.day(date, "date", "Date", invoice.organization) or today
    if date > today:
        raise TransactionRefused("future_date", "Date: a payment cannot be received in the future.", "date")
    method, reference, notes = texts
    payment = Payment.objects.create(
        organization=invoice.organization,
        invoice=invoice,
        date=date,
        amount=amount,
        method=checks.text(method, "method", "Method", 100),
        reference=checks.text(reference, "reference", "Reference", 100),
        notes=checks.text(notes, "notes", "Notes", 20_000),
        created_by=user,
        creation_key=creation_key,
    )
    settle(invoice)
    return payment


@transaction.atomic
def delete_payment(payment):
    """Take a payment back; the invoice's balance is open again. Returns the invoice."""
    invoice = lock(payment.invoice)
    lock(payment)
    if invoice.status != Invoice.Status.SENT:
        raise TransactionRefused(
            "not_sent", "The invoice was written off. Cancel that first, then delete the payment."
        )
    payment.delete()
    settle(invoice)
    return invoice


def settle(invoice):
    """Reckon paid, credited and balance of a locked, issued invoice from its payments and credit notes."""
    invoice.paid_total = sum(invoice.payments.values_list("amount", flat=True), 0)
    invoice.credited_total = sum(invoice.credit_notes.values_list("total", flat=True), 0)
    invoice.balance = invoice.total - invoice.paid_total - invoice.credited_total - invoice.written_off_total
    invoice.save(update_fields=["paid_total", "credited_total", "balance", "updated_at"])
