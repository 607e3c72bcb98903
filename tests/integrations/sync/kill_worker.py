"""A process of its own that syncs one installation and dies at a chosen point (started by `kills.Installation`).

It reads one JSON command a line and works each in a child process that it forks, so that a kill is a real SIGKILL of a
real worker with its own database connections, and a start costs no import. Answers one JSON line per command:

  {"do": "prepare", "url": …, "token": …}   migrate an empty file, make organization and connection
  {"do": "sync", "points": [[name, n], …]}  work a run to its end; each child dies at the n-th passing of its point.
                                            [name, n, data folder]: not the child, the PostgreSQL server of that
                                            folder, and it comes back. ["moment", seconds]: at that moment
  {"do": "count"}                           work a run, answer how often each point was passed
  Both take "trigger" (default "command"), "is_whole", "age" (for how many hours nothing was synced before) and
  "page" (from how many records on a module is read by its changes).
  {"do": "ring"}                            ask for a run if none is active; ring for it as if its worker had died
  {"do": "state"}                           the latest run's status and how much was read
  {"do": "dump"}                            the canonical dump of all tables
"""

import contextlib
import json
import os
import signal
import sys
import time
from collections import Counter
from importlib import import_module
from threading import Timer

from tests.with_postgres import kill_and_start

NAMES = ("claim", "step", "request", "answer", "write", "before commit", "after commit")
IMPORTED = ("integrations.sync.queue", "integrations.sync.runner", "integrations.dashboard.details")


def main(do=None):
    """Read commands until the input ends; `do`: {word: what to do}."""
    import django

    django.setup()
    for module in IMPORTED:  # here once, instead of in each child
        import_module(module)
    for line in sys.stdin:
        command = json.loads(line)
        print(json.dumps((do or DO)[command.pop("do")](**command)), flush=True)


def in_child(work, *arguments):
    """Run `work` in a forked child; its answer, or None when it was killed."""
    from django.db import connections

    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            with os.fdopen(writer, "w") as answer:
                result = work(*arguments)
                connections.close_all()
                json.dump(result, answer)
        except BaseException:
            import traceback

            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        text = answer.read()
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit("a child broke")
    return None if os.WIFSIGNALED(status) else json.loads(text)


def prepare(url, token):
    """Tables, organization and connection."""

    def work():
        from django.core.management import call_command
        from django.db import connection

        from integrations.models import Connection
        from organizations.models import Organization

        if not connection.introspection.table_names():
            call_command("migrate", verbosity=0)
        organization = Organization.objects.create(name="Kill works", base_currency="EUR")
        urls = dict.fromkeys(("accounts_url", "api_url", "web_url"), url)
        Connection.objects.create(
            organization=organization, portal_id="60012345", portal_name="lindenwerk", refresh_token=token,
            status="active", sync_users=True, users_portal_access=True, **urls,
        )  # fmt: skip
        return True

    return in_child(work)


def sync(points, **options):
    """One run, its worker (or its database) killed at each point in turn; how it ended and how many were killed."""
    killed = lost = 0
    for point in [*points, None]:
        answer = in_child(_work, point, options)
        killed += answer is None
        lost += answer is not None and answer["lost"]
        if answer is not None and not answer["active"]:
            return {**answer, "killed": killed, "lost": lost}
    raise SystemExit("the run does not come to its end")


def count(**options):
    """How often an undisturbed run passes each point."""
    return in_child(_work, None, options)


def _work(point, options):
    """Carry on the run that is active, or begin one; the lease of a dead worker counts as run out."""
    from django.conf import settings

    from integrations.sync import plan

    settings.ZOHO_REQUESTS_PER_WINDOW = 0
    settings.SYNC_BRAKE_PERCENT = 100
    plan.PAGE = options.get("page", plan.PAGE)
    passed = Counter()
    _watch(passed, point)
    begun = time.monotonic()
    run = _to_its_end(options, passed)
    modes = {module: reading["mode"] for module, reading in run.plan.get("modules", {}).items()}
    return {
        **{"active": run.is_active, "status": run.status, "message": run.message, "modes": modes},
        **{"passed": passed, "lost": passed.pop("database lost", 0), "seconds": time.monotonic() - begun},
    }


