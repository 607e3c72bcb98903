"""The OpenAPI document against the API: what schemathesis makes up finds no error of ours, and answers match.

Each operation gets a few fitting and a few unfitting calls. `API_EXAMPLES=100 API_SEED=7 ./run test
tests/api/test_schema.py` makes many more, other ones with each seed (a hundred take about ten minutes).
"""

import os

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from schemathesis import GenerationMode

from tests.api import worlds

EXAMPLES, SEED = int(os.environ.get("API_EXAMPLES", "2")), int(os.environ.get("API_SEED", "0"))
SETTINGS = hypothesis.settings(
    max_examples=EXAMPLES, deadline=None, derandomize=not SEED, database=None,
    phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
)  # fmt: skip
CHECKS = ("status_code_conformance", "content_type_conformance", "response_schema_conformance")


@pytest.fixture
def one_connection():
    """Requests leave the test's connection open, as Django's own test client sees to."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fitting", "unfitting"]
)
def test_whatever_is_sent_answers_as_the_document_says(call, one_connection, mode):
    ids = worlds.rows_of(call.organization, "Ours", call.membership)
    schema = schemathesis.openapi.from_wsgi("/erp/v3/openapi.json", get_wsgi_application())
    headers = {"Authorization": f"Zoho-oauthtoken {call.secret}"}
    known_checks = schemathesis.checks.CHECKS  # those of OpenAPI are there once it has a document
    checks = [schemathesis.checks.not_a_server_error, *map(known_checks.get_one, CHECKS)]
    count = 0
    for found in schema.get_all_operations():
        turns = iter(range(1_000_000))

        def run(case, turns):
            if next(turns) % 4 < 3:  # ids that there are; now and then whatever was made up
                names = case.path_parameters or {}
                case.path_parameters = {name: str(ids.get(name, 987_654_321)) for name in names}
                case.query = {**(case.query or {}), "organization_id": str(call.organization.pk)}
            with transaction.atomic():  # what one call changes is no matter of the next
                answer = case.call(headers=headers)
                transaction.set_rollback(True)
            case.validate_response(answer, checks=checks)

        try:
            strategy = found.ok().as_strategy(generation_mode=mode)
            work = SETTINGS(hypothesis.given(case=strategy, turns=st.just(turns))(run))
            (hypothesis.seed(SEED)(work) if SEED else work)()
        except hypothesis.errors.Unsatisfiable:
            continue  # nothing unfitting can be sent to an address without a value
        count += 1
    assert count > 80
