"""Who may open which address: the one table that `test_every_address.py` walks.

A new address needs one line in `ADDRESSES` under its name (with its namespace): `Rule(who, name of the value in
the path = kind of object, ...)`. `who`:

  anyone      no sign-in needed
  member      every member of the organization, and nothing in the path belongs to anybody
  own         every member; timesheet staff and employees only for their own projects, hours and selves
  everything  administrators and staff
  granted     administrators; staff when their membership allows it
  spending    as granted, and employees only for their own expenses
  admin       administrators
  elsewhere   another file of tests holds it (`test="tests/…"`), as for the API with its keys and methods

A value in the path is the name of a kind in `KINDS` (how to make one in an organization; add yours), or a text
to be used as it is, written `"=text"`. `queries` are further query strings to look at, such as tabs; `answers` are
403 or 404 where a page answers so to those who may open it, because what it is about does not exist in the test.
"""

from dataclasses import dataclass, field

from tests import factories as make
from tests.api.addresses import calls

SECRET = "Zzsecret"  # in every name that narrow roles must not see
RATES = ("77.77", "33.33", "44.44", "55.55")


@dataclass
class Rule:
    """Who may open an address, and what stands in its path."""

    who: str
    path: dict[str, str] = field(default_factory=dict)
    queries: tuple[str, ...] = ("",)
    test: str = ""
    answers: tuple[int, ...] = ()


def rule(who, queries=(), test="", answers=(), **path):
    return Rule(who, path, ("", *queries), test, answers)


def _customer(organization):
    return make.CustomerFactory(
        organization=organization, display_name=f"{SECRET} customer {organization.pk}"
    )


def _project(organization):
    return make.ProjectFactory(
        organization=organization,
        customer=_new_customer(organization),
        name=f"{SECRET} project",
        rate="77.77",
    )


def _new_customer(organization):
    number = organization.customers.count()
    return make.CustomerFactory(
        organization=organization, display_name=f"{SECRET} client {organization.pk}-{number}"
    )


def _staff(organization):
    return make.StaffUserFactory(organization=organization, name=f"{SECRET} colleague", cost_rate="44.44")


def _run(organization):
    from integrations.models import ModuleRun, SyncRun

    connection = organization.connections.first() or make.ConnectionFactory(organization=organization)
    run = SyncRun.objects.create(connection=connection, trigger="instant", status="succeeded")
    ModuleRun.objects.create(run=run, module="projects", status="succeeded")
    return run


def _mapping(organization):
    connection = organization.connections.first() or make.ConnectionFactory(organization=organization)
    return connection.field_mappings.create(
        module="projects", source_field="risk", target_field="risk", data_type="picklist"
    )


def _failed(organization):
    from django.utils import timezone

    connection = organization.connections.first() or make.ConnectionFactory(organization=organization)
    return connection.synced_records.create(
        module="projects",
        zoho_id="4711",
        name=f"{SECRET} failed",
        outcome="failed",
        reason="no_primary_customer",
        first_seen_at=timezone.now(),
    )


def _brake(organization):
    from integrations.models import Brake

    run = _run(organization)
    asked = {"module": "timesheets", "kind": "remove", "count": 30, "total": 90}
    return Brake.objects.create(connection=run.connection, run=run, **asked)


def _invoice(organization):
    """An issued invoice, drawn from a customer with an unmistakable name."""
    from transactions import drafts, life
    from transactions.drafts import LineValues

    line = LineValues(f"{SECRET} work", rate="77.77")
    return life.issue(drafts.create_invoice(_new_customer(organization), {}, [line]))


def _first_line(organization):
    return organization.invoices.order_by("pk").first().lines.get()


def _quote(organization):
    from transactions import drafts

    line = drafts.LineValues(name=f"{SECRET} work", rate="88.88")
    return drafts.create_quote(_new_customer(organization), {}, [line])


def _credit_note(organization):
    from transactions import credit

    return credit.credit_all(_invoice(organization))


def _payment(organization):
    from transactions import payments

    return payments.record_payment(_invoice(organization), "1")


