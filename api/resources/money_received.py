"""What was paid on an invoice and what of it was credited."""

from typing import Any

from api import guards
from api.building import PAGES, operation, out, router, sliced
from api.crud import NOTHING, body
from api.documents import plain
from api.errors import bad_value, no_row
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


PAYMENT_IN = body(
    "PaymentIn", required=("amount",), with_ids=False, not_kept=("bank_charges", "tax_amount_withheld"), amount=Any,
    date=str, payment_mode=str, reference_number=str, description=str,
)  # fmt: skip


def _pay(call, pk, values):
    """Record money received for one invoice."""
    row = invoices.RESOURCE.found(call, pk)
    guards.bill(call)
    for name in ("bank_charges", "tax_amount_withheld"):
        if values.get(name) not in NOTHING:
            raise bad_value(name, f"{name} is not kept here: it would be missing from the invoice's balance.")
    made = payments.record_payment(
        row, plain(values["amount"]), values.get("date") or None, values.get("payment_mode") or "",
        values.get("reference_number") or "", values.get("description") or "", call.user,
    )  # fmt: skip
    return "The payment from the customer has been recorded", _node(made)


def _payments(call, pk):
    return sliced(call, _nodes(invoices.RESOURCE.found(call, pk)))


def _nodes(row):
    return [_node(payment) for payment in row.payments.all()]


def _node(payment):
    return {
        "payment_id": str(payment.pk), "invoice_payment_id": str(payment.pk), "invoice_id": str(payment.invoice_id),
        "date": day(payment.date), "amount": payment.amount, "amount_applied": payment.amount,
        "payment_mode": payment.method, "reference_number": payment.reference, "description": payment.notes,
    }  # fmt: skip


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
    operation(made, "post", f"{root}/payments", _pay, module="invoices", verb="CREATE", name="pay_invoice",
              body=PAYMENT_IN, node="payment", kind=PAYMENT, status=201)  # fmt: skip
    operation(made, "delete", f"{root}/payments/{{payment_id}}", _delete_payment, module="invoices", verb="DELETE",
              name="delete_invoice_payment")  # fmt: skip
    operation(made, "get", f"{root}/creditsapplied", _credits, module="invoices", verb="READ",
              name="list_invoice_credits", node="credits", kind=CREDIT, many=True, query=PAGES)  # fmt: skip
    operation(made, "get", "/contacts/{contact_id}/refunds", _refunds, module="contacts", verb="READ",
              name="list_contact_refunds", node="creditnote_refunds", kind=REFUND, many=True, query=PAGES)  # fmt: skip
    return made
