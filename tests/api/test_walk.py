"""Every address × verb × role × scope × whose ids: who gets in; what others learn and change, which is nothing."""

import json
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from api import tokens
from api.models import ApiToken
from tests import factories as make
from tests.api import worlds
from tests.api.conftest import Caller

pytestmark = pytest.mark.django_db
GRANTS = ("can_view", "can_bill", "can_send", "can_delete")
REFUSED = (57, "You are not authorized to perform this operation")
DOCUMENTS = ("estimates", "invoices", "recurringinvoices", "expenses", "recurringexpenses")


@pytest.fixture
def theirs():
    return worlds.rows_of(make.OrganizationFactory(name=f"Other {worlds.SECRET}"), worlds.SECRET)


def ask(call, method, url, body=None, headers=None):
    """(status, JSON or None, text) of a call; what it changed is taken back."""
    with transaction.atomic():
        answer = call.client.generic(
            method.upper(), url, json.dumps(body or {}) if method in ("post", "put") else "",
            content_type="application/json",
            headers={"Authorization": f"Bearer {call.secret}", **(headers or {})},
        )  # fmt: skip
        transaction.set_rollback(True)
    is_json = "json" in answer["Content-Type"]
    return answer.status_code, answer.json() if is_json else None, answer.content.decode(errors="replace")


@pytest.fixture
def ours(membership):
    return worlds.rows_of(membership.organization, "Ours", membership)


def refused_to(role, method, path):
    """Whether the role is refused at an address of its own organization, whatever it sends."""
    first = path.split("/")[1]
    if (method, path) == ("put", "/users"):
        return False  # the id in the header is of nobody, which everyone may learn who sees people
    people = first in ("users", "employees", "employee") or path.endswith("/users/invite")
    if first == "integrations" or (people and method != "get"):
        return role != "admin"
    return role == "bare" and (first in DOCUMENTS or path == "/projects/{project_id}/invoices")


@pytest.mark.parametrize("role", ["admin", "staff", "bare"])
def test_a_role_may_what_it_may_on_the_screens(membership, ours, role):
    """Administrators all; staff with all grants all but people and the integration; without grants no document."""
    grants = dict.fromkeys(GRANTS, role != "bare")
    member = make.MembershipFactory(
        organization=membership.organization, role="admin" if role == "admin" else "staff", **grants
    )
    call, wrong = Caller(member), []
    before = worlds.stored()
    key = {"X-Unique-Identifier-Key": "crm", "X-Unique-Identifier-Value": "7"}
    for method, path, _, body in worlds.operations():
        url = f"/erp/v3{worlds.filled(path, ours)}?organization_id={membership.organization_id}"
        status, found, text = ask(call, method, url, body, key)
        if (status == 403) != refused_to(role, method, path) or (status >= 500 and status != 503):
            wrong.append(f"{role}: {method} {path}: {status} {text[:100]}")
        elif status == 403 and (found["code"], found["message"]) != REFUSED:
            wrong.append(f"{role}: {method} {path}: {found}")
    assert wrong == []
    assert worlds.stored() == before


def test_a_scope_opens_its_own_addresses_only(call, membership, ours):
    """With every other scope: 403, naming the one that lacks, and nothing is changed; with this one alone: in."""
    wrong, before = [], worlds.stored()
    everything = [f"ERP.{module}.{verb}" for module in tokens.MODULES for verb in tokens.VERBS]
    for method, path, scope, body in worlds.operations():
        url = f"/erp/v3{worlds.filled(path, ours)}?organization_id={membership.organization_id}"
        ApiToken.objects.update(scopes=[other for other in everything if other != scope])
        status, found, text = ask(call, method, url, body)
        if status != 403 or (found["code"], found["message"]) != REFUSED or scope not in found["detail"]:
            wrong.append(f"without {scope}: {method} {path}: {status} {text[:100]}")
        ApiToken.objects.update(scopes=[scope.replace("ERP.", "ZohoBooks.")])
        if ask(call, method, url, body)[0] == 403:
            wrong.append(f"with {scope}: {method} {path} is refused")
    assert wrong == []
    assert worlds.stored() == before


def test_ids_of_others_and_of_nothing_answer_alike(call, membership, theirs):
    """404 with 1002 or a refusal of the body; another organization is refused by 57, a missing one by name; strangers,
    and tokens that are not good any more, get 401 everywhere. Nobody learns a thing, nothing changes."""
    wrong, other = [], theirs["organization_key"]
    owner = make.MembershipFactory(organization=membership.organization, role="staff")
    past, revoked = Caller(membership), Caller(membership)
    ApiToken.objects.filter(pk=past.token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    tokens.revoke(revoked.token)
    demoted = Caller(owner)
    owner.role = "timesheet_staff"
    owner.save()
    stranger = Caller(membership)
    stranger.secret = "unknown"
    before = worlds.stored()
    for method, path, _, body in worlds.operations():
        answers = []
        for ids in (theirs, {}):
            here = worlds.filled(path, ids)
            for organization, fitting in ((membership.organization_id, None), (other, 403), (None, 400)):
                url = f"/erp/v3{here}" + (f"?organization_id={organization}" if organization else "")
                status, found, text = ask(call, method, url, body)
                if fitting is None:
                    fits = status in ((404, 400) if "{" in path else (200, 201, 400, 404))
                    answers.append((status, found))
                else:
                    fits = status == fitting or path.startswith("/organizations")
                if not fits or worlds.SECRET in text:
                    wrong.append(f"{method} {url}: {status} {text[:100]}")
        if "{" in path and answers[0] != answers[1]:
            wrong.append(f"{method} {path}: another's id and one of nothing differ: {answers}")
        for who in (past, revoked, demoted, stranger):
            status, found, text = ask(who, method, f"/books/v3{worlds.filled(path, theirs)}", body)
            if status != 401 or (found["code"], found["message"]) != REFUSED:
                wrong.append(f"{method} {path} without a good token: {status} {text[:100]}")
    assert wrong == []
    assert worlds.stored() == before
