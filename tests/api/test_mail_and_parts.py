"""E-mails and print of several documents, addresses, money on invoices, people, CSV, and what is not kept here."""

import csv
import io

import pypdf
import pytest
from django.core import mail

from tests import factories as make
from tests.transactions.factories import ExpenseFactory
from timetracking.models import StaffUser
from transactions import credit, drafts, life, payments
from transactions.models import Invoice, OutgoingMail

pytestmark = pytest.mark.django_db
LINE = [drafts.LineValues("Work", rate="5")]


@pytest.fixture
def customer(call):
    found = make.CustomerFactory(
        organization=call.organization, email="pay@acme.example", billing_street="1 Invented Road"
    )
    make.ContactPersonFactory(customer=found, first_name="Ada", last_name="", email="ada@acme.example")
    return found


@pytest.fixture
def invoice(call, customer):
    return drafts.create_invoice(customer, {}, LINE, call.membership.user)


def test_the_content_of_an_email_can_be_read_changed_and_sent(call, invoice):
    path = f"/invoices/{invoice.pk}/email"
    data = call("get", path)["data"]
    assert call.organization.name in data["subject"] and "{link}" in data["body"]
    chosen = {contact["email"]: contact["selected"] for contact in data["to_contacts"]}
    assert chosen == {"pay@acme.example": True, "ada@acme.example": False}
    assert not OutgoingMail.objects.exists() and Invoice.objects.get().is_draft
    body = {"to_mail_ids": ["ada@acme.example"], "subject": "For <you>", "send_from_org_email_id": True,
            "body": "<p>Dear Ada,</p><p>see&nbsp;{link}<br>Bye</p>"}  # fmt: skip
    sent = call("post", path, body, send_attachment="false")
    assert (sent["message"], len(sent["warnings"])) == ("Your invoice has been sent.", 1)
    row = OutgoingMail.objects.get()
    assert (row.to, row.subject, row.attach_pdf) == (["ada@acme.example"], "For <you>", False)
    assert row.body == "Dear Ada,\n\nsee {link}\nBye"
    assert call("post", path, {"to_mail_ids": ["x"]}, 400)["field"] == "to_mail_ids"
    assert call("post", path, status=400, send_attachment="maybe")["field"] == "send_attachment"
    life.void(Invoice.objects.get())
    assert "void" in call("get", path, status=400)["message"]


def test_several_are_sent_together_or_none_of_them(call, customer, invoice):
    second = drafts.create_invoice(customer, {}, LINE)
    empty = drafts.create_invoice(customer, {}, [])
    refused = call("post", "/invoices/email", status=400, invoice_ids=f"{invoice.pk},{empty.pk}")
    assert "Add a line first" in refused["message"] and str(empty.pk) in refused["detail"]
    assert not OutgoingMail.objects.exists()
    body = {"contacts": [{"contact_id": str(customer.pk), "email": ["ada@acme.example"]}]}
    call("post", "/invoices/email", body, invoice_ids=f"{invoice.pk},{second.pk}")
    assert [row.to for row in OutgoingMail.objects.all()] == [["ada@acme.example"]] * 2
    call("post", "/invoices/paymentreminder", invoice_ids=f"{invoice.pk},{second.pk}")
    assert OutgoingMail.objects.filter(purpose="reminder").count() == 2
    assert "due" in call("get", f"/invoices/{invoice.pk}/paymentreminder")["data"]["subject"]
    for ids in ("", "x", ",".join("1" for _ in range(26))):
        assert call("post", "/estimates/email", status=400, estimate_ids=ids)["field"] == "estimate_ids"
    assert call("post", "/invoices/email", status=404, invoice_ids="987654")["code"] == 1002
    for tail in ("pdf", "print"):
        answer = call("get", f"/invoices/{tail}", invoice_ids=f"{second.pk},{invoice.pk}")
        assert answer["Content-Type"] == "application/pdf"
        pages = pypdf.PdfReader(io.BytesIO(answer.content)).pages
        assert len(pages) == 2 and str(Invoice.objects.get(pk=second.pk)) in pages[0].extract_text()


