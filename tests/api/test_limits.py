"""How often programs may call: per token and per organization, the same for every process."""

import datetime
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from django.db import connections
from django.test import Client

from api import limits
from api.models import RequestCount
from customers.models import Customer
from tests.api.conftest import Caller

MOMENT = datetime.datetime(2026, 3, 1, 12, 0, 20, tzinfo=datetime.UTC)


@pytest.fixture
def clock(monkeypatch):
    """The limits' own clock; it stands still until it is moved."""
    made = SimpleNamespace(time=MOMENT)
    made.now = lambda: made.time
    monkeypatch.setattr(limits, "timezone", made)
    return made


@pytest.mark.django_db
def test_a_token_and_all_of_an_organization_have_their_limits(call, clock, settings):
    settings.API_TOKEN_REQUESTS_PER_MINUTE, settings.API_REQUESTS_PER_MINUTE = 2, 3
    second, strangers = Caller(call.membership), Caller(type(call.membership).objects.create(
        user=call.membership.user, organization=type(call.organization).objects.create(name="Other"), role="admin"
    ))  # fmt: skip

    def said(caller):
        return {name: caller.last.get(f"X-Rate-Limit-{name}") for name in ("Limit", "Remaining", "Reset")}

    for left in ("1", "0"):
        call("get", "/contacts")
        assert said(call) == {"Limit": "2", "Remaining": left, "Reset": "40"}
    body = {"contact_name": "Acme", "currency_code": "EUR"}
    refused = call("post", "/contacts", body, 429)
    assert (refused["code"], refused["message"]) == (43, limits.TEXT)
    assert call.last["Retry-After"] == "40" and said(call)["Remaining"] == "0"
    second("get", "/contacts")
    assert said(second) == {"Limit": "3", "Remaining": "0", "Reset": "40"}  # the organization's is nearer
    assert second("get", "/contacts", status=429)["code"] == 43
    strangers("get", "/contacts")
    assert not Customer.objects.exists()
    clock.time += datetime.timedelta(seconds=40)
    call("post", "/contacts", body)
    assert said(call) == {"Limit": "2", "Remaining": "1", "Reset": "60"}
    clock.time += datetime.timedelta(minutes=limits.KEPT + 1)
    call("get", "/contacts")
    assert set(RequestCount.objects.values_list("minute", "count")) == {
        (int(clock.time.timestamp()) // 60, 1)
    }


@pytest.mark.django_db
def test_a_count_costs_two_queries_and_a_refusal_one(call, clock, settings, django_assert_num_queries):
    limits.count(call.token)  # the first of a minute clears away old ones
    with django_assert_num_queries(2):
        assert not limits.count(call.token).is_over
    settings.API_REQUESTS_PER_MINUTE = 1
    with django_assert_num_queries(1):
        assert limits.count(call.token).is_over


@pytest.mark.django_db(transaction=True)
def test_of_twenty_calls_at_once_only_as_many_get_through_as_are_left(call, clock, settings):
    settings.API_REQUESTS_PER_MINUTE = 7

    def ask(number):
        try:
            url = f"/erp/v3/contacts?organization_id={call.organization.pk}"
            return Client().get(url, headers={"Authorization": f"Bearer {call.secret}"}).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(ask, range(20)))
    assert (found.count(200), found.count(429)) == (7, 13)
