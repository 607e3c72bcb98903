"""From unbilled hours to invoices: grouping, rates, rounding, what is refused, and undoing."""

import base64
import datetime
import json
import zlib
from decimal import Decimal

import pytest

from tests.factories import (
    BugFactory,
    CustomerFactory,
    MilestoneFactory,
    ProjectFactory,
    ProjectStaffFactory,
    StaffUserFactory,
    TaskFactory,
    TaskListFactory,
)
from tests.transactions.factories import ExpenseFactory, TaxFactory
from timetracking.models import TimeEntry
from transactions import credit, drafts, expenses, life, preferences, totals
from transactions.billing.choices import Choices, Share, from_json, month_of, with_remembered
from transactions.billing.create import create_invoice
from transactions.billing.fixed_cost import fixed_cost_of
from transactions.billing.proposal import read_token
from transactions.billing.propose import propose
from transactions.billing.rounding import billed_minutes
from transactions.credit import CreditPart
from transactions.drafts import LineValues
from transactions.errors import EntriesChanged, TransactionRefused
from transactions.models import BilledTimeEntry, BillingPreferences, Invoice

pytestmark = pytest.mark.django_db


def lines_of(proposal):
    return [(line.name, line.minutes, str(line.rate), str(line.amount)) for line in proposal.lines]


@pytest.fixture
def march(project, log, ann):
    """Three people's worth of hours on two tasks, a bug and in general."""
    bob = StaffUserFactory(organization=project.organization, name="Bob")
    design, build = TaskFactory(project=project, name="Design"), TaskFactory(project=project, name="Build")
    bug = BugFactory(project=project, name="Crash")
    log(60, 2, kind="task", task=design, notes="first")
    log(30, 3, kind="task", task=design, staff_user=bob)
    log(20, 4, kind="task", task=build)
    log(10, 5, kind="bug", bug=bug, staff_user=bob)
    log(7, 6, title="Call")
    return {"design": design, "build": build, "bug": bug, "bob": bob}


@pytest.mark.parametrize(
    ("grouping", "expected"),
    [
        ("project", [("Site", 127)]),
        ("entries", [("Design", 60), ("Design", 30), ("Build", 20), ("Crash", 10), ("Call", 7)]),
        ("tasks", [("Build", 20), ("Call", 7), ("Crash", 10), ("Design", 90)]),
        ("people", [("Ann", 87), ("Bob", 40)]),
        ("tasks_people", [("Build", 20), ("Call", 7), ("Crash", 10), ("Design", 60), ("Design", 30)]),
    ],
)
def test_five_ways_to_group_the_same_hours(customer, march, grouping, expected):
    proposal = propose(customer, Choices(grouping=grouping))
    assert [(line.name, line.minutes) for line in proposal.lines] == expected
    assert proposal.minutes == 127 and sum(len(line.entries) for line in proposal.lines) == 5
    invoice = create_invoice(customer, Choices(grouping=grouping), proposal.marks)
    assert invoice.total == proposal.amount == sum(line.amount for line in proposal.lines)
    assert [(line.name, line.minutes) for line in invoice.lines.all()] == expected
    for line in invoice.lines.all():
        assert sum(row.amount for row in line.billed_entries.all()) == line.amount
    assert set(TimeEntry.objects.values_list("billing_status", flat=True)) == {"invoiced"}
    assert not propose(customer, Choices()).lines


