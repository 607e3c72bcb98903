"""How a customer is billed: language, days, tax; new documents begin with it, and a draft can change its language."""

import pytest

from tests.transactions.factories import TaxFactory
from transactions import drafts, preferences
from transactions.drafts import LineValues
from transactions.models import Invoice

pytestmark = pytest.mark.django_db


def test_new_documents_of_a_customer_begin_with_its_language_days_and_tax(web, customer, organization):
    tax, foreign = TaxFactory(organization=organization), TaxFactory()
    address = f"/customers/{customer.pk}/billing/"
    assert address in web.get(f"/customers/{customer.pk}/").content.decode()
    assert "As usual (English)" in web.get(address).content.decode()
    for wrong in (
        {"payment_terms": "-1"},
        {"payment_terms": "99999"},
        {"language": "tlh"},
        {"tax": foreign.pk},
    ):
        assert web.post(address, wrong).status_code == 200
    web.post(address, {"language": "de", "payment_terms": "7", "tax": tax.pk})
    found = preferences.defaults_for(customer)
    assert (found["language"], found["payment_terms"], found["tax"]) == ("de", 7, tax)
    invoice = drafts.create_invoice(customer, {}, [LineValues("x", rate="1")])
    assert (invoice.language, invoice.payment_terms) == ("de", 7)
    edit = f"/sales/invoices/{invoice.pk}/edit/"
    assert '<option value="de" selected>German</option>' in web.get(edit).content.decode()
    line = invoice.lines.get()
    fields = {
        "date": "2026-03-31",
        "row": "0",
        "id-0": line.pk,
        "name-0": "x",
        "quantity-0": "1",
        "rate-0": "1",
    }
    assert web.post(edit, fields | {"language": "fr"}).status_code == 302
    assert Invoice.objects.get().language == "fr"
    web.post(address, {})
    assert preferences.defaults_for(customer)["language"] == "en"
