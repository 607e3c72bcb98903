"""Two organizations with something of everything, every operation of the API, and what is stored."""

import re

from django.apps import apps

from tests import factories as make
from tests.transactions.factories import ExpenseFactory
from transactions import drafts, life

SECRET = "Zzsecret"  # in every name of the other organization
OURS = ("organizations", "customers", "timetracking", "transactions", "integrations")


def operations():
    """[(method, path, scope, the smallest body)] of every operation in the OpenAPI document."""
    from api.main import api

    schema = api.get_openapi_schema(path_prefix="")
    return [
        (method, path, re.search(r"ERP\.\w+\.\w+", item["description"])[0], _smallest(schema, item))
        for path, methods in schema["paths"].items()
        for method, item in methods.items()
    ]


def _smallest(schema, item):
    """A body that has what is needed, of the right types."""
    content = item.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    for choice in [content, *content.get("anyOf", ())]:
        if name := choice.get("$ref", "").rsplit("/", 1)[-1]:
            found = schema["components"]["schemas"][name]
            kinds = {"string": "1", "array": [], "object": {}, "integer": 1, "number": 1, "boolean": True}
            return {
                key: kinds.get(found["properties"][key].get("type"), "1") for key in found.get("required", ())
            }
    return {}


def rows_of(organization, name="", membership=None):
    """{name of an id in an address: an id} of new rows of an organization."""
    customer = make.CustomerFactory(
        organization=organization, display_name=f"{name} customer", email="pay@acme.example"
    )
    project = make.ProjectFactory(
        organization=organization, customer=customer, name=f"{name} project", rate="50"
    )
    task = make.TaskFactory(project=project, name=f"{name} task")
    person = make.StaffUserFactory(organization=organization, name=f"{name} person", membership=membership)
    make.ProjectStaffFactory(project=project, staff_user=person)
    entry = make.TimeEntryFactory(project=project, organization=organization, staff_user=person, title=name)
    line = [drafts.LineValues(f"{name} line", rate="5")]
    invoice = drafts.create_invoice(customer, {}, line)
    life.issue(invoice)
    connection = make.ConnectionFactory(organization=organization, portal_name=f"{name} portal")
    run = connection.runs.create(trigger="instant", status="succeeded")
    record = connection.synced_records.create(
        module="projects", zoho_id="4711", name=f"{name} record", outcome="failed", reason="no_primary_customer",
        first_seen_at=entry.created_at if hasattr(entry, "created_at") else connection.created_at,
    )  # fmt: skip
    return {
        "contact_id": customer.pk, "project_id": project.pk, "task_id": task.pk, "user_id": person.pk,
        "person_id": make.ContactPersonFactory(customer=customer).pk, "time_entry_id": entry.pk,
        "invoice_id": invoice.pk, "estimate_id": drafts.create_quote(customer, {}, line).pk,
        "organization_key": organization.pk, "connection_id": connection.pk, "run_id": run.pk,
        "record_id": record.pk, "employee_id": person.pk,
        "expense_id": ExpenseFactory(organization=organization, category=f"{name} taxi").pk,
    }  # fmt: skip


def filled(path, ids):
    """The address with the ids given; one that nothing has where a kind is not among them."""
    return re.sub(r"\{(\w+)\}", lambda match: str(ids.get(match[1], 987_654_321)), path)


def stored():
    """Every row of the product but tokens' last use and counts: {model: rows}."""
    return {
        model._meta.label: sorted(model._default_manager.values_list(), key=str)
        for app in OURS
        for model in apps.get_app_config(app).get_models()
    }
