"""A half-configured production start is refused, each time with an id and a hint."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.checks import run_checks

# The checks read DATABASES; nothing connects anew while a test changes it.
pytestmark = pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
GOOD_SECRET = "f3a9c1e07b5d4826" * 4


@pytest.fixture
def production(settings: Any) -> Any:
    """Settings of a complete production start; a test spoils one of them."""
    settings.PRODUCTION = True
    settings.DEBUG = False
    settings.MISSING_SETTINGS = []
    settings.SECRET_KEY = GOOD_SECRET
    settings.TOKEN_ENCRYPTION_KEYS = ["b25seS1mb3ItdGhpcy1jaGVjay1ub3QtYS1zZWNyZXQ="]
    settings.ALLOWED_HOSTS = ["erp.example.test"]
    settings.SITE_URL = "https://erp.example.test"
    settings.SITE_IS_HTTPS = True
    settings.USING_PRACTICE_PORTAL = False
    settings.ZOHO_CLIENT_ID, settings.ZOHO_CLIENT_SECRET = "1000.EXAMPLE", "not a real one"
    settings.ZOHO_ACCOUNTS_URL = settings.ZOHO_API_URL = ""
    return settings


def ids() -> list[str]:
    found = run_checks(tags=["erp"])
    assert all(message.hint for message in found), "every message says what to do"
    return [str(message.id) for message in found]


def test_a_complete_production_start_has_nothing_to_say(production: Any) -> None:
    assert ids() == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("MISSING_SETTINGS", ["SECRET_KEY"], "erp.E001"),
        ("MISSING_SETTINGS", ["TOKEN_ENCRYPTION_KEYS"], "erp.E002"),
        ("MISSING_SETTINGS", ["ALLOWED_HOSTS"], "erp.E003"),
        ("SECRET_KEY", "short", "erp.E004"),
        ("SECRET_KEY", "django-insecure-" + GOOD_SECRET, "erp.E004"),
        ("SECRET_KEY", "a" * 60, "erp.E004"),
        ("ALLOWED_HOSTS", ["*"], "erp.E005"),
        ("USING_PRACTICE_PORTAL", True, "erp.E008"),
        ("TOKEN_ENCRYPTION_KEYS", ["not a key"], "erp.E010"),
        ("ZOHO_API_URL", "http://127.0.0.1:1", "erp.E011"),
        ("ZOHO_CLIENT_SECRET", "", "erp.E012"),
        ("DEBUG", True, "erp.W040"),
        ("ZOHO_REQUESTS_PER_WINDOW", -1, "erp.E013"),
        ("ZOHO_REQUESTS_PER_WINDOW", 0, "erp.E013"),
        ("ZOHO_REQUESTS_PER_WINDOW", 101, "erp.E013"),
        ("ZOHO_WINDOW_SECONDS", 0, "erp.E013"),
    ],
)
def test_each_gap_has_its_own_id(production: Any, name: str, value: Any, expected: str) -> None:
    setattr(production, name, value)
    assert ids() == [expected]


def test_a_public_address_without_https_is_refused(production: Any) -> None:
    production.SITE_URL, production.SITE_IS_HTTPS = "http://erp.example.test", False
    assert ids() == ["erp.E006"]


def test_a_public_host_needs_the_address_that_people_open(production: Any) -> None:
    production.SITE_URL, production.SITE_IS_HTTPS = "http://127.0.0.1:8000", False
    assert ids() == ["erp.E007"]


@pytest.mark.parametrize("given", ["many", "-1", "8.5", "9" * 40])
def test_a_budget_that_is_no_number_is_refused_in_a_sentence(given: str, tmp_path: Any) -> None:
    done = manage_check(VAR_DIR=str(tmp_path), ZOHO_REQUESTS_PER_WINDOW=given)
    assert done.returncode == 1 and "erp.E013" in done.stderr and "Traceback" not in done.stderr


def test_no_budget_is_for_stand_ins(production: Any) -> None:
    production.ZOHO_REQUESTS_PER_WINDOW = 0
    production.ZOHO_API_URL = production.ZOHO_ACCOUNTS_URL = "http://127.0.0.1:1"
    assert ids() == ["erp.W013"]


def test_without_a_zoho_client_there_is_a_warning(production: Any) -> None:
    production.ZOHO_CLIENT_ID = production.ZOHO_CLIENT_SECRET = ""
    assert ids() == ["erp.W011"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"retry": 120}, "erp.E020"),
        ({"timeout": None}, "erp.E020"),
        ({"ack_failures": False}, "erp.E021"),
        ({"max_attempts": 0}, "erp.E021"),
        ({"catch_up": True}, "erp.E022"),
        ({"redis": "redis://127.0.0.1"}, "erp.E023"),
        ({"orm": None}, "erp.E023"),
    ],
)
def test_queue_settings_that_lose_or_double_tasks_are_refused(
    production: Any, change: dict[str, Any], expected: str
) -> None:
    production.Q_CLUSTER = {**django_settings.Q_CLUSTER, **change}
    assert ids() == [expected]


def test_sqlite_takes_one_worker_only(production: Any) -> None:
    production.ON_SQLITE = True
    production.Q_CLUSTER = {**django_settings.Q_CLUSTER, "workers": 2, "queue_limit": 2}
    production.DATABASES = {"default": {"OPTIONS": SQLITE_OPTIONS}}
    assert ids() == ["erp.E024"]


SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL;",
}


@pytest.mark.parametrize(
    "change", [{"transaction_mode": "DEFERRED"}, {"timeout": 5}, {"init_command": "PRAGMA synchronous=FULL;"}]
)
def test_sqlite_settings_that_end_in_lock_errors_are_refused(production: Any, change: Any) -> None:
    production.ON_SQLITE = True
    production.Q_CLUSTER = {**django_settings.Q_CLUSTER, "workers": 1, "queue_limit": 1}
    production.DATABASES = {"default": {"OPTIONS": {**SQLITE_OPTIONS, **change}}}
    assert ids() == ["erp.E030"]


def test_a_connection_pool_is_refused(production: Any) -> None:
    production.ON_SQLITE = False
    production.DATABASES = {"default": {"OPTIONS": {"pool": True}}}
    assert ids() == ["erp.E031"]


def manage_check(**given: str) -> subprocess.CompletedProcess[str]:
    """`manage.py check` as an operator would see it, with nothing set but what is given."""
    environment = {"PATH": os.environ["PATH"], "READ_DOT_ENV": "false", **given}
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=django_settings.BASE_DIR,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_with_nothing_set_it_starts(tmp_path: Any) -> None:
    done = manage_check(VAR_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    secrets = sorted((tmp_path / "secrets").iterdir())
    assert [path.name for path in secrets] == ["secret_key", "token_encryption_keys"]
    assert {path.stat().st_mode & 0o777 for path in secrets} == {0o600}


def test_a_public_host_alone_is_refused_and_no_secret_is_invented_on_disk(tmp_path: Any) -> None:
    done = manage_check(VAR_DIR=str(tmp_path), ALLOWED_HOSTS="erp.example.test")
    assert done.returncode == 1
    for identity in ("erp.E001", "erp.E002", "erp.E007"):
        assert identity in done.stderr
    assert not (tmp_path / "secrets").exists()
    assert "Traceback" not in done.stderr


def test_debug_off_without_secrets_is_refused(tmp_path: Any) -> None:
    done = manage_check(VAR_DIR=str(tmp_path), DEBUG="false")
    assert done.returncode == 1
    for identity in ("erp.E001", "erp.E002", "erp.E003"):
        assert identity in done.stderr
