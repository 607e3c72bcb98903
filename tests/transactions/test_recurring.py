"""Recurring profiles: dates, catching up, killed runs, hours and lines, and what is refused."""

import datetime
from decimal import Decimal

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from tests.factories import CustomerFactory, ProjectFactory, day_here
from timetracking.models import TimeEntry
from transactions import life, recurring, schedule, tasks
from transactions.drafts import LineValues
from transactions.errors import TransactionRefused
from transactions.models import Expense, Invoice, RecurringExpense, RecurringInvoice, RecurringInvoiceRun

pytestmark = pytest.mark.django_db
Day = datetime.date


def at(year, month, day, hour=12):
    return datetime.datetime(year, month, day, hour, tzinfo=datetime.UTC)


@pytest.fixture
def profile(customer):
    """profile(start="2026-01-31", lines=…, **values): a stored monthly profile."""

    def make(start="2026-01-31", lines=None, **values):
        lines = [LineValues("Hosting {month}", rate="20")] if lines is None else lines
        new = RecurringInvoice(organization=customer.organization, customer=customer)
        number = RecurringInvoice.objects.count()
        values = {"name": f"Profile {number}", "start_date": start} | values
        return recurring.save_recurring_invoice(new, values, list(lines))

    return make


def periods(profile):
    return sorted(profile.runs.values_list("period", flat=True))


@pytest.mark.parametrize(
    ("start", "every", "unit", "expected"),
    [
        ("2026-01-31", 1, "months", [(2026, 1, 31), (2026, 2, 28), (2026, 3, 31), (2026, 4, 30)]),
        (
            "2024-02-29",
            1,
            "years",
            [(2024, 2, 29), (2025, 2, 28), (2026, 2, 28), (2027, 2, 28), (2028, 2, 29)],
        ),
        ("2025-10-30", 2, "months", [(2025, 10, 30), (2025, 12, 30), (2026, 2, 28), (2026, 4, 30)]),
        ("2026-03-28", 10, "days", [(2026, 3, 28), (2026, 4, 7), (2026, 4, 17)]),
        ("2026-12-21", 1, "weeks", [(2026, 12, 21), (2026, 12, 28), (2027, 1, 4)]),
    ],
)
def test_month_ends_leap_days_and_steps(profile, start, every, unit, expected):
    made = profile(start, repeat_every=every, unit=unit)
    assert schedule.preview(made, len(expected)) == [Day(*day) for day in expected]


def test_five_years_of_ticks_with_outages_and_clock_jumps_make_each_period_once(profile):
    profiles = [
        profile(start, repeat_every=every, unit=unit, **({"end_date": end} if end else {}))
        for start, every, unit, end in [
            ("2026-01-31", 1, "months", None), ("2028-02-29", 1, "years", None), ("2026-03-29", 3, "weeks", None),
            ("2026-10-25", 45, "days", "2029-01-01"), ("2026-05-30", 5, "months", None),
        ]
    ]  # fmt: skip
    ticks = [at(2026, 1, 1) + datetime.timedelta(days=days) for days in range(0, 5 * 365, 9)]
    ticks[40:45] = []  # an outage of six weeks
    ticks[80:80] = [ticks[60], ticks[79], ticks[79]]  # the clock jumps back, and twice the same moment
    for tick in ticks:
        recurring.run_due(tick)
    last = ticks[-1].date()
    for each in profiles:
        expected = []
        for day in schedule.dates(each):
            if day > last:
                break
            expected.append(day)
        assert periods(each) == expected
        assert sorted(each.invoices.values_list("date", flat=True)) == expected
    assert Invoice.objects.filter(recurring_invoice=profiles[0]).count() == 59


def test_a_run_killed_after_three_of_seven_makes_the_rest_once(profile, monkeypatch):
    made = profile("2026-01-05", repeat_every=1, unit="weeks", creates="sent")
    original, count = life.issue, []

    def dies_at_the_fourth(invoice, **options):
        count.append(1)
        if len(count) == 4:
            raise KeyboardInterrupt  # what a kill looks like from inside: nothing is caught
        return original(invoice, **options)

    monkeypatch.setattr(life, "issue", dies_at_the_fourth)
    now = at(2026, 2, 16)
    with pytest.raises(KeyboardInterrupt):
        recurring.run_due(now)
    assert len(periods(made)) == Invoice.objects.count() == 3
    assert recurring.run_due(now) == 4 and recurring.run_due(now) == 0
    assert periods(made) == [Day(2026, 1, 5) + datetime.timedelta(weeks=week) for week in range(7)]
    numbers = sorted(Invoice.objects.values_list("number", flat=True))
    assert numbers == [f"INV-00000{number}" for number in range(1, 8)]


def test_lines_and_all_unbilled_hours_up_to_the_date(profile, customer, project, log):
    log(60, 2), log(30, 31), log(45, 1, date=Day(2026, 4, 1))
    made = profile("2026-03-31", projects=[project], grouping="tasks", creates="sent")
    assert recurring.run_due(at(2026, 3, 31)) == 1
    invoice = made.invoices.get()
    assert [(line.name, line.minutes) for line in invoice.lines.all()] == [
        ("Hosting March 2026", None), ("Planning", 90),
    ]  # fmt: skip
    assert (invoice.status, invoice.date, invoice.total) == ("sent", Day(2026, 3, 31), Decimal(170))
    assert TimeEntry.objects.get(billing_status="unbilled").minutes == 45
    recurring.stop(made)
    hours_only = profile("2026-05-01", lines=(), projects=[project])
    recurring.run_due(at(2026, 5, 1))
    assert hours_only.invoices.get().lines.get().minutes == 45
    recurring.run_due(at(2026, 6, 1))
    run = hours_only.runs.get(period=Day(2026, 6, 1))
    assert run.invoice is None and "Nothing to bill" in run.remark


