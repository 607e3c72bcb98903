"""create_organization: an organization with its administrator, or a sentence and nothing at all."""

from __future__ import annotations

import io
import re

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from organizations.models import Membership, Organization

pytestmark = pytest.mark.django_db
GIVEN = {
    "name": "Example Works",
    "currency": "EUR",
    "time_zone": "Europe/Berlin",
    "admin_email": "Ada@example.test",
}


def create(**changes: str) -> str:
    output = io.StringIO()
    call_command("create_organization", **{**GIVEN, **changes}, stdout=output)
    return output.getvalue()


def test_it_makes_organization_and_administrator_and_prints_a_password_that_works(client) -> None:
    text = create()
    organization = Organization.objects.get()
    assert (organization.name, organization.base_currency) == ("Example Works", "EUR")
    assert organization.time_zone == "Europe/Berlin"
    membership = Membership.objects.get()
    assert (membership.role, membership.user.email) == ("admin", "Ada@example.test")
    password = re.search(r"Password: (\S+)", text).group(1)
    assert membership.user.check_password(password)
    assert len(password) >= 20


def test_two_generated_passwords_differ() -> None:
    first = create()
    second = create(name="Another", admin_email="bo@example.test")
    find = re.compile(r"Password: (\S+)")
    assert find.search(first).group(1) != find.search(second).group(1)


def test_a_given_password_is_used_and_not_printed(monkeypatch) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", "correct horse battery")
    assert "correct horse" not in create()
    assert get_user_model().objects.get().check_password("correct horse battery")


def test_a_person_with_a_login_joins_and_keeps_the_password(monkeypatch) -> None:
    user = get_user_model().objects.create_user("ada@EXAMPLE.test", "correct horse battery")
    monkeypatch.setenv("ADMIN_PASSWORD", "something else here")
    assert "login already" in create()
    user.refresh_from_db()
    assert user.check_password("correct horse battery")
    assert Membership.objects.get().user == user


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "  "}, "Write the organization's name"),
        ({"name": "x" * 201}, "1 to 200 characters"),
        ({"name": "a\tb"}, "one line"),
        ({"currency": "EURO"}, "no currency code"),
        ({"currency": "XXX"}, "no currency code"),
        ({"time_zone": "Mars/Base"}, "no time zone"),
        ({"admin_email": "nobody"}, "no e-mail address"),
    ],
)
def test_wrong_values_are_refused_in_words(changes: dict[str, str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        create(**changes)
    assert not Organization.objects.exists()
    assert not get_user_model().objects.exists()


def test_a_weak_password_is_refused_and_nothing_is_left(monkeypatch) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", "short")
    with pytest.raises(CommandError, match="at least 12 characters"):
        create()
    assert not Organization.objects.exists()


def test_the_same_name_twice_is_refused() -> None:
    create()
    with pytest.raises(CommandError, match="has this name"):
        create(name="example works", admin_email="bo@example.test")
    assert get_user_model().objects.count() == 1
