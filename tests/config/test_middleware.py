"""Headers of every answer, sessions that end, the visitor's address."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from config.middleware import client_address

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in() -> tuple[Client, Any]:
    """A signed-in browser and its user."""
    user = get_user_model().objects.create_superuser("ada@example.test", "correct horse battery")
    client = Client()
    client.force_login(user)
    return client, user


def test_every_answer_has_strict_headers(client: Client) -> None:
    answer = client.get("/healthz")
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert len(answer["X-Request-ID"]) == 16


def test_signed_in_pages_are_kept_out_of_caches(signed_in: tuple[Client, Any]) -> None:
    client, _ = signed_in
    assert "no-store" in client.get("/admin/")["Cache-Control"]


def test_changing_the_password_ends_other_sessions(signed_in: tuple[Client, Any]) -> None:
    client, user = signed_in
    assert client.get("/admin/").status_code == 200
    user.set_password("another horse battery")
    user.save()
    assert client.get("/admin/").status_code == 302


def test_a_session_ends_a_week_after_sign_in_however_busy(signed_in: tuple[Client, Any]) -> None:
    client, _ = signed_in
    client.get("/admin/")
    session = client.session
    session["signed_in_at"] = int(time.time()) - 8 * 24 * 60 * 60
    session.save()
    assert client.get("/admin/").status_code == 302


def test_a_busy_session_is_written_rarely(signed_in: tuple[Client, Any]) -> None:
    client, _ = signed_in
    client.get("/healthz")
    with CaptureQueriesContext(connection) as queries:
        client.get("/healthz")
    assert not [query for query in queries if query["sql"].startswith(("UPDATE", "INSERT", "SAVEPOINT"))]


def test_the_proxy_is_believed_only_when_told_so(settings: Any) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="6.6.6.6, 192.0.2.7")
    assert client_address(request) == "10.0.0.1"
    settings.TRUST_PROXY_HEADERS = True
    assert client_address(request) == "192.0.2.7"
