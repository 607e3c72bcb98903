"""A process of its own that syncs one installation while something in it fails (started by `failing.Failing`).

Commands as in `kill_worker`, and besides:

  {"do": "tally"}                   work a run; how many operations of each kind it makes
  {"do": "fail", "what": …, "nth": n, "times": t, "how": …}
                                    work a run whose operations n … n+t-1 of a kind fail ("forever": all from the n-th)
  {"do": "heal"}                    the fault has passed: carry on what is under way, then one more run

The kinds: "http" (any request to Zoho, tokens included), "write" (a statement that changes a table, COPY included) and
"commit", on every database connection of the process, whichever thread opened it. Nothing sleeps: what a run wants to
wait for counts as waited for.
"""

import threading
import time
from collections import Counter

from tests.integrations.sync import kill_worker
from tests.integrations.sync.kill_worker import in_child

SLICES = 40  # far more than a run needs that gets on
WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")
SENTENCES = {
    "full": "database or disk is full",
    "locked": "database is locked",
    "lost": "server closed the connection unexpectedly",
    "readonly": "attempt to write a readonly database",
}


class Faults:
    """Counts operations by kind and says which of them fail."""

    def __init__(self, what="", nth=0, times=1, how=""):
        self.what, self.how = what, how
        self.bad = range(nth, 10**9 if times == "forever" else nth + times)
        self.passed, self.hit = Counter(), 0
        self.lock = threading.Lock()

    def due(self, kind):
        """Count one operation; whether it fails."""
        with self.lock:
            self.passed[kind] += 1
            due = kind == self.what and self.passed[kind] in self.bad
            self.hit += due
            return due


def install(faults):
    """Put the faults between the program and its network and databases, for the rest of this process."""
    from integrations.zoho.client import ZohoClient
    from integrations.zoho.transport import Answer, Broken, Transport

    send, make = Transport.send, ZohoClient.__init__

    def faulty(self, *arguments, **options):
        if not faults.due("http"):
            return send(self, *arguments, **options)
        if faults.how == "broken":
            raise Broken("The connection failed.")
        status, body = {
            "error": (500, b'{"error": {"status_code": "500", "title": "INTERNAL_SERVER_ERROR"}}'),
            "page": (200, b"<html><body>We are back soon</body></html>"),
            "error in 200": (200, b'{"error": {"status_code": "400", "title": "SOMETHING_WRONG"}}'),
            "refused": (401, b'{"error": {"status_code": "401", "title": "INVALID_OAUTHTOKEN"}}'),
            "locked out": (400, b'{"error": {"title": "URL_ROLLING_THROTTLES_LIMIT_EXCEEDED"}}'),
        }[faults.how]
        return Answer(status, {}, body, 0.0)

    Transport.send = faulty
    ZohoClient.__init__ = lambda self, *a, **o: make(self, *a, **{**o, "sleep": lambda seconds: None})
    _install_in_databases(faults)


def _install_in_databases(faults):
    """Reach the connection there is and each one that any thread opens from now on."""
    from django.db import OperationalError, connection
    from django.db.backends.signals import connection_created

    def around(execute, sql, parameters, many, context):
        if sql.lstrip()[:7].upper().startswith(WRITES) and faults.due("write"):
            raise OperationalError(SENTENCES[faults.how])
        return execute(sql, parameters, many, context)

    def reach(connection, **_):
        if around in connection.execute_wrappers:
            return
        commit = connection._commit

        def committing():
            if faults.due("commit"):
                raise OperationalError(SENTENCES[faults.how])
            return commit()

        connection.execute_wrappers.append(around)
        connection._commit = committing

    connection_created.connect(reach, weak=False)
    reach(connection)
    if connection.vendor == "postgresql":
        _install_in_copies(faults)