def test_rates_fall_back_to_the_project_and_mixed_rates_split_the_line(customer, project, march):
    march["design"].rate = "80"
    march["design"].save()
    ProjectStaffFactory(project=project, staff_user=march["bob"], rate="50.5")
    project.billing_method = "task_hours"
    project.save()
    assert lines_of(propose(customer, Choices())) == [
        ("Site", 90, "80.00", "120.00"), ("Site", 37, "100.00", "61.67"),
    ]  # fmt: skip
    project.billing_method = "staff_hours"
    project.save()
    assert lines_of(propose(customer, Choices())) == [
        ("Site", 40, "50.50", "33.67"), ("Site", 87, "100.00", "145.00"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "code"),
    [({"rate": None}, "no_rate"), ({"rate": "0"}, "zero_rate"), ({"currency": "USD"}, "currency"),
     ({"billing_method": "fixed_cost"}, "fixed_cost")],
)  # fmt: skip
def test_hours_that_cannot_be_billed_are_named_with_the_reason(customer, project, log, change, code):
    log(90)
    for name, value in change.items():
        setattr(project, name, value)
    project.save()
    proposal = propose(customer, Choices())
    assert not proposal.lines
    assert [(row.code, row.minutes) for row in proposal.refused] == [
        (code, 90)
    ] and "Site" in proposal.refused[0].sentence
    with pytest.raises(TransactionRefused) as caught:
        create_invoice(customer, Choices())
    assert caught.value.code == code
    assert not Invoice.objects.exists()


def test_what_is_not_for_billing_is_never_offered(customer, log):
    log(billing_status="invoiced")  # before the cutoff, or invoiced at Zoho
    log(billing_status="non_billable")
    log(is_billable=False)
    other = CustomerFactory(organization=customer.organization)
    log(project=ProjectFactory(organization=customer.organization, customer=other, rate="5"))
    assert not propose(customer, Choices()).lines
    with pytest.raises(TransactionRefused) as caught:
        create_invoice(customer, Choices())
    assert caught.value.code == "nothing_to_bill"
    assert TimeEntry.objects.filter(billing_status="invoiced").count() == 1


def test_period_tasks_lists_milestones_people_and_projects_narrow(customer, project, march, log):
    milestone = MilestoneFactory(project=project)
    march["build"].task_list = TaskListFactory(project=project, milestone=milestone)
    march["build"].save()
    second = ProjectFactory(organization=customer.organization, customer=customer, name="Shop", rate="10")
    log(120, 9, project=second)

    def minutes(**choices):
        return propose(customer, Choices(**choices)).minutes

    day = datetime.date
    assert minutes() == 247 and minutes(project_ids=(second.pk,)) == 120
    assert minutes(date_from=day(2026, 3, 3), date_to=day(2026, 3, 5)) == 60
    assert (
        minutes(milestone_ids=(milestone.pk,)) == minutes(task_list_ids=(march["build"].task_list_id,)) == 20
    )
    assert minutes(task_ids=(march["design"].pk,), milestone_ids=(milestone.pk,)) == 110
    assert minutes(staff_ids=(march["bob"].pk,)) == 40
    invoice = create_invoice(customer, Choices())
    assert {line.project for line in invoice.lines.all()} == {project, second}
    assert month_of(day(2026, 3, 31), 1) == (day(2026, 2, 1), day(2026, 2, 28))
    with pytest.raises(TransactionRefused):
        propose(customer, Choices(date_from=day(2026, 3, 2), date_to=day(2026, 3, 1)))


@pytest.mark.parametrize(
    ("rounding", "step", "pairs"),
    [
        ("none", 15, {1: 1, 7: 7}),
        ("up", 6, {1: 6, 6: 6, 7: 12}),
        ("up", 30, {1: 30, 31: 60}),
        ("nearest", 15, {1: 15, 7: 15, 22: 15, 23: 30, 37: 30, 38: 45}),
        ("nearest", 6, {3: 6, 8: 6, 9: 12}),
    ],
)
def test_durations_are_rounded_per_entry_when_billed(customer, log, rounding, step, pairs):
    settings = BillingPreferences(rounding=rounding, rounding_minutes=step)
    assert {worked: billed_minutes(worked, settings) for worked in pairs} == pairs
    own = preferences.of(customer.organization)
    own.rounding, own.rounding_minutes = rounding, step
    own.save()
    for worked in pairs:
        log(worked)
    line = create_invoice(customer, Choices()).lines.get()
    assert line.minutes == sum(pairs.values())
    assert sorted(TimeEntry.objects.values_list("minutes", flat=True)) == sorted(
        pairs
    )  # never to the entries
    assert dict(BilledTimeEntry.objects.values_list("minutes", "billed_minutes")) == pairs


