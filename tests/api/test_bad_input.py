"""What cannot be: each is answered with the documented status, code and text, and what is stored stays as it was."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from api import tokens
from api.models import ApiToken, ExternalId
from customers.models import Customer
from integrations.models import Module
from tests import factories as make
from tests.api import worlds
from tests.api.conftest import Caller
from transactions import drafts, life, payments
from transactions.models import Invoice

pytestmark = pytest.mark.django_db
NOT_AUTHORIZED = "You are not authorized to perform this operation"
NEW = {"contact_name": "Acme", "currency_code": "EUR"}


class Endless:
    """A body of which nobody may read anything."""

    def read(self, *args):
        pytest.fail("a body that is too large was read")

    readline = read


@pytest.fixture
def refused(call):
    """refused(status, code, text, method, path, body, …): the call is answered so, and nothing stored has changed."""

    def check(status, code, text, method, path, body=None, caller=call, **more):
        before = worlds.stored()
        raw = body if isinstance(body, str) else json.dumps(body) if body is not None else ""
        separator = "&" if "?" in path else "?"
        url = f"/erp/v3{path}{separator}organization_id={call.organization.pk}"
        answer = caller.client.generic(
            method.upper(), url, raw, content_type=more.pop("kind", "application/json"),
            headers={"Authorization": f"Zoho-oauthtoken {caller.secret}"}, **more,
        )  # fmt: skip
        found = answer.json()
        assert (answer.status_code, found["code"]) == (status, code), (method, path, answer.content[:300])
        assert text in found["message"], found
        assert worlds.stored() == before
        return found

    return check


@pytest.fixture
def ids(call):
    return worlds.rows_of(call.organization, "Ours", call.membership)


def test_bodies(refused, ids):
    invoice = f"/invoices/{ids['invoice_id']}"
    for text in ('{"contact_name": ', "[1]", "null", '{"a": NaN}', "\xff", '{"a": 1e999999}'):
        assert refused(400, 1038, "JSON is not well formed", "post", "/contacts", text), text
    twice = refused(400, 1038, "not well formed", "post", "/contacts", '{"email": "a@b.c", "email": "d@e.f"}')
    assert twice["detail"] == "“email” stands twice in one object."
    form = "application/x-www-form-urlencoded"
    refused(400, 1038, "JSON is not well formed", "post", "/contacts", "JSONString=%7B", kind=form)
    assert (
        refused(400, 70001, "Invalid value", "post", "/contacts", {"contact_name": 7})["field"]
        == "contact_name"
    )
    lines = {"customer_id": str(ids["contact_id"]), "line_items": "many"}
    assert refused(400, 70001, "Invalid value", "post", "/invoices", lines)["field"] == "line_items"
    lines["line_items"] = [{"name": "x", "rate": "much"}]
    refused(400, 70000, "Rate: enter a number", "post", "/invoices", lines)
    unknown = refused(400, 70002, "There is no field “odd”", "put", invoice, {"odd": 1})
    assert unknown["field"] == "odd"
    refused(
        413, 70004, "too large", "post", "/invoices", CONTENT_LENGTH="50000000", **{"wsgi.input": Endless()}
    )


def test_ids_of_others_and_of_nothing(refused, ids):
    theirs = worlds.rows_of(make.OrganizationFactory(name="Other"), worlds.SECRET)
    for number in (theirs["contact_id"], 987_654_321):
        line = {"customer_id": str(number), "line_items": [{"name": "x", "rate": 1}]}
        refused(404, 1002, "Contact does not exist", "get", f"/contacts/{number}")
        refused(404, 1002, "Contact does not exist", "put", f"/contacts/{number}", {"notes": "x"})
        refused(404, 1002, "Contact does not exist", "delete", f"/contacts/{number}")
        refused(400, 1002, "Contact does not exist", "post", "/invoices", line)
    for number in (theirs["invoice_id"], 987_654_321):
        refused(404, 1002, "Invoice does not exist.", "post", f"/invoices/{number}/status/void")
    for number in (theirs["project_id"], 987_654_321):
        line = {"name": "x", "rate": 1, "project_id": str(number)}
        body = {"customer_id": str(ids["contact_id"]), "line_items": [line]}
        refused(400, 1002, "Project does not exists", "post", "/invoices", body)
        entry = {"project_id": str(number), "task_id": str(theirs["task_id"]), "user_id": str(ids["user_id"]),
                 "log_date": "2026-01-05", "log_time": "01:00"}  # fmt: skip
        refused(400, 1002, "", "post", "/projects/timeentries", entry)


def test_lists(call, refused, ids):
    for text in ("0", "10000", "-1", "x", "201", "1.5"):
        refused(400, 70001, "per_page is a whole number from 1 to 200", "get", f"/invoices?per_page={text}")
    for text in ("0", "-1", "x", "99999999999"):
        refused(400, 70001, "page is a whole number", "get", f"/invoices?page={text}")
    beyond = call("get", "/invoices", page=999)
    assert beyond["invoices"] == [] and beyond["page_context"]["has_more_page"] is False
    assert (
        refused(400, 70002, "There is no parameter “colour”", "get", "/invoices?colour=red")["field"]
        == "colour"
    )
    assert (
        refused(400, 70001, "filter_by is one of", "get", "/invoices?filter_by=Status.Odd")["field"]
        == "filter_by"
    )
    refused(400, 70001, "", "get", "/invoices?sort_column=odd")
    refused(400, 70001, "", "get", "/invoices?date_start=soon")
    refused(400, 70001, "", "get", "/invoices?total_less_than=much")
    refused(400, 70001, "", "get", f"/invoices?search_text={'x' * 101}")


def test_documents(call, refused, ids):
    customer = Customer.objects.get(pk=ids["contact_id"])
    empty = drafts.create_invoice(customer, {}, [])
    refused(400, 70000, "nothing on it yet", "get", f"/invoices/{empty.pk}?accept=pdf")
    refused(400, 70000, "nothing on it yet", "post", f"/invoices/{empty.pk}/status/sent")
    refused(406, 70007, "", "get", f"/invoices/{empty.pk}?accept=png")
    row = drafts.create_invoice(customer, {}, [drafts.LineValues("Work", rate="5")])
    life.issue(row)
    payments.record_payment(row, Decimal("2"))
    told = "Payments have been recorded for these invoices.Hence they cannot be deleted"
    refused(400, 4001, told, "delete", f"/invoices/{row.pk}")


def test_tokens(call, refused):
    def with_token(change):
        caller = Caller(call.membership)
        change(caller.token)
        return caller

    now = timezone.now()
    past = with_token(
        lambda token: ApiToken.objects.filter(pk=token.pk).update(expires_at=now - timedelta(1))
    )
    found = refused(401, 57, NOT_AUTHORIZED, "post", "/contacts", NEW, caller=past)
    assert found["detail"] == "This token has expired."
    found = refused(401, 57, NOT_AUTHORIZED, "post", "/contacts", NEW, caller=with_token(tokens.revoke))
    assert found["detail"] == "This token was revoked."
    narrow = Caller(call.membership, ["ERP.contacts.READ"])
    found = refused(403, 57, NOT_AUTHORIZED, "post", "/contacts", NEW, caller=narrow)
    assert found["detail"] == "The token lacks the scope ERP.contacts.CREATE."


def test_what_comes_from_zoho_is_not_changed_here(call, refused, ids):
    """Fields that the sync keeps are refused by name with the reason; others, and the same value, are taken."""
    connection = call.organization.connections.get()
    for module, key in ((Module.PROJECTS, "project_id"), (Module.TASKS, "task_id"), (Module.CUSTOMERS, "contact_id"),
                        (Module.TIMESHEETS, "time_entry_id")):  # fmt: skip
        connection.synced_records.create(
            module=module, zoho_id=f"9{ids[key]}", name="Synced", outcome="synced", object_id=ids[key],
            first_seen_at=timezone.now(), project_zoho_id="1",
        )  # fmt: skip
    reason = "Comes from Zoho Projects. Change it there"
    project = f"/projects/{ids['project_id']}"
    assert refused(400, 70000, reason, "put", project, {"project_name": "Mine"})["field"] == "project_name"
    assert refused(400, 70000, reason, "put", project, {"description": "Mine"})["field"] == "description"
    refused(400, 70000, "", "delete", project)
    refused(400, 70000, reason, "put", f"{project}/tasks/{ids['task_id']}", {"task_name": "Mine"})
    refused(400, 70000, reason, "put", f"/contacts/{ids['contact_id']}", {"contact_name": "Mine"})
    entry = f"/projects/timeentries/{ids['time_entry_id']}"
    refused(400, 70000, "Zoho Projects", "put", entry, {"log_time": "09:00"})
    refused(400, 70000, "Zoho Projects", "delete", entry)
    call("put", project, {"rate": "60"})
    call("put", f"/contacts/{ids['contact_id']}", {"notes": "Ours"})


@pytest.mark.django_db(transaction=True)
def test_two_clients_at_one_document(transactional_db, call):
    """Whoever comes second finds the document as the first left it: changed, or gone; never half of each."""
    customer = make.CustomerFactory(organization=call.organization)
    row = drafts.create_invoice(customer, {}, [drafts.LineValues("Work", rate="5")])

    def ask(job):
        method, body = job
        try:
            answer = Client(raise_request_exception=False).generic(
                method, f"/erp/v3/invoices/{row.pk}?organization_id={call.organization.pk}", json.dumps(body),
                content_type="application/json", headers={"Authorization": f"Bearer {call.secret}"},
            )  # fmt: skip
            return answer.status_code, answer.json()["code"], answer.json()["message"]
        finally:
            connections.close_all()

    bodies = [
        {"notes": f"Client {number}", "custom_fields": [{"api_name": "cf_key", "value": str(number)}],
         "line_items": [{"name": f"Client {number}", "rate": number} for _ in range(number)]}
        for number in (1, 2, 3, 4)
    ]  # fmt: skip
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(ask, [("PUT", body) for body in bodies]))
    assert [answer[:2] for answer in found] == [(200, 0)] * 4
    row.refresh_from_db()
    (number,) = {line.rate for line in row.lines.all()}
    assert row.lines.count() == number and row.notes == f"Client {number:.0f}"
    assert ExternalId.objects.get().value == f"{number:.0f}" and row.total == number * number
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(ask, [("DELETE", {}), ("PUT", bodies[0]), ("DELETE", {}), ("PUT", bodies[1])]))
    assert sorted(answer[0] for answer in found[::2]) == [200, 404]
    assert {answer[0] for answer in found[1::2]} <= {200, 404}, found
    assert not Invoice.objects.exists() and not ExternalId.objects.exists()