def _drift_item(organization):
    from transactions import drift
    from transactions.billing.choices import Choices
    from transactions.billing.create import create_invoice

    entry = make.TimeEntryFactory(project=_project(organization), title=f"{SECRET} drifted")
    create_invoice(entry.project.customer, Choices())
    drift.report({entry.pk: drift.Finding("changed", 30, entry.date, "1:30 → 0:30")})
    return organization.drift_items.get()


def _bulk_job(organization):
    job = organization.bulk_billings.create()
    job.rows.create(customer=_new_customer(organization), status="refused", sentence=f"{SECRET} sentence")
    return job


def _outgoing_mail(organization):
    invoice = _invoice(organization)
    return invoice.outgoingmails.create(
        organization=organization,
        purpose="invoice",
        to=["a@customer.example"],
        subject=SECRET,
        body=SECRET,
        status="failed",
    )


def _public_link(organization):
    from transactions.mailing import links

    return links.make(_invoice(organization))


def _tax(organization):
    from transactions.models import Tax

    return Tax.objects.create(
        organization=organization, name=f"{SECRET} tax {organization.taxes.count()}", rate=7
    )


def _receipt(organization):
    from django.core.files.uploadedfile import SimpleUploadedFile

    from tests.transactions.factories import ExpenseFactory
    from transactions import files
    from transactions.models import ExpenseReceipt

    expense = ExpenseFactory(organization=organization)
    with files.stored("receipts", SimpleUploadedFile(f"{SECRET}.pdf", b"%PDF-1.7")) as file:
        return ExpenseReceipt.objects.create(expense=expense, **file.fields())


def _expense(organization):
    from tests.transactions.factories import ExpenseFactory

    return ExpenseFactory(organization=organization, category=f"{SECRET} spent", amount="66.66")


def _recurring_invoice(organization):
    from transactions import drafts, recurring
    from transactions.models import RecurringInvoice

    row = RecurringInvoice(organization=organization, customer=_new_customer(organization))
    values = {"name": f"{SECRET} monthly", "start_date": "2026-01-31"}
    return recurring.save_recurring_invoice(row, values, [drafts.LineValues(f"{SECRET} line", rate="77.77")])


def _recurring_expense(organization):
    from transactions import recurring
    from transactions.models import RecurringExpense

    values = {"name": f"{SECRET} rent", "start_date": "2026-01-31", "category": "Rent", "amount": "77.77"}
    return recurring.save_recurring_expense(RecurringExpense(organization=organization), values)


# How to make an object of each kind in an organization.
KINDS = {
    "invoice": _invoice,
    "invoice line": _first_line,
    "quote": _quote,
    "credit note": _credit_note,
    "payment": _payment,
    "drift item": _drift_item,
    "bulk job": _bulk_job,
    "outgoing mail": _outgoing_mail,
    "public link": _public_link,
    "tax": _tax,
    "receipt": _receipt,
    "expense": _expense,
    "recurring invoice": _recurring_invoice,
    "recurring expense": _recurring_expense,
    "custom field": lambda organization: make.CustomFieldFactory(organization=organization),
    "customer": _customer,
    "project": _project,
    "staff": _staff,
    "member": lambda organization: make.MembershipFactory(organization=organization, role="staff"),
    "run": _run,
    "mapping": _mapping,
    "failed": _failed,
    "brake": _brake,
}

TABS = ("tab=tasks", "tab=bugs", "tab=milestones", "tab=timesheets", "tab=people", "tab=activity")

