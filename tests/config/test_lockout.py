"""Guessing passwords is slowed; others are not locked out by it."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

pytestmark = pytest.mark.django_db
RIGHT = "correct horse battery"


def sign_in(email: str, password: str, address: str = "127.0.0.1") -> int:
    answer = Client(REMOTE_ADDR=address).post("/login/", {"username": email, "password": password})
    return answer.status_code


def test_ten_wrong_passwords_lock_that_name_at_that_address_only() -> None:
    for email in ("ada@example.test", "bo@example.test"):
        get_user_model().objects.create_user(email, RIGHT)
    statuses = [sign_in("ada@example.test", f"wrong {number}") for number in range(10)]
    assert statuses[-1] == 429
    assert statuses[0] == 200
    assert sign_in("ada@example.test", RIGHT) == 429, "even the right one has to wait"
    assert sign_in("ADA@example.test", RIGHT) == 429, "letter case makes no second account"
    assert sign_in("bo@example.test", RIGHT) == 302
    assert sign_in("ada@example.test", RIGHT, address="192.0.2.7") == 302


def test_an_unknown_name_is_answered_like_a_known_one() -> None:
    statuses = [sign_in("nobody@example.test", "wrong") for _ in range(11)]
    assert (statuses[0], statuses[-1]) == (200, 429)
