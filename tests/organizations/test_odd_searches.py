"""What people type into a search is looked for as it is: no pattern, no piece of SQL, and never an error."""

import base64

import pytest
from django.urls import reverse

from tests.factories import CustomerFactory, MembershipFactory, ProjectFactory, StaffUserFactory, TaskFactory

pytestmark = pytest.mark.django_db
LISTS = (
    "customers", "projects", "staff", "timesheets", "invoices", "quotes", "credit_notes", "expenses",
    "recurring_invoices", "recurring_expenses",
)  # fmt: skip
# wanted literally: each is part of one name alone, and as a pattern it would find the others or break
ODD = (
    "50%",
    "a_b",
    "[x",
    "(",
    "a\\b",
    "^nord",
    "nord$",
    ".*",
    "'; DROP TABLE x; --",
    '"quoted"',
    "a|b",
    "?{1,2}",
)
BROKEN = ("*", "(?<", "\x00", "\U0001f600", "%00", "' OR '1'='1", "\\", "x" * 20_000)


@pytest.fixture
def organization(client):
    membership = MembershipFactory(role="admin")
    client.force_login(membership.user)
    return membership.organization


def test_searches_find_odd_words_as_they_are_written(client, organization):
    for words in ODD:
        customer = CustomerFactory(organization=organization, display_name=f"Customer {words} Works")
        project = ProjectFactory(organization=organization, customer=customer, name=f"Project {words} Works")
        StaffUserFactory(organization=organization, name=f"Person {words} Works")
    for words in ODD:
        for name, kind in (("customers", "Customer"), ("projects", "Project"), ("staff", "Person")):
            answer = client.get(reverse(name), {"q": words})
            found = [str(row) for row in answer.context["page"].rows]
            assert found == [f"{kind} {words} Works"], (name, words)
    task = TaskFactory(project=project, name="100% done")
    TaskFactory(project=project, name="1000 done")
    page = client.get(reverse("project", args=[project.pk]), {"tab": "tasks", "q": "100%"})
    assert [row.pk for row in page.context["page"].rows] == [task.pk]


@pytest.mark.parametrize("name", LISTS)
def test_no_search_breaks(client, organization, name):
    for words in BROKEN:
        assert client.get(reverse(name), {"q": words}).status_code == 200, words
    # pieces of look-ups among the parameters are no parameters of ours
    odd = {"customer__organization": "1", "_connector": "OR", "pk__in": "1,2", "order": "organization__name"}
    assert client.get(reverse(name), odd).status_code == 200


def test_a_page_that_cannot_be_and_an_organization_that_is_none(client, organization):
    for cursor in (b'["\\ud800", 1]', b"[1, 2]", b"[" * 9000, b'["a"]'):
        after = base64.urlsafe_b64encode(cursor).decode()
        assert client.get(reverse("customers"), {"after": after}).status_code == 200, cursor[:20]
    for number in ("9" * 5000, "9" * 30, "-1", "٣", "0", "", "1.0"):
        answer = client.post(reverse("switch_organization"), {"organization": number})
        assert answer.status_code == 404, number[:20]


def test_a_form_of_far_too_many_fields_is_refused(client, organization):
    fields = {f"field{number}": "x" for number in range(12_100)}
    answer = client.post(
        reverse("customer_new"), {"display_name": "Many fields", "currency": "EUR", **fields}
    )
    assert answer.status_code == 400
    assert not organization.customers.exists()
