"""How clients of the vendor's API go about it that nobody here wrote: what each of them needs was met by trying it."""

import json

import pytest

from tests import factories as make
from tests.api.conftest import Caller
from transactions.models import Invoice

pytestmark = pytest.mark.django_db


IDS = {
    "invoices": "invoice_id", "estimates": "estimate_id", "expenses": "expense_id",
    "recurringexpenses": "recurring_expense_id", "recurringinvoices": "recurring_invoice_id",
}  # fmt: skip


def old_style(call, method, path, body=None, **query):
    """A call as the vendor's first Python library makes it: slash at the end, token repeated, a form with JSON."""
    query = {"organization_id": call.organization.pk, "authtoken": call.secret, **query}
    more = {"data": f"JSONString={json.dumps(body)}" if body is not None else ""}
    if method in ("post", "put"):
        more["content_type"] = "application/x-www-form-urlencoded"
    answer = getattr(call.client, method)(
        f"/books/v3{path}", headers={"Authorization": f"Zoho-oauthtoken {call.secret}"},
        QUERY_STRING="&".join(f"{name}={value}" for name, value in query.items()), **more,
    )  # fmt: skip
    assert answer.status_code in (200, 201), answer.content
    return answer.json()


def test_the_old_library_s_way_of_calling(call):
    made = old_style(call, "post", "/contacts/", {"contact_name": "Acme"})["contact"]
    person = {"contact_id": made["contact_id"], "first_name": "Ada", "is_primary_contact": "none"}
    one = old_style(call, "post", "/contacts/contactpersons", person)["contact_person"]
    path = f"/contacts/contactpersons/{one['contact_person_id']}"
    assert old_style(call, "get", path, None)["contact_person"]["first_name"] == "Ada"
    assert (
        old_style(call, "put", f"/contacts/{made['contact_id']}/", {"notes": "n"})["contact"]["notes"] == "n"
    )
    assert old_style(call, "post", f"/contacts/{made['contact_id']}/inactive")["code"] == 0
    line = {"name": "Work", "rate": 10, "quantity": 2, "discount": 0.0, "item_order": 0}
    body = {"customer_id": made["contact_id"], "line_items": [line], "total": 0.0, "notes": "n"}
    old_style(call, "post", f"/contacts/{made['contact_id']}/active")
    invoice = old_style(call, "post", "/invoices/", body, ignore_auto_number_generation="False")["invoice"]
    assert invoice["total"] == 20
    copied = {"project_name": "Copy", "description": "z", "budget_hours": 0}
    project = make.ProjectFactory(organization=call.organization)
    assert old_style(call, "post", f"/projects/{project.pk}/clone", copied)["project"]["description"] == "z"


def test_what_was_got_may_be_sent_back_whole(call):
    """Nothing changes by it, and nothing is said; a reckoned value that differs is named."""
    customer = make.CustomerFactory(organization=call.organization)
    make.ContactPersonFactory(customer=customer)
    project = make.ProjectFactory(organization=call.organization, customer=customer)
    make.TaskFactory(project=project)
    person = make.StaffUserFactory(organization=call.organization, name="Bob")
    make.ProjectStaffFactory(project=project, staff_user=person)
    line = {"name": "Work", "rate": 10, "quantity": 2, "project_id": str(project.pk)}
    bodies = {
        "invoices": {"customer_id": str(customer.pk), "line_items": [line]},
        "estimates": {"customer_id": str(customer.pk), "line_items": [line]},
        "expenses": {"account_name": "Travel", "amount": 10, "date": "2026-03-01"},
        "recurringexpenses": {
            "recurrence_name": "Rent", "recurrence_frequency": "months", "repeat_every": 1, "account_name": "Rent",
            "amount": 10, "start_date": "2026-03-01",
        },
        "recurringinvoices": {
            "customer_id": str(customer.pk), "recurrence_name": "Monthly", "recurrence_frequency": "months",
            "repeat_every": 1, "start_date": "2026-03-01", "line_items": [line],
        },
    }  # fmt: skip
    paths = [f"/contacts/{customer.pk}", f"/projects/{project.pk}", f"/users/{person.pk}"]
    for resource, body in bodies.items():
        made = call("post", f"/{resource}", body)
        node = next(value for key, value in made.items() if key not in ("code", "message", "warnings"))
        paths.append(f"/{resource}/{node[IDS[resource]]}")
    for path in paths:
        got = call("get", path)
        name = next(key for key in got if key not in ("code", "message", "warnings"))
        again = call("put", path, got[name])
        changing = ("last_modified_time", *(["line_items"] if "recurringinvoices" in path else []))
        assert {k: v for k, v in again[name].items() if k not in changing} == {
            k: v for k, v in got[name].items() if k not in changing
        }, path
        assert "warnings" not in again, (path, again["warnings"])
    invoice = Invoice.objects.get()
    wrong = call("put", f"/invoices/{invoice.pk}", {"total": 99})
    assert wrong["warnings"] == ["total is not set from outside."] and wrong["invoice"]["total"] == 20


