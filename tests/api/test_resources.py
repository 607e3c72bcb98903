"""Each resource through its whole life, as a client of the finance API would drive it."""

import datetime
import json

import pytest

from organizations.activity import Activity
from tests.api.conftest import Caller
from tests.factories import MembershipFactory, OrganizationFactory, StaffUserFactory, TimeEntryFactory
from timetracking.models import ProjectStaff, TimeEntry
from transactions import credit, payments
from transactions.models import Invoice, OutgoingMail, Tax

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme(call):
    return call(
        "post", "/contacts", {"contact_name": "Acme", "currency_code": "EUR", "email": "pay@acme.example"}
    )["contact"]


@pytest.fixture
def site(call, acme):
    body = {
        "project_name": "Site",
        "customer_id": acme["contact_id"],
        "billing_type": "based_on_project_hours",
        "rate": "90",
    }
    return call("post", "/projects", body)["project"]


def test_contacts_live(call):
    body = {
        "contact_name": "Acme",
        "currency_code": "EUR",
        "billing_address": {
            "address": "1 Invented Road",
            "city": "Ulm",
            "zip": "89073",
            "country": "Germany",
        },
        "contact_persons": [{"first_name": "Ada", "email": "ada@acme.example", "is_primary_contact": True}],
        "salesperson_x": 1,
    }
    assert call("post", "/contacts", body, 400)["field"] == "salesperson_x"
    del body["salesperson_x"]
    made = call("post", "/contacts", {**body, "credit_limit": 500})
    assert (made["code"], made["message"]) == (0, "The contact has been created")
    assert made["warnings"] == ["credit_limit is not kept here."]
    contact = made["contact"]
    assert isinstance(contact["contact_id"], str)
    assert (
        contact["billing_address"]["zip"] == "89073" and contact["contact_persons"][0]["first_name"] == "Ada"
    )
    again = call("post", "/contacts", {"contact_name": "aCME", "currency_code": "EUR"}, 400)
    assert (again["code"], again["message"]) == (
        3062,
        "The contact already exists.Please specify a different name",
    )
    assert call("post", "/contacts", {"contact_name": " "}, 400)["code"] == 3013
    assert call("post", "/contacts", {"contact_name": "B", "currency_code": "ZZZ"}, 400)["code"] == 9004
    path = f"/contacts/{contact['contact_id']}"
    changed = call("put", path, {"phone": "0731 1", "notes": "n"})["contact"]
    assert (changed["phone"], changed["contact_name"]) == ("0731 1", "Acme")
    assert call("post", f"{path}/inactive")["message"] == "The contact has been marked as inactive."
    assert call("get", "/contacts", filter_by="Status.Active")["contacts"] == []
    call("post", f"{path}/active")
    person = call(
        "post", "/contacts/contactpersons", {"contact_id": contact["contact_id"], "last_name": "Bee"}
    )
    pid = person["contact_person"]["contact_person_id"]
    call("post", f"/contacts/contactpersons/{pid}/primary")
    assert call("get", f"{path}/contactpersons/{pid}")["contact_person"]["is_primary_contact"] is True
    call("delete", f"/contacts/contactpersons/{pid}")
    assert len(call("get", f"{path}/contactpersons")["contact_persons"]) == 1
    assert call("delete", path)["message"] == "The contact has been deleted."
    gone = call("get", path, status=404)
    assert gone == {"code": 1002, "message": "Contact does not exist"}


def test_lists_filter_sort_page_and_search(call):
    for name in ("Bolt", "Acme", "Cog", "Acorn"):
        call(
            "post", "/contacts", {"contact_name": name, "currency_code": "EUR", "company_name": f"{name} Ltd"}
        )
    found = call("get", "/contacts", per_page=2)
    assert [row["contact_name"] for row in found["contacts"]] == ["Acme", "Acorn"]
    assert found["page_context"]["has_more_page"] is True
    assert call("get", "/contacts", per_page=2, page=2)["page_context"]["has_more_page"] is False
    assert call("get", "/contacts", page=900)["contacts"] == []
    names = [
        row["contact_name"]
        for row in call("get", "/contacts", contact_name_startswith="ac", sort_order="D")["contacts"]
    ]
    assert names == ["Acorn", "Acme"]
    assert len(call("get", "/contacts", company_name_contains="og")["contacts"]) == 1
    assert len(call("get", "/contacts", search_text="LTD")["contacts"]) == 4
    for query in ({"per_page": 0}, {"per_page": 10_000}, {"page": "x"}, {"sort_column": "password"},
                  {"filter_by": "Status.Odd"}, {"sort_order": "up"}):  # fmt: skip
        assert call("get", "/contacts", status=400, **query)["field"] == next(iter(query))
    refused = call("get", "/contacts", status=400, customer_nmae="x")
    assert refused["field"] == "customer_nmae" and "customer_nmae" in refused["message"]


