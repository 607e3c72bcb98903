"""From a project to a paid invoice in a real browser, with every screen looked at; and two browsers at once."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.accessibility import RULES
from tests.factories import (
    PASSWORD,
    MembershipFactory,
    ProjectFactory,
    StaffUserFactory,
    TaskFactory,
    TimeEntryFactory,
    day_here,
)
from tests.transactions.factories import ExpenseFactory, TaxFactory
from transactions import drafts, drift, life
from transactions.models import BilledTimeEntry, Invoice

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = ("Restauração of the old harbour crane مثال 🙂 <b>bold</b> " * 6)[:200].strip()


def look(page: Page, name: str, wrong: list[str]) -> None:
    """Note what is not accessible in light or dark, or wider than the screen; pictures where SCREENSHOTS says."""
    folder = os.environ.get("SCREENSHOTS")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = Axe().run(page, options=RULES[scheme])
        if found.response["violations"]:
            wrong.append(f"{name}, {scheme}: {found.generate_report()}")
        for width in (1280, 390) if folder else (360,):
            page.set_viewport_size({"width": width, "height": 900})
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                wrong.append(f"{name} is {wide} wide at {width}")
            if folder:
                # the caret stays: hiding it injects a style, which the pages' rules rightly refuse
                page.screenshot(
                    path=str(Path(folder) / f"{name}-{scheme}-{width}.png"), full_page=True, caret="initial"
                )
        page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light", reduced_motion="reduce")


def sign_in(page: Page, url: str, email: str) -> None:
    page.goto(url)
    page.locator("[name=username]").fill(email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")


def type_in(page: Page, field: Locator, text: str) -> None:
    """Fill a field and wait for the answer to its change: the tests' database in memory knows no waiting."""
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        field.fill(text)
        field.press("Tab")


@pytest.fixture
def world():
    """A clerk, a customer with a project of two people's hours, an expense, a tax, and a colleague."""
    clerk = MembershipFactory(organization__name="Harbour Works", user__name="Olga Example")
    organization = clerk.organization
    project = ProjectFactory(
        organization=organization, name=LONG, rate="80", customer__display_name=f"Acme {LONG}"[:200]
    )
    task = TaskFactory(project=project, name="Paint the crane")
    people = [StaffUserFactory(organization=organization, name=name) for name in ("Ann", LONG)]
    today = day_here()
    for number in range(6):
        TimeEntryFactory(
            project=project, staff_user=people[number % 2], date=today - timedelta(days=number), kind="task", task=task,
            title="", notes="Second coat",
        )  # fmt: skip
    ExpenseFactory(
        organization=organization, customer=project.customer, project=project, billing_status="unbilled",
        is_billable=True, total="25",
    )  # fmt: skip
    TaxFactory(organization=organization, name="VAT", rate="20")
    return {"clerk": clerk, "project": project, "organization": organization}


