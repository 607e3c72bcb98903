"""Lists page by page: the same rows in the same order as in one piece, at the same cost however far behind."""

import datetime

import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api import walks
from tests.factories import CustomerFactory, ProjectFactory, StaffUserFactory, TimeEntryFactory
from timetracking.models import TimeEntry
from transactions import schedule
from transactions.models import Invoice, RecurringInvoice

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 3, 2)
SORTS = {
    "projects/timeentries": ("log_date", "project_name", "user_name"),
    "invoices": ("created_time", "date", "due_date", "invoice_number", "customer_name", "total", "balance"),
    "contacts": ("contact_name", "email"),
    "expenses": ("date", "customer_name", "account_name"),
}


@pytest.fixture
def long_lists(monkeypatch):
    """Every page behind the first counts as deep."""
    monkeypatch.setattr(walks, "COUNTED", 0)
    caches["api_walks"].clear()


@pytest.fixture
def filled(call, membership):
    """Rows with equal and empty sort values."""
    organization = membership.organization
    customers = [CustomerFactory(organization=organization, email="same@example.test") for _ in range(3)]
    projects = [ProjectFactory(customer=customer, organization=organization) for customer in customers]
    people = [StaffUserFactory(organization=organization, name="Same name") for _ in range(2)]
    for n in range(9):
        day = DAY + datetime.timedelta(days=n % 3)
        TimeEntryFactory(project=projects[n % 3], staff_user=people[n % 2], date=day)
        invoice = call(
            "post", "/invoices", {"customer_id": str(customers[n % 3].pk), "date": day.isoformat()}
        )
        due = day if n % 3 else None
        Invoice.objects.filter(pk=invoice["invoice"]["invoice_id"]).update(due_date=due, total=n % 4)
        whose = {"customer_id": str(customers[0].pk)} if n % 2 else {}
        call("post", "/expenses", {"date": day.isoformat(), "account_name": "Travel", "amount": 5, **whose})
    return organization


def ids(node):
    return [next(value for key, value in row.items() if key.endswith("_id")) for row in node]


def rows_of(answer):
    return next(value for value in answer.values() if isinstance(value, list))


@pytest.mark.parametrize("path", SORTS)
def test_pages_put_together_are_the_list(call, filled, long_lists, path):
    for column in SORTS[path]:
        for order in "AD":
            sort = {"sort_column": column, "sort_order": order}
            whole = rows_of(call("get", f"/{path}", **sort))
            assert len(whole) == 3 if path == "contacts" else 9
            found, number, more = [], 1, True
            while more:
                answer = call("get", f"/{path}", **sort, page=number, per_page=2)
                found, number = found + rows_of(answer), number + 1
                more = answer["page_context"]["has_more_page"]
            assert ids(found) == ids(whole), sort
            assert rows_of(call("get", f"/{path}", **sort, page=number, per_page=2)) == []


def test_a_page_is_found_without_counting_the_ones_before_it(call, filled, long_lists):
    costs = set()
    for number in (1, 2, 3, 4, 5):
        with CaptureQueriesContext(connection) as queries:
            call("get", "/projects/timeentries", page=number, per_page=2)
        asked = [query["sql"] for query in queries.captured_queries if "timeentry" in query["sql"]]
        assert not [sql for sql in asked if "OFFSET" in sql]
        costs.add(len(asked))
    assert costs == {3}  # ids, rows, the documents they are on


def test_a_page_that_nobody_led_to_is_counted(call, filled, long_lists):
    whole = ids(rows_of(call("get", "/projects/timeentries")))
    assert ids(rows_of(call("get", "/projects/timeentries", page=4, per_page=2))) == whole[6:8]
    call("get", "/projects/timeentries", page=2, per_page=2)
    # from the nearest mark, which page 2 left behind itself
    assert ids(rows_of(call("get", "/projects/timeentries", page=5, per_page=2))) == whole[8:10]
    by_name = ids(rows_of(call("get", "/projects/timeentries", sort_column="project_name")))
    jump = call("get", "/projects/timeentries", page=4, per_page=2, sort_column="project_name")
    assert ids(rows_of(jump)) == by_name[6:8]
    # other filters, another page size or another order are other walks
    assert ids(rows_of(call("get", "/projects/timeentries", page=3, per_page=3))) == whole[6:9]
    assert (
        ids(rows_of(call("get", "/projects/timeentries", page=3, per_page=2, sort_order="A")))
        == whole[::-1][4:6]
    )


def test_what_is_added_meanwhile_doubles_no_row_of_a_walk(call, filled, long_lists):
    whole = ids(rows_of(call("get", "/projects/timeentries")))
    found = ids(rows_of(call("get", "/projects/timeentries", page=1, per_page=4)))
    entry = TimeEntry.objects.order_by("pk").first()
    TimeEntryFactory(
        project=entry.project, staff_user=entry.staff_user, date=DAY + datetime.timedelta(days=9)
    )
    TimeEntry.objects.filter(pk=whole[1]).delete()
    for number in (2, 3):
        found += ids(rows_of(call("get", "/projects/timeentries", page=number, per_page=4)))
    assert found == whole


def test_short_lists_are_always_counted(call, filled):
    whole = ids(rows_of(call("get", "/projects/timeentries")))
    call("get", "/projects/timeentries", page=1, per_page=2)
    TimeEntry.objects.filter(pk=whole[0]).delete()
    assert ids(rows_of(call("get", "/projects/timeentries", page=2, per_page=2))) == whole[3:5]


def test_profiles_are_found_by_the_state_that_they_show(call, membership, customer_of_profiles):
    today = datetime.date.today()
    near, far = today - datetime.timedelta(days=30), today + datetime.timedelta(days=30)
    for status in ("active", "stopped"):
        for next_date in (None, near, far):
            for end_date in (None, near, far):
                RecurringInvoice.objects.create(
                    organization=membership.organization,
                    customer=customer_of_profiles,
                    name=f"{status} {next_date} {end_date}",
                    status=status,
                    unit="months",
                    repeat_every=1,
                    start_date=near,
                    end_date=end_date,
                    currency="EUR",
                )
                RecurringInvoice.objects.filter(name=f"{status} {next_date} {end_date}").update(
                    next_date=next_date
                )
    every = RecurringInvoice.objects.select_related("organization")
    for name in ("active", "stopped", "expired"):
        found = rows_of(call("get", "/recurringinvoices", filter_by=f"Status.{name.title()}"))
        assert {row["status"] for row in found} == {name}
        assert len(found) == sum(schedule.state(row) == name for row in every)


@pytest.fixture
def customer_of_profiles(membership):
    return CustomerFactory(organization=membership.organization)
