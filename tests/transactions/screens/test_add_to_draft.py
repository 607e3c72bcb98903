"""Unbilled hours onto a draft that exists: the same locks and refusals as Create Invoice, added once."""

import pytest

from tests.factories import CustomerFactory
from tests.transactions.factories import InvoiceFactory, TaxFactory
from tests.transactions.screens.test_create_invoice import fields_of
from transactions import drafts, life
from transactions.billing.add import add_to_invoice
from transactions.billing.choices import Choices, Share
from transactions.billing.create import create_invoice
from transactions.drafts import LineValues
from transactions.errors import TransactionRefused
from transactions.models import Invoice

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(customer, organization):
    """A draft with a free line of 100 and a discount of ten percent."""
    TaxFactory(organization=organization, name="VAT", rate="20")
    lines = [LineValues("Licence", rate="100")]
    return drafts.create_invoice(customer, {"discount_percent": "10"}, lines)


def test_hours_are_added_once_and_the_draft_keeps_what_it_had(web, draft, log):
    first, second = log(90), log(30, day=3)
    assert "Add unbilled hours" in web.get(f"/sales/invoices/{draft.pk}/").content.decode()
    address = f"/sales/invoices/{draft.pk}/add/"
    page = web.get(address)
    text = page.content.decode()
    assert "Add unbilled hours to the draft" in text and "270.00 EUR" in text  # (100 + 200) less ten percent
    fields = fields_of(page) | {"keep": [f"e{first.pk}"], "save": "1"}
    assert web.post(address, fields)["Location"] == f"/sales/invoices/{draft.pk}/"
    assert web.post(address, fields)["Location"] == f"/sales/invoices/{draft.pk}/"  # a double click
    draft.refresh_from_db()
    assert [(line.kind, line.amount) for line in draft.lines.all()] == [("custom", 100), ("hours", 150)]
    assert (draft.total, draft.discount_total) == (225, 25)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.billing_status, second.billing_status) == ("invoiced", "unbilled")
    fields = fields_of(web.get(address)) | {"save": "1"}
    assert web.post(address, fields).status_code == 302
    life.remove_line(draft.lines.filter(kind="hours").first())
    first.refresh_from_db()
    assert first.billing_status == "unbilled" and Invoice.objects.get().total == 135
    life.delete_draft(Invoice.objects.get())
    second.refresh_from_db()
    assert second.billing_status == "unbilled"


def test_what_was_billed_meanwhile_is_named_and_an_issued_invoice_takes_nothing(web, customer, draft, log):
    log(60)
    address = f"/sales/invoices/{draft.pk}/add/"
    fields = fields_of(web.get(address)) | {"save": "1"}
    other = life.issue(create_invoice(customer, Choices()))
    answer = web.post(address, fields).content.decode()
    assert "1 entry has changed" in answer and f"invoice {other}" in answer
    life.issue(draft)
    log(60, day=4)
    assert web.get(address)["Location"] == f"/sales/invoices/{draft.pk}/"
    with pytest.raises(TransactionRefused) as refused:
        add_to_invoice(draft, Choices())
    assert refused.value.code == "issued" and draft.lines.count() == 1


def test_a_share_of_a_fixed_cost_is_added_once_per_key_and_another_currency_not_at_all(
    customer, draft, project
):
    choices = Choices(shares=(Share(project.pk, amount="50"),))
    for _ in range(2):
        add_to_invoice(draft, choices, creation_key="a" * 32)
    assert draft.lines.count() == 2
    abroad = InvoiceFactory(customer=CustomerFactory(currency="USD"), currency="EUR")
    with pytest.raises(TransactionRefused) as refused:
        add_to_invoice(abroad, choices)
    assert refused.value.code == "currency_mismatch"
    with pytest.raises(TransactionRefused) as refused:
        add_to_invoice(draft, Choices())
    assert refused.value.code == "nothing_to_bill"
