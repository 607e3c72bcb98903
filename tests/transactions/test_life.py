"""Documents from draft to the end: each transition allowed or refused, and numbers, freezing, payments."""

import datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from organizations.zones import today_in
from tests.factories import CustomerFactory
from tests.transactions.factories import TaxFactory
from timetracking.models import TimeEntry
from transactions import credit, drafts, life, numbers, payments, quotes, states
from transactions.billing.choices import Choices
from transactions.billing.create import create_invoice
from transactions.drafts import LineValues
from transactions.errors import TransactionRefused
from transactions.models import BilledTimeEntry, Invoice, InvoiceLine, Quote

pytestmark = pytest.mark.django_db


def refused(code, function, *args, **kwargs):
    """The refusal of a call, which has this code and changed nothing."""
    with pytest.raises(TransactionRefused) as caught, transaction.atomic():
        function(*args, **kwargs)
    assert caught.value.code == code, caught.value.sentence
    return caught.value


def draft(customer, rate="100", **values):
    return drafts.create_invoice(customer, values, [LineValues("Work", rate=rate)])


def sent(customer, **values):
    return life.issue(draft(customer, **values))


def test_a_draft_has_no_number_and_an_issued_invoice_has_all_that_is_printed(customer):
    customer.organization.address = "Road 1\nUlm"
    customer.organization.save()
    invoice = draft(customer, payment_terms=30, date="2026-03-01")
    assert (str(invoice), invoice.state, invoice.number) == ("Draft", "draft", "")
    life.issue(invoice)
    assert (invoice.number, invoice.status, invoice.due_date) == (
        "INV-000001", "sent", datetime.date(2026, 3, 31),
    )  # fmt: skip
    assert (invoice.customer_name, invoice.billing_city, invoice.sender_address) == (
        "Acme",
        "Ulm",
        "Road 1\nUlm",
    )
    assert (invoice.exchange_rate, invoice.balance, invoice.total) == (1, 100, 100)
    refused("already_issued", life.issue, invoice)
    assert life.issue(draft(customer)).number == "INV-000002"


INVOICE_ACTIONS = {
    "issue": life.issue,
    "void": life.void,
    "back_to_draft": life.back_to_draft,
    "write_off": life.write_off,
    "cancel_write_off": life.cancel_write_off,
    "delete": life.delete_draft,
    "pay": lambda invoice: payments.record_payment(invoice, "40"),
    "credit": credit.credit_all,
    "change": lambda invoice: drafts.change_draft(invoice, {"notes": "x"}),
}
INVOICE_STATES = {
    "draft": [],
    "sent": ["issue"],
    "void": ["issue", "void"],
    "draft_again": ["issue", "void", "back_to_draft"],
    "partially_paid": ["issue", "pay"],
    "credited": ["issue", "credit"],
    "written_off": ["issue", "write_off"],
    "paid": ["issue", "pay_rest"],
}
ALLOWED = {
    "draft": {"issue", "delete", "change"},
    "sent": {"void", "write_off", "pay", "credit"},
    "void": {"back_to_draft"},
    "draft_again": {"issue", "change"},
    "partially_paid": {"write_off", "pay", "credit"},
    "credited": set(),
    "written_off": {"cancel_write_off"},
    "paid": {"credit"},
}


@pytest.mark.parametrize("action", INVOICE_ACTIONS)
@pytest.mark.parametrize("state", INVOICE_STATES)
def test_each_transition_of_an_invoice_is_allowed_or_refused(customer, state, action):
    invoice = draft(customer)
    for step in INVOICE_STATES[state]:
        if step == "pay_rest":
            payments.record_payment(invoice, "100")
        else:
            INVOICE_ACTIONS[step](invoice)
    before = Invoice.objects.values().get()
    if action in ALLOWED[state]:
        INVOICE_ACTIONS[action](invoice)
        assert Invoice.objects.values().first() != before
        return
    with pytest.raises(TransactionRefused) as caught, transaction.atomic():
        INVOICE_ACTIONS[action](invoice)
    assert caught.value.sentence.endswith(".")
    assert Invoice.objects.values().get() == before


QUOTE_ACTIONS = {
    "issue": life.issue, "accept": quotes.accept, "decline": quotes.decline, "convert": quotes.convert,
    "delete": life.delete_draft,
}  # fmt: skip
QUOTE_ALLOWED = {
    "draft": {"issue", "delete"},
    "sent": {"accept", "decline", "convert"},
    "accepted": {"accept", "decline", "convert"},
    "declined": {"accept", "decline"},
    "invoiced": set(),
    "expired": {"accept", "decline", "convert"},
}