def test_two_changed_entries_must_be_confirmed(customer, log):
    one, two, three = log(60), log(30), log(20)
    proposal = propose(customer, Choices(grouping="entries"))
    seen = read_token(proposal.token())
    assert seen == proposal.marks
    TimeEntry.objects.filter(pk=one.pk).update(minutes=90)
    TimeEntry.objects.filter(pk=two.pk).delete()
    log(45)  # came in since: not on this invoice
    with pytest.raises(EntriesChanged) as caught:
        create_invoice(customer, Choices(grouping="entries"), seen)
    assert caught.value.count == 2 and "2 entries have changed" in caught.value.sentence
    assert not Invoice.objects.exists()
    left_out = {f"e{one.pk}", f"e{two.pk}"}
    assert create_invoice(customer, Choices(), seen, left_out).lines.get().minutes == three.minutes
    fresh = propose(customer, Choices())
    TimeEntry.objects.filter(pk=one.pk).update(minutes=91)
    assert create_invoice(customer, Choices(), fresh.marks, confirmed=True).lines.get().minutes == 91 + 45
    odd = [_token(name) for name in ("", "e", "e²", f"e{10**30}", "e-1", "z7")]
    for damaged in ("", "x", "eJwDAAAAAAE=", proposal.token()[:-8], *odd):
        with pytest.raises(TransactionRefused):
            read_token(damaged)


def _token(name):
    return base64.urlsafe_b64encode(zlib.compress(json.dumps({name: "mark"}).encode())).decode()


def test_descriptions_follow_the_pattern_and_unknown_placeholders_are_refused(customer, march):
    customer.display_name = "{task} & Co"
    customer.save()
    pattern = "{customer}: {hours} h by {person} ({from} to {to}), {month} {{x"
    line = propose(customer, Choices(description_pattern=pattern)).lines[0]
    assert line.description == "{task} & Co: 2:07 h by Ann, Bob (Mar 2, 2026 to Mar 6, 2026), March 2026 {{x"
    for bad in ("{rate}", "{0.__class__}", "{}", "x" * 501):
        with pytest.raises(TransactionRefused) as caught:
            propose(customer, Choices(description_pattern=bad))
        assert caught.value.field == "description_pattern"


def test_choices_are_remembered_per_customer(customer, log):
    log()
    tax = TaxFactory(organization=customer.organization, rate="7.5")
    choices = Choices(grouping="tasks", description_pattern="{task}", tax_id=tax.pk, discount_percent="10")
    assert from_json(choices.to_json()) == choices
    invoice = create_invoice(customer, choices)
    assert (invoice.sub_total, invoice.discount_total, invoice.tax_total, invoice.total) == (
        Decimal(100), Decimal(10), Decimal("6.75"), Decimal("96.75"),
    )  # fmt: skip
    assert [(tax.name, tax.taxable, tax.amount) for tax in totals.tax_summary(invoice)] == [
        (tax.name, Decimal(90), Decimal("6.75"))
    ]
    kept = preferences.billing_of(customer).choices
    assert with_remembered(Choices(project_ids=(1,)), kept) == Choices(
        project_ids=(1,), grouping="tasks", description_pattern="{task}", tax_id=tax.pk, discount_percent="10"
    )
    foreign = TaxFactory()
    with pytest.raises(TransactionRefused):
        create_invoice(customer, Choices(tax_id=foreign.pk))


