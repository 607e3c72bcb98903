"""Create Invoice: from choices to a draft, without JavaScript, and what keeps one from it."""

import html
import re
from decimal import Decimal

import pytest

from tests.factories import (
    CustomerFactory,
    MembershipFactory,
    MilestoneFactory,
    ProjectFactory,
    StaffUserFactory,
    TaskFactory,
    TaskListFactory,
)
from tests.transactions.factories import ExpenseFactory, TaxFactory
from transactions import life
from transactions.billing.choices import Choices
from transactions.billing.create import create_invoice
from transactions.models import BilledTimeEntry, Invoice

pytestmark = pytest.mark.django_db


def fields_of(page):
    """What a browser would send of the form: names and values of all its fields."""
    text = page.content.decode()
    text = text[text.index('id="create"') :]
    found = {}
    for tag in re.findall(r"<(?:input|select.*?</select|button)[^>]*>", text, re.S):
        name = re.search(r'name="([^"]*)"', tag)
        if not name or tag.startswith("<button"):
            continue
        if tag.startswith("<select"):
            continue
        value = html.unescape((re.search(r'value="([^"]*)"', tag) or ["", ""])[1])
        kind = (re.search(r'type="([^"]*)"', tag) or ["", "text"])[1]
        if kind in ("checkbox", "radio") and not re.search(r"\schecked", tag):
            continue
        found.setdefault(name[1], []).append(value)
    for name, inner in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', text, re.S):
        chosen = re.search(r'value="([^"]*)" selected', inner) or re.search(r'value="([^"]*)"', inner)
        found[name] = [chosen[1]]
    return found


def address(project):
    return f"/time-tracking/projects/{project.pk}/invoice/"


def test_a_project_becomes_a_draft_and_a_double_click_one(web, project, log, clerk):
    log(90, notes="Workshop")
    log(30, day=3)
    page = web.get(address(project))
    assert "200.00 EUR" in page.content.decode() and "2 time entries" in page.content.decode()
    fields = fields_of(page) | {"save": "1"}
    first = web.post(address(project), fields)
    second = web.post(address(project), fields)
    invoice = Invoice.objects.get()
    assert first["Location"] == second["Location"] == f"/sales/invoices/{invoice.pk}/"
    assert (invoice.total, invoice.created_by, invoice.lines.get().minutes) == (200, clerk.user, 120)
    shown = web.get(first["Location"]).content.decode()
    assert "Draft invoice" in shown and "200.00 EUR" in shown and "Olga Example" in shown
    empty = web.get(address(project)).content.decode()
    assert "Nothing to bill" in empty and "2:00 h stand on invoices already" in empty


def test_unticking_an_entry_leaves_exactly_it_unbilled(web, project, log):
    kept, left = log(60), log(30, day=3)
    fields = fields_of(web.get(address(project)))
    fields["keep"] = [f"e{kept.pk}"]
    shown = web.post(address(project), fields | {"preview": "1"})
    assert "Left out: 1" in shown.content.decode() and "100.00 EUR" in shown.content.decode()
    answer = web.post(address(project), fields_of(shown) | {"save": "1"})
    assert answer.status_code == 302
    left.refresh_from_db()
    assert left.billing_status == "unbilled" and Invoice.objects.get().total == 100


def test_unticking_counts_also_without_a_second_look(web, project, log):
    kept, left = log(60), log(30, day=3)
    fields = fields_of(web.get(address(project))) | {"keep": [f"e{kept.pk}"], "save": "1"}
    assert web.post(address(project), fields).status_code == 302
    left.refresh_from_db()
    assert left.billing_status == "unbilled" and Invoice.objects.get().total == 100


def test_what_was_left_out_can_be_taken_back(web, project, log):
    entry = log(60)
    log(60, day=3)
    fields = fields_of(web.get(address(project)))
    fields["keep"] = [name for name in fields["keep"] if name != f"e{entry.pk}"]
    without = fields_of(web.post(address(project), fields | {"preview": "1"}))
    back = web.post(address(project), without | {"back": [f"e{entry.pk}"], "preview": "1"})
    assert "200.00 EUR" in back.content.decode() and "Left out" not in back.content.decode()


def test_changed_choices_are_looked_at_before_saving(web, project, log):
    log(60, day=2)
    log(60, day=20)
    fields = fields_of(web.get(address(project)))
    fields |= {"period": "until", "date_to": "2026-03-10", "save": "1"}
    page = web.post(address(project), fields)
    assert "The choices changed since the invoice was shown" in page.content.decode()
    assert not Invoice.objects.exists()
    assert web.post(address(project), fields_of(page) | {"save": "1"}).status_code == 302
    assert Invoice.objects.get().total == 100