ADDRESSES = {
    "healthz": rule("anyone"),
    "metrics": rule("elsewhere", test="tests/operations/test_metrics.py"),
    "login": rule("anyone"),
    "logout": rule("anyone"),
    "password_reset": rule("anyone"),
    "password_reset_done": rule("anyone"),
    "password_reset_confirm": rule("anyone", uidb64="=MQ", token="=wrong"),
    "password_reset_complete": rule("anyone"),
    "invitation": rule("anyone", secret="=guessed"),
    "home": rule("member"),
    "password_change": rule("member"),
    "password_change_done": rule("member"),
    "switch_organization": rule("member"),
    "settings": rule("admin"),
    "organization_settings": rule("admin"),
    "custom_fields": rule("admin"),
    "custom_field_new": rule("admin"),
    "custom_field": rule("admin", pk="custom field"),
    "custom_field_delete": rule("admin", pk="custom field"),
    "customers": rule("everything"),
    "customer": rule("everything", pk="customer"),
    "customer_new": rule("everything"),
    "customer_edit": rule("everything", pk="customer"),
    "customer_status": rule("everything", pk="customer"),
    "customer_delete": rule("everything", pk="customer"),
    "contact_new": rule("everything", pk="customer"),
    "contact_edit": rule("elsewhere", test="tests/customers/test_customers.py"),
    "contact_delete": rule("elsewhere", test="tests/customers/test_customers.py"),
    "projects": rule("own", queries=("q=Zz", "sort=customer")),
    "project_new": rule("everything"),
    "project": rule("own", queries=TABS, pk="project"),
    "project_edit": rule("everything", pk="project"),
    "project_status": rule("everything", pk="project"),
    "project_clone": rule("everything", pk="project"),
    "project_delete": rule("everything", pk="project"),
    "project_person_add": rule("everything", pk="project"),
    "project_person": rule("elsewhere", test="tests/timetracking/test_project_page.py"),
    "project_person_remove": rule("elsewhere", test="tests/timetracking/test_project_page.py"),
    "task_new": rule("everything", pk="project"),
    "task_edit": rule("elsewhere", test="tests/timetracking/test_project_page.py"),
    "task_delete": rule("elsewhere", test="tests/timetracking/test_project_page.py"),
    "timesheets": rule("own", queries=("q=Zz", "period=this_month", "project=1", "customer=1", "person=1")),
    "entry_totals": rule("own"),
    "entries_mark": rule("everything"),
    "entries_export": rule("own"),
    "filter_save": rule("own"),
    "filter_delete": rule("elsewhere", test="tests/timetracking/test_timesheets.py"),
    "entry_new": rule("own"),
    "entry_edit": rule("elsewhere", test="tests/timetracking/test_timesheets.py"),
    "entry_delete": rule("elsewhere", test="tests/timetracking/test_timesheets.py"),
    "timesheet_week": rule("own"),
    "entries_import": rule("own"),
    "unbilled": rule("granted"),
    "integrations:unbilled_records": rule("granted", kind="=waiting"),
    "staff": rule("everything"),
    "staff_user": rule("own", pk="staff"),
    "person_new": rule("admin"),
    "person_edit": rule("admin", pk="staff"),
    "person_invite": rule("admin", pk="staff"),
    "person_uninvite": rule("admin", pk="staff"),
    "person_access": rule("admin", pk="staff"),
    "person_grants": rule("admin", pk="staff"),
    "person_deactivate": rule("admin", pk="staff"),
    "person_activate": rule("admin", pk="staff"),
    "member_add": rule("admin", pk="member"),
}
for _name in (
    "zoho_apps connect callback setup setup_counts setup_fields details status instant_sync duplication "
    "stop disable enable delete history history_csv history_keep errors "
    "problems_csv retry ignore ignored unignore why "
    "preferences interval test_mail timeline map hints"
).split():
    ADDRESSES[f"integrations:{_name}"] = rule("admin")
