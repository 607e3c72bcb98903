"""The OpenAPI document against the API: what schemathesis makes up finds no error of ours, and answers match."""

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings

from tests import factories as make
from transactions import drafts, life

SETTINGS = settings(
    max_examples=3, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.fixture
def world(call):
    """Something of everything, so that lists and ids have answers."""
    organization = call.organization
    customer = make.CustomerFactory(organization=organization, email="pay@acme.example")
    make.ContactPersonFactory(customer=customer)
    project = make.ProjectFactory(organization=organization, customer=customer, rate="50")
    person = make.StaffUserFactory(organization=organization, membership=call.membership)
    make.ProjectStaffFactory(project=project, staff_user=person)
    make.TaskFactory(project=project)
    make.TimeEntryFactory(project=project, staff_user=person)
    line = [drafts.LineValues("Work", rate="5")]
    life.issue(drafts.create_invoice(customer, {}, line))
    drafts.create_quote(customer, {}, line)
    return call


@pytest.fixture
def one_connection():
    """Requests leave the test's connection open, as Django's own test client sees to."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.django_db
def test_whatever_is_sent_answers_as_the_document_says(world, one_connection):
    app = get_wsgi_application()
    schema = schemathesis.openapi.from_wsgi("/erp/v3/openapi.json", app)
    headers = {"Authorization": f"Zoho-oauthtoken {world.secret}"}
    checks = [
        schemathesis.checks.not_a_server_error,
        schemathesis.checks.CHECKS.get_one("status_code_conformance"),
        schemathesis.checks.CHECKS.get_one("response_schema_conformance"),
    ]
    count = 0
    for found in schema.get_all_operations():
        operation = found.ok()

        def run(case):
            case.query = {**(case.query or {}), "organization_id": str(world.organization.pk)}
            case.path_parameters = dict.fromkeys(case.path_parameters or {}, "1")
            answer = case.call(headers=headers)
            case.validate_response(answer, checks=checks)

        from hypothesis import given

        SETTINGS(given(case=operation.as_strategy())(run))()
        count += 1
    assert count > 80