def test_entries_that_changed_since_the_look_ask_for_confirmation(web, project, log):
    one, two = log(60), log(60, day=3)
    fields = fields_of(web.get(address(project))) | {"save": "1"}
    for entry in (one, two):
        entry.minutes = 90
        entry.save()
    page = web.post(address(project), fields)
    assert "2 entries have changed since you looked" in page.content.decode()
    assert not Invoice.objects.exists()
    web.post(address(project), fields_of(page) | {"save": "1"})
    assert Invoice.objects.get().total == 300


def test_an_entry_billed_by_somebody_else_meanwhile_is_named(web, project, log, organization):
    entry = log(60)
    log(30, day=3)
    fields = fields_of(web.get(address(project))) | {"save": "1"}
    other = MembershipFactory(organization=organization, user__name="Quick Colleague").user
    create_invoice(project.customer, Choices(entry_ids=(entry.pk,)), user=other)
    page = web.post(address(project), fields).content.decode()
    assert "2 Mar 2026, Ann, Planning, 1:00 h was put on a draft by Quick Colleague meanwhile" in page
    assert Invoice.objects.count() == 1


def test_htmx_gets_the_form_alone(web, project, log):
    log()
    fields = fields_of(web.get(address(project)))
    part = web.post(address(project), fields | {"grouping": "entries"}, headers={"HX-Request": "true"})
    text = part.content.decode()
    assert "<html" not in text and 'id="create"' in text and "1 line, total 100.00 EUR" in text


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("date_to", "2026-02-31", "Until: enter a date such as 2026-03-31."),
        ("discount_percent", "101", "Discount can be 100 at most"),
        ("discount_percent", "NaN", "Discount: enter a number"),
        ("discount_percent", "1e400", "Discount: enter a number"),
        ("discount_percent", "-1", "Discount cannot be negative"),
        ("discount_percent", "1.23456", "Discount can have 4 decimals at most"),
        ("payment_terms", "-3", "Payment terms cannot be negative"),
        ("invoice_date", "0001-01-01", "is not between 1990-01-01"),
        ("description_pattern", "{nonsense}", "There is no placeholder {nonsense}"),
        ("tax", "999999", "The tax was not found"),
        ("grouping", "moon", "Choose one of the ways to group"),
    ],
)
def test_bad_input_is_answered_with_a_sentence_and_nothing_is_saved(
    web, project, log, field, value, sentence
):
    log()
    fields = fields_of(web.get(address(project))) | {"period": "until", "date_to": "2026-03-31"}
    page = web.post(address(project), fields | {field: value, "save": "1"})
    assert sentence in html.unescape(page.content.decode())
    assert not Invoice.objects.exists()


def test_groupings_follow_the_billing_method(web, project, log):
    project.billing_method = "staff_hours"
    project.save()
    log()
    page = web.get(address(project))
    text = page.content.decode()
    assert re.search(r'id="g-tasks"[^>]* disabled', text) and "is billed by rates of people" in text
    answer = web.post(address(project), fields_of(page) | {"grouping": "tasks", "save": "1"})
    assert "is billed by rates of people" in answer.content.decode() and not Invoice.objects.exists()


def test_hours_without_a_rate_say_so_with_the_way_to_set_it(web, project, log):
    project.rate = None
    project.save()
    log()
    text = html.unescape(web.get(address(project)).content.decode())
    assert "1:00 h of “Site” have no rate" in text
    assert f'href="/time-tracking/projects/{project.pk}/edit/">Set the rate' in text


def test_a_share_of_a_fixed_cost_by_percent_then_the_rest(web, project, log):
    project.billing_method, project.rate = "fixed_cost", "1000"
    project.save()
    entry = log()
    fields = fields_of(web.get(address(project)))
    asked = {f"mode-p{project.pk}": "percent", f"value-p{project.pk}": "30", f"hours-p{project.pk}": "1"}
    page = web.post(address(project), fields | asked | {"preview": "1"})
    assert "300.00 EUR" in page.content.decode()
    web.post(address(project), fields_of(page) | {"save": "1"})
    entry.refresh_from_db()
    assert Invoice.objects.get().total == 300 and entry.billing_status == "invoiced"
    page = web.get(address(project))
    assert "left 700.00 EUR" in page.content.decode()
    asked = {f"mode-p{project.pk}": "amount", f"value-p{project.pk}": "700.01", "preview": "1"}
    assert (
        "700.00 are left to invoice" in web.post(address(project), fields_of(page) | asked).content.decode()
    )