ADDRESSES["integrations:setup_counts"] = rule("admin", answers=(404,))  # of a portal that was chosen
ADDRESSES["integrations:add_options"] = rule("admin", pk="mapping")
ADDRESSES["integrations:hint"] = rule("anyone", secret="=guessed", answers=(404,))
ADDRESSES["integrations:brake"] = rule("admin", pk="brake")
ADDRESSES["integrations:run"] = rule("admin", pk="run")
ADDRESSES["integrations:run_csv"] = rule("admin", pk="run")
ADDRESSES["integrations:mapped_fields"] = rule("admin", pk="run", module="=projects")
ADDRESSES["integrations:blocked"] = rule("admin", pk="failed")
ADDRESSES["integrations:module_errors"] = rule("admin", module="=projects")
ADDRESSES |= {
    "document_pdf": rule("granted", kind="=invoice", pk="invoice"),
    "document_send": rule("granted", kind="=invoice", pk="invoice"),
    "document_remind": rule("granted", pk="invoice"),
    "document_link": rule("granted", kind="=invoice", pk="invoice"),
    "document_link_revoke": rule("granted", pk="public link"),
    "document_mail_again": rule("granted", pk="outgoing mail"),
    "expense_receipt": rule(
        "elsewhere", pk="receipt", test="tests/transactions/mailing/test_files_and_settings.py"
    ),
    "public_document": rule("anyone", answers=(404,), token="=guessed"),
    "public_pdf": rule("anyone", answers=(404,), token="=guessed"),
    "public_logo": rule("anyone", answers=(404,), token="=guessed"),
    "public_decide": rule("anyone", token="=guessed"),
    "document_settings": rule("admin"),
    "document_logo": rule("member", answers=(404,)),
    "number_series": rule("admin", kind="=invoice"),
    "tax_new": rule("admin"),
    "tax": rule("admin", pk="tax"),
    "mail_text": rule("admin", purpose="=invoice"),
}
for _name in "invoices invoices_csv quotes quotes_csv credit_notes credit_notes_csv drift".split():
    ADDRESSES[_name] = rule("granted", queries=("q=Zz", "state=unpaid&period=this_year&customer=1"))
for _name in "invoice_new quote_new invoice_from_entries invoices_bulk".split():
    ADDRESSES[_name] = rule("granted")
for _name in (
    "invoice invoice_edit invoice_add invoice_credit invoice_mark_sent invoice_void invoice_back_to_draft "
    "invoice_write_off invoice_cancel_write_off invoice_delete invoice_duplicate invoice_pay"
).split():
    ADDRESSES[_name] = rule("granted", pk="invoice")
for _name in "invoice_line invoice_line_remove invoice_entries_remove".split():
    ADDRESSES[_name] = rule("granted", pk="invoice", line="invoice line")
for _name in (
    "quote quote_edit quote_mark_sent quote_accept quote_decline quote_convert quote_duplicate quote_delete"
).split():
    ADDRESSES[_name] = rule("granted", pk="quote")
ADDRESSES["invoices_bulk_job"] = rule("granted", pk="bulk job")
ADDRESSES["credit_note"] = rule("granted", pk="credit note")
ADDRESSES["payment_delete"] = rule("granted", pk="payment")
ADDRESSES["drift_decide"] = rule("granted", pk="drift item")
ADDRESSES["drift_credit"] = rule("granted", pk="drift item")
ADDRESSES["invoice_from_project"] = rule("granted", pk="project")
ADDRESSES |= dict.fromkeys(("invoice_from_customer", "customer_billing"), rule("granted", pk="customer"))
for _name in "expenses expenses_csv".split():
    ADDRESSES[_name] = rule(
        "spending", queries=("q=Zz", "state=unbilled&period=this_year&employee=1&project=1")
    )
ADDRESSES["expense_new"] = rule("spending")
for _name in "expense expense_edit expense_delete expense_receipts_add".split():
    ADDRESSES[_name] = rule("spending", pk="expense")
ADDRESSES["expense_receipt_delete"] = rule("spending", pk="receipt")
ADDRESSES["expense_convert"] = ADDRESSES["expense_reimburse"] = rule("granted", pk="expense")
for _kind in "invoice expense".split():
    ADDRESSES[f"recurring_{_kind}s"] = rule("granted", queries=("q=Zz", "state=active", "project=1"))
    ADDRESSES[f"recurring_{_kind}_new"] = rule("granted")
    for _name in [
        "",
        "_edit",
        "_stop",
        "_resume",
        "_again",
        "_delete",
        *(["_next"] if _kind == "invoice" else []),
    ]:
        ADDRESSES[f"recurring_{_kind}{_name}"] = rule("granted", pk=f"recurring {_kind}")
ADDRESSES |= {
    "api_tokens": rule("everything"),
    "api_token_revoke": rule("elsewhere", test="tests/api/test_access.py"),
    "api_docs": rule("member"),
}
ADDRESSES |= {name: rule("elsewhere", test="tests/api/test_access.py") for name in calls()}