def _to_its_end(options, passed):
    """Work the run to its end, or to where the database went away: there the worker's task ends, too."""
    from django.db import DatabaseError, InterfaceError

    from integrations.models import SyncRun
    from integrations.sync.runner import run_to_end

    class Ended(Exception):
        pass

    def wait(seconds):
        if not passed["database lost"]:
            time.sleep(seconds)
            return
        _once_it_is_back(lambda: SyncRun.objects.filter(status__in=SyncRun.ACTIVE).update(not_before=None))
        raise Ended

    try:
        return run_to_end(_run_to_work(**options).pk, sleep=wait)
    except (DatabaseError, InterfaceError, Ended):
        if not passed["database lost"]:
            raise
        return _once_it_is_back(lambda: SyncRun.objects.latest("pk"))


def _once_it_is_back(ask):
    """The answer of a database that is being started again by another thread of this process, the page's writer."""
    from django.db import DatabaseError, InterfaceError, connections

    deadline = time.monotonic() + 120
    while True:
        connections.close_all()
        try:
            return ask()
        except (DatabaseError, InterfaceError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _run_to_work(trigger="command", age=0, is_whole=False, **_):
    from datetime import timedelta

    from django.db.models import F
    from django.utils import timezone

    from integrations.models import Connection, SyncMark, SyncRun
    from integrations.sync.queue import RunRefused, request_run

    while True:
        if run := SyncRun.objects.filter(status__in=SyncRun.ACTIVE).first():
            SyncRun.objects.filter(pk=run.pk, lease_expires_at__isnull=False).update(
                lease_expires_at=timezone.now()
            )
            return run
        # the other worker may begin one in this moment: then that one is taken
        with contextlib.suppress(RunRefused):
            run = request_run(Connection.objects.get(), trigger, ring=False, is_whole=is_whole)
            ago = timedelta(hours=age)
            SyncMark.objects.update(whole_at=F("whole_at") - ago, recent_at=F("recent_at") - ago)
            return run


def _watch(passed, point):
    """Count the passings of every point, and die at the chosen one."""
    from integrations.sync import bulk, context, runner, steps
    from integrations.zoho.client import ZohoClient

    def die(name, *where):
        if not where:
            os.kill(os.getpid(), signal.SIGKILL)
        passed["database lost"] += 1
        kill_and_start(*where)

    def pass_by(name):
        passed[name] += 1
        if point is not None and [name, passed[name]] == point[:2]:
            die(name, *point[2:])

    if point is not None and point[0] == "moment":
        Timer(point[1], die, ["moment", *point[2:]]).start()

    def around(owner, attribute, before=None, after=None):
        original = getattr(owner, attribute)

        def wrapped(*arguments, **options):
            if before:
                pass_by(before)
            answer = original(*arguments, **options)
            if after:
                pass_by(after)
            return answer

        setattr(owner, attribute, wrapped)

    around(runner, "claim", after="claim")
    around(ZohoClient, "_exchange", before="request", after="answer")
    for name in ("insert", "update"):
        around(bulk, name, after="write")
    for name, step in steps.DOING.items():
        steps.DOING[name] = _after(step, lambda name=name: (pass_by("step"), pass_by(f"step {name}")))
    page = context.Context.page

    from contextlib import contextmanager

    @contextmanager
    def watched(self, *arguments, **options):
        with page(self, *arguments, **options) as part:
            yield part
            pass_by("before commit")
        pass_by("after commit")

    context.Context.page = watched


def _after(step, then):
    def wrapped(*arguments):
        step(*arguments)
        then()

    return wrapped


def dump():
    """{table: sorted rows as texts}: ids replaced by what tells a row from others, no clock and no run in it."""
    return in_child(_dump)


def _dump():
    from django.apps import apps

    from integrations.models import ModuleRun, SyncedRecord, SyncRun

    keys, names = {}, {}
    for row in SyncedRecord.objects.order_by("pk"):
        if row.object_id is not None:
            keys.setdefault((row.module, row.object_id), []).append(row.zoho_id)
    tables = {}
    modules = {"Customer": "customers", "StaffUser": "users", "Project": "projects", "Milestone": "milestones",
               "TaskList": "task_lists", "Task": "tasks", "Bug": "bugs", "TimeEntry": "timesheets"}  # fmt: skip

    def key(thing):
        if thing is None:
            return None
        kind = type(thing).__name__
        known = keys.get((modules.get(kind), thing.pk))
        return f"{kind} {','.join(known) if known else thing}"

    def plain(value):
        return str(value) if value is not None else None

    for app in ("organizations", "customers", "timetracking", "transactions"):
        for model in apps.get_app_config(app).get_models():
            if model.__name__.startswith("Historical"):  # when somebody changed what
                continue
            rows = []
            linked = [field.name for field in model._meta.concrete_fields if field.is_relation]
            for thing in model.objects.select_related(*linked) if linked else model.objects.all():
                values = {}
                for field in model._meta.concrete_fields:
                    if field.primary_key or field.name in ("created_at", "updated_at", "modified_at"):
                        continue
                    named = field.is_relation and getattr(thing, field.attname) is not None
                    values[field.name] = (
                        key(getattr(thing, field.name)) if named else plain(getattr(thing, field.attname))
                    )
                rows.append(
                    json.dumps([key(thing) if model.__name__ in modules else "", values], sort_keys=True)
                )
            names[model.__name__] = len(rows)
            tables[model.__name__] = sorted(rows)
    tables["SyncedRecord"] = sorted(
        json.dumps(
            [
                *(
                    row.module,
                    row.zoho_id,
                    row.name,
                    row.project_zoho_id,
                    row.outcome,
                    row.reason,
                    row.detail,
                ),
                *(row.object_id is not None, bool(row.fingerprint), plain(row.source_modified_at)),
                {k: v for k, v in (row.source or {}).items() if k not in ("did", "contacts")},
            ],
            sort_keys=True,
        )
        for row in SyncedRecord.objects.all()
    )
    last = SyncRun.objects.latest("pk")
    counts = ("status", "seen", "created", "updated", "unchanged", "excluded", "failed", "deleted", "message")
    tables["counts"] = sorted(
        json.dumps([part.module, *(getattr(part, name) for name in counts)])
        for part in ModuleRun.objects.filter(run=last)
    )
    return tables


def ring():
    """Ask the queue's worker to begin a run, or to carry on the one whose worker died."""

    def work():
        from django.utils import timezone

        from integrations.models import Connection, SyncRun
        from integrations.sync.queue import request_run
        from integrations.sync.reconcile import reconcile

        active = SyncRun.objects.filter(status__in=SyncRun.ACTIVE)
        if not active.exists():
            request_run(Connection.objects.get(), SyncRun.Trigger.INSTANT, ring=False)
        active.update(lease_expires_at=timezone.now())
        return reconcile()

    return in_child(work)


def state():
    """Where the latest run stands, and the id of the process that works it."""

    def work():
        from django.db.models import Sum

        from integrations.models import SyncRun

        run = SyncRun.objects.latest("pk")
        holder = int(run.holder.split(":")[1]) if run.holder else 0
        seen = run.module_runs.aggregate(sum=Sum("seen"))["sum"]
        return {"status": run.status, "seen": seen, "holder": holder, "attempts": run.attempts}

    return in_child(work)


DO = {
    "prepare": prepare,
    "sync": sync,
    "count": count,
    "ring": ring,
    "state": state,
    "dump": dump,
}

if __name__ == "__main__":
    main()