def _install_in_copies(faults):
    """COPY goes past the wrappers that Django has for statements, and fails in the words of psycopg."""
    import psycopg

    copy = psycopg.Cursor.copy

    def copying(self, *arguments, **options):
        if faults.due("write"):
            raise psycopg.OperationalError(SENTENCES[faults.how])
        return copy(self, *arguments, **options)

    psycopg.Cursor.copy = copying


def tally():
    """How many operations of each kind an undisturbed run makes."""

    def work():
        faults = Faults()
        install(faults)
        return _one_run() | {"passed": faults.passed}

    return in_child(work)


def fail(what, nth, times=1, how=""):
    """Work a run with a fault, and say how it stands: status, message, whether anything shows as Active."""

    def work():
        from django.db import DatabaseError, InterfaceError

        _let_go()  # of what the fault before this one left: its lease has run out by now
        faults, broke = Faults(what, nth, times, how), ""
        install(faults)
        begun = time.monotonic()
        try:
            answer = _one_run()
        except (DatabaseError, InterfaceError) as error:  # the worker's task fails; the watch rings again
            broke = str(error)
        faults.what = ""
        if broke:
            answer = _standing()
        return answer | {
            "how": how,
            "broke": broke,
            "hit": faults.hit,
            "seconds": round(time.monotonic() - begun, 1),
        }

    return in_child(work)


def heal():
    """Carry on what is under way and work one more run, both undisturbed."""

    def work():
        from integrations.models import Connection, SyncRun

        install(Faults())
        _let_go()
        Connection.objects.filter(status="needs_reconnect").update(status="active")
        if SyncRun.objects.filter(status__in=SyncRun.ACTIVE).exists():
            _one_run()
        return _one_run()

    return in_child(work)


def _let_go():
    """Let the time pass that leases, waits and lock-outs take."""
    from django.utils import timezone

    from integrations.models import RequestBudget, SyncRun

    SyncRun.objects.filter(lease_expires_at__isnull=False).update(lease_expires_at=timezone.now())
    SyncRun.objects.filter(status__in=SyncRun.ACTIVE).update(not_before=None)
    RequestBudget.objects.update(blocked_until=None)


def _one_run():
    """Carry on the run that is active, or begin one, slice by slice as the queue would."""
    from django.conf import settings

    from integrations.models import Connection, RequestBudget, SyncRun
    from integrations.sync.queue import request_run
    from integrations.sync.runner import run_slice

    settings.ZOHO_REQUESTS_PER_WINDOW, settings.SYNC_BRAKE_PERCENT = 0, 100
    run = SyncRun.objects.filter(status__in=SyncRun.ACTIVE).first()
    if run is None:
        run = request_run(Connection.objects.get(), SyncRun.Trigger.COMMAND, ring=False, is_whole=True)
    for _ in range(SLICES):
        run_slice(run.pk)
        run.refresh_from_db()
        if not run.is_active:
            break
        SyncRun.objects.filter(pk=run.pk).update(not_before=None)
        RequestBudget.objects.update(blocked_until=None)
    return _standing()


def _standing():
    """How the latest run stands, and the words that the details page has for it."""
    from django.template.loader import render_to_string

    from integrations.dashboard import details
    from integrations.models import Connection, SyncedRecord, SyncRun

    run = SyncRun.objects.last()
    if run is None:  # not even asking for it could be written
        return {"active": False, "status": "none", "message": "", "words": {}, "badge": "", "failed": {}}
    context = details.live_context(Connection.objects.get())
    badge = render_to_string("integrations/_status.html", context)
    return {
        "active": run.is_active,
        "held": run.lease_expires_at is not None,
        "status": run.status,
        "message": run.message,
        "words": {row["module"].value: row["words"] for row in context["rows"]},
        "badge": badge.partition("data-status>")[2].partition("<")[0],
        "open": SyncedRecord.objects.filter(outcome="failed").count(),
        "failed": {part.module: part.message for part in run.module_runs.all() if part.status == "failed"},
    }


DO = {**kill_worker.DO, "tally": tally, "fail": fail, "heal": heal}

if __name__ == "__main__":
    kill_worker.main(DO)
