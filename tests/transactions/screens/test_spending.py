"""Expenses and recurring profiles through their pages: what is made, what is refused where, who sees what."""

import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tests.factories import (
    CustomerFactory,
    MembershipFactory,
    ProjectFactory,
    ProjectStaffFactory,
    StaffUserFactory,
    day_here,
)
from tests.pages import text_of
from tests.transactions.factories import ExpenseFactory, InvoiceFactory, TaxFactory
from transactions import life, recurring, schedule
from transactions.models import (
    Expense,
    ExpenseReceipt,
    Invoice,
    OutgoingMail,
    RecurringExpense,
    RecurringInvoice,
)

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n"
SPENT = {"date": "2026-03-03", "category": "Travel", "amount": "50", "currency": "EUR", "tax_inclusive": "1"}
EXPENSES = "/purchases/expenses/"


def pdf(name="receipt.pdf", content=PDF):
    return SimpleUploadedFile(name, content)


@pytest.fixture
def monthly(project):
    """The form of a monthly profile with a line."""
    return {
        "name": "Monthly", "repeat_every": "1", "unit": "months", "start_date": day_here().isoformat(),
        "end_date": "", "creates": "draft", "grouping": "project", "discount_kind": "percent", "row": "0",
        "name-0": "Hosting {month}", "quantity-0": "1", "rate-0": "20", "projects": [project.pk],
    }  # fmt: skip


def test_an_expense_with_receipts_is_saved_once_and_billed_with_its_mark_up(web, project, customer):
    form = SPENT | {
        "project": project.pk,
        "is_billable": "1",
        "markup_percent": "10",
        "key": "a" * 32,
        "once": "b" * 32,
    }
    for _ in range(2):  # a double click
        shown = text_of(
            web.post(f"{EXPENSES}new/", form | {"receipts": [pdf("a.pdf"), pdf("b.pdf")]}, follow=True)
        )
    assert "a.pdf" in shown and "Unbilled" in shown
    expense = Expense.objects.get()
    assert expense.receipts.count() == 2 and expense.customer == customer
    for _ in range(2):
        shown = text_of(web.post(f"{EXPENSES}{expense.pk}/invoice/", {"key": "c" * 32}, follow=True))
        assert "55.00 EUR" in shown
    invoice = Invoice.objects.get()
    page = f"{EXPENSES}{expense.pk}/"
    assert "cannot be changed or deleted" in text_of(web.get(page))
    for address in ("edit/", "delete/"):
        assert "cannot be" in text_of(web.post(f"{page}{address}", SPENT, follow=True))
    receipt = expense.receipts.first()
    assert "cannot be changed" in text_of(web.post(f"{EXPENSES}receipts/{receipt.pk}/delete/", follow=True))
    assert "It stands on an invoice already" in text_of(web.post(f"{page}invoice/", follow=True))
    life.delete_draft(invoice)
    assert "It waits for the next invoice" in text_of(web.get(page))
    web.post(f"{EXPENSES}receipts/{receipt.pk}/delete/")
    assert expense.receipts.count() == 1
    web.post(f"{page}delete/")
    assert not Expense.objects.exists() and not ExpenseReceipt.objects.exists()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"amount": "-1"}, "Amount must be more than 0"),
        ({"amount": "0"}, "Amount must be more than 0"),
        ({"amount": ""}, "Amount: enter what was spent"),
        ({"amount": "NaN"}, "Amount: enter a number"),
        ({"amount": "1e400"}, "Amount: enter a number"),
        ({"amount": "1.001"}, "Amount can have 2 decimals at most"),
        ({"amount": "1" * 30}, "at most"),
        ({"currency": "ABC"}, "The currency “ABC” is not known"),
        ({"date": "2026-02-30"}, "Date: enter a date"),
        ({"date": "0026-02-03"}, "is not between"),
        ({"category": " "}, "Category: this is needed"),
        ({"markup_percent": "-5"}, "Mark-up cannot be negative"),
        ({"markup_percent": "1e400"}, "Mark-up: enter a number"),
        ({"exchange_rate": "0", "currency": "USD"}, "Exchange rate must be more than 0"),
        ({"customer": "99999999999999999999"}, "The customer was not found"),
        ({"project": "foreign"}, "The project was not found"),
        ({"customer": "foreign"}, "The customer was not found"),
        ({"tax": "foreign"}, "The tax was not found"),
        ({"employee": "foreign"}, "The person was not found"),
        ({"is_billable": "1"}, "Choose the customer who is to be billed"),
        ({"receipts": "page.png"}, "The content of “page.png” is not what its name says"),
        ({"receipts": "run.exe"}, "is of no allowed type"),
        ({"receipts": "empty.pdf"}, "is empty"),
        ({"receipts": "large.pdf"}, "The file has more than 10 MB"),
    ],
)
def test_an_expense_that_cannot_be_is_refused_beside_its_field(web, organization, values, sentence):
    foreign = {
        "project": ProjectFactory,
        "customer": CustomerFactory,
        "tax": TaxFactory,
        "employee": StaffUserFactory,
    }
    values = {name: foreign[name]().pk if value == "foreign" else value for name, value in values.items()}
    if name := values.get("receipts"):
        content = {"empty.pdf": b"", "large.pdf": PDF + b"0" * 11 * 1024 * 1024}.get(name, b"<html>")
        values["receipts"] = [pdf("fine.pdf"), pdf(name, content)]
    shown = text_of(web.post(f"{EXPENSES}new/", SPENT | values))
    assert sentence in shown and "was saved" not in shown
    assert 'value="Travel"' in shown or "category" in values
    assert not Expense.objects.exists() and not ExpenseReceipt.objects.exists()