def test_other_systems_address_rows_by_their_own_id(call):
    headers = {"X-Unique-Identifier-Key": "cf_crm", "X-Unique-Identifier-Value": "A-7"}
    body = {"contact_name": "Acme", "currency_code": "EUR"}
    assert call("put", "/contacts", body, 404, headers=headers)["code"] == 1002
    made = call("put", "/contacts", body, headers={**headers, "X-Upsert": "true"})["contact"]
    field = {"api_name": "cf_crm", "value": "A-7", "label": "cf_crm", "index": "1"}
    assert made["custom_fields"] == [field]
    changed = call("put", "/contacts", {"phone": "1"}, headers=headers)["contact"]
    assert (changed["contact_id"], changed["phone"]) == (made["contact_id"], "1")
    taken = {
        "contact_name": "Other",
        "currency_code": "EUR",
        "custom_fields": [{"api_name": "cf_crm", "value": "A-7"}],
    }
    assert call("post", "/contacts", taken, 400)["field"] == "custom_fields.0.value"
    assert len(call("get", "/contacts")["contacts"]) == 1  # and the contact was not made either


def test_projects_tasks_people_and_hours(call, membership, acme):
    me = StaffUserFactory(organization=membership.organization, membership=membership, name="Ann")
    body = {"project_name": "Site", "customer_id": acme["contact_id"], "billing_type": "based_on_task_hours"}
    made = call(
        "post",
        "/projects",
        {**body, "user_id": str(me.pk), "budget_type": "total_project_hours", "budget_hours": "40"},
    )
    assert made["message"] == "The project has been created."
    project = made["project"]
    assert (project["currency_code"], project["users"][0]["user_name"]) == ("EUR", "Ann")
    assert project["budget_hours"] == "40.00"
    path = f"/projects/{project['project_id']}"
    negative = call("put", path, {"rate": -1}, 400)
    assert (negative["code"], negative["message"]) == (20004, "Please ensure that the amount is not negative")
    assert (
        call("post", "/projects", {**body, "customer_id": "999"}, 400)["message"] == "Contact does not exist"
    )
    task = call("post", f"{path}/tasks", {"task_name": "Design", "rate": 80.5})["task"]
    assert task["rate"] == 80.5
    assert call("put", f"{path}/tasks/{task['task_id']}", {"status": "closed"})["task"]["status"] == "closed"
    hour = {"project_id": project["project_id"], "task_id": task["task_id"], "user_id": str(me.pk),
            "log_date": "2026-03-02", "log_time": "01:30", "notes": "Sketch"}  # fmt: skip
    made = call("post", "/projects/timeentries", hour)
    assert made["message"] == "Your timesheet entry has been added."
    entry = made["time_entry"]
    assert (entry["log_time"], entry["billed_status"], entry["invoice_id"]) == ("01:30", "unbilled", "")
    no_task = call("post", "/projects/timeentries", {**hour, "task_id": "99"}, 400)
    assert (no_task["code"], no_task["field"]) == (1002, "task_id")
    assert call("post", "/projects/timeentries", {**hour, "log_time": "25:00"}, 400)["field"] == "log_time"
    assert call("get", path)["project"]["un_billed_hours"] == "01:30"
    assert call("get", "/projects")["projects"][0]["total_hours"] == "01:30"
    assert call("get", f"{path}/tasks")["tasks"][0]["un_billed_hours"] == "01:30"
    found = call("get", "/projects/timeentries", log_date_start="2026-03-01", filter_by="Status.Unbilled")
    assert [row["notes"] for row in found["time_entries"]] == ["Sketch"]
    other = StaffUserFactory(organization=membership.organization, name="Bob")
    call("post", f"{path}/users", {"user_id": str(other.pk), "rate": 70})
    assert call("put", f"{path}/users/{other.pk}", {"cost_rate": "30.5"})["user"]["cost_rate"] == 30.5
    call("delete", f"{path}/users/{other.pk}")
    assert (
        call("delete", f"{path}/users/{me.pk}", status=400)["message"]
        == "Ann has logged time here and stays."
    )
    assert call("delete", path, status=400)["code"] == 70000
    entry_path = f"/projects/timeentries/{entry['time_entry_id']}"
    assert (
        call("put", entry_path, {"begin_time": "09:00", "end_time": "10:15"})["time_entry"]["log_time"]
        == "01:15"
    )
    assert call("delete", entry_path)["message"] == "The time entry has been deleted."
    copy = call("post", f"{path}/clone", {"project_name": "Copy"})["project"]
    assert copy["project_name"] == "Copy"
    assert (
        call("post", f"{path}/inactive")["message"] == "The selected Projects have been marked as inactive."
    )
    assert call("delete", f"{path}/tasks/{task['task_id']}")["code"] == 0
    assert call("delete", path)["message"] == "The project has been deleted."


