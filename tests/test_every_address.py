"""Every address × every role × another organization's ids, taken from the URL resolver itself."""

from pathlib import Path

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import transaction
from django.urls import get_resolver, reverse

from integrations.models import Connection
from tests import factories as make
from tests.every_address import ADDRESSES, KINDS, RATES, SECRET
from tests.transactions.factories import ExpenseFactory

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parent.parent
NARROW = ("timesheet_staff", "employee")
ROLES = ("admin", "staff", *NARROW)
OURS = ("organizations", "customers", "timetracking", "transactions", "integrations")
ADMIN_SITE = "admin/"  # walked by its own tests: tests/organizations/test_admin_site.py


def patterns(found=None, route="", spaces=()):
    """Every address of the product: (name with its namespaces, route, names of the values in it)."""
    for item in found if found is not None else get_resolver().url_patterns:
        here = route + str(item.pattern)
        if not hasattr(item, "url_patterns"):
            name = ":".join((*spaces, item.name)) if item.name else here
            yield name, here, sorted(item.pattern.converters)
        elif here != ADMIN_SITE:
            yield from patterns(item.url_patterns, here, (*spaces, *filter(None, [item.namespace])))


NAMES = sorted({name for name, _, _ in patterns()})
WALKED = [name for name in NAMES if name in ADDRESSES and ADDRESSES[name].who != "elsewhere"]


def test_every_address_stands_in_the_table():
    missing = [f"{name} (/{route})" for name, route, _ in patterns() if name not in ADDRESSES]
    assert not missing, (
        f"Say who may open these, in tests/every_address.py (ADDRESSES; its first lines explain how): {missing}"
    )
    gone = sorted(set(ADDRESSES) - set(NAMES))
    assert not gone, f"These addresses do not exist any more; take them out of tests/every_address.py: {gone}"
    for name, rule in ADDRESSES.items():
        assert rule.who != "elsewhere" or (ROOT / rule.test).exists(), f"{name}: {rule.test} does not exist"


class World:
    """Two organizations with an object of every kind; the visitor belongs to the first and owns one project."""

    def __init__(self, role):
        self.membership = make.MembershipFactory(role=role, organization__name="Visited Works")
        self.organization = self.membership.organization
        self.other = make.OrganizationFactory(name=f"Other {SECRET} Works")
        make.ConnectionFactory(organization=self.organization)
        make.ConnectionFactory(organization=self.other, portal_name=f"{SECRET}-portal")
        self.me = make.StaffUserFactory(
            organization=self.organization, membership=self.membership, name="Visitor", cost_rate="44.44"
        )
        self.ours = {kind: new(self.organization).pk for kind, new in KINDS.items()}
        self.theirs = {kind: new(self.other).pk for kind, new in KINDS.items()}
        project = self.project = make.ProjectFactory(
            organization=self.organization, name="My project", rate="77.77", budget_amount="55.55"
        )
        colleague = make.StaffUserFactory(organization=self.organization, cost_rate="44.44")
        for person in (self.me, colleague):
            make.ProjectStaffFactory(project=project, staff_user=person, rate="77.77", cost_rate="33.33")
        task = make.TaskFactory(project=project, rate="55.55")
        make.TimeEntryFactory(project=project, staff_user=self.me, kind="task", task=task, cost_rate="33.33")
        make.TimeEntryFactory(project=project, staff_user=colleague, notes=f"{SECRET} note", title=SECRET)
        for kind in ("project", "staff"):
            self._hours(self.ours, kind)
            self._hours(self.theirs, kind)
        spent = ExpenseFactory(organization=self.organization, employee=self.me, category="My taxi")
        self.mine = {"project": project.pk, "staff": self.me.pk, "expense": spent.pk}

    def _hours(self, ids, kind):
        staff, project = ids["staff"], ids["project"]
        organization = self.organization if ids is self.ours else self.other
        make.TimeEntryFactory(
            organization=organization,
            project_id=project,
            staff_user_id=staff,
            title=f"{SECRET} hour of {kind}",
        )


def address(name, ids):
    """The address with the ids given, or None when they lack a kind."""
    path = {}
    for key, kind in ADDRESSES[name].path.items():
        if not kind.startswith("=") and kind not in ids:
            return None
        path[key] = kind[1:] if kind.startswith("=") else ids[kind]
    return reverse(name, kwargs=path)