def test_an_expense_is_not_billed_by_naming_it_in_a_line(call):
    customer = make.CustomerFactory(organization=call.organization)
    line = {"name": "Train", "rate": 10, "expense_id": "5"}
    body = {"customer_id": str(customer.pk), "line_items": [line]}
    assert call("post", "/invoices", body, 400)["field"] == "line_items.0.expense_id"


def test_a_client_that_can_only_refresh_gets_its_token(call):
    form = {
        "grant_type": "refresh_token",
        "refresh_token": call.secret,
        "client_id": "a",
        "client_secret": "b",
    }
    answer = call.client.post("/oauth/v2/token", form)
    assert (answer.status_code, answer.json()["access_token"]) == (200, call.secret)
    assert answer.json()["api_domain"] == "http://testserver"
    by_query = call.client.post(f"/oauth/v2/token?grant_type=refresh_token&refresh_token={call.secret}")
    assert by_query.json()["expires_in"] == 3600
    assert (
        call.client.post("/oauth/v2/token", {**form, "refresh_token": "erp_x"}).json()["error"]
        == "invalid_code"
    )
    assert call.client.post("/oauth/v2/token", {"grant_type": "password"}).status_code == 400
    assert call.client.get("/oauth/v2/token").status_code == 405


def test_who_does_not_work_here_is_somebody_all_the_same(call):
    me = call("get", "/users/me")["user"]
    assert (me["user_id"], me["email"], me["user_role"]) == ("", call.membership.user.email, "admin")
    reader = Caller(make.MembershipFactory(organization=call.organization, role="staff", can_view=False))
    make.CustomerFactory(organization=call.organization)
    assert "outstanding_receivable_amount" not in reader("get", "/contacts")["contacts"][0]
    assert call("get", "/contacts")["contacts"][0]["outstanding_receivable_amount"] == 0


def test_false_is_false(call):
    """A flag of a body is what it says: prices without tax stay so, and what is not billable is not billed."""
    customer = make.CustomerFactory(organization=call.organization)
    body = {
        "customer_id": str(customer.pk),
        "line_items": [{"name": "Work", "rate": 10}],
        "is_inclusive_tax": False,
    }
    for resource, node in (("invoices", "invoice"), ("estimates", "estimate")):
        assert call("post", f"/{resource}", body)[node]["is_inclusive_tax"] is False
        assert (
            call("post", f"/{resource}", body | {"is_inclusive_tax": True})[node]["is_inclusive_tax"] is True
        )
    spent = {"account_name": "Travel", "amount": 10, "date": "2026-03-01", "customer_id": str(customer.pk)}
    made = call("post", "/expenses", spent | {"is_billable": False, "is_inclusive_tax": False})["expense"]
    assert (made["is_billable"], made["is_inclusive_tax"], made["status"]) == (False, False, "non-billable")
    made = call("post", "/expenses", spent | {"is_billable": True})["expense"]
    changed = call("put", f"/expenses/{made['expense_id']}", {"is_billable": False})["expense"]
    assert (changed["is_billable"], changed["status"]) == (False, "non-billable")
