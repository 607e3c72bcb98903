"""Try-out or production, and secrets that are made once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings

from config import environment


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, False),
        ({"DEBUG": "true", "ALLOWED_HOSTS": "erp.example.test"}, False),
        ({"DEBUG": "false"}, True),
        ({"DEBUG": "0"}, True),
        ({"SITE_URL": "http://127.0.0.1:9000"}, False),
        ({"SITE_URL": "https://erp.example.test"}, True),
        ({"ALLOWED_HOSTS": "127.0.0.1,localhost"}, False),
        ({"ALLOWED_HOSTS": "localhost, erp.example.test"}, True),
        ({"ALLOWED_HOSTS": "*"}, True),
        ({"DATABASE_URL": "sqlite:////tmp/x.sqlite3"}, False),
        ({"DATABASE_URL": "postgres://u:p@127.0.0.1:5432/erp"}, False),
        ({"DATABASE_URL": "postgres://u:p@db.example.test/erp"}, True),
    ],
)
def test_what_counts_as_production(given: dict[str, str], expected: bool) -> None:
    assert environment.is_production(given) is expected


def test_a_kept_secret_is_the_same_for_all_who_start_at_once(tmp_path: Any) -> None:
    path = tmp_path / "secrets" / "key"
    with ThreadPoolExecutor(8) as pool:
        values = set(pool.map(lambda _: environment.kept_secret(path), range(32)))
    assert len(values) == 1
    assert len(values.pop()) >= 50
    assert [entry.name for entry in path.parent.iterdir()] == ["key"]


def test_forms_may_lead_to_the_site_address():
    """Whoever came under another host name is led to SITE_URL by the redirect after a form."""
    assert (
        environment.origin_of(settings.SITE_URL)
        in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"]
    )
