"""A caller with a token, as a program would be."""

import json

import pytest
from django.test import Client

from api import tokens
from tests.factories import MembershipFactory, OrganizationFactory

ALL = [f"ERP.{module}.ALL" for module in tokens.MODULES]


class Caller:
    """Calls the API with one token; `last` is the latest answer."""

    def __init__(self, membership, scopes=ALL, root="/erp/v3", header="Zoho-oauthtoken", days=None):
        self.membership, self.root, self.header = membership, root, header
        self.organization = membership.organization
        self.token, self.secret = tokens.make_token(membership, "Reporting", scopes, days)
        self.client = Client(raise_request_exception=False)

    def __call__(self, method, path, body=None, status=None, headers=None, organization=True, **query):
        if organization:
            query = {"organization_id": str(self.organization.pk)} | query
        given = {"Authorization": f"{self.header} {self.secret}", **(headers or {})}
        more = {}
        if body is not None:
            more = {"data": json.dumps(body, default=str), "content_type": "application/json"}
        self.last = getattr(self.client, method)(
            f"{self.root}{path}",
            headers=given,
            QUERY_STRING="&".join(f"{k}={v}" for k, v in query.items()),
            **more,
        )
        if "json" not in self.last["Content-Type"]:
            return self.last
        found = json.loads(self.last.content)
        wanted = status or (
            201 if method == "post" and found["code"] == 0 and self.last.status_code == 201 else 200
        )
        assert self.last.status_code == wanted, (method, path, self.last.status_code, found)
        return found


@pytest.fixture(autouse=True)
def many_requests(settings):
    """Tests ask more than a program should in a minute."""
    settings.API_REQUESTS_PER_MINUTE = settings.API_TOKEN_REQUESTS_PER_MINUTE = 100_000


@pytest.fixture
def membership(db):
    return MembershipFactory(organization=OrganizationFactory(name="Invented Works"))


@pytest.fixture
def call(membership):
    return Caller(membership)