def has_ids(name):
    return any(not kind.startswith("=") for kind in ADDRESSES[name].path.values())


def allowed(who, role):
    """True, False, or None where it depends on what the membership allows."""
    if who == "granted":
        return {"admin": True, "staff": None}.get(role, False)
    if who == "spending":
        return {"admin": True, "staff": None, "employee": True}.get(role, False)
    return who in ("anyone", "member", "own") or role == "admin" or (who == "everything" and role == "staff")


def stored():
    """All rows of the product."""
    return {
        model._meta.label: sorted(model._default_manager.values_list(), key=str)
        for app in OURS
        for model in apps.get_app_config(app).get_models()
    }


def ask(client, method, url):
    """The answer; what it changed is taken back."""
    with transaction.atomic():
        answer = getattr(client, method)(url)
        answer.text_now = b"".join(answer) if answer.streaming else answer.content
        transaction.set_rollback(True)
    return answer


@pytest.mark.parametrize("role", ROLES)
def test_nobody_reaches_what_is_not_theirs(client, role):
    """Refused roles get 403 or 404; foreign ids answer 404; neither GET nor POST changes a row."""
    world, wrong = World(role), []
    client.force_login(world.membership.user)
    before = stored()
    for name in WALKED:
        rule = ADDRESSES[name]
        if rule.who == "anyone":
            continue
        may = allowed(rule.who, role)
        tries = [] if may else [(world.ours, (403, 404))]
        if has_ids(name):
            tries.append((world.theirs, (404,) if may else (403, 404)))
            if rule.who in ("own", "spending") and may and role in NARROW:
                tries.append((world.ours, (404,)))
        for ids, fitting in tries:
            if may is None and ids is world.ours:
                continue
            for method in ("get", "post"):
                answer = getattr(client, method)(address(name, ids))
                if answer.status_code not in (*fitting, 405):
                    whose = "of another organization" if ids is world.theirs else "here"
                    wrong.append(
                        f"{role}: {method} {address(name, ids)} ({name}, {whose}): {answer.status_code}"
                    )
    assert wrong == []
    assert stored() == before, "a refused request changed something"


def test_strangers_are_sent_to_sign_in(client):
    world, wrong = World("admin"), []
    before = stored()
    for name in WALKED:
        if ADDRESSES[name].who == "anyone":
            continue
        for method in ("get", "post"):
            answer = getattr(client, method)(address(name, world.ours))
            sent = answer.status_code == 302 and answer["Location"].startswith("/login/")
            if not sent and answer.status_code not in (401, 403, 405):
                wrong.append(f"{method} {name}: {answer.status_code}")
    assert wrong == []
    assert stored() == before


@pytest.mark.parametrize("role", ROLES)
def test_who_may_open_a_page_sees_it_and_nothing_else(client, role, settings):
    """Pages answer; narrow roles find no rate, no other customer and no colleague's hour on any of them."""
    Connection.objects.update(next_run_at=None)
    world, wrong = World(role), []
    client.raise_request_exception = False
    client.force_login(world.membership.user)
    for name in WALKED:
        rule = ADDRESSES[name]
        may = allowed(rule.who, role)
        if may is False:
            continue
        ids = world.mine if role in NARROW and has_ids(name) else world.ours
        url = address(name, ids)
        for query in rule.queries if url else ():
            answer = ask(client, "get", f"{url}?{query}")
            if answer.status_code == 500 or (may and answer.status_code in {403, 404} - set(rule.answers)):
                wrong.append(f"{role}: get {url}?{query} ({name}): {answer.status_code}")
            text = answer.text_now.decode(errors="replace")
            secrets = (SECRET, *RATES) if role in NARROW else (f"Other {SECRET}", f"{SECRET}-portal")
            wrong += [f"{role}: {url}?{query} shows {secret}" for secret in secrets if secret in text]
        if url:
            answer = ask(client, "post", url)
            if answer.status_code == 500:
                wrong.append(f"{role}: post {url} ({name}), nothing filled in: {answer.status_code}")
            client.force_login(world.membership.user)  # sign-out is among the addresses
    assert wrong == []


def test_the_admin_site_asks_for_its_own_permission(client):
    """Nobody gets in by a role in an organization alone."""
    client.force_login(make.MembershipFactory(role="admin").user)
    for model in admin.site._registry:
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for answer in (client.get(url), client.post(url)):
            assert answer.status_code == 302 and answer["Location"].startswith("/admin/login/")
