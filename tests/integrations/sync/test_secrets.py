"""No secret leaves its encrypted column: syncs with faults, then a search through all that was written and shown."""

import io
import json
import logging

import pytest
from django.conf import settings as configured
from django.contrib import admin
from django.core import mail
from django.db import connection as database
from django.test import Client
from django.urls import reverse

from config.logs import JsonFormatter, PlainFormatter, RedactFilter, RequestIdFilter, SubjectFilter
from integrations.models import Connection, SyncRun
from integrations.sync import tasks
from integrations.sync.queue import request_run
from integrations.sync.runner import run_to_end
from integrations.zoho.client import ZohoClient
from organizations.models import Membership, User

METRICS = "canary-metrics-token-7c1e"
PAGES = ("home", "settings", "integrations:details", "integrations:errors", "healthz")


@pytest.fixture
def lines():
    """Everything that is logged, in both formats, through the filters of the settings."""
    stream = io.StringIO()
    root, handlers = logging.getLogger(), []
    for formatter in (JsonFormatter(), PlainFormatter()):
        handler = logging.StreamHandler(stream)
        handler.setFormatter(formatter)
        for wanted in (RequestIdFilter(), SubjectFilter(), RedactFilter()):
            handler.addFilter(wanted)
        handlers.append(handler)
        root.addHandler(handler)
    level = root.level
    root.setLevel(logging.INFO)
    yield stream
    root.setLevel(level)
    for handler in handlers:
        root.removeHandler(handler)


@pytest.fixture
def visitor(connection):
    """A browser of an administrator who may see the admin site."""
    user = User.objects.create_user("canary@example.test", "a long invented password 7")
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    Membership.objects.create(user=user, organization=connection.organization, role="admin")
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def check_lines(lines, run, broken, missing):
    """A sync, a page that is not there and an error are one JSON object each, with the ids they belong to."""
    told = [json.loads(line) for line in lines.getvalue().splitlines() if line.startswith("{")]
    ends = {line["run_id"]: line for line in told if " ended: " in line["message"]}
    assert ends[run.pk]["message"].endswith("ended: succeeded.") and ends[run.pk]["level"] == "INFO"
    assert "ended: failed." in ends[broken.pk]["message"] and ends[broken.pk]["connection_id"]
    (not_there,) = (line for line in told if line["message"] == "Not Found: /no-such-page/")
    assert not_there["request_id"] == missing["X-Request-ID"]
    (failed,) = (line for line in told if line["message"].startswith("Internal Server Error"))
    assert failed["request_id"] and "RuntimeError" in failed["error"]


def secrets_of(connection, portal):
    """{secret: what it is} that must be found nowhere."""
    connection = Connection.objects.get(pk=connection.pk)
    issued = dict.fromkeys(portal.state.tokens.access, "an access token")
    found = {
        **issued,
        connection.refresh_token: "the refresh token",
        connection.access_token: "the access token",
        configured.ZOHO_CLIENT_SECRET: "the client secret",
        configured.SECRET_KEY: "the secret key",
        METRICS: "the metrics' token",
        **dict.fromkeys(configured.TOKEN_ENCRYPTION_KEYS, "an encryption key"),
    }
    assert all(len(secret) > 10 for secret in found), "a canary must be recognizable"
    return found


def written():
    """All rows of all tables as one text, as a dump of the database would show them."""
    texts = []
    with database.cursor() as cursor:
        for table in database.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {database.ops.quote_name(table)}")
            texts += [str(value) for row in cursor.fetchall() for value in row]
    return "\n".join(texts)


def admin_pages(client):
    """Every list of the admin site, and the first row of each table."""
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        answer = client.get(reverse(f"{name}_changelist"))
        yield name, answer
        for row in list(answer.context["cl"].result_list)[:1]:
            yield f"{name} {row.pk}", client.get(reverse(f"{name}_change", args=[row.pk]))


def test_secrets_are_found_nowhere_after_a_sync_with_faults(
    settings, monkeypatch, portal, control, connection, visitor, lines
):
    settings.METRICS_TOKEN = METRICS
    settings.DEBUG_PROPAGATE_EXCEPTIONS = False

    def expire():
        control.post("tokens/expire")

    # a first run through faults: the token expires in the middle, answers break off, one is an error page
    control.switch(fail_once=2, cut_body=1)
    run = request_run(connection, SyncRun.Trigger.INSTANT)
    expire()
    tasks.work(run.pk)
    expire()
    run_to_end(run.pk, sleep=lambda seconds: None)

    # an error of our own that quotes what it has at hand, as a careless one would
    token = Connection.objects.get(pk=connection.pk).access_token
    refresh = Connection.objects.get(pk=connection.pk).refresh_token

    def careless(*_, **__):
        raise RuntimeError(f"sent Zoho-oauthtoken {token} after refresh_token={refresh}")

    with monkeypatch.context() as patch:
        patch.setattr(ZohoClient, "_exchange", careless)
        broken = run_to_end(request_run(connection, SyncRun.Trigger.INSTANT).pk, sleep=lambda seconds: None)
    assert broken.status == SyncRun.Status.FAILED
    assert f'"run_id": {broken.pk}, "connection_id": {connection.pk}' in lines.getvalue()

    # the same error inside a page, and Zoho taking the access away
    with monkeypatch.context() as patch:
        patch.setattr("config.middleware.SignedInMiddleware._limit", careless)
        error_page = visitor.get(reverse("home"))
    control.switch(refresh_tokens_revoked=True)
    expire()
    lost = run_to_end(request_run(connection, SyncRun.Trigger.INSTANT).pk, sleep=lambda seconds: None)
    tasks.tell_after(lost.pk)

    secrets = secrets_of(connection, portal)
    seen = {"error page": error_page.content.decode(), "log": lines.getvalue(), "database": written()}
    seen["mails"] = "\n".join(str(message.message()) for message in mail.outbox)
    for name in PAGES:
        seen[name] = visitor.get(reverse(name)).content.decode()
    answer = visitor.get("/metrics", HTTP_AUTHORIZATION=f"Bearer {METRICS}")
    assert answer.status_code == 200
    seen["metrics"] = answer.content.decode()
    for name, page in admin_pages(visitor):
        assert page.status_code == 200, name
        seen[name] = page.content.decode()
    found = [
        f"{what} in {place}"
        for secret, what in secrets.items()
        for place, text in seen.items()
        if secret in text
    ]
    assert found == []
    check_lines(lines, run, broken, visitor.get("/no-such-page/"))
    assert "Zoho-oauthtoken ***" in seen["log"], "the careless error was logged, without its secrets"