def test_from_a_project_to_a_paid_invoice(page: Page, live_server, world):
    complaints: list[str] = []
    wrong: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    project, organization = world["project"], world["organization"]
    sign_in(
        page,
        f"{live_server.url}/login/?next=/time-tracking/projects/{project.pk}/",
        world["clerk"].user.email,
    )
    look(page, "project", wrong)
    page.get_by_role("link", name="Create Invoice").click()
    total = page.locator("dd.total-row")
    expect(total).to_have_text("720.00 EUR")
    look(page, "create", wrong)

    page.get_by_label("Group by users", exact=True).check()
    expect(page.get_by_text("3 time entries")).to_have_count(2)
    first = page.locator("details", has_text="3 time entries").first
    first.locator("summary").click()
    first.get_by_role("checkbox").first.uncheck()
    expect(total).to_have_text("600.00 EUR")
    expect(page.get_by_text("Left out: 1")).to_be_visible()
    expect(page.locator("details", has_text="2 time entries")).to_have_attribute("open", "")
    page.get_by_label("Unbilled expenses").check()
    expect(total).to_have_text("625.00 EUR")
    page.get_by_label("Tax", exact=True).select_option(label="VAT (20 %)")
    expect(total).to_have_text("750.00 EUR")
    page.get_by_label("Discount %").fill("NaN")
    page.get_by_label("Discount %").press("Tab")
    expect(page.get_by_text("Discount: enter a number").first).to_be_visible()
    look(page, "create-wrong", wrong)
    page.get_by_label("Discount %").fill("10")
    page.get_by_label("Discount %").press("Tab")
    expect(total).to_have_text("675.00 EUR")
    look(page, "create-full", wrong)
    page.get_by_role("button", name="Save as draft").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Draft invoice")
    page.locator("summary", has_text="3 time entries").click()
    expect(page.get_by_role("button", name="Take ticked entries off")).to_be_visible()
    look(page, "draft", wrong)

    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_role("button", name="Add a line").click()
    type_in(page, page.get_by_label("Name").last, "Travel")
    type_in(page, page.get_by_label("Rate", exact=True).last, "100")
    expect(page.locator("#seen-totals .total-row").last).to_have_text("783.00 EUR")
    look(page, "edit", wrong)
    type_in(page, page.get_by_label("Adjustment", exact=True), "1e400")
    expect(page.locator("#seen-totals")).to_contain_text("Adjustment: enter a number")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("Adjustment: enter a number").first).to_be_visible()
    look(page, "edit-wrong", wrong)
    type_in(page, page.get_by_label("Adjustment", exact=True), "")
    expect(page.locator("#seen-totals .total-row").last).to_have_text("783.00 EUR")
    page.get_by_role("button", name="Save draft").click()

    page.get_by_role("link", name="Mark as Sent").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("the total 783.00 EUR")).to_be_visible()
    look(page, "mark-sent", wrong)
    dialog.get_by_role("button", name="Mark as Sent").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Invoice INV-000001")
    page.get_by_label("Amount in EUR").fill("800")
    page.get_by_role("button", name="Record Payment").click()
    expect(page.get_by_text("Only 783.00 EUR is open")).to_be_visible()
    look(page, "payment-wrong", wrong)
    page.get_by_label("Amount in EUR").fill("100")
    page.get_by_role("button", name="Record Payment").click()
    expect(page.get_by_text("Partially paid")).to_be_visible()
    page.get_by_role("button", name="Record Payment").click()
    expect(page.get_by_text("Nothing is open any more.")).to_be_visible()
    invoice = Invoice.objects.get()
    assert (invoice.state, invoice.total) == ("paid", 783)

    changed = BilledTimeEntry.objects.first()
    drift.report({changed.time_entry_id: drift.Finding("changed", 30, changed.date, "1:30 → 0:30")})
    page.reload()
    expect(page.get_by_text("1 entry changed at its source")).to_be_visible()
    look(page, "paid-with-drift", wrong)
    page.goto(f"{live_server.url}/sales/drift/")
    look(page, "drift", wrong)
    page.goto(f"{live_server.url}/sales/invoices/")
    look(page, "invoices", wrong)
    page.goto(f"{live_server.url}/sales/invoices/?q=nothing")
    look(page, "invoices-none", wrong)

    line = drafts.LineValues(name=LONG, quantity="2", rate="100")
    other = life.issue(
        drafts.create_invoice(project.customer, {"date": "2026-01-01", "payment_terms": "1"}, [line])
    )
    page.goto(f"{live_server.url}/sales/invoices/{other.pk}/credit/")
    look(page, "credit", wrong)
    page.get_by_label("or a quantity of it").fill("0.5")
    page.get_by_role("button", name="Issue the credit note").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Credit note CN-000001")
    look(page, "credit-note", wrong)
    page.goto(f"{live_server.url}/sales/quotes/new/?project={project.pk}")
    page.get_by_role("button", name="Include the project’s tasks").click()
    expect(page.get_by_label("Name").last).to_have_value("Paint the crane")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Draft quote")
    look(page, "quote", wrong)
    page.goto(f"{live_server.url}/sales/invoices/bulk/?period=all")
    look(page, "bulk", wrong)
    assert complaints == []
    page.get_by_role("button", name="Create drafts").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Drafts for many customers")
    look(page, "bulk-job", wrong)
    page.goto(f"{live_server.url}/time-tracking/projects/{project.pk}/?tab=transactions")
    expect(page.get_by_role("link", name="INV-000001")).to_be_visible()
    look(page, "transactions", wrong)
    assert not wrong, "\n".join(wrong)
    # leaving the page in the middle of asking how far the drafts are is no fault
    assert [text for text in complaints if not text.startswith("htmx:")] == [] and organization.pk


def test_two_browsers_bill_the_same_project_at_once(browser: Browser, live_server, world):
    """Both look at the same hours; the second to save is told who has billed them, and nothing is billed twice."""
    project, organization = world["project"], world["organization"]
    other = MembershipFactory(organization=organization, user__name="Quick Colleague")
    address = f"/time-tracking/projects/{project.pk}/invoice/"
    contexts = [browser.new_context() for _ in range(2)]
    pages = [context.new_page() for context in contexts]
    for page, member in zip(pages, (other, world["clerk"]), strict=True):
        sign_in(page, f"{live_server.url}/login/?next={address}", member.user.email)
        expect(page.locator("dd.total-row")).to_have_text("720.00 EUR")
    quick, slow = pages
    quick.get_by_role("button", name="Save as draft").click()
    expect(quick.get_by_role("heading", level=1)).to_have_text("Draft invoice")
    slow.get_by_role("button", name="Save as draft").click()
    expect(slow.get_by_role("alert")).to_contain_text(
        re.compile(
            "6 entries have changed since you looked.*put on a draft by Quick Colleague meanwhile", re.S
        )
    )
    expect(slow.get_by_text("Nothing to bill")).to_be_visible()
    assert Invoice.objects.count() == 1 and BilledTimeEntry.objects.count() == 6
    for context in contexts:
        context.close()


def test_create_invoice_without_javascript(browser: Browser, live_server, world):
    project = world["project"]
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    address = f"/time-tracking/projects/{project.pk}/invoice/"
    sign_in(page, f"{live_server.url}/login/?next={address}", world["clerk"].user.email)
    page.get_by_label("Show all timesheet entries individually").check()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("1 time entry")).to_have_count(6)
    page.get_by_role("button", name="Save as draft").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Draft invoice")
    page.get_by_role("link", name="Mark as Sent").click()
    page.get_by_role("button", name="Mark as Sent").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Invoice INV-000001")
    context.close()