def test_restricted_project_creation_holds_here_too(call, membership, acme):
    organization = membership.organization
    organization.project_creation_restricted = True
    organization.save()
    body = {"project_name": "Own", "customer_id": acme["contact_id"]}
    assert "Zoho Projects only" in call("post", "/projects", body, 400)["message"]
    assert not organization.projects.exists()


def test_an_estimate_from_draft_to_accepted(call, acme):
    line = {"name": "Design", "quantity": 1.5, "rate": 100.1}
    body = {
        "customer_id": acme["contact_id"],
        "line_items": [line],
        "discount": "10%",
        "estimate_number": "A-1",
    }
    made = call("post", "/estimates", body)
    assert made["message"] == "The estimate has been created"
    estimate, path = made["estimate"], f"/estimates/{made['estimate']['estimate_id']}"
    assert b'"total":135.13' in call.last.content and estimate["discount"] == "10%"
    taken = call("post", "/estimates", body, 400)
    assert (taken["code"], taken["message"]) == (1001, "Estimate Number already exist")
    with_tax = Tax.objects.create(organization=call.organization, name="VAT", rate=19)
    items = [{**estimate["line_items"][0], "tax_id": str(with_tax.pk)}]
    items = [
        {key: item[key] for key in ("line_item_id", "name", "quantity", "rate", "tax_id")} for item in items
    ]
    changed = call("put", path, {"line_items": items, "reference_number": "R"})["estimate"]
    assert changed["taxes"] == [{"tax_name": "VAT", "tax_percentage": 19, "tax_amount": 25.67}]
    assert call("post", f"{path}/status/accepted", status=400)["code"] == 70000
    assert call("post", f"{path}/status/sent")["message"] == "Estimate status has been changed to Sent"
    assert call("get", path)["estimate"]["estimate_number"] == "A-1"
    assert (
        call("post", f"{path}/status/accepted")["message"] == "Estimate status has been changed to Accepted."
    )
    assert call("post", f"{path}/status/draft", status=400)["code"] == 4041
    assert call("put", path, {"notes": "x"}, 400)["message"].endswith("does not change any more.")
    assert len(call("get", "/estimates", filter_by="Status.Accepted")["estimates"]) == 1
    assert call("get", path, accept="pdf").content.startswith(b"%PDF")


def test_an_invoice_and_what_refuses_it(call, acme):
    body = {"customer_id": acme["contact_id"], "date": "2026-03-01", "payment_terms": 14,
            "line_items": [{"name": "Work", "quantity": 2, "rate": "50.25"}]}  # fmt: skip
    made = call("post", "/invoices", body)
    assert made["message"] == "The invoice has been created."
    path = f"/invoices/{made['invoice']['invoice_id']}"
    assert (made["invoice"]["total"], made["invoice"]["status"]) == (100.5, "draft")
    assert call("post", f"{path}/status/sent")["message"] == "Invoice status has been changed to Sent."
    invoice = call("get", path)["invoice"]
    assert (invoice["invoice_number"], invoice["due_date"]) == ("INV-000001", "2026-03-15")
    row = Invoice.objects.get()
    paid = payments.record_payment(row, "10")
    assert call("get", f"{path}/payments")["payments"][0]["amount"] == 10
    refused = call("delete", path, status=400)
    assert refused["code"] == 4001
    assert refused["message"] == "Payments have been recorded for these invoices.Hence they cannot be deleted"
    other = call("post", "/contacts", {"contact_name": "Other", "currency_code": "EUR"})["contact"][
        "contact_id"
    ]
    assert call("put", path, {"customer_id": other}, 400)["code"] == 3010
    payments.delete_payment(paid)
    assert call("post", f"{path}/status/void")["message"] == "Invoice status has been changed to Void."
    assert call("post", f"{path}/status/draft")["message"] == "Status of invoice changed from void to draft"
    call("post", f"{path}/status/sent")
    credit.credit_all(Invoice.objects.get())
    assert call("delete", path, status=400)["code"] == 12008
    assert call("put", path, {"customer_id": other}, 400)["code"] == 3009
    throughs = {item.history_through for item in Invoice.objects.get().history.all()}
    assert "API token Reporting" in throughs
    empty = call("post", "/invoices", {"customer_id": acme["contact_id"]})["invoice"]["invoice_id"]
    assert call("get", f"/invoices/{empty}", status=400, accept="pdf")["field"] == "line_items"
    assert call("get", path, headers={"Accept": "application/pdf"}).content.startswith(b"%PDF")
    assert call("get", path, status=406, accept="xls")["code"] == 70007
    assert call("delete", f"/invoices/{empty}")["message"] == "The invoice has been deleted."
    found = call("get", "/invoices", response_option=3, filter_by="Status.All")
    assert found["invoices"] == [] and found["page_context"]["total"] == 1
    assert found["page_context"]["sums"] == [
        {"currency_code": "EUR", "count": 1, "total": 100.5, "balance": 0}
    ]


