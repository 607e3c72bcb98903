"""Hints from Zoho: an unguessable address that anybody may call, and one small sync for all of them."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations import hints
from integrations.models import HintAddress, SettingsChange, SyncRun
from tests.factories import ConnectionFactory, MembershipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection():
    return ConnectionFactory()


@pytest.fixture
def page(connection, client):
    client.force_login(MembershipFactory(organization=connection.organization).user)
    return lambda **data: client.post(reverse("integrations:hints"), data).content.decode()


def test_a_hundred_hints_of_any_kind_make_one_small_sync(connection, page):
    path = re.search(r"/hints/zoho-projects/[\w-]{40,}/", page(do="make"))[0]
    visitor, before = Client(enforce_csrf_checks=True), timezone.now()
    for method in ("get", "post", "put", "delete", "patch"):
        answer = visitor.generic(method.upper(), path, b"\xff{" * 100, content_type="application/json")
        assert answer.status_code == 202
    for _ in range(95):
        visitor.post(path)
    assert hints.ring(before) == 0  # more may come
    later = timezone.now() + timedelta(seconds=30)
    assert (hints.ring(later), hints.ring(later)) == (1, 0)
    run = SyncRun.objects.get()
    assert (run.trigger, run.is_whole) == ("webhook", False)
    visitor.post(path)
    assert hints.ring(later) == 0  # one is under way; the hint waits for the next
    SyncRun.objects.update(status="succeeded", queued_at=before - timedelta(minutes=5))
    assert hints.ring(timezone.now() + timedelta(seconds=30)) == 1


def test_the_address_can_be_replaced_and_removed(connection, page):
    first = re.search(r"/hints/\S+?/[\w-]{40,}/", page(do="make"))[0]
    second = re.search(r"/hints/\S+?/[\w-]{40,}/", page(do="make"))[0]
    assert (Client().post(first).status_code, Client().post(second).status_code) == (404, 202)
    secret = second.rstrip("/").rsplit("/", 1)[1]
    assert secret not in page() and not HintAddress.objects.filter(secret_hash=secret).exists()
    page(do="remove")
    assert Client().post(second).status_code == 404
    assert SettingsChange.objects.count() == 3


def test_a_disabled_integration_says_so_and_fetches_nothing(connection, page):
    path = re.search(r"/hints/\S+?/[\w-]{40,}/", page(do="make"))[0]
    connection.status = "disabled"
    connection.save()
    answer = Client().post(path)
    assert answer.status_code == 409 and b"disabled" in answer.content
    assert hints.ring(timezone.now() + timedelta(minutes=5)) == 0
    assert not SyncRun.objects.exists()
