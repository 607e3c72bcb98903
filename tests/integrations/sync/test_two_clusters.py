"""Two machines with a cluster each on one PostgreSQL: every run has one holder at a time and ends once.

SQLite has one machine and one worker, which `config.checks` holds; there this file says so.
"""

import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.db import connection as database
from django.utils import timezone

from config import checks
from integrations.models import Connection, SyncedRecord, SyncRun
from integrations.sync.queue import request_run, ring_for
from integrations.sync.reconcile import reconcile
from integrations.zoho.oauth import SCOPES
from operations.processes import kill_session, session_members
from organizations.models import Organization
from timetracking.models import Project, Task, TimeEntry

pytestmark = pytest.mark.slow
CONNECTIONS = 3
PROCESSES = 5  # of a cluster with one worker: main, sentinel, worker, pusher, monitor

HISTORY = """
CREATE TABLE lease_history (
    id serial, run bigint, status text, holder text, fencing int, was_held text, was_fencing int, was_over boolean
);
CREATE FUNCTION note_lease() RETURNS trigger AS $$ BEGIN
    INSERT INTO lease_history (run, status, holder, fencing, was_held, was_fencing, was_over) VALUES (
        NEW.id, NEW.status, NEW.holder, NEW.fencing,
        CASE WHEN OLD.lease_expires_at > clock_timestamp() THEN OLD.holder ELSE '' END, OLD.fencing,
        OLD.status NOT IN ('queued', 'running'));
    RETURN NEW;
END $$ LANGUAGE plpgsql;
CREATE TRIGGER note_lease AFTER UPDATE ON integrations_syncrun FOR EACH ROW EXECUTE FUNCTION note_lease();
"""


@pytest.fixture
def history(transactional_db):
    """Every change of every run's lease, written down by the database itself."""
    with database.cursor() as cursor:
        cursor.execute(HISTORY)
        yield cursor
        cursor.execute("DROP TRIGGER note_lease ON integrations_syncrun")
        cursor.execute("DROP FUNCTION note_lease")
        cursor.execute("DROP TABLE lease_history")