def test_hours_are_billed_once_by_their_ids(call, acme, site):
    hours = [
        TimeEntryFactory(project_id=int(site["project_id"]), organization=call.organization, minutes=60,
                         staff_user__organization=call.organization)
        for _ in range(2)
    ]  # fmt: skip
    body = {"customer_id": acme["contact_id"], "line_items": [
        {"time_entry_ids": [str(hour.pk) for hour in hours]}, {"name": "Travel", "rate": 10}]}  # fmt: skip
    invoice = call("post", "/invoices", body)["invoice"]
    assert invoice["total"] == 190
    billed = [line["time_entry_ids"] for line in invoice["line_items"] if line["time_entry_ids"]]
    assert sorted(pk for some in billed for pk in some) == sorted(str(hour.pk) for hour in hours)
    assert TimeEntry.objects.filter(billing_status="invoiced").count() == 2
    assert call("post", "/invoices", body, 400)["code"] == 70000
    assert Invoice.objects.count() == 1
    entry = call("get", f"/projects/timeentries/{hours[0].pk}")["time_entry"]
    assert entry["invoice_id"] == invoice["invoice_id"]
    refused = call("delete", f"/projects/timeentries/{hours[0].pk}", status=400)
    assert "invoice" in refused["message"].lower()


def test_an_update_keeps_the_hours_of_its_lines_or_says_that_it_cannot_change_them(call, acme, site):
    mine, other = (
        TimeEntryFactory(project_id=int(site["project_id"]), organization=call.organization, minutes=60,
                         staff_user__organization=call.organization)
        for _ in range(2)
    )  # fmt: skip
    body = {"customer_id": acme["contact_id"], "line_items": [{"time_entry_ids": [str(mine.pk)]}]}
    invoice = call("post", "/invoices", body)["invoice"]
    path, line = f"/invoices/{invoice['invoice_id']}", invoice["line_items"][0]
    kept = {name: line[name] for name in ("line_item_id", "name", "description", "time_entry_ids")}
    kept["name"] = kept["name"] or "Hours"
    assert call("put", path, {"line_items": [kept]})["invoice"]["total"] == invoice["total"]
    for item in ({"time_entry_ids": [str(other.pk)]}, {**kept, "time_entry_ids": [str(other.pk)]}):
        refused = call("put", path, {"line_items": [kept, item]}, 400)
        assert refused["field"] == "line_items.1.time_entry_ids"
    other.refresh_from_db()
    assert other.billing_status == "unbilled"


def test_sending_puts_an_e_mail_into_the_outbox(call, acme):
    body = {"customer_id": acme["contact_id"], "line_items": [{"name": "Work", "rate": 5}]}
    path = f"/invoices/{call('post', '/invoices', body)['invoice']['invoice_id']}"
    said = call("post", f"{path}/email", {"to_mail_ids": ["ada@acme.example"], "subject": "Hello"})
    assert said["message"] == "Your invoice has been sent."
    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.subject, mail.invoice.status) == (["ada@acme.example"], "Hello", "sent")
    assert call("post", f"{path}/email", {"to_mail_ids": ["nobody"]}, 400)["field"] == "to_mail_ids"
    assert call("post", "/estimates", body, 201, send="true")["estimate"]["status"] == "sent"


