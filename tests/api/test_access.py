"""Who gets in with what: tokens, scopes, roles, organizations, limits, and bodies that no one should send."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from api import limits, tokens
from api.models import ApiToken, IdempotentCall
from customers.models import Customer
from tests import factories as make
from tests.api.conftest import Caller
from transactions import drafts
from transactions.models import Invoice

NEW = {"contact_name": "Acme", "currency_code": "EUR"}
REFUSED = {"code": 57, "message": "You are not authorized to perform this operation"}


def code(call, *args, **kwargs):
    return call(*args, **kwargs)["code"]


@pytest.mark.django_db
def test_a_token_works_until_it_is_revoked_expires_or_its_owner_goes(call, membership):
    assert code(call, "get", "/contacts") == 0
    membership.is_active = False
    membership.save()
    assert call("get", "/contacts", status=401) | REFUSED == call("get", "/contacts", status=401)
    membership.is_active = True
    membership.save()
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert code(call, "get", "/contacts", status=401) == 57
    ApiToken.objects.update(expires_at=None, revoked_at=timezone.now())
    assert code(call, "get", "/contacts", status=401) == 57
    for header in ("", "Basic x", "Zoho-oauthtoken", "Zoho-oauthtoken wrong", "Bearer " + "x" * 5000):
        answer = call.client.get("/erp/v3/contacts?organization_id=1", headers={"Authorization": header})
        assert (answer.status_code, answer.json()["code"]) == (401, 57)
    assert call.secret not in json.dumps(list(ApiToken.objects.values()), default=str)


@pytest.mark.django_db
def test_scopes_of_both_dialects_limit_a_token(membership):
    call = Caller(membership, ["ERP.contacts.READ", "ZohoBooks.invoices.ALL"])
    assert code(call, "get", "/contacts") == 0
    assert code(call, "post", "/contacts", NEW, status=403) == 57
    assert code(call, "get", "/invoices") == 0
    assert code(call, "get", "/estimates", status=403) == 57
    assert not Customer.objects.exists()
    upserting = Caller(membership, ["ERP.contacts.UPDATE"])
    headers = {"X-Unique-Identifier-Key": "k", "X-Unique-Identifier-Value": "1", "X-Upsert": "true"}
    assert code(upserting, "put", "/contacts", NEW, status=403, headers=headers) == 57


@pytest.mark.django_db
def test_a_role_s_grants_hold_for_its_tokens(membership):
    staff = make.MembershipFactory(
        organization=membership.organization, role="staff", can_bill=False, can_send=False
    )
    call = Caller(staff)
    customer = make.CustomerFactory(organization=membership.organization)
    row = drafts.create_invoice(customer, {}, [drafts.LineValues("Work", rate="1")])
    assert code(call, "get", f"/invoices/{row.pk}") == 0
    body = {"customer_id": str(customer.pk), "line_items": [{"name": "x", "rate": 1}]}
    assert code(call, "post", "/invoices", body, status=403) == 57
    assert code(call, "post", f"/invoices/{row.pk}/status/sent", status=403) == 57
    assert code(call, "delete", f"/invoices/{row.pk}", status=403) == 57
    assert code(call, "post", "/users", {"name": "B"}, status=403) == 57
    staff.can_view = False
    staff.save()
    assert code(call, "get", "/invoices", status=403) == 57
    project = make.ProjectFactory(organization=membership.organization, rate="77.77")
    assert "rate" not in call("get", f"/projects/{project.pk}")["project"]
    assert code(call, "put", f"/projects/{project.pk}", {"rate": 1}, status=403) == 57


@pytest.mark.django_db
def test_what_cannot_be_understood_is_told_in_the_documented_shape(call):
    url = f"/erp/v3/contacts?organization_id={call.organization.pk}"
    given = {"Authorization": f"Bearer {call.secret}"}

    def post(text, kind="application/json", at=url):
        answer = call.client.post(at, text, content_type=kind, headers=given)
        return answer.status_code, answer.json()["code"]

    for text in ('{"contact_name": ', "[1]", '"x"', "\xff", '{"a": NaN}', '{"a": 1e999999}', "[" * 100_000,
                 '{"a": ' + "9" * 5000 + "}"):  # fmt: skip
        assert post(text) == (400, 1038), text[:40]
    assert post('{"contact_name": 7}') == (400, 70001)
    assert post('{"contact_name": "a", "odd": 1}') == (400, 70002)
    assert post("") == (400, 70001)
    assert post("x" * 3_000_000) == (413, 70004)
    assert post("{}", at="/erp/v3/nothing") == (404, 70005)
    assert post("{}", at="/books/v3/") == (404, 70005)
    answer = call.client.patch(url, "{}", content_type="application/json", headers=given)
    assert (answer.status_code, answer.json()["code"]) == (405, 70006) and "POST" in answer["Allow"]
    assert post(json.dumps({"contact_name": "a\0b\ud800", "currency_code": "EUR"})) == (201, 0)
    assert Customer.objects.get().display_name == "ab\ufffd"
    for pk in ("0", "-1", "x", "9" * 40, "1%00", "²"):
        assert call("get", f"/contacts/{pk}", status=404)["code"] == 1002


@pytest.mark.django_db
def test_an_unexpected_error_says_nothing_of_itself(call, monkeypatch):
    from api.resources import contacts

    internal = {"code": 1000, "message": "Internal error"}
    with monkeypatch.context() as patched:
        patched.setattr(contacts.RESOURCE, "rows", lambda call: 1 / 0)
        assert call("get", "/contacts", status=500) == internal
    odd = call.client.get("/erp/v3/contacts", headers={"Host": "elsewhere.example"})
    assert (odd.status_code, odd.json()["code"]) == (400, 70001)

    def trouble(*args):
        raise RuntimeError("canary-4711")

    for place, name in ((tokens, "find"), (limits, "count")):
        with monkeypatch.context() as patched:
            patched.setattr(place, name, trouble)
            answer = call.client.get(
                f"/erp/v3/contacts?organization_id={call.organization.pk}",
                headers={"Authorization": f"Bearer {call.secret}"},
            )
            assert (answer.status_code, answer.json()) == (500, internal), name


@pytest.mark.django_db
def test_the_same_key_makes_one_contact(call):
    key = {"Idempotency-Key": "k-1"}
    first = call("post", "/contacts", NEW, headers=key)
    assert call("post", "/contacts", NEW, 201, headers=key) == first
    assert call.last["Idempotency-Replayed"] == "true"
    assert code(call, "post", "/contacts", {**NEW, "contact_name": "B"}, status=409, headers=key) == 70003
    assert (
        code(call, "post", "/contacts", {"contact_name": ""}, status=400, headers={"Idempotency-Key": "k-2"})
        == 3013
    )
    assert call("post", "/contacts", {**NEW, "contact_name": "C"}, 201, headers={"Idempotency-Key": "k-2"})
    assert Customer.objects.count() == 2 and IdempotentCall.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_with_one_key_make_one_invoice(transactional_db, call):
    customer = make.CustomerFactory(organization=call.organization)
    body = {"customer_id": str(customer.pk), "line_items": [{"name": "Work", "rate": 5}]}

    def ask(number):
        try:
            answer = Client().post(
                f"/erp/v3/invoices?organization_id={call.organization.pk}", json.dumps(body),
                content_type="application/json",
                headers={"Authorization": f"Bearer {call.secret}", "Idempotency-Key": "same"},
            )  # fmt: skip
            return answer.status_code, answer.json()["invoice"]["invoice_id"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(ask, range(20)))
    assert set(found) == {(201, str(Invoice.objects.get().pk))}


@pytest.mark.django_db
def test_tokens_are_made_shown_once_and_revoked_on_their_page(client, membership):
    staff = make.MembershipFactory(organization=membership.organization, role="staff")
    client.force_login(staff.user)
    url = reverse("api_tokens")
    answer = client.post(url, {"name": "Script", "days": "30", "scopes": ["ERP.contacts.READ"]})
    secret = re.search(r"erp_[\w-]{30,}", answer.content.decode())[0]
    assert secret not in client.get(url).content.decode()
    listed = Client().get(
        f"/erp/v3/contacts?organization_id={membership.organization_id}",
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert listed.status_code == 200
    assert b"Choose what the token may do" in client.post(url, {"name": "None"}).content
    theirs, _ = Caller(membership).token, None
    assert client.post(reverse("api_token_revoke", args=[theirs.pk])).status_code == 404
    client.force_login(membership.user)
    token = ApiToken.objects.get(name="Script")
    assert client.post(reverse("api_token_revoke", args=[token.pk])).status_code == 302
    again = Client().get("/erp/v3/organizations", headers={"Authorization": f"Bearer {secret}"})
    assert again.status_code == 401
    page = client.get(reverse("api_docs")).content.decode()
    assert "/erp/v3/invoices/{invoice_id}/status/sent" in page