def test_single_tasks_lists_and_milestones_can_be_billed(web, project, log):
    milestone = MilestoneFactory(project=project, name="Phase 1")
    tasks = [
        TaskFactory(project=project, task_list=TaskListFactory(project=project, milestone=milestone)),
        TaskFactory(project=project, name="Alone"),
    ]
    for number, task in enumerate(tasks):
        log(60, day=2 + number, kind="task", task=task, title="")
    log(60, day=9)
    page = web.get(f"{address(project)}?milestone={milestone.pk}")
    assert 'id="c-work-chosen" name="work" value="chosen" checked' in page.content.decode()
    answer = web.post(address(project), fields_of(page) | {"save": "1"})
    assert answer.status_code == 302
    billed = BilledTimeEntry.objects.get()
    assert billed.time_entry.task == tasks[0]
    page = web.get(f"{address(project)}?task={tasks[1].pk}")
    web.post(address(project), fields_of(page) | {"save": "1"})
    assert Invoice.objects.count() == 2 and BilledTimeEntry.objects.count() == 2


def test_a_customer_several_projects_expenses_tax_and_discount(web, customer, project, log, organization):
    other = ProjectFactory(organization=organization, customer=customer, name="App", rate="50")
    log(60)
    log(60, project=other)
    ExpenseFactory(
        organization=organization,
        customer=customer,
        project=project,
        billing_status="unbilled",
        total="20",
        is_billable=True,
    )
    tax = TaxFactory(organization=organization, rate="20", name="VAT")
    url = f"/customers/{customer.pk}/invoice/"
    page = web.get(url)
    fields = fields_of(page) | {
        "include_expenses": "1",
        "tax": str(tax.pk),
        "discount_percent": "10",
        "preview": "1",
    }
    page = web.post(url, fields)
    web.post(url, fields_of(page) | {"save": "1"})
    invoice = Invoice.objects.get()
    assert (invoice.sub_total, invoice.discount_total, invoice.tax_total, invoice.total) == (
        170,
        17,
        Decimal("30.6"),
        Decimal("183.6"),
    )
    remembered = fields_of(web.get(url))
    assert remembered["discount_percent"] == ["10"] and remembered["tax"] == [str(tax.pk)]


def test_ticked_timesheet_rows_of_one_and_of_two_customers(web, project, log, organization):
    one, two = log(60), log(60, day=3)
    page = web.post("/time-tracking/timesheets/invoice/", {"entry": [one.pk]})
    answer = web.post(f"/customers/{project.customer_id}/invoice/", fields_of(page) | {"save": "1"})
    assert answer.status_code == 302 and Invoice.objects.get().lines.get().minutes == 60
    foreign = log(60, project=ProjectFactory(organization=organization, rate="10"))
    page = web.post("/time-tracking/timesheets/invoice/", {"entry": [two.pk, foreign.pk]})
    assert "belong to 2 customers" in page.content.decode()
    elsewhere = log(60, project=ProjectFactory(), staff_user=StaffUserFactory())
    assert web.post("/time-tracking/timesheets/invoice/", {"entry": [elsewhere.pk]}).status_code == 404
    assert web.post("/time-tracking/timesheets/invoice/", {"entry": ["x"]}, follow=True).status_code == 200


def test_a_foreign_project_cannot_be_slipped_in(web, project, log):
    log()
    foreign = ProjectFactory(rate="10")
    same_organization = ProjectFactory(organization=project.organization)
    fields = fields_of(web.get(address(project)))
    for stranger in (foreign, same_organization):
        fields["project"] = [str(project.pk), str(stranger.pk)]
        page = web.post(address(project), fields | {"save": "1"})
        assert "A project was not found" in page.content.decode()
    assert not Invoice.objects.exists()


def test_a_damaged_token_is_refused(web, project, log):
    log()
    fields = fields_of(web.get(address(project)))
    for token in ("", "x", "é" * 9, "eJyrVkrKTFGyUjIxNDJWqgUAIlgEOA"):
        page = web.post(address(project), fields | {"token": token, "save": "1"})
        assert page.status_code == 200
    assert not Invoice.objects.exists()


def test_no_more_queries_for_more_hours(web, project, log, django_assert_max_num_queries):
    for day in range(1, 26):
        log(60, day=day)
    web.get(address(project))
    with django_assert_max_num_queries(32):
        web.get(address(project))


def test_void_gives_the_hours_back_to_create_invoice(web, project, log):
    log()
    web.post(address(project), fields_of(web.get(address(project))) | {"save": "1"})
    life.void(life.issue(Invoice.objects.get()))
    assert "100.00 EUR" in web.get(address(project)).content.decode()


def test_customers_of_others_are_not_found(web):
    assert web.get(f"/customers/{CustomerFactory().pk}/invoice/").status_code == 404