def test_the_list_filters_adds_per_currency_and_exports(web, organization, project, customer):
    ann = StaffUserFactory(organization=organization, name="Ann")
    fields = {
        "organization": organization,
        "customer": customer,
        "is_billable": True,
        "billing_status": "unbilled",
    }
    ExpenseFactory(category="=1+1", total="10", employee=ann, project=project, **fields)
    ExpenseFactory(category="Train", total="5.50", **fields)
    ExpenseFactory(category="Hotel", total="7", currency="USD", organization=organization)
    ExpenseFactory(category="Elsewhere", total="1000")
    shown = text_of(web.get(EXPENSES))
    assert "15.50 EUR" in shown and "7.00 USD" in shown and "Elsewhere" not in shown
    for query, count in {
        f"employee={ann.pk}": 1, f"project={project.pk}": 1, f"customer={customer.pk}": 2, "state=unbilled": 2,
        "state=non_billable": 1, "state=reimbursed": 0, "state=invoiced": 0, "state=billable": 2, "q=hot": 1,
        "from=2027-01-01": 0, "to=2026-03-03": 3, "project=x&from=y&after=z": 3, "q=%00": 3,
    }.items():  # fmt: skip
        assert len(web.get(f"{EXPENSES}?{query}").context["page"]) == count, query
    lines = b"".join(web.get(f"{EXPENSES}csv/?state=unbilled")).decode().splitlines()
    assert len(lines) == 3 and any("'=1+1" in line for line in lines)


