"""Two people at once: the last seat, the last administrators, one invitation, one address.

With row locks (PostgreSQL) they really run at the same time; SQLite lets one writer in after the other, so
there the second works with what it had read before the first.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from organizations import invitations
from organizations.models import Membership, User
from tests.factories import MembershipFactory, OrganizationFactory, StaffUserFactory
from timetracking import people
from timetracking.models import StaffUser

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(work, first, second):
    """Results of both; a refusal counts as its sentence."""

    def outcome(value, barrier=None):
        if barrier is not None:
            barrier.wait(120)
        try:
            return work(value)
        except ValidationError as refused:
            return " ".join(refused.messages)
        finally:
            if barrier is not None:
                connection.close()

    if not connection.features.has_select_for_update:
        return [outcome(first), outcome(second)]
    barrier = Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        return [
            job.result(120) for job in [pool.submit(outcome, value, barrier) for value in (first, second)]
        ]


@pytest.fixture
def judged_together(monkeypatch):
    """Make both sides judge before either writes, wherever nothing holds the second one back."""

    def arrange(name):
        rule, meeting = getattr(people, name), Barrier(2)

        def judge(*args):
            refusal = rule(*args)
            if connection.features.has_select_for_update and not meeting.broken:
                with suppress(BrokenBarrierError):
                    meeting.wait(1)  # with the row held the other never comes here meanwhile
            return refusal

        monkeypatch.setattr(people, name, judge)

    return arrange


def test_only_one_gets_the_last_seat(judged_together):
    judged_together("seat_refusal")
    organization = OrganizationFactory(employee_portal_limit=1)
    both = StaffUserFactory.create_batch(2, organization=organization)
    results = at_once(lambda person: people.set_access(person, True), *both)
    assert sum("No seat" in str(result) for result in results) == 1
    assert StaffUser.objects.filter(has_portal_access=True).count() == 1


def test_two_administrators_cannot_deactivate_each_other(judged_together):
    judged_together("last_administrator_refusal")
    organization = OrganizationFactory()
    both = [
        StaffUserFactory(
            organization=organization, role="admin", membership=MembershipFactory(organization=organization)
        )
        for _ in range(2)
    ]
    results = at_once(people.deactivate, *both)
    assert sum("last active administrator" in str(result) for result in results) == 1
    assert Membership.objects.filter(is_active=True).count() == 1
    assert StaffUser.objects.filter(status="active").count() == 1


def test_an_invitation_is_taken_up_once():
    membership = MembershipFactory(is_active=False)
    User.objects.update(password="!")
    _, secret = invitations.open_invitation(membership, None)
    results = at_once(
        lambda password: invitations.accept(secret, password), "first password", "second password"
    )
    assert results.count(None) == 1
    membership.user.refresh_from_db()
    winner = ("first password", "second password")[results.index(None) - 1]
    assert membership.user.check_password(winner)


def test_two_organizations_invite_one_new_address():
    both = [StaffUserFactory(email=email) for email in ("New@works.example", "new@WORKS.example")]
    at_once(lambda person: people.invite(person, None), *both)
    assert User.objects.filter(email__iexact="new@works.example").count() == 1
    assert Membership.objects.count() == 2


def test_inviting_and_changing_a_person_keep_each_others_work():
    person = StaffUserFactory(role="timesheet_staff", status="inactive")
    stale = StaffUser.objects.get(pk=person.pk)
    stale.name = "Renamed"

    def work(what):
        return what()

    at_once(work, lambda: people.invite(person, None), lambda: people.save_person(stale, ["name"]))
    person.refresh_from_db()
    assert person.name == "Renamed" and person.is_invited
