"""Log lines are one JSON object each and never hold a token."""

from __future__ import annotations

import json
import logging

import pytest
from django.urls import reverse

from config.log_context import about
from config.logs import JsonFormatter, PlainFormatter, RedactFilter, RequestIdFilter, SubjectFilter
from config.middleware import request_id

TOKEN = "1000.0123456789abcdef0123456789abcdef.fedcba9876543210fedcba9876543210"


def line(message: str, *args: object, error: BaseException | None = None) -> str:
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("tests", logging.WARNING, __file__, 1, message, args, info)
    for log_filter in (RequestIdFilter(), RedactFilter()):
        log_filter.filter(record)
    return JsonFormatter().format(record)


def test_a_token_in_an_argument_is_masked() -> None:
    assert TOKEN not in line("refused: %s", f"Zoho-oauthtoken {TOKEN}")


def test_a_token_in_a_traceback_is_masked() -> None:
    try:
        raise ValueError(f"refresh_token={TOKEN}")
    except ValueError as error:
        text = line("failed", error=error)
    assert TOKEN not in text
    assert "ValueError" in json.loads(text)["error"]


def test_a_line_is_one_json_object_with_the_id_of_its_request() -> None:
    token = request_id.set("abc123")
    try:
        text = line("two\nlines")
    finally:
        request_id.reset(token)
    assert "\n" not in text
    assert json.loads(text)["request_id"] == "abc123"
    assert json.loads(text)["message"] == "two\nlines"


def test_a_line_of_a_run_names_run_and_connection_in_both_formats() -> None:
    record = logging.LogRecord("tests", logging.INFO, __file__, 1, "read", (), None)
    with about(run_id=12, connection_id=3):
        SubjectFilter().filter(record)
    told = json.loads(JsonFormatter().format(record))
    assert (told["run_id"], told["connection_id"]) == (12, 3)
    assert PlainFormatter().format(record).endswith("read [run_id=12 connection_id=3]")
    SubjectFilter().filter(record)
    assert "run_id" not in json.loads(JsonFormatter().format(record)), "outside of a run"


def test_a_broken_log_call_prints_no_unmasked_text() -> None:
    text = line("%d tokens", TOKEN)
    assert TOKEN not in text
    assert "could not be formatted" in text


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("public_document", {"token": "S3cret-address_of:a-document"}),
        ("public_pdf", {"token": "S3cret-address_of:a-document"}),
        ("invitation", {"secret": "S3cret-address_of:an-invitation"}),
        ("password_reset_confirm", {"uidb64": "MQ", "token": "S3cret-address-of-a-password"}),
        ("hint", {"secret": "S3cret-address_of:hints"}),
    ],
)
def test_an_address_that_lets_in_whoever_knows_it_is_masked(name: str, where: dict[str, str]) -> None:
    names = {"hint": "integrations:hint"}
    text = line("Not Found: %s", reverse(names.get(name, name), kwargs=where))
    assert "S3cret" not in text and "***" in text
