"""What was paid on an invoice and what of it was credited."""

from api import guards
from api.building import PAGES, operation, out, router, sliced
from api.errors import no_row
from api.resources import contacts, invoices
from api.values import day, path_id
from transactions import payments

PAYMENT = out(
    "Payment", payment_id=str, invoice_payment_id=str, invoice_id=str, date=str, amount=float, amount_applied=float,
    payment_mode=str, reference_number=str, description=str,
)  # fmt: skip
CREDIT = out(
    "CreditApplied", creditnote_id=str, creditnotes_invoice_id=str, creditnotes_number=str, credited_date=str,
    amount_applied=float,
)  # fmt: skip
REFUND = out("Refund", creditnote_refund_id=str, date=str, amount=float)


def _payments(call, pk):
    row = invoices.RESOURCE.found(call, pk)
    nodes = [
        {
            "payment_id": str(payment.pk), "invoice_payment_id": str(payment.pk), "invoice_id": str(row.pk),
            "date": day(payment.date), "amount": payment.amount, "amount_applied": payment.amount,
            "payment_mode": payment.method, "reference_number": payment.reference, "description": payment.notes,
        }
        for payment in row.payments.all()
    ]  # fmt: skip
    return sliced(call, nodes)


def _delete_payment(call, pk, payment_id):
    row, number = invoices.RESOURCE.found(call, pk), path_id(payment_id)
    payment = row.payments.filter(pk=number).first() if number is not None else None
    if payment is None:
        raise no_row("Payment does not exist")
    guards.delete(call)
    payments.delete_payment(payment)
    return "The payment has been deleted.", None


def _credits(call, pk):
    row = invoices.RESOURCE.found(call, pk)
    nodes = [
        {
            "creditnote_id": str(note.pk), "creditnotes_invoice_id": str(note.pk), "creditnotes_number": note.number,
            "credited_date": day(note.date), "amount_applied": note.total,
        }
        for note in row.credit_notes.order_by("pk")
    ]  # fmt: skip
    return sliced(call, nodes)


def _refunds(call, pk):
    """Money is never paid back from here, so there are none."""
    contacts.RESOURCE.found(call, pk)
    return sliced(call, [])


def make_router():
    """/invoices/{id}/payments and …/creditsapplied, /contacts/{id}/refunds."""
    made, root = router("Payments and credits"), "/invoices/{invoice_id}"
    operation(made, "get", f"{root}/payments", _payments, module="invoices", verb="READ",
              name="list_invoice_payments", node="payments", kind=PAYMENT, many=True, query=PAGES)  # fmt: skip
    operation(made, "delete", f"{root}/payments/{{payment_id}}", _delete_payment, module="invoices", verb="DELETE",
              name="delete_invoice_payment")  # fmt: skip
    operation(made, "get", f"{root}/creditsapplied", _credits, module="invoices", verb="READ",
              name="list_invoice_credits", node="credits", kind=CREDIT, many=True, query=PAGES)  # fmt: skip
    operation(made, "get", "/contacts/{contact_id}/refunds", _refunds, module="contacts", verb="READ",
              name="list_contact_refunds", node="creditnote_refunds", kind=REFUND, many=True, query=PAGES)  # fmt: skip
    return made