def test_a_fixed_cost_is_billed_in_shares_and_never_beyond_what_is_left(customer, project, log):
    project.billing_method, project.rate = "fixed_cost", Decimal(1000)
    project.save()
    log(90)

    def bill(**share):
        return create_invoice(customer, Choices(include_hours=False, shares=(Share(project.pk, **share),)))

    first = bill(percent="33.333", with_hours=True)
    assert first.total == Decimal("333.33") and TimeEntry.objects.get().billing_status == "invoiced"
    assert (fixed_cost_of(project).invoiced, fixed_cost_of(project).remaining) == (
        Decimal("333.33"), Decimal("666.67"),
    )  # fmt: skip
    milestone = MilestoneFactory(project=project, name="Go-live")
    second = bill(amount="600", milestone_id=milestone.pk, text="as agreed")
    assert (second.lines.get().name, second.lines.get().milestone) == ("Go-live", milestone)
    for share, code in [
        ({"amount": "66.68"}, "over_fixed_cost"), ({"percent": "50"}, "over_fixed_cost"),
        ({"amount": "0"}, "too_small"), ({"percent": "101"}, "too_large"), ({}, "required"),
        ({"amount": "1", "percent": "1"}, "required"), ({"amount": "1.001"}, "too_precise"),
    ]:  # fmt: skip
        with pytest.raises(TransactionRefused) as caught:
            bill(**share)
        assert (caught.value.code, caught.value.field) == (code, "shares.0")
    twice = (Share(project.pk, amount="40"), Share(project.pk, amount="40", milestone_id=milestone.pk))
    with pytest.raises(
        TransactionRefused
    ) as caught:  # two shares on one invoice, each of which would fit alone
        create_invoice(customer, Choices(include_hours=False, shares=twice))
    assert (caught.value.code, caught.value.field) == ("over_fixed_cost", "shares.1")
    life.delete_draft(first)
    assert TimeEntry.objects.get().billing_status == "unbilled"
    assert fixed_cost_of(project).remaining == 400
    credit.credit_parts(life.issue(second), [CreditPart(second.lines.get().pk, amount="100")])
    assert fixed_cost_of(project).remaining == 500


def test_an_expense_in_another_currency_is_converted_by_the_stored_rates(organization, customer, project):
    values = {
        "date": "2026-03-01",
        "category": "Flight",
        "amount": "120",
        "currency": "USD",
        "is_billable": True,
    }
    values |= {"project": project, "markup_percent": "10", "description": "There and back"}
    with pytest.raises(TransactionRefused) as refused:
        expenses.record_expense(organization, values | {"exchange_rate": ""})
    assert refused.value.field == "exchange_rate" and "how many EUR one USD is" in refused.value.sentence
    expense = expenses.record_expense(organization, values | {"exchange_rate": "0.92125"})
    invoice = create_invoice(customer, Choices(include_expenses=True))
    [line] = invoice.lines.all()
    assert (line.amount, line.billed_expenses.get().cost) == (Decimal("121.61"), Decimal("110.55"))
    assert line.description == "There and back\n120.00 USD × 0.92125"
    yen = CustomerFactory(organization=organization, currency="JPY")
    values = {"customer": yen, "project": None, "currency": "EUR", "exchange_rate": ""}
    life.delete_draft(invoice)
    with pytest.raises(TransactionRefused) as refused:
        expenses.change_expense(expense, values)
    assert refused.value.field == "currency" and "billed in JPY" in refused.value.sentence
    document = drafts.create_invoice(yen, {"exchange_rate": "0.006"}, [LineValues("x", rate="1")])
    life.issue(document)
    expenses.change_expense(expense, values)
    assert create_invoice(yen, Choices(include_expenses=True)).total == 22_000  # 120 EUR, ten percent more


def test_expenses_come_with_their_mark_up_and_are_free_again(customer, project):
    fields = {"organization": customer.organization, "customer": customer, "billing_status": "unbilled"}
    expense = ExpenseFactory(
        **fields, project=project, is_billable=True, amount="99.99", total="99.99", markup_percent="12.5"
    )
    ExpenseFactory(**fields, amount="10", total="10", currency="USD")  # without an exchange rate
    proposal = propose(customer, Choices(include_expenses=True))
    assert lines_of(proposal) == [("Travel", None, "112.49", "112.49")]
    assert [row.code for row in proposal.refused] == ["expense_currency"]
    invoice = create_invoice(customer, Choices(include_expenses=True), proposal.marks)
    expense.refresh_from_db()
    assert expense.billing_status == "invoiced" and invoice.total == Decimal("112.49")
    life.remove_line(invoice.lines.get())
    expense.refresh_from_db()
    assert expense.billing_status == "unbilled" and expense.billings.get().release == "line_removed"


