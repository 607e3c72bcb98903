"""Keyset pages: every row once, both ways, whatever the cursor."""

import base64
import datetime
import json
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from organizations import paging
from tests.factories import CustomerFactory, OrganizationFactory, ProjectFactory, TimeEntryFactory
from timetracking.models import Project, TimeEntry

DAY = datetime.date(2026, 3, 2)


def walk(rows, order, key="next_query", start="", per_page=3):
    """Pages from `start` to the end of the walk, as lists of ids; and the last page."""
    pages, query = [], start
    while True:
        params = dict(pair.split("=") for pair in query.split("&")) if query else {}
        page = paging.keyset_page(rows, order, params, per_page=per_page)
        pages.append([row.pk for row in page])
        query = getattr(page, key)
        if not query:
            return pages, page
        assert len(pages) < 50


@pytest.mark.django_db
@pytest.mark.parametrize("order", [("-date", "-id"), ("date", "id")])
def test_pages_of_hours_show_each_row_once_and_lead_back(order):
    project = ProjectFactory()
    for number in range(11):
        TimeEntryFactory(project=project, date=DAY + datetime.timedelta(days=number // 4))
    wanted = list(TimeEntry.objects.order_by(*order).values_list("pk", flat=True))
    pages, last = walk(TimeEntry.objects.all(), order)
    assert list(chain(*pages)) == wanted
    back, _ = walk(TimeEntry.objects.all(), order, "previous_query", start=last.previous_query)
    assert list(chain(*reversed(back))) == wanted[:9]


@pytest.mark.django_db
def test_sorting_by_a_linked_name_pages_without_gaps():
    organization = OrganizationFactory()
    for name in ("B", "A"):
        customer = CustomerFactory(organization=organization, display_name=name)
        ProjectFactory.create_batch(4, organization=organization, customer=customer, name="Same")
    order = ("customer__display_name", "name", "id")
    pages, _ = walk(Project.objects.select_related("customer"), order)
    assert list(chain(*pages)) == list(Project.objects.order_by(*order).values_list("pk", flat=True))


@pytest.mark.django_db
def test_counting_stops_at_the_cap(monkeypatch):
    ProjectFactory.create_batch(4)
    assert paging.capped_count(Project.objects.all()) == "4"
    monkeypatch.setattr(paging, "COUNT_CAP", 3)
    assert paging.capped_count(Project.objects.all()) == "3+"


class AnyCursor(TestCase):
    @given(st.one_of(st.text(max_size=40), st.binary(max_size=40).map(lambda raw: raw.hex())))
    def test_a_cursor_nobody_made_means_the_first_page(self, cursor):
        """No text in the address breaks the list."""
        page = paging.keyset_page(TimeEntry.objects.all(), ("-date", "-id"), {"after": cursor})
        assert page.rows == [] and page.next_query == ""

    @given(
        st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), st.lists, max_leaves=5)
    )
    def test_a_well_formed_cursor_with_wrong_values_means_the_first_page(self, value):
        """Values of the wrong kind never reach the database."""
        for values in (value, [value, value], ["2026-01-01", value]):
            cursor = base64.urlsafe_b64encode(json.dumps(values).encode()).decode()
            paging.keyset_page(TimeEntry.objects.all(), ("-date", "-id"), {"after": cursor})