def test_employees_record_and_see_only_their_own(client, organization, project):
    me = StaffUserFactory(
        organization=organization,
        name="Me",
        membership=MembershipFactory(organization=organization, role="employee"),
    )
    theirs = ExpenseFactory(organization=organization, category="Secret dinner")
    hidden = ProjectFactory(organization=organization, name="Hidden")
    ProjectStaffFactory(project=project, staff_user=me)
    client.force_login(me.membership.user)
    form = SPENT | {"project": project.pk, "is_billable": "1", "markup_percent": "90", "receipts": [pdf()],
                    "employee": StaffUserFactory(organization=organization).pk}  # fmt: skip
    shown = text_of(client.post(f"{EXPENSES}new/", form, follow=True))
    mine = Expense.objects.get(category="Travel")
    assert (mine.employee, mine.markup_percent, mine.customer) == (
        me,
        0,
        project.customer,
    ) and "receipt.pdf" in shown
    assert "Secret dinner" not in text_of(client.get(EXPENSES)) and "Hidden" not in text_of(
        client.get(f"{EXPENSES}new/")
    )
    assert "The project was not found" in text_of(
        client.post(f"{EXPENSES}new/", form | {"project": hidden.pk})
    )
    assert client.get(f"{EXPENSES}{theirs.pk}/").status_code == 404
    assert client.post(f"{EXPENSES}{mine.pk}/invoice/").status_code == 403
    assert client.post(f"{EXPENSES}{mine.pk}/reimbursed/").status_code == 403
    client.post(f"{EXPENSES}{mine.pk}/edit/", SPENT | {"amount": "60"})
    mine.refresh_from_db()
    assert mine.total == 60
    Expense.objects.update(reimbursed_at=timezone.now())
    assert client.post(f"{EXPENSES}{mine.pk}/edit/", SPENT).status_code == 403
    assert client.post(f"{EXPENSES}{mine.pk}/delete/").status_code == 403
    assert client.get("/purchases/recurring-expenses/").status_code == 403
    nobody = MembershipFactory(organization=organization, role="employee")
    client.force_login(nobody.user)
    assert "You are not among the staff yet" in text_of(client.post(f"{EXPENSES}new/", SPENT))
    client.force_login(MembershipFactory(organization=organization, role="timesheet_staff").user)
    assert client.get(EXPENSES).status_code == 403


def test_reimbursing_and_another_currency(web, organization, customer):
    ann = StaffUserFactory(organization=organization)
    spent = ExpenseFactory(
        organization=organization,
        customer=customer,
        currency="USD",
        is_billable=True,
        billing_status="unbilled",
    )
    page = f"{EXPENSES}{spent.pk}/"
    assert "is billed in EUR" in text_of(web.get(page))
    assert "Give the expense its exchange rate" in text_of(web.get(page))
    assert "how many EUR one USD is" in text_of(web.post(f"{page}invoice/", follow=True))
    Expense.objects.update(exchange_rate="0.9", total="50")
    assert "One USD is billed as 0.9 EUR" in text_of(web.get(page))
    assert "45.00 EUR" in text_of(web.post(f"{page}invoice/", follow=True))
    life.delete_draft(Invoice.objects.get())
    assert "Nobody paid this expense" in text_of(web.post(f"{page}reimbursed/", follow=True))
    Expense.objects.update(employee=ann)
    assert "Reimbursed" in text_of(web.post(f"{page}reimbursed/", follow=True))
    assert "Not reimbursed any more" in text_of(web.post(f"{page}reimbursed/", {"undo": "1"}, follow=True))