def test_hours_that_cannot_be_billed_are_named_beside_the_invoice(profile, project, log):
    project.rate = None
    project.save()
    log(60)
    made = profile("2026-03-31", projects=[project])
    assert recurring.run_due(at(2026, 3, 31)) == 1
    run = made.runs.get()
    assert run.invoice.total == 20 and "Left out: 1:00 h of “Site” have no rate" in run.remark


def test_days_begin_in_the_organization_s_own_zone(profile, customer):
    customer.organization.time_zone = "Pacific/Auckland"
    customer.organization.save()
    profile("2026-03-31")
    assert recurring.run_due(at(2026, 3, 30, 10)) == 0
    assert recurring.run_due(at(2026, 3, 30, 12)) == 1  # it is the 31st there already


def test_stopped_profiles_wait_and_resumed_ones_go_on_from_today(profile):
    made = recurring.stop(profile("2026-01-15"))
    assert recurring.run_due(at(2026, 6, 1)) == 0 and schedule.preview(made) == []
    today = day_here()
    recurring.resume(made)
    assert made.next_date >= today - datetime.timedelta(days=1) and schedule.state(made) == "active"
    recurring.stop(made)
    recurring.resume(made, skip_missed=False)
    assert recurring.run_due(at(2026, 3, 20)) >= 0
    ended = profile("2026-01-15", end_date="2026-02-15")
    recurring.run_due(at(2026, 9, 1))
    ended.refresh_from_db()
    assert periods(ended) == [Day(2026, 1, 15), Day(2026, 2, 15)] and schedule.state(ended) == "expired"


def test_what_fails_says_why_is_tried_later_and_keeps_nobody_else(profile, customer):
    broken, fine = profile("2026-01-01"), profile("2026-01-01")
    foreign = CustomerFactory(organization=customer.organization, currency="EUR")
    RecurringInvoice.objects.filter(pk=broken.pk).update(customer=foreign)
    foreign.currency = "???"
    foreign.save()
    now = at(2026, 1, 1)
    assert recurring.run_due(now) == 1 and fine.invoices.count() == 1
    broken.refresh_from_db()
    assert "currency" in broken.problem and broken.not_before > now and not broken.runs.exists()
    assert recurring.run_due(now) == 0
    foreign.currency = "EUR"
    foreign.save()
    assert recurring.run_due(now + datetime.timedelta(hours=2)) == 1
    broken.refresh_from_db()
    assert broken.problem == ""


def test_an_invoice_that_cannot_be_issued_stays_a_draft_with_the_reason(profile):
    made = profile("2026-01-01", lines=[LineValues("Free", rate="0")], creates="sent")
    recurring.run_due(at(2026, 1, 1))
    run = made.runs.get()
    assert run.invoice.status == "draft" and "total is 0" in run.remark


def test_recurring_expenses_make_expenses_from_today_on(organization, customer):
    today = day_here()
    start = today - datetime.timedelta(days=40)
    new = RecurringExpense(organization=organization)
    values = {"name": "Rent", "start_date": start, "repeat_every": 30, "unit": "days", "category": "Office"}
    values |= {"amount": "100", "customer": customer, "is_billable": True, "markup_percent": "5"}
    made = recurring.save_recurring_expense(new, values)
    assert made.next_date == start + datetime.timedelta(days=60)
    now = timezone.now() + datetime.timedelta(days=55)
    assert recurring.run_due(now) == 2 and recurring.run_due(now) == 0
    expense = Expense.objects.first()
    assert (expense.total, expense.billing_status, expense.recurring_expense) == (100, "unbilled", made)
    with pytest.raises(TransactionRefused):
        recurring.delete_profile(made)


def test_the_watch_rings_when_a_profile_is_due(profile):
    tasks.reconcile()
    assert not OrmQ.objects.exists()
    profile(str(day_here() - datetime.timedelta(days=1)))
    tasks.reconcile()
    assert OrmQ.objects.count() == 1
    tasks.run_recurring()
    assert RecurringInvoiceRun.objects.count() == 1 and OrmQ.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"), ({"start_date": ""}, "start_date"), ({"end_date": "2026-01-01"}, "end_date"),
        ({"repeat_every": "0"}, "repeat_every"), ({"repeat_every": "1.5"}, "repeat_every"), ({"unit": "hours"}, "unit"),
        ({"creates": "paid"}, "creates"), ({"grouping": "colour"}, "grouping"), ({"tax": "foreign"}, "tax"),
        ({"description_pattern": "{x}"}, "description_pattern"), ({"projects": "foreign"}, "projects"),
        ({"lines": []}, "lines"), ({"name": "Taken"}, "name"), ({"next_date": "2020-01-01"}, "next_date"),
    ],
)  # fmt: skip
def test_profiles_that_cannot_be_meant_are_refused(profile, values, field):
    from tests.transactions.factories import TaxFactory

    profile(name="taken")
    if values.get("tax"):
        values = {"tax": TaxFactory()}
    if values.get("projects"):
        values = {"projects": [ProjectFactory()]}
    with pytest.raises(TransactionRefused) as caught:
        profile(**values)
    assert caught.value.field == field