def test_taking_off_entries_lines_and_drafts_frees_exactly_theirs(customer, march):
    invoice = create_invoice(customer, Choices(grouping="tasks"))
    design = invoice.lines.get(name="Design")
    row = design.billed_entries.get(minutes=30)
    life.remove_entries(design, [row.pk])
    design.refresh_from_db()
    assert (design.minutes, design.amount, design.billed_entries.filter(released_at=None).get().amount) == (
        60, 100, 100,
    )  # fmt: skip
    assert list(TimeEntry.objects.filter(billing_status="unbilled")) == [row.time_entry]
    life.remove_entries(design, [design.billed_entries.get(released_at=None).pk])
    assert not invoice.lines.filter(name="Design").exists()
    life.remove_line(invoice.lines.get(name="Crash"))
    assert TimeEntry.objects.filter(billing_status="unbilled").count() == 3
    life.delete_draft(invoice)
    assert TimeEntry.objects.filter(billing_status="unbilled").count() == 5
    releases = BilledTimeEntry.objects.values_list("release", flat=True)
    assert sorted(releases) == [
        "draft_deleted",
        "draft_deleted",
        "entry_removed",
        "entry_removed",
        "line_removed",
    ]
    assert all(row.document_text for row in BilledTimeEntry.objects.all())


def test_credits_of_parts_add_up_to_the_invoice_to_the_cent(customer, project, log):
    project.rate = "99.99"
    project.save()
    for minutes in (50, 50, 7):
        log(minutes)
    tax = TaxFactory(organization=customer.organization, rate="19")
    invoice = create_invoice(
        customer, Choices(tax_id=tax.pk, discount_percent="3"), values={"shipping_charge": "5"}
    )
    line = life.issue(invoice).lines.get()
    rows = list(line.billed_entries.order_by("pk"))
    first = credit.credit_parts(invoice, [CreditPart(line.pk, [rows[0].pk])], "wrong", rebill=False)
    assert (first.lines.get().minutes, first.lines.get().amount) == (50, Decimal("83.33"))
    assert TimeEntry.objects.filter(billing_status="non_billable").get() == rows[0].time_entry
    second = credit.credit_parts(invoice, [CreditPart(line.pk, [rows[1].pk])])
    assert TimeEntry.objects.filter(billing_status="unbilled").get() == rows[1].time_entry
    with pytest.raises(TransactionRefused) as caught:
        credit.credit_parts(invoice, [CreditPart(line.pk, [rows[0].pk])])
    assert caught.value.code == "entry_gone"
    third = credit.credit_all(invoice)
    invoice.refresh_from_db()
    assert invoice.credited_total == first.total + second.total + third.total == invoice.total
    assert (invoice.balance, invoice.state) == (0, "paid")
    assert [note.number for note in (first, second, third)] == ["CN-000001", "CN-000002", "CN-000003"]
    with pytest.raises(TransactionRefused) as caught:
        credit.credit_all(invoice)
    assert caught.value.code == "nothing_to_credit"
    again = create_invoice(customer, Choices())
    assert again.lines.get().minutes == 57


def test_printed_hours_times_printed_rate_are_the_printed_amount(customer, project, log):
    project.rate = "99.99"
    project.save()
    log(50)
    line = create_invoice(customer, Choices()).lines.get()
    assert (line.quantity_text, line.amount) == ("0:50", Decimal("83.33"))
    assert totals.round_money(line.quantity * line.rate, "EUR") == line.amount