def test_a_recurring_invoice_shows_what_comes_and_leaves_nothing_behind(web, monthly, project, log):
    log(90, date=day_here())
    monthly |= {"once": "d" * 32}
    for _ in range(2):
        web.post(f"/sales/recurring-invoices/new/?project={project.pk}", monthly)
    profile = RecurringInvoice.objects.get()
    page = f"/sales/recurring-invoices/{profile.pk}/"
    assert len(web.get(page).context["next_days"]) == 5
    shown = text_of(web.get(f"{page}next/"))
    assert "170.00 EUR" in shown and "1:30" in shown
    assert not Invoice.objects.exists() and project.time_entries.get().billing_status == "unbilled"
    assert recurring.run_due() == 1
    shown = text_of(web.get(page))
    assert "170.00 EUR" in shown and "Draft" in shown
    assert "It ran already" in text_of(web.get(f"{page}edit/"))
    assert "made documents already" in text_of(web.post(f"{page}delete/"))
    shown = text_of(web.get(f"/sales/recurring-invoices/new/?invoice={profile.invoices.get().pk}"))
    assert f"Hosting {day_here():%B}" in shown and f'value="{project.pk}" checked' in shown


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": ""}, "Profile name: this is needed"),
        ({"name": "TAKEN"}, "There is a profile of this name already"),
        ({"repeat_every": "0"}, "Repeat every must be at least 1"),
        ({"repeat_every": "1e400"}, "Repeat every: enter a number"),
        ({"repeat_every": "1.5"}, "Repeat every can have 0 decimals"),
        ({"unit": "hours"}, "choose days, weeks, months or years"),
        ({"start_date": ""}, "Start date: this is needed"),
        ({"end_date": "2020-01-01"}, "End date: this is before the start"),
        ({"payment_terms": "-1"}, "Payment terms cannot be negative"),
        ({"discount": "101"}, "Discount can be 100 at most"),
        ({"discount": "NaN"}, "Discount: enter a number"),
        ({"description_pattern": "{colour}"}, "There is no placeholder {colour}"),
        ({"rate-0": "1e400"}, "enter a number"),
        ({"quantity-0": "NaN"}, "enter a number"),
        ({"rate-0": "0.000000001"}, "decimals at most"),
        ({"projects": "foreign"}, "A project was not found"),
        ({"projects": "fixed"}, "has a fixed cost"),
        ({"projects": "other"}, "A project belongs to another customer"),
        ({"projects": [], "row": []}, "Add a line, or choose projects"),
        ({"tax": "foreign"}, "The tax was not found"),
        ({"creates": "paid"}, "Choose drafts or issued invoices"),
    ],
)
def test_a_profile_that_cannot_be_is_refused_beside_its_field(web, monthly, project, values, sentence):
    web.post(f"/sales/recurring-invoices/new/?project={project.pk}", monthly | {"name": "Taken"})
    wanted = {"foreign": {}, "other": {"organization": project.organization},
              "fixed": {"customer": project.customer, "organization": project.organization,
                        "billing_method": "fixed_cost"}}  # fmt: skip
    if isinstance(values.get("projects"), str):
        values = {"projects": [ProjectFactory(**wanted[values["projects"]]).pk]}
    if values.get("tax"):
        values = {"tax": TaxFactory().pk}
    shown = text_of(web.post(f"/sales/recurring-invoices/new/?project={project.pk}", monthly | values))
    assert sentence in shown
    assert RecurringInvoice.objects.count() == 1


def test_missed_dates_are_told_in_numbers_before_they_are_made(web, monthly, project, organization):
    today = day_here()
    monthly |= {
        "unit": "days",
        "start_date": (today - datetime.timedelta(days=3)).isoformat(),
        "projects": [],
    }
    address = f"/sales/recurring-invoices/new/?customer={project.customer_id}"
    shown = text_of(web.post(address, monthly))
    assert "Saving makes 3 invoices" in shown and not RecurringInvoice.objects.exists()
    web.post(address, monthly | {"missed": "3"})
    profile = RecurringInvoice.objects.get()
    page = f"/sales/recurring-invoices/{profile.pk}/"
    assert "The worker makes up for 3 invoices" in text_of(web.get(page))
    assert "Nothing is made until it is resumed" in text_of(web.get(f"{page}stop/"))
    web.post(f"{page}stop/")
    assert recurring.run_due() == 0
    assert "While it was stopped, 3 invoices fell due" in text_of(web.get(f"{page}resume/"))
    web.post(f"{page}resume/")
    profile.refresh_from_db()
    assert schedule.missed(profile) == [] and profile.next_date == today
    web.post(f"{page}edit/", monthly | {"notes": "Thank you"})
    profile.refresh_from_db()
    assert (profile.notes, profile.next_date) == ("Thank you", today), "an edit brought skipped dates back"
    web.post(f"{page}edit/", monthly | {"repeat_every": "2"})
    profile.refresh_from_db()
    assert profile.next_date > today, "new steps brought skipped dates back"
    assert "It is not stopped" in text_of(web.post(f"{page}resume/"))
    web.post(f"{page}stop/")
    web.post(f"{page}delete/")
    assert not RecurringInvoice.objects.exists()