def test_expenses(call, acme, site):
    body = {"date": "2026-03-01", "account_name": "Travel", "amount": 12.34, "is_billable": True,
            "customer_id": acme["contact_id"], "project_id": site["project_id"]}  # fmt: skip
    made = call("post", "/expenses", body)
    assert made["message"] == "The expense has been recorded." and made["expense"]["status"] == "unbilled"
    path = f"/expenses/{made['expense']['expense_id']}"
    assert call("put", path, {"amount": "20.00"})["expense"]["total"] == 20
    assert call("put", path, {"amount": "0"}, 400)["field"] == "amount"
    assert len(call("get", "/expenses", filter_by="Status.Unbilled", amount_greater_than=19)["expenses"]) == 1
    assert call("delete", f"/projects/{site['project_id']}", status=400)["code"] == 20077
    assert call("delete", path)["message"] == "The expense has been deleted."


def test_recurring_profiles(call, acme, site):
    start = (datetime.date.today() + datetime.timedelta(days=40)).isoformat()
    body = {"recurrence_name": "Monthly", "customer_id": acme["contact_id"], "recurrence_frequency": "months",
            "repeat_every": 1, "start_date": start, "line_items": [{"name": "Rent", "rate": 100}]}  # fmt: skip
    nameless = call("post", "/recurringinvoices", {**body, "recurrence_name": ""}, 400)
    assert (nameless["code"], nameless["message"]) == (4031, "Please enter a name for this Recurring Invoice")
    row = call("post", "/recurringinvoices", body)["recurring_invoice"]
    assert (row["status"], row["next_invoice_date"], row["line_items"][0]["rate"]) == ("active", start, 100)
    path = f"/recurringinvoices/{row['recurring_invoice_id']}"
    assert call("post", f"{path}/status/stop")["message"] == "The recurring invoice has been stopped."
    assert len(call("get", "/recurringinvoices", filter_by="Status.Stopped")["recurring_invoices"]) == 1
    assert call("post", f"{path}/status/resume")["message"] == "The recurring invoice has been resumed."
    assert call("put", path, {"project_ids": [site["project_id"]]})["recurring_invoice"]["project_ids"]
    assert call("delete", path)["message"] == "The recurring invoice is deleted successfully."
    body = {"recurrence_name": "Rent", "recurrence_frequency": "months", "repeat_every": 1, "start_date": start,
            "account_name": "Office", "amount": 500}  # fmt: skip
    row = call("post", "/recurringexpenses", body)
    assert row["message"] == "The recurring expense has been created"
    path = f"/recurringexpenses/{row['recurring_expense']['recurring_expense_id']}"
    assert call("post", "/recurringexpenses", body, 400)["code"] == 5012
    assert call("put", path, {"amount": "-1"}, 400)["code"] == 5015
    assert call("put", path, {"end_date": "2020-01-01"}, 400)["message"] == "Please select a valid date range"
    assert call("post", f"{path}/status/stop")["message"] == "The recurring expense has been stopped."
    assert call("get", f"{path}/expenses")["expensehistory"] == []
    assert call("post", f"{path}/status/resume")["message"] == "The recurring expense has been activated."


def test_organizations_need_no_organization_id(call):
    found = call("get", "/organizations", organization=False)["organizations"]
    assert [(row["organization_id"], row["name"]) for row in found] == [
        (str(call.organization.pk), "Invented Works")
    ]
    assert call("get", f"/organizations/{call.organization.pk}")["organization"]["currency_code"] == "EUR"
    assert call("get", f"/organizations/{OrganizationFactory().pk}", status=404)["code"] == 1002


def test_old_clients_send_a_form_field_and_books_addresses(membership):
    call = Caller(membership, root="/books/v3", header="Bearer")
    text = json.dumps({"contact_name": "Acme", "currency_code": "EUR"})
    answer = call.client.post(
        f"/books/v3/contacts?organization_id={call.organization.pk}", {"JSONString": text},
        headers={"Authorization": f"Bearer {call.secret}"},
    )  # fmt: skip
    assert answer.status_code == 201 and answer.json()["contact"]["contact_name"] == "Acme"


def test_people_who_log_time_only_own_no_tokens(membership):
    from django.core.exceptions import ValidationError

    narrow = MembershipFactory(organization=membership.organization, role="timesheet_staff")
    with pytest.raises(ValidationError):
        Caller(narrow)
    assert ProjectStaff.objects.count() == 0 and Activity.objects.count() == 0
