"""Recurring invoices and expenses in a browser: from New Transaction to the draft, from a receipt to the invoice."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.test_documents import LONG, look, sign_in
from tests.factories import MembershipFactory, ProjectFactory, StaffUserFactory, TimeEntryFactory, day_here
from tests.transactions.factories import TaxFactory
from transactions import recurring
from transactions.models import Expense, Invoice, RecurringInvoice

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def project():
    """A project with hours, a fixed-cost one of the same customer, a person and a tax."""
    clerk = MembershipFactory(organization__name="Harbour Works", user__name="Olga Example")
    organization = clerk.organization
    project = ProjectFactory(
        organization=organization, name=LONG, rate="80", customer__display_name=f"Acme {LONG}"[:200]
    )
    ProjectFactory(
        organization=organization, customer=project.customer, name="Quay wall", billing_method="fixed_cost",
        rate="5000",
    )  # fmt: skip
    person = StaffUserFactory(organization=organization, name="Ann")
    for number in range(3):
        day = day_here() - timedelta(days=number)
        TimeEntryFactory(project=project, staff_user=person, date=day, title="Painting")
    TaxFactory(organization=organization, name="VAT", rate="20")
    project.clerk = clerk
    return project


def test_a_recurring_invoice_of_a_project_s_hours(live_server, page: Page, project):
    wrong: list[str] = []
    sign_in(page, f"{live_server.url}/login/", project.clerk.user.email)
    page.goto(f"{live_server.url}/sales/recurring-invoices/")
    look(page, "recurring-invoices-none", wrong)
    page.goto(f"{live_server.url}/time-tracking/projects/{project.pk}/")
    page.get_by_text("New Transaction").click()
    page.get_by_role("link", name="Recurring Invoice", exact=True).click()
    expect(page.get_by_text("It has a fixed cost, so its hours have no price")).to_be_visible()
    page.get_by_label("Profile name").fill("")
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_text("Profile name: this is needed.")).to_be_visible()
    look(page, "recurring-invoice-refused", wrong)
    page.get_by_label("Profile name").fill("Monthly hours")
    page.get_by_label("Name", exact=True).fill("Hosting {month}")
    page.get_by_label("Rate", exact=True).fill("20")
    page.get_by_label("Start date").fill((day_here() - timedelta(days=2)).isoformat())
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_text("Saving makes 1 invoice:")).to_be_visible()
    look(page, "recurring-invoice-missed", wrong)
    page.get_by_label("Start date").fill(day_here().isoformat())
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_role("heading", name="Monthly hours")).to_be_visible()
    expect(page.get_by_text("Hours logged until then come in, too.")).to_be_visible()
    assert not Invoice.objects.exists(), "the preview left something behind"
    look(page, "recurring-invoice-new", wrong)
    assert recurring.run_due(timezone.now() + timedelta(days=1)) == 1
    page.reload()
    page.get_by_role("link", name="Stop").click()
    expect(page.get_by_text("The hours of its projects stay unbilled until then")).to_be_visible()
    look(page, "recurring-invoice-stop", wrong)
    page.locator("#ask-dialog").get_by_role("button", name="Stop").click()
    expect(page.get_by_text("None while it is stopped.")).to_be_visible()
    look(page, "recurring-invoice-stopped", wrong)
    page.goto(f"{live_server.url}/sales/recurring-invoices/")
    look(page, "recurring-invoices", wrong)
    profile = RecurringInvoice.objects.get()
    page.goto(f"{live_server.url}/sales/recurring-invoices/{profile.pk}/edit/")
    look(page, "recurring-invoice-edit", wrong)
    page.goto(f"{live_server.url}/sales/invoices/{profile.invoices.get().pk}/")
    expect(page.get_by_role("link", name="Monthly hours")).to_be_visible()
    assert wrong == []


def test_an_expense_with_its_receipt_goes_on_an_invoice(live_server, page: Page, project):
    wrong: list[str] = []
    sign_in(page, f"{live_server.url}/login/", project.clerk.user.email)
    page.goto(f"{live_server.url}/purchases/expenses/")
    look(page, "expenses-none", wrong)
    page.goto(f"{live_server.url}/purchases/expenses/new/?project={project.pk}")
    expect(page.get_by_label("Billable: it goes on an invoice")).to_be_checked()
    page.get_by_label("Category").fill("Travel")
    page.get_by_label("Amount", exact=True).fill("1e400")
    page.get_by_label("Receipts").set_input_files(
        {"name": "not-a-picture.png", "mimeType": "image/png", "buffer": b"<html>"}
    )
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Amount: enter a number such as 1234.56.")).to_be_visible()
    look(page, "expense-refused", wrong)
    page.get_by_label("Amount", exact=True).fill("120")
    page.get_by_label("Mark-up in percent").fill("10")
    page.get_by_label("Paid by a person").select_option(label="Ann")
    page.get_by_label("Receipts").set_input_files(
        {
            "name": f"{LONG[:90]}.pdf",
            "mimeType": "application/pdf",
            "buffer": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        }
    )
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("It waits for the next invoice")).to_be_visible()
    look(page, "expense", wrong)
    expense = Expense.objects.get()
    assert expense.receipts.count() == 1
    page.get_by_role("button", name="Convert to Invoice").click()
    expect(page.get_by_text("132.00 EUR").first).to_be_visible()
    assert re.search(r"/sales/invoices/[0-9]+/$", page.url)
    page.goto(f"{live_server.url}/purchases/expenses/{expense.pk}/")
    expect(page.get_by_text("cannot be changed or deleted").first).to_be_visible()
    expect(page.get_by_role("link", name="Edit", exact=True)).to_have_count(0)
    look(page, "expense-invoiced", wrong)
    page.goto(f"{live_server.url}/purchases/expenses/")
    look(page, "expenses", wrong)
    page.goto(f"{live_server.url}/purchases/recurring-expenses/new/?expense={expense.pk}")
    page.get_by_label("Profile name").fill("Monthly travel")
    look(page, "recurring-expense-form", wrong)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Monthly travel")).to_be_visible()
    assert recurring.run_due(timezone.now() + timedelta(days=1)) == 1
    page.reload()
    look(page, "recurring-expense", wrong)
    page.goto(f"{live_server.url}/purchases/recurring-expenses/")
    look(page, "recurring-expenses", wrong)
    assert wrong == []