def test_a_draft_has_the_customer_s_address_or_one_of_its_own(call, customer, invoice):
    path = f"/invoices/{invoice.pk}"
    assert call("get", path)["invoice"]["billing_address"]["address"] == "1 Invented Road"
    body = {"address": "2 Other Lane", "street2": "Back door", "city": "Ulm"}
    assert (
        call("put", f"{path}/address/billing", body)["billing_address"]["address"]
        == "2 Other Lane\nBack door"
    )
    customer.billing_street = "3 New Street"
    customer.save()
    call("post", f"{path}/status/sent")
    shown = call("get", path)["invoice"]["billing_address"]
    assert (shown["address"], shown["city"]) == ("2 Other Lane\nBack door", "Ulm")
    assert (
        "2 Other Lane"
        in pypdf.PdfReader(io.BytesIO(call("get", path, accept="pdf").content)).pages[0].extract_text()
    )
    assert call("put", f"{path}/address/billing", body, 400)["code"] == 70000
    note = credit.credit_all(Invoice.objects.get())
    assert note.billing_street == "2 Other Lane\nBack door"
    assert call("put", f"{path}/address/shipping", body, 400)["code"] == 70009
    quote = drafts.create_quote(customer, {}, LINE)
    one = f"/estimates/{quote.pk}/address/billing"
    call("put", one, {**body, "is_update_customer": True})
    customer.refresh_from_db()
    assert customer.billing_street == "2 Other Lane\nBack door"
    call("put", one, {})
    quote.refresh_from_db()
    assert quote.address_is_own is False


def test_the_address_of_a_contact(call, customer):
    root = f"/contacts/{customer.pk}/address"
    found = call("get", root)["addresses"]
    assert [row["address"] for row in found] == ["1 Invented Road"]
    assert call("post", root, {"address": "Second"}, 400)["code"] == 70009
    one = f"{root}/{found[0]['address_id']}"
    assert call("put", one, {"address": "5 Fifth", "zip": "89073"})["address_info"]["zip"] == "89073"
    call("delete", one)
    assert call("get", root)["addresses"] == []
    assert call("put", one, {"address": "x"}, 404)["code"] == 1002
    assert call("post", root, {"address": "6 Sixth"}, 201)["address_info"]["address"] == "6 Sixth"


def test_payments_and_credits_of_an_invoice(call, invoice):
    life.issue(invoice)
    payment = payments.record_payment(invoice, "2")
    path = f"/invoices/{invoice.pk}"
    body = {"amount": 1.5, "date": "2026-01-02", "payment_mode": "cash", "reference_number": "R"}
    made = call("post", f"{path}/payments", body)["payment"]
    assert (made["amount"], made["date"], made["payment_mode"]) == (1.5, "2026-01-02", "cash")
    assert call("post", f"{path}/payments", {"amount": 99}, 400)["field"] == "amount"
    assert call("post", f"{path}/payments", {"amount": 1, "bank_charges": 1}, 400)["field"] == "bank_charges"
    call("delete", f"{path}/payments/{made['payment_id']}")
    assert call("get", f"{path}/payments")["payments"][0]["amount"] == 2
    assert call("delete", f"{path}/payments/{payment.pk}")["message"] == "The payment has been deleted."
    assert call("get", path)["invoice"]["balance"] == 5
    note = credit.credit_all(Invoice.objects.get())
    applied = call("get", f"{path}/creditsapplied")["credits"]
    assert [(row["creditnote_id"], row["amount_applied"]) for row in applied] == [(str(note.pk), 5)]
    assert call("delete", f"{path}/creditsapplied/{note.pk}", status=400)["code"] == 70009
    assert call("delete", f"{path}/creditsapplied/99", status=404)["code"] == 1002
    assert call("get", f"{path}/payments", page=2)["payments"] == []


