"""Who may do what with money, what the history says of it, and what the admin site leaves alone."""

import pytest
from django.urls import reverse

from organizations.history import acting
from tests.factories import (
    CustomerFactory,
    MembershipFactory,
    ProjectFactory,
    ProjectStaffFactory,
    TimeEntryFactory,
)
from tests.transactions.factories import ExpenseFactory
from transactions import drafts, life, payments, permissions
from transactions.billing.choices import Choices
from transactions.billing.create import create_invoice
from transactions.drafts import LineValues
from transactions.models import CreditNote, Invoice, Payment, Quote

pytestmark = pytest.mark.django_db
ACTS = ("view", "bill", "send", "delete", "set_up", "record_expenses")


def acts(membership):
    """The names of what a member may."""
    return {act for act in ACTS if getattr(permissions, f"may_{act}")(membership)}


@pytest.mark.parametrize(
    ("role", "grants", "allowed"),
    [
        ("admin", {"can_view": False, "can_delete": False}, set(ACTS)),
        ("staff", {}, {"view", "bill", "send", "record_expenses"}),
        ("staff", {"can_delete": True}, {"view", "bill", "send", "delete", "record_expenses"}),
        ("staff", {"can_bill": False, "can_send": False}, {"view"}),
        ("staff", {"can_view": False, "can_delete": True}, set()),
        ("timesheet_staff", {"can_delete": True}, set()),
        ("employee", {"can_delete": True}, {"record_expenses"}),
        ("admin", {"is_active": False}, set()),
        ("employee", {"is_active": False}, set()),
    ],
)
def test_each_role_may_what_it_was_granted_and_nothing_else(role, grants, allowed):
    assert acts(MembershipFactory(role=role, **grants)) == allowed
    assert acts(None) == set()


def test_employees_see_and_change_their_own_expenses_until_they_got_the_money(ann, organization):
    ann.membership = MembershipFactory(organization=organization, role="employee")
    ann.save()
    own = ExpenseFactory(organization=organization, employee=ann)
    other = ExpenseFactory(organization=organization)
    foreign = ExpenseFactory()
    clerk = MembershipFactory(organization=organization, role="staff")
    assert set(permissions.visible_expenses(ann.membership)) == {own}
    assert set(permissions.visible_expenses(clerk)) == {own, other}
    assert foreign not in permissions.visible_expenses(clerk)
    assert permissions.may_change_expense(ann.membership, own)
    assert not permissions.may_change_expense(ann.membership, other)
    own.reimbursed_at = own.created_at
    own.save()
    assert not permissions.may_change_expense(ann.membership, own)
    assert permissions.may_change_expense(clerk, own) and not permissions.may_delete_expense(clerk, own)


def test_history_names_the_person_and_what_they_acted_with(client, customer, log):
    clerk = MembershipFactory(organization=customer.organization, role="admin")
    log(60)
    invoice = create_invoice(customer, Choices())
    with acting(clerk.user, through="API token Reporting"):
        life.issue(invoice)
    first = invoice.history.first()
    assert (first.history_user, first.history_through, first.status) == (
        clerk.user,
        "API token Reporting",
        "sent",
    )
    assert first.prev_record.status == "draft"
    client.force_login(clerk.user)
    client.post(reverse("invoice_void", args=[invoice.pk]), {"reason": "Wrong month"})
    last = Invoice.objects.get().history.first()
    assert (last.status, last.history_user, last.history_through) == ("void", clerk.user, "")
    page = client.get(reverse("invoice", args=[invoice.pk])).content.decode()
    assert "API token Reporting" in page and str(clerk.user.name) in page


@pytest.fixture
def root(client, organization):
    """The admin site as a superuser of the organization."""
    client.force_login(
        MembershipFactory(
            organization=organization, role="admin", user__is_staff=True, user__is_superuser=True
        ).user
    )
    return client


def address(row, page="change"):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=[row.pk])


def form_of(answer):
    """What a browser would send of an admin page."""
    form = answer.context["adminform"].form
    found = {name: form[name].value() for name in form.fields}
    for inline in answer.context["inline_admin_formsets"]:
        for field in inline.formset.management_form:
            found[field.html_name] = field.value()
    return {name: "" if value is None else value for name, value in found.items() if value is not False}


def test_the_admin_site_changes_nothing_that_was_billed(root, customer, project, log):
    entry, free = log(60), log(30)
    ProjectStaffFactory(project=project, staff_user=free.staff_user)  # who logs time works on the project
    invoice = life.issue(create_invoice(customer, Choices(entry_ids=(entry.pk,))))
    payment = payments.record_payment(invoice, "10")
    quote = life.issue(drafts.create_quote(customer, lines=[LineValues("Work", rate="5")]))
    line = invoice.lines.get()
    for row in (invoice, payment, quote, line, line.billed_entries.get(), entry):
        assert root.get(address(row)).status_code == 200
        assert root.post(address(row), {"minutes": 1, "amount": 1}).status_code == 403
        assert root.post(address(row, "delete"), {"post": "yes"}).status_code == 403
    for row in (customer, project):
        assert root.post(address(row, "delete"), {"post": "yes"}).status_code == 403
    elsewhere = CustomerFactory(organization=customer.organization)
    for row, changed in (
        (customer, {"currency": "USD"}),
        (project, {"currency": "USD", "customer": elsewhere.pk}),
    ):
        answer = root.post(address(row), form_of(root.get(address(row))) | changed)
        assert answer.status_code == 302, answer.context["errors"]
        row.refresh_from_db()
        assert (row.currency, getattr(row, "customer", customer)) == ("EUR", customer)
    form = form_of(root.get(address(free)))
    assert root.post(address(free), form | {"billing_status": "invoiced"}).status_code == 302
    free.refresh_from_db()
    assert free.billing_status == "unbilled"
    del form["is_billable"]
    root.post(address(free), form)
    free.refresh_from_db()
    assert free.billing_status == "non_billable"
    assert (Invoice.objects.count(), Payment.objects.count(), Quote.objects.count()) == (1, 1, 1)
    assert not CreditNote.objects.exists() and ProjectFactory._meta.model.objects.count() == 1
    assert TimeEntryFactory._meta.model.objects.get(pk=entry.pk).minutes == 60