@pytest.mark.parametrize("action", QUOTE_ACTIONS)
@pytest.mark.parametrize("state", QUOTE_ALLOWED)
def test_each_transition_of_a_quote_is_allowed_or_refused(customer, state, action):
    old = {"date": "2026-01-01", "expiry_date": "2026-01-31"} if state == "expired" else {}
    quote = drafts.create_quote(customer, old, [LineValues("Work", rate="7")])
    steps = {"draft": [], "sent": ["issue"], "expired": ["issue"], "invoiced": ["issue", "convert"]}
    steps |= {"accepted": ["issue", "accept"], "declined": ["issue", "decline"]}
    for step in steps[state]:
        QUOTE_ACTIONS[step](quote)
    quote.refresh_from_db()
    assert quote.state == state
    assert states.in_state(Quote.objects.all(), state, customer.organization).get() == quote
    if action in QUOTE_ALLOWED[state]:
        QUOTE_ACTIONS[action](quote)
    else:
        with pytest.raises(TransactionRefused):
            QUOTE_ACTIONS[action](quote)
        assert Quote.objects.get().status == quote.status


def test_a_converted_quote_keeps_its_lines_and_is_free_again_when_the_draft_goes(customer):
    tax = TaxFactory(organization=customer.organization)
    line = LineValues("Work", quantity="2", rate="7", tax=tax, discount_percent="10")
    quote = drafts.create_quote(customer, {"discount_amount": "1", "notes": "hello"}, [line])
    life.issue(quote)
    invoice = quotes.convert(quotes.accept(quote, "Ann Client"))
    assert (invoice.total, invoice.notes, invoice.quote) == (quote.total, "hello", quote)
    life.delete_draft(invoice)
    quote.refresh_from_db()
    assert quote.status == "accepted"


def test_states_of_lists_say_the_same_as_those_of_single_invoices(customer):
    today = today_in(customer.organization)
    old = {"date": "2026-01-01", "due_date": "2026-01-31"}
    rows = {"draft": draft(customer), "sent": sent(customer), "overdue": sent(customer, **old)}
    rows["partially_paid"] = payments.record_payment(sent(customer), "1").invoice
    rows["paid"] = payments.record_payment(sent(customer, **old), "100").invoice
    rows["viewed"] = sent(customer)
    life.mark_viewed(rows["viewed"])
    rows["void"] = life.void(sent(customer))
    rows["written_off"] = life.write_off(sent(customer))
    for state, invoice in rows.items():
        invoice.refresh_from_db()
        assert states.state_of(invoice, today) == state
        found = states.in_state(Invoice.objects.all(), state, customer.organization)
        assert [row.pk for row in found] == [invoice.pk]
        assert found[0].state == state and found[0].state_label
    unpaid = states.in_state(Invoice.objects.all(), "unpaid", customer.organization)
    assert {row.state for row in unpaid} == {"sent", "viewed", "overdue", "partially_paid"}


def test_payments_reduce_the_balance_and_come_back_when_deleted(customer):
    invoice = sent(customer)
    first = payments.record_payment(invoice, "40.50", "2026-03-01", creation_key="k")
    assert payments.record_payment(invoice, "40.50", creation_key="k") == first
    invoice.refresh_from_db()
    assert (invoice.paid_total, invoice.balance, invoice.state) == (
        Decimal("40.50"),
        Decimal("59.50"),
        "partially_paid",
    )
    for amount, code in [
        ("59.51", "overpaid"),
        ("0", "too_small"),
        ("-1", "too_small"),
        ("1.001", "too_precise"),
    ]:
        assert refused(code, payments.record_payment, invoice, amount).field == "amount"
    refused("not_a_number", payments.record_payment, invoice, "NaN")
    refused("future_date", payments.record_payment, invoice, "1", "2030-01-01")
    refused("has_payments", life.void, invoice)
    payments.delete_payment(first)
    invoice.refresh_from_db()
    assert invoice.balance == invoice.total == 100