@pytest.fixture
def clusters(transactional_db, tmp_path):
    """Two `manage.py qcluster` with one worker each, in sessions of their own, ready for work."""
    base = database.settings_dict
    address = f"{base['HOST']}:{base['PORT']}/{base['NAME']}"
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgres://{base['USER']}:{base['PASSWORD']}@{address}",
        "DEBUG": "true",
        "READ_DOT_ENV": "false",
        "SECRET_KEY": settings.SECRET_KEY,
        "TOKEN_ENCRYPTION_KEYS": ",".join(settings.TOKEN_ENCRYPTION_KEYS),
        "VAR_DIR": str(tmp_path),
        "WORKERS": "1",
        "ZOHO_REQUESTS_PER_WINDOW": "0",
    }
    started = [
        subprocess.Popen(
            [sys.executable, "manage.py", "qcluster"],
            cwd=settings.BASE_DIR,
            env=environment,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(2)
    ]
    until(lambda: all(len(session_members(one.pid)) >= PROCESSES for one in started), "the clusters start")
    yield started
    for one in started:
        one.send_signal(signal.SIGTERM)
    for one in started:
        try:
            one.wait(timeout=120)
        finally:
            kill_session(one.pid)
            one.wait()


def until(ready, what, seconds=240):
    """Look again and again until it is so; what it was then."""
    deadline = time.monotonic() + seconds
    while not (found := ready()):
        assert time.monotonic() < deadline, f"it does not come to it that {what}"
        time.sleep(0.1)
    return found


def pid_of(holder):
    return int(holder.split(":")[1])


@pytest.mark.postgresql
def test_each_run_has_one_holder_at_a_time_and_ends_once_though_a_machine_dies(
    portal, control, history, clusters
):
    control.switch(slow_answer=0.02)
    token = control.post("tokens/grant", {"scopes": SCOPES})["refresh_token"]
    urls = dict.fromkeys(("accounts_url", "api_url", "web_url"), portal.url)
    runs = []
    for number in range(CONNECTIONS):
        connection = Connection.objects.create(
            organization=Organization.objects.create(name=f"Works {number}", base_currency="EUR"),
            portal_id="60012345", portal_name="lindenwerk", refresh_token=token, status="active", **urls,
        )  # fmt: skip
        runs.append(request_run(connection, SyncRun.Trigger.INSTANT))
    for run in runs * 2:  # several bells for the same run, as after a click and a look of the watch
        ring_for(run.pk)

    def held():
        """Holders, when both clusters hold a run."""
        holders = set(SyncRun.objects.exclude(holder="").values_list("holder", flat=True))
        return holders if len({os.getsid(pid_of(one)) for one in holders}) == 2 else None

    until(held, "both clusters work")
    dead = clusters[0]
    members = set(session_members(dead.pid))
    kill_session(dead.pid)
    for run in SyncRun.objects.exclude(holder=""):
        if pid_of(run.holder) in members:
            # noticed within two minutes: its lease has run out, the watch has looked, a worker has asked the queue
            left = (run.lease_expires_at - timezone.now()).total_seconds()
            assert left + settings.RECONCILE_SECONDS + settings.Q_CLUSTER["poll"] < 120
            # and that is now
            SyncRun.objects.filter(pk=run.pk, holder=run.holder).update(lease_expires_at=run.queued_at)

    def all_ended():
        reconcile()  # what the watch does
        return not SyncRun.objects.filter(status__in=SyncRun.ACTIVE).exists()

    until(all_ended, "all runs end")
    assert set(SyncRun.objects.values_list("status", "message")) == {("succeeded", "")}

    history.execute(
        "SELECT run, status, fencing, was_held, was_fencing, was_over FROM lease_history ORDER BY id"
    )
    changes = history.fetchall()
    assert not [change for change in changes if change[2] != change[4] and change[3]], "taken while held"
    assert not [change for change in changes if change[5]], "written after its end"
    assert sum(change[1] == "succeeded" for change in changes) == CONNECTIONS

    counts = {
        run.connection_id: (
            Project.objects.filter(organization=run.connection.organization_id).count(),
            Task.objects.filter(project__organization=run.connection.organization_id).count(),
            TimeEntry.objects.filter(project__organization=run.connection.organization_id).count(),
            SyncedRecord.objects.filter(connection=run.connection_id).count(),
        )
        for run in runs
    }
    assert len(set(counts.values())) == 1 and all(next(iter(counts.values()))), counts
    for module, model in (("projects", Project), ("tasks", Task), ("timesheets", TimeEntry)):
        synced = SyncedRecord.objects.filter(module=module, outcome="synced")
        assert model.objects.count() == synced.count() == synced.values("object_id").distinct().count()


def test_sqlite_is_refused_for_several_workers_and_on_a_folder_that_machines_share(settings, monkeypatch):
    settings.ON_SQLITE = True
    settings.Q_CLUSTER = {**settings.Q_CLUSTER, "workers": 2, "queue_limit": 2}
    assert [found.id for found in checks.queue_settings_hold()] == ["erp.E024"]
    mounts = "/dev/sda1 / ext4 rw 0 0\nfiles:/export /srv/shared nfs4 rw 0 0\n"
    shared = SimpleNamespace(ON_SQLITE=True, DATABASES={"default": {"NAME": "/srv/shared/erp.sqlite3"}})
    monkeypatch.setattr(checks, "settings", shared)
    monkeypatch.setattr(checks, "_mounts", lambda: mounts)
    assert [found.id for found in checks.sqlite_is_on_this_machine()] == ["erp.E032"]
    monkeypatch.setattr(checks, "_mounts", lambda: mounts.splitlines()[0])
    assert checks.sqlite_is_on_this_machine() == []