def test_an_estimate_becomes_an_invoice(call, customer):
    quote = life.issue(drafts.create_quote(customer, {"reference": "R-1"}, LINE))
    body = {"customer_id": str(customer.pk), "invoiced_estimate_id": str(quote.pk)}
    made = call("post", "/invoices", {**body, "notes": "Thanks"})["invoice"]
    assert (made["invoiced_estimate_id"], made["total"], made["notes"]) == (str(quote.pk), 5, "Thanks")
    assert call("get", f"/estimates/{quote.pk}")["estimate"]["status"] == "invoiced"
    assert "already" in call("post", "/invoices", body, 400)["message"]
    assert call("post", "/invoices", {**body, "invoiced_estimate_id": "99"}, 400)["code"] == 1002
    other = make.CustomerFactory(organization=call.organization)
    fresh = life.issue(drafts.create_quote(customer, {}, LINE))
    wrong = {"customer_id": str(other.pk), "invoiced_estimate_id": str(fresh.pk)}
    assert call("post", "/invoices", wrong, 400)["field"] == "customer_id"


def test_employees_and_people_invited_into_a_project(call, customer, django_capture_on_commit_callbacks):
    made = call("post", "/employees", {"name": "Bob", "email": "bob@invented.example"})["employee"]
    person = StaffUser.objects.get()
    assert (person.role, made["employee_id"]) == ("employee_submitter", str(person.pk))
    assert [row["name"] for row in call("get", "/employees")["employees"]] == ["Bob"]
    spent = ExpenseFactory(organization=call.organization, employee=person)
    assert "Mark the user as inactive" in call("delete", f"/employee/{person.pk}", status=400)["message"]
    spent.delete()
    call("delete", f"/employee/{person.pk}")
    assert call("get", f"/employees/{person.pk}", status=404)["code"] == 1002
    project = make.ProjectFactory(organization=call.organization, customer=customer)
    body = {"user_name": "Eve", "email": "eve@invented.example", "user_role": "timesheetstaff", "rate": 40}
    path = f"/projects/{project.pk}/users/invite"
    with django_capture_on_commit_callbacks(execute=True):
        user = call("post", path, body)["user"]
    assert (user["user_name"], user["rate"], len(mail.outbox)) == ("Eve", 40, 1)
    assert call("post", path, body)["user"]["user_id"] == user["user_id"]
    assert call("post", path, {**body, "email": "no"}, 400)["code"] == 70000


def test_lists_as_csv(call, customer, invoice):
    answer = call("get", "/invoices", accept="csv")
    assert answer["Content-Type"].startswith("text/csv") and "invoices.csv" in answer["Content-Disposition"]
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    row = next(csv.DictReader(io.StringIO(text)))
    assert (row["invoice_id"], row["total"], row["customer_name"]) == (
        str(invoice.pk), "5.00", customer.display_name,
    )  # fmt: skip
    by_header = call("get", "/contacts", headers={"Accept": "text/csv"})
    assert by_header["Content-Type"].startswith("text/csv")
    assert call("get", "/contacts", headers={"Accept": "text/html, */*"})["code"] == 0
    assert call("get", "/contacts", status=406, accept="xls")["code"] == 70007
    assert call("get", f"/contacts/{customer.pk}", status=406, accept="csv")["code"] == 70007


def test_what_is_not_kept_here_says_so(call, customer, invoice):
    quote = drafts.create_quote(customer, {}, LINE)
    for path in ("paymentreminder/enable", "paymentreminder/disable", "statements/email", "email"):
        refused = call("post", f"/contacts/{customer.pk}/{path}", {"any": "thing"}, 400)
        assert refused["code"] == 70009 and refused["message"].endswith(
            ("here.", "{estimate_id}/email.", "reminder.")
        )
    assert call("post", f"/contacts/{customer.pk}/portal/enable", status=400)["code"] == 31006
    for path in (f"/invoices/{invoice.pk}", f"/estimates/{quote.pk}"):
        assert call("post", f"{path}/approve", status=400)["code"] == 70009
        assert call("put", f"{path}/templates/1")["code"] == 0
        assert call("put", f"{path}/templates/2", status=404)["code"] == 1002
    assert call("post", f"/invoices/{invoice.pk}/credits", {}, 400)["code"] == 70009
    assert call("post", "/invoices/99/credits", {}, 404)["code"] == 1002
    assert call("get", "/estimates/templates")["templates"][0]["template_name"] == "Standard"
    assert call("get", f"/contacts/{customer.pk}/refunds")["creditnote_refunds"] == []