def test_an_issued_invoice_changes_by_no_way_around_the_services(customer, log):
    log()
    invoice = life.issue(create_invoice(customer, Choices()))
    line = invoice.lines.get()
    before = (Invoice.objects.values().get(), InvoiceLine.objects.values().get())
    customer.display_name = "Other"
    customer.save()
    invoice.total = 1
    line.rate = 5
    ways = [
        invoice.save,
        invoice.delete,
        lambda: invoice.save(update_fields=["total"]),
        lambda: Invoice.objects.update(total=1),
        lambda: Invoice.objects.filter(pk=invoice.pk).delete(),
        lambda: Invoice.objects.bulk_update([invoice], ["total"]),
        lambda: customer.invoices.update(notes="x"),
        lambda: Invoice.objects.update_or_create(pk=invoice.pk, defaults={"notes": "x"}),
        line.save,
        line.delete,
        lambda: InvoiceLine.objects.update(rate=1),
        lambda: InvoiceLine.objects.all().delete(),
        lambda: InvoiceLine.objects.bulk_update([line], ["rate"]),
        lambda: InvoiceLine.objects.create(invoice=invoice, name="more"),
        lambda: InvoiceLine.objects.bulk_create([InvoiceLine(invoice=invoice, name="more")]),
        lambda: invoice.lines.update(amount=0),
        lambda: invoice.lines.create(name="more"),
        lambda: drafts.change_draft(invoice, {"notes": "x"}),
        lambda: life.remove_line(line),
        lambda: life.remove_entries(line, [BilledTimeEntry.objects.get().pk]),
        lambda: life.delete_draft(invoice),
        lambda: drafts.write_lines(invoice, [LineValues("more")]),
    ]
    if connection.vendor == "postgresql":

        def raw(sql):
            with connection.cursor() as cursor:
                cursor.execute(sql)

        ways += [
            lambda: raw("UPDATE transactions_invoice SET total = 1"),
            lambda: raw("UPDATE transactions_invoice SET number = 'INV-9', paid_total = 5"),
            lambda: raw("UPDATE transactions_invoiceline SET amount = 1"),
            lambda: raw("DELETE FROM transactions_invoiceline"),
            lambda: raw("DELETE FROM transactions_invoice"),
        ]
    for number, way in enumerate(ways):
        with pytest.raises((TransactionRefused, DatabaseError)), transaction.atomic():
            way()
        assert (Invoice.objects.values().get(), InvoiceLine.objects.values().get()) == before, number


def test_wanted_numbers_are_kept_and_leave_no_gap(customer):
    one = draft(customer, wanted_number="SPECIAL/7")
    refused("number_taken", draft, customer, wanted_number="SPECIAL/7")
    refused("number_ahead", draft, customer, wanted_number="INV-000005")
    assert life.issue(one).number == "SPECIAL/7"
    refused("number_taken", draft, customer, wanted_number="SPECIAL/7")
    waiting = draft(customer, wanted_number="INV-000001")
    assert life.issue(waiting).number == "INV-000001"
    assert life.issue(draft(customer)).number == "INV-000002"
    organization = customer.organization
    refused("series_in_use", numbers.change_series, organization, "invoice", "INV-", None, 9)
    refused("bad_prefix", numbers.change_series, organization, "invoice", "{0.__class__}")
    numbers.change_series(organization, "invoice", "R2026-", 4, 100)
    assert life.issue(draft(customer)).number == "R2026-0100"


def test_a_failed_issue_uses_no_number(customer):
    refused("no_lines", life.issue, drafts.create_invoice(customer))
    refused("zero_total", life.issue, draft(customer, rate="0"))
    assert life.issue(draft(customer, rate="0"), allow_zero=True).state == "paid"
    negative = draft(customer, adjustment="-200")
    refused("negative_total", life.issue, negative)
    refused("total_changed", life.issue, draft(customer), expected_total=Decimal("99"))
    foreign = CustomerFactory(organization=customer.organization, currency="USD")
    refused("no_exchange_rate", life.issue, draft(foreign))
    assert life.issue(draft(foreign, exchange_rate="0.9")).exchange_rate == Decimal("0.9")
    assert draft(foreign).exchange_rate == Decimal("0.9")  # the last one is offered
    assert life.issue(draft(customer)).number == "INV-000003"


def test_a_voided_invoice_goes_back_to_draft_with_its_number_and_its_hours(customer, log):
    entry = log(90)
    invoice = life.issue(create_invoice(customer, Choices()))
    life.void(invoice, "typo")
    assert TimeEntry.objects.get().billing_status == "unbilled" and invoice.balance == 0
    life.back_to_draft(invoice)
    assert TimeEntry.objects.get().billing_status == "invoiced"
    assert refused("has_number", life.delete_draft, invoice)
    assert life.issue(invoice).number == "INV-000001"
    life.void(invoice)
    create_invoice(customer, Choices())
    refused("billed_meanwhile", life.back_to_draft, invoice)
    assert entry.billings.filter(released_at=None).count() == 1
    assert entry.billings.count() == 3  # kept for ever


