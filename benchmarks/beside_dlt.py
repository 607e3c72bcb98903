"""Our sync and dlt's merge, one after the other, from one practice portal into one PostgreSQL; ratios of both.

    python3 -m venv /tmp/dlt && /tmp/dlt/bin/pip install "dlt[postgres]"
    python3 tests/with_postgres.py .venv/bin/python benchmarks/beside_dlt.py --dlt /tmp/dlt/bin/python --logs 100000

dlt stays out of our requirements: it lives in that throw-away environment. Both load the same records by HTTP: people,
customers, contacts, projects, phases, task lists, tasks, issues and all time logs, first into nothing, then the same
again. Each load is a whole process, its start included.

What is not the same: dlt keeps each record as columns of text and numbers, unchecked, with tables of what it did. We
read the customers and members of each project besides (two requests a project), judge each record, keep its outcome
with a reason, and build the ERP's tables with their constraints. A few logs were corrected before, so that our sync
takes the portal's list of all time logs, as dlt does without asking.
"""

import argparse
import os
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

LISTS = {  # dlt's table: (address, container, key)
    "users": ("/users?type=0", "users", "zpuid"),
    "clients": ("/clients?", "clients", "id"),
    "contacts": ("/contacts?", "contacts", "id"),
    "projects": ("/projects?", "projects", "id"),
    "phases": ("/phases?", "milestones", "id"),
    "tasklists": ("/all-tasklists?", "tasklists", "id"),
    "tasks": ("/tasks?", "tasks", "id"),
    "issues": ("/issues?", "issues", "id"),
}
YEARS, WINDOW = 4, 180  # time logs are asked for in windows of at most half a year


def main():
    """Load with both, first and again, and print what each took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dlt", help="the python of the environment that dlt is installed in")
    parser.add_argument("--logs", type=int, default=100_000)
    parser.add_argument("--load", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load == "dlt":
        load_with_dlt()
    elif options.load:
        load_with_ours(int(options.load))
    elif not options.dlt or not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        parser.error("It needs --dlt and an empty PostgreSQL: see the first lines of this file.")
    else:
        compare(options)


def compare(options):
    """Both loads beside each other, dlt and ours in turn."""
    from benchmarks import common

    with common.portal(options.logs) as portal:
        connection = common.connect(portal)
        from integrations.zoho.oauth import SCOPES
        from practice_portal.data.bulk import bulk_id

        portal.change_logs([bulk_id("task", number) for number in range(20)], "corrected before")
        granted = portal.control("tokens/grant", {"scopes": SCOPES})
        environment = {
            **os.environ,
            "PORTAL_URL": f"{portal.url}/api/v3/portal/{common.PORTAL}",
            "PORTAL_TOKEN": granted["access_token"],
        }
        script, taken = [str(Path(__file__).resolve()), "--load"], {}
        for load in ("first", "same again"):
            for who, command in (
                ("dlt", [options.dlt, *script, "dlt"]),
                ("ours", [sys.executable, *script, str(connection.pk)]),
            ):
                taken[who, load] = _measured(command, environment, portal)
                figures = ", ".join(f"{name} {value:,.1f}" for name, value in taken[who, load].items())
                print(f"{who:>5}, {load}: {figures}", flush=True)
        for load in ("first", "same again"):
            dlt, ours = taken["dlt", load], taken["ours", load]
            ratios = ", ".join(
                f"{name} {dlt[name] / ours[name]:.1f}" for name in dlt if ours[name] and name != "requests"
            )
            print(f"dlt / ours, {load}: {ratios}")
        _same_logs(options.logs)


def _measured(command, environment, portal):
    """{what: how much} of one load."""
    import resource

    import requests

    def calls():
        return requests.get(f"{portal.url}/control/state", timeout=30).json()["calls"]

    rows, log, database, asked = *_written(), _database_cpu(), calls()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    new_rows, new_log = _written()
    return {
        "wall s": wall,
        "CPU s of the loader": after.ru_utime + after.ru_stime - children.ru_utime - children.ru_stime,
        "CPU s of PostgreSQL": _database_cpu() - database,
        "rows written": float(new_rows - rows),
        "WAL MB": (new_log - log) / 1e6,
        "requests": float(calls() - asked),
    }


def _written():
    """(rows written in this database so far, bytes of its log)."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()" if connection.pg_version >= 150000 else "SELECT 1")
        time.sleep(1.5)  # other processes tell their counts once a second at most
        cursor.execute(
            "SELECT tup_inserted + tup_updated + tup_deleted, pg_current_wal_insert_lsn() - '0/0'::pg_lsn "
            "FROM pg_stat_database WHERE datname = current_database()"
        )
        rows, log = cursor.fetchone()
    connection.close()
    return int(rows), int(log)