def test_a_failed_run_says_why_and_is_tried_again(web, monthly, project):
    web.post(f"/sales/recurring-invoices/new/?project={project.pk}", monthly | {"projects": []})
    project.customer.currency = "???"
    project.customer.save()
    assert recurring.run_due() == 0
    profile = RecurringInvoice.objects.get()
    page = f"/sales/recurring-invoices/{profile.pk}/"
    shown = text_of(web.get(page))
    assert (
        "failed" in shown and profile.problem in shown and "Nothing was made and no hour was billed" in shown
    )
    assert len(web.get("/sales/recurring-invoices/?state=failed").context["page"]) == 1
    project.customer.currency = "EUR"
    project.customer.save()
    assert recurring.run_due() == 0, "it waits an hour"
    web.post(f"{page}again/")
    assert recurring.run_due() == 1


def test_what_recurs_as_sent_is_issued_and_e_mailed_or_stays_a_draft(web, monthly, project, customer):
    sent = monthly | {"projects": [], "creates": "sent"}
    web.post(f"/sales/recurring-invoices/new/?customer={customer.pk}", sent)
    nobody = CustomerFactory(organization=customer.organization, email="")
    web.post(f"/sales/recurring-invoices/new/?customer={nobody.pk}", sent | {"name": "Without address"})
    assert recurring.run_due() == 2
    assert OutgoingMail.objects.get().invoice == customer.invoices.get()
    assert (customer.invoices.get().status, nobody.invoices.get().status) == ("sent", "draft")
    page = f"/sales/recurring-invoices/{nobody.recurring_invoices.get().pk}/"
    assert "Left as a draft" in text_of(web.get(page)) and "has no e-mail address" in text_of(web.get(page))


def test_recurring_expenses_begin_today_and_make_expenses(web, organization, project):
    today = day_here()
    form = {
        "name": "Rent", "repeat_every": "1", "unit": "days", "category": "Office", "amount": "100", "currency": "EUR",
        "start_date": (today - datetime.timedelta(days=9)).isoformat(), "project": project.pk, "is_billable": "1",
    }  # fmt: skip
    for values, sentence in (
        ({"amount": "-1"}, "Amount must be more than 0"), ({"end_date": "2020-01-01"}, "before the start"),
        ({"name": ""}, "Profile name: this is needed"), ({"currency": "ZZZ"}, "is not known"),
    ):  # fmt: skip
        assert sentence in text_of(web.post("/purchases/recurring-expenses/new/", form | values))
    web.post("/purchases/recurring-expenses/new/", form)
    profile = RecurringExpense.objects.get()
    assert profile.next_date == today and recurring.run_due() == 1
    page = f"/purchases/recurring-expenses/{profile.pk}/"
    assert "Office" in text_of(web.get(page)) and Expense.objects.get().billing_status == "unbilled"
    web.post(f"{page}stop/")
    RecurringExpense.objects.update(next_date=today - datetime.timedelta(days=4))
    shown = text_of(web.get(f"{page}resume/"))
    assert "4 expenses fell due" in shown and "No expense is made for days before today" in shown
    web.post(f"{page}resume/", {"catch_up": "1"})
    profile.refresh_from_db()
    assert profile.next_date > today and "Rent" in text_of(
        web.get("/purchases/recurring-expenses/?state=active")
    )


def test_the_menu_new_transaction_offers_them(web, project, customer):
    shown = text_of(web.get(f"/time-tracking/projects/{project.pk}/"))
    for name in ("sales/recurring-invoices", "purchases/expenses", "purchases/recurring-expenses"):
        address = f"/{name}/new/?project={project.pk}"
        assert address in shown
        assert web.get(address).status_code == 200
        foreign = ProjectFactory()
        assert web.get(f"/{name}/new/?project={foreign.pk}").status_code == 404
    foreign = InvoiceFactory()
    assert web.get(f"/sales/recurring-invoices/new/?invoice={foreign.pk}").status_code == 404