@pytest.mark.parametrize(
    ("values", "line", "field"),
    [
        ({"discount_percent": "100.01"}, {}, "discount_percent"),
        ({"discount_percent": "-5"}, {}, "discount_percent"),
        ({"discount_percent": "1", "discount_amount": "1"}, {}, "discount_amount"),
        ({"discount_amount": "100.01"}, {}, "discount_amount"),
        ({"discount_amount": "1.005"}, {}, "discount_amount"),
        ({"exchange_rate": "0"}, {}, "exchange_rate"),
        ({"exchange_rate": "-1"}, {}, "exchange_rate"),
        ({"exchange_rate": "0.000000000001"}, {}, "exchange_rate"),
        ({"shipping_charge": "-1"}, {}, "shipping_charge"),
        ({"date": "0001-01-01"}, {}, "date"),
        ({"date": "9999-12-31"}, {}, "date"),
        ({"date": "2026-02-30"}, {}, "date"),
        ({"date": ""}, {}, "date"),
        ({"date": "2026-03-02", "due_date": "2026-03-01"}, {}, "due_date"),
        ({"number": "5"}, {}, "number"),
        ({"status": "paid"}, {}, "status"),
        ({}, {"quantity": "0"}, "lines.0.quantity"),
        ({}, {"quantity": "-1"}, "lines.0.quantity"),
        ({}, {"quantity": "1e400"}, "lines.0.quantity"),
        ({}, {"quantity": "5000000000"}, "lines.0.quantity"),
        ({}, {"quantity": 1.5}, "lines.0.quantity"),
        ({}, {"rate": "-0.01"}, "lines.0.rate"),
        ({}, {"rate": "١٢٣"}, "lines.0.rate"),
        ({}, {"rate": "1,234.56"}, "lines.0.rate"),
        ({}, {"rate": "1000000000000"}, "lines.0.rate"),
        ({}, {"rate": "90000000000", "quantity": "100"}, ""),
        ({}, {"discount_percent": "33.33333"}, "lines.0.discount_percent"),
        ({}, {"name": " \0"}, "lines.0.name"),
        ({}, {"name": "x" * 1001}, "lines.0.name"),
        ({}, {"tax": "foreign"}, "lines.0.tax"),
    ],
)
def test_what_cannot_be_right_is_refused_at_its_field_and_nothing_is_saved(customer, values, line, field):
    if line.get("tax"):
        line = line | {"tax": TaxFactory()}
    with pytest.raises(TransactionRefused) as caught:
        drafts.create_invoice(customer, values, [LineValues(**{"name": "Work", "rate": "100"} | line)])
    assert caught.value.field == field and caught.value.sentence.endswith(".")
    assert not Invoice.objects.exists() and not InvoiceLine.objects.exists()


def test_a_thousand_lines_are_a_document_and_one_more_is_refused(customer):
    lines = [LineValues(f"Piece of work {number}", rate="0.10") for number in range(1001)]
    refused("too_many_lines", drafts.create_invoice, customer, {}, lines)
    assert not Invoice.objects.exists()
    invoice = drafts.create_invoice(customer, {}, lines[:1000])
    assert (invoice.lines.count(), invoice.total) == (1000, 100)
    assert life.issue(invoice).number and invoice.lines.count() == 1000


def test_the_same_form_twice_makes_one_invoice(customer):
    made = [
        drafts.create_invoice(customer, {}, [LineValues("x", rate="1")], creation_key="k") for _ in range(2)
    ]
    assert made[0] == made[1] and Invoice.objects.count() == 1


def test_changing_a_draft_keeps_lines_of_hours_and_replaces_free_ones(customer, log):
    log(90)
    invoice = create_invoice(customer, Choices(), lines=[LineValues("Travel", rate="10")])
    travel, hours = invoice.lines.order_by("position")
    tax = TaxFactory(organization=customer.organization, rate="10")
    drafts.change_draft(
        invoice,
        {"reference": "PO 7"},
        [
            LineValues("Hours of March", id=hours.pk, rate="1", quantity="9", tax=tax),
            LineValues("New", rate="3"),
        ],
    )
    hours.refresh_from_db()
    assert (hours.name, hours.minutes, hours.rate, hours.position) == ("Hours of March", 90, 100, 1)
    assert not InvoiceLine.objects.filter(pk=travel.pk).exists()
    assert (invoice.sub_total, invoice.tax_total, invoice.total) == (153, 15, 168)
    refused("line_gone", drafts.change_draft, invoice, {}, [LineValues("x", id=travel.pk)])
    other = CustomerFactory(organization=customer.organization)
    refused("customer_fixed", drafts.change_draft, invoice, {"customer": other})
