"""The pages of documents and what their buttons do: each transition, allowed or refused with a sentence."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import ProjectFactory, TaskFactory
from tests.pages import text_of
from tests.transactions.factories import TaxFactory
from transactions import drafts, life
from transactions.models import CreditNote, Invoice, Payment, Quote

pytestmark = pytest.mark.django_db
LINE = drafts.LineValues(name="Design", quantity="2", rate="100")


def test_a_draft_is_marked_as_sent_and_paid_in_two_parts(web, draft):
    page = f"/sales/invoices/{draft.pk}/"
    asked = text_of(web.get(f"{page}sent/"))
    assert "Mark this invoice as sent?" in asked and "the total 250.00 EUR" in asked
    shown = text_of(web.post(f"{page}sent/", {"total": "250.00"}, follow=True))
    assert "Invoice INV-000001" in shown and "Issued and marked as sent" in shown
    shown = text_of(web.post(f"{page}payments/", {"amount": "100", "date": "", "key": "a" * 32}, follow=True))
    assert "Partially paid" in shown and "150.00 EUR" in shown
    web.post(f"{page}payments/", {"amount": "100", "key": "a" * 32})
    assert Payment.objects.count() == 1, "a double click recorded it twice"
    shown = text_of(web.post(f"{page}payments/", {"amount": "150", "method": "Cash"}, follow=True))
    assert "Paid" in shown and "Nothing is open any more" in shown
    payment = Payment.objects.get(amount=150)
    assert "is open on INV-000001 again" in text_of(web.get(f"/sales/payments/{payment.pk}/delete/"))
    shown = text_of(web.post(f"/sales/payments/{payment.pk}/delete/", follow=True))
    assert "Payment of 150.00 EUR deleted" in shown and "Olga Example" in shown


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"amount": "-1"}, "Amount must be more than 0"),
        ({"amount": ""}, "Amount: this is needed"),
        ({"amount": "NaN"}, "Amount: enter a number"),
        ({"amount": "1e400"}, "Amount: enter a number"),
        ({"amount": "0.001"}, "Amount can have 2 decimals at most"),
        ({"amount": "250.01"}, "Only 250.00 EUR is open"),
        ({"amount": "1", "date": "3026-01-01"}, "is not between"),
        ({"amount": "1", "date": "yesterday"}, "Date: enter a date"),
    ],
)
def test_a_payment_that_cannot_be_is_refused_beside_its_field(web, sent, values, sentence):
    shown = text_of(web.post(f"/sales/invoices/{sent.pk}/payments/", values))
    assert sentence in shown and f'value="{values["amount"]}"' in shown
    assert not Payment.objects.exists()


def test_a_total_that_changed_meanwhile_is_not_issued(web, draft):
    shown = text_of(web.post(f"/sales/invoices/{draft.pk}/sent/", {"total": "1.00"}))
    assert "The total has changed since you looked" in shown
    draft.refresh_from_db()
    assert draft.is_draft


def test_void_says_in_numbers_what_becomes_free_and_back_to_draft_takes_it_back(web, sent):
    page = f"/sales/invoices/{sent.pk}/"
    asked = text_of(web.get(f"{page}void/"))
    assert "2 time entries (2:30 h) become unbilled again." in asked
    shown = text_of(web.post(f"{page}void/", {"reason": "Wrong month"}, follow=True))
    assert (
        "Void" in shown and "Wrong month" in shown and "2 entries (2:30 h) set free: invoice voided" in shown
    )
    assert set(sent.lines.get().billed_entries.values_list("time_entry__billing_status", flat=True)) == {
        "unbilled"
    }
    shown = text_of(web.post(f"{page}draft/", follow=True))
    assert "Draft" in shown and "Turned back into a draft" in shown
    assert "has its number already" in text_of(web.post(f"{page}delete/"))


def test_write_off_and_its_cancellation(web, sent):
    page = f"/sales/invoices/{sent.pk}/"
    assert "250.00 EUR is given up" in text_of(web.get(f"{page}write-off/"))
    assert "Written off" in text_of(web.post(f"{page}write-off/", follow=True))
    shown = text_of(web.post(f"{page}write-off/cancel/", follow=True))
    assert "Write-off cancelled" in shown
    assert "was not written off" in text_of(web.post(f"{page}write-off/cancel/", follow=True))


def test_a_deleted_draft_frees_its_hours(web, draft, project):
    asked = text_of(web.get(f"/sales/invoices/{draft.pk}/delete/"))
    assert "2 time entries (2:30 h) become unbilled again." in asked
    web.post(f"/sales/invoices/{draft.pk}/delete/")
    assert not Invoice.objects.exists()
    assert set(project.time_entries.values_list("billing_status", flat=True)) == {"unbilled"}


def test_a_line_opens_into_its_entries_and_lets_one_go(web, draft, project):
    line = draft.lines.get()
    page = f"/sales/invoices/{draft.pk}/lines/{line.pk}/"
    part = text_of(web.get(page, headers={"HX-Request": "true"}))
    assert "<html" not in part and "Ann" in part and "150.00 EUR" in part
    assert "Ann" in text_of(web.get(page))
    billed = line.billed_entries.order_by("pk").first()
    shown = text_of(web.post(f"{page}entries/remove/", {"billed": [billed.pk]}, follow=True))
    assert "1 time entry was taken off" in shown and "100.00 EUR" in shown
    assert "taken off meanwhile" in text_of(
        web.post(f"{page}entries/remove/", {"billed": [billed.pk]}, follow=True)
    )
    assert "Tick the entries" in text_of(web.post(f"{page}entries/remove/", {"billed": ["x"]}, follow=True))
    assert "1 time entry (1:00 h) become unbilled again." in text_of(web.get(f"{page}remove/"))
    web.post(f"{page}remove/")
    assert not draft.lines.exists()
    assert set(project.time_entries.values_list("billing_status", flat=True)) == {"unbilled"}


def test_credit_of_one_entry_then_of_all_that_is_left(web, sent):
    page = f"/sales/invoices/{sent.pk}/credit/"
    line = sent.lines.get()
    rows = list(line.billed_entries.order_by("pk"))
    assert "or single entries (2)" in text_of(web.get(page))
    assert "Choose what is to be credited" in text_of(web.post(page, {}))
    asked = {f"entries-{line.pk}": [rows[0].pk], "reason": "Too long", "key": "b" * 32}
    shown = text_of(web.post(page, asked, follow=True))
    assert "Credit note CN-000001" in shown and "150.00 EUR" in shown and "Too long" in shown
    web.post(page, asked)
    assert CreditNote.objects.count() == 1
    rows[0].time_entry.refresh_from_db()
    assert rows[0].time_entry.billing_status == "unbilled"
    shown = text_of(web.post(page, {"all": "1", "rebill": "no"}, follow=True))
    assert "100.00 EUR" in shown
    rows[1].time_entry.refresh_from_db()
    assert rows[1].time_entry.billing_status == "non_billable"
    assert "Nothing of this invoice can be credited now" in text_of(web.get(page, follow=True))


def test_credit_of_an_amount_of_a_free_line(web, customer):
    sent = life.issue(drafts.create_invoice(customer, {}, [drafts.LineValues(name="Fee", rate="80")]))
    page, line = f"/sales/invoices/{sent.pk}/credit/", sent.lines.get()
    for wrong, sentence in (
        ("80.01", "80.00 EUR are left"),
        ("-1", "must be more than 0"),
        ("NaN", "enter a number"),
    ):
        assert sentence in text_of(web.post(page, {f"amount-{line.pk}": wrong}))
    web.post(page, {f"amount-{line.pk}": "30.50"})
    sent.refresh_from_db()
    assert str(sent.balance) == "49.50"


def test_a_free_invoice_is_made_changed_and_refused_in_the_right_field(web, customer, project, organization):
    tax = TaxFactory(organization=organization, rate="20", name="VAT")
    url = f"/sales/invoices/new/?customer={customer.pk}"
    assert web.get(url).status_code == 200
    row = {
        "row": ["0"],
        "name-0": "Design",
        "quantity-0": "2",
        "rate-0": "100",
        "tax-0": tax.pk,
        "date": "2026-03-31",
    }
    added = text_of(web.post(url, row | {"add": "1"}))
    assert added.count('name="row"') == 2 and "Design" in added
    assert "240.00 EUR" in text_of(web.post(url, row | {"preview": "1"})) and not Invoice.objects.exists()
    part = web.post(url, row, headers={"HX-Request": "true"})
    assert "240.00 EUR" in text_of(part) and "<form" not in text_of(part)
    for wrong, sentence in (
        ({"rate-0": "-5"}, "Rate cannot be negative"),
        ({"rate-0": "1.1234567"}, "Rate can have 6 decimals at most"),
        ({"quantity-0": "0"}, "Quantity must be more than 0"),
        ({"quantity-0": "1e400"}, "Quantity: enter a number"),
        ({"discount_percent-0": "120"}, "Discount can be 100 at most"),
        ({"discount": "5", "discount_kind": "amount", "rate-0": "1"}, "larger than the sum"),
        ({"due_date": "2026-01-01"}, "this is before the date"),
        ({"tax-0": "99999"}, "The tax was not found"),
        ({"project-0": ProjectFactory().pk}, "The project was not found"),
        ({"adjustment": "nothing"}, "Adjustment: enter a number"),
    ):
        assert sentence in text_of(web.post(url, row | wrong)), wrong
    assert not Invoice.objects.exists()
    web.post(url, row | {"key": "c" * 32})
    web.post(url, row | {"key": "c" * 32})
    draft = Invoice.objects.get()
    assert draft.total == 240
    draft.history.update(
        history_date=timezone.now() - timedelta(hours=1)
    )  # what one request does is one event
    edit = f"/sales/invoices/{draft.pk}/edit/"
    assert 'value="Design"' in text_of(web.get(edit))
    line = draft.lines.get()
    changed = row | {
        "id-0": line.pk,
        "rate-0": "50",
        "discount": "10",
        "wanted_number": "SPECIAL-1",
        "adjustment": "-8",
    }
    shown = text_of(web.post(edit, changed, follow=True))
    assert (
        "100.00 EUR" in shown
        and "SPECIAL-1" in shown
        and "Total: 240.00 EUR → 100.00 EUR"
        in shown.replace('<span class="text-secondary">', "").replace("</span>", "")
    )
    life.issue(draft)
    assert "does not change any more" in text_of(web.get(edit, follow=True))


def test_lines_of_hours_stay_when_a_draft_is_edited(web, draft):
    line = draft.lines.get()
    edit = f"/sales/invoices/{draft.pk}/edit/"
    assert "fixed by what stands behind it" in text_of(web.get(edit))
    rows = {
        "row": ["0", "1"],
        "id-0": line.pk,
        "name-0": "Renamed",
        "quantity-0": "99",
        "rate-0": "1",
        "name-1": "Travel",
    }
    web.post(edit, rows | {"quantity-1": "1", "rate-1": "10", "date": "2026-03-31"})
    draft.refresh_from_db()
    line.refresh_from_db()
    assert (draft.total, line.name, line.minutes) == (260, "Renamed", 150)


def test_the_offer_of_unbilled_hours_on_a_new_invoice(web, customer, log):
    log(45)
    shown = text_of(web.get(f"/sales/invoices/new/?customer={customer.pk}"))
    assert "1 time entry (0:45 h) in 1 project" in shown and f"/customers/{customer.pk}/invoice/" in shown
    assert "Acme" in text_of(web.get("/sales/invoices/new/?q=acm"))


def test_a_quote_from_a_project_to_its_invoice(web, project):
    TaskFactory(project=project, name="Build it", budget_hours="8")
    TaskFactory(project=project, name="Closed", status="closed")
    url = f"/sales/quotes/new/?project={project.pk}"
    page = text_of(web.post(url, {"include_tasks": "1", "date": "2026-03-31"}))
    assert "Build it" in page and "Closed" not in page
    row = {
        "row": ["0"],
        "name-0": "Build it",
        "quantity-0": "8",
        "unit-0": "h",
        "rate-0": "100",
        "project": project.pk,
    }
    web.post(url, row | {"date": "2026-03-31", "expiry_date": "2026-04-30"})
    quote = Quote.objects.get()
    page = f"/sales/quotes/{quote.pk}/"
    assert (quote.total, quote.project) == (800, project)
    assert "Accept it first" in text_of(web.post(f"{page}convert/", follow=True))
    web.post(f"{page}sent/", {"total": "800.00"})
    assert "Expired" in text_of(web.get(page))
    assert "The quote is declined" in text_of(web.post(f"{page}decline/", follow=True))
    assert "Accepted" in text_of(web.post(f"{page}accept/", follow=True))
    revised = web.post(f"{page}duplicate/")
    assert Quote.objects.count() == 2 and revised.status_code == 302
    first, second = web.post(f"{page}convert/"), web.post(f"{page}convert/")
    invoice = Invoice.objects.get()
    assert first["Location"] == second["Location"] == f"/sales/invoices/{invoice.pk}/"
    shown = text_of(web.get(page))
    assert "Invoiced" in shown and "Turned into an invoice" in shown
    web.post(f"/sales/quotes/{Quote.objects.exclude(pk=quote.pk).get().pk}/delete/")
    assert Quote.objects.count() == 1