def _database_cpu():
    """CPU seconds of the server on this machine: of its processes, living and ended."""
    from django.db import connection

    connection.ensure_connection()
    server = int(Path(f"/proc/{connection.connection.info.backend_pid}/stat").read_text().split()[3])
    connection.close()
    total = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(entry.name) == server:
                total += sum(map(int, fields[11:15]))
            elif int(fields[1]) == server:
                total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def _same_logs(count):
    """Both hold each log once."""
    from django.db import connection

    from integrations.models import SyncedRecord

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT id) FROM beside.timelogs")
        found = cursor.fetchone()
    ours = SyncedRecord.objects.filter(module="timesheets").count()
    print(f"time logs: dlt {found[0]:,} rows with {found[1]:,} ids, ours {ours:,}, the portal {count:,}")


def load_with_ours(connection):
    """One whole run in this process."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from integrations.models import Connection, SyncRun
    from integrations.sync.queue import request_run
    from integrations.sync.runner import run_to_end

    chosen = Connection.objects.get(pk=connection)
    run = run_to_end(request_run(chosen, SyncRun.Trigger.COMMAND, ring=False, is_whole=True).pk)
    if run.status != SyncRun.Status.SUCCEEDED:
        raise SystemExit(run.message)


def load_with_dlt():
    """All lists with dlt's merge by id; runs in dlt's own environment."""
    import dlt
    from dlt.sources.helpers import requests

    headers = {"Authorization": f"Zoho-oauthtoken {os.environ['PORTAL_TOKEN']}"}

    def pages(address, container):
        number, more = 1, True
        while more:
            answer = requests.get(
                f"{os.environ['PORTAL_URL']}{address}&page={number}&per_page=200", headers=headers
            )
            if answer.status_code == 204:
                return
            body = answer.json()
            rows = body if isinstance(body, list) else body.get(container) or []
            yield rows
            told = {} if isinstance(body, list) else body.get("page_info") or {}
            told = told[0] if isinstance(told, list) else told
            more = bool(told.get("has_next_page", len(rows) == 200))
            number += 1

    def timelogs():
        end = date.today() + timedelta(days=1)
        for kind in ("task", "issue", "general"):
            for back in range(YEARS * 365 // WINDOW, -1, -1):
                last = end - timedelta(days=back * WINDOW)
                first = last - timedelta(days=WINDOW - 1)
                window = f"view_type=customdate&start_date={first}&end_date={last}"
                module = f"%7B%22type%22%3A%22{kind}%22%7D"
                for days in pages(f"/timelogs?module={module}&{window}", "time_logs"):
                    yield [{"date": day["date"], **log} for day in days for log in day["log_details"]]

    def resource(name, rows, key):
        # nested fields become columns, lists stay as they are: no further tables, as in our reference measurement
        return dlt.resource(rows, name=name, primary_key=key, write_disposition="merge", max_table_nesting=0)

    lists = [resource(name, pages(path, box), key) for name, (path, box, key) in LISTS.items()]
    pipeline = dlt.pipeline(
        "beside",
        destination=dlt.destinations.postgres(
            os.environ["DATABASE_URL"].replace("postgres://", "postgresql://")
        ),
        dataset_name="beside",
        pipelines_dir=os.environ.get("DLT_FOLDER"),
    )
    pipeline.run([*lists, resource("timelogs", timelogs(), "id")])


if __name__ == "__main__":
    main()
