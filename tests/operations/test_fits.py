"""An upgrade in which program and database are not of one version for a while: nobody works on the unknown."""

import re

import pytest
from django.conf import settings
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django_q.models import OrmQ

from integrations.models import Connection, SyncRun
from integrations.sync import tasks
from integrations.sync.queue import request_run
from operations import fits
from operations.management.commands.watch import Command, Pings
from organizations.models import Organization

pytestmark = pytest.mark.django_db
KNOWN = MigrationRecorder.Migration.objects


@pytest.fixture
def run(db):
    connection = Connection.objects.create(
        organization=Organization.objects.create(name="Works", base_currency="EUR"),
        portal_id="1", portal_name="works", refresh_token="1000.invented", status="active",
    )  # fmt: skip
    return request_run(connection, SyncRun.Trigger.INSTANT, ring=False)


def newer():
    KNOWN.create(app="integrations", name="9999_from_the_future")


def older():
    KNOWN.filter(app="integrations").latest("pk").delete()


def test_program_and_database_of_one_version_fit():
    KNOWN.create(app="an_app_that_was_taken_out", name="0001_initial")
    assert fits.trouble() == ""


@pytest.mark.parametrize("change, words", [(newer, "newer version"), (older, "manage migrate")])
def test_a_worker_of_another_version_takes_no_run_and_nothing_is_rung_for(run, change, words, caplog):
    change()
    assert words in fits.trouble()
    tasks.work(run.pk)
    run.refresh_from_db()
    assert (run.status, run.attempts, run.holder) == ("queued", 0, "")
    assert words in caplog.text
    Command.round(Pings())
    assert OrmQ.objects.count() == 1  # the ping, so that the worker does not look dead, too
    answer = Client().get("/healthz")
    assert answer.status_code == 503 and any(words in reason for reason in answer.json()["reasons"])


def test_once_they_fit_again_the_run_is_rung_for(run, django_capture_on_commit_callbacks):
    newer()
    Command.round(Pings())
    KNOWN.filter(name="9999_from_the_future").delete()
    with django_capture_on_commit_callbacks(execute=True):
        Command.round(Pings())
    assert [tuple(message.task["args"]) for message in OrmQ.objects.order_by("pk")] == [(), (), (run.pk,)]


def test_every_task_is_loaded_before_the_worker_forks():
    """Files may be exchanged under it: a process that takes a killed one's place must not read half of them anew."""
    folders = [
        settings.BASE_DIR / app for app in settings.INSTALLED_APPS if (settings.BASE_DIR / app).is_dir()
    ]
    files = [path for folder in folders for path in folder.rglob("*.py")]
    calls = {name for path in files for name in re.findall(r'async_task,? ?\(?"([\w.]+)"', path.read_text())}
    assert len(calls) >= 5
    assert {name.rpartition(".")[0] for name in calls} == set(settings.WORKER_TASKS)
