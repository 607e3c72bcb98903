"""What the benchmarks share: a practice portal in a process of its own, an empty database, one measured run.

CPU seconds are of the syncing process and of the portal's; on a machine that does other work they say more than
wall seconds. Compare figures of one run of a benchmark only.
"""

import contextlib
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PORTAL = "60012345"
OLD = 20  # logs that are corrected before a first sync, so that the portal's list of all logs proves true
TICKS = os.sysconf("SC_CLK_TCK")


def each_in_its_own_process(arguments):
    """Run the calling script again with `arguments`, with an empty SQLite file unless DATABASE_URL is set."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "VAR_DIR": folder, "PYTHONPATH": str(ROOT)}
        environment.setdefault("DATABASE_URL", f"sqlite:///{folder}/benchmark.sqlite3")
        script = [sys.executable, sys.argv[0], *map(str, arguments)]
        subprocess.run(script, env=environment, cwd=ROOT, check=True)


class Portal:
    """A running practice portal: its address, its process, and calls of its control interface."""

    def __init__(self, url, pid):
        self.url, self.pid = url, pid

    def cpu(self):
        """CPU seconds that the portal has used so far."""
        fields = _stat(self.pid)
        return (int(fields[11]) + int(fields[12])) / TICKS

    def control(self, path, body=None):
        """Call the control interface: POST with a body, else GET; the decoded answer."""
        import requests

        method = "GET" if body is None else "POST"
        answer = requests.request(method, f"{self.url}/control/{path}", json=body, timeout=300)
        answer.raise_for_status()
        return answer.json()

    def correct_some(self):
        """Change some old logs, as people do: by them a sync proves that the list of all logs can be trusted."""
        from practice_portal.data.bulk import bulk_id

        self.change_logs([bulk_id("task", number) for number in range(OLD)], "corrected before")

    def change_logs(self, ids, notes):
        """Give logs other notes, which moves their change stamps to now."""
        self.control(
            f"records/{PORTAL}/logs",
            [{"action": "change", "id": key, "set": {"notes": notes}} for key in ids],
        )


@contextlib.contextmanager
def portal(logs, projects=0):
    """A large practice portal without throttle; 500 projects from 100,000 logs on, else 50; 100 tasks each."""
    projects = projects or (500 if logs >= 100_000 else 50)
    tasks = 100 * projects
    command = [
        sys.executable,
        "-m",
        "practice_portal",
        "--port",
        "0",
        "--size",
        "large",
        "--throttle-limit",
        "0",
    ]
    command += ["--logs", str(logs), "--projects", str(projects), "--tasks", str(tasks)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        yield Portal(re.search(r"http://\S+", process.stdout.readline()).group(0), process.pid)
    finally:
        process.terminate()
        process.wait()


def connect(portal):
    """Set Django up against the empty database and return an active connection to the portal."""
    os.environ.update(
        DJANGO_SETTINGS_MODULE="config.settings",
        ZOHO_ACCOUNTS_URL=portal.url,
        ZOHO_API_URL=portal.url,
        ZOHO_CLIENT_ID="practice-client",
        ZOHO_CLIENT_SECRET="practice-secret",
        ZOHO_REQUESTS_PER_WINDOW="0",
    )
    import django

    django.setup()
    from django.core.management import call_command

    from integrations.models import Connection
    from integrations.zoho.oauth import SCOPES
    from organizations.models import Organization

    call_command("migrate", verbosity=0)
    return Connection.objects.create(
        organization=Organization.objects.create(name="Benchmark", base_currency="EUR"),
        accounts_url=portal.url,
        api_url=portal.url,
        portal_id=PORTAL,
        portal_name="benchmark",
        refresh_token=portal.control("tokens/grant", {"scopes": SCOPES})["refresh_token"],
        status=Connection.Status.ACTIVE,
    )


def measure(connection, portal, label, is_whole=True):
    """Work one run and print what it took; returns its wall seconds.

    network: waiting for answers; parsing: decoding of JSON and reading of records; judging: comparing with the ledger
    and the verdict; writing: the page's rows and its commit.
    """
    from integrations.models import SyncRun
    from integrations.sync.queue import request_run
    from integrations.sync.runner import run_to_end

    connection.refresh_from_db()
    run = request_run(connection, SyncRun.Trigger.COMMAND, ring=False, is_whole=is_whole)
    began, own, theirs = time.perf_counter(), time.process_time(), portal.cpu()
    server = _database_cpu()
    with _parts() as spent:
        run = run_to_end(run.pk)
    wall, own, theirs = time.perf_counter() - began, time.process_time() - own, portal.cpu() - theirs
    server = _database_cpu() - server
    modules = list(run.module_runs.all())
    records = sum(part.seen for part in modules)
    written = sum(part.created + part.updated for part in modules)
    requests = sum(run.requests.values())
    print(
        f"{label:>22}: {run.status}, {wall:.1f} s wall, CPU {own:.1f} s here + {server:.1f} s database "
        f"+ {theirs:.1f} s portal ({theirs / max(requests, 1) * 1000:.1f} ms a request), {records:,} records, "
        f"{records / wall:,.0f}/s wall, {records / own:,.0f}/s CPU, {written:,} created or updated, "
        f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB"
    )
    rest = wall - sum(spent.values())
    print(" " * 24 + ", ".join(f"{name} {s / wall:.0%}" for name, s in [*spent.items(), ("rest", rest)]))
    patterns = ", ".join(
        f"{count} {pattern.partition(' ')[2]}" for pattern, count in Counter(run.requests).most_common()
    )
    print(" " * 24 + f"{requests} requests: {patterns}", flush=True)
    return wall


def _database_cpu():
    """CPU seconds used so far by a PostgreSQL server on this machine, all its processes; 0 on SQLite and elsewhere."""
    from django.db import connection as database

    if database.vendor != "postgresql":
        return 0.0
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    seconds, parent = 0, None
    with contextlib.suppress(OSError):
        parent = _stat(backend)[1]
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                fields = _stat(entry.name)
                if fields[1] == parent or entry.name == parent:
                    # those that have ended stand with their parent
                    ended = int(fields[13]) + int(fields[14]) if entry.name == parent else 0
                    seconds += int(fields[11]) + int(fields[12]) + ended
    return seconds / TICKS


def _stat(pid):
    """The fields of /proc/<pid>/stat behind the program's name: state, parent, …"""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


@contextlib.contextmanager
def _parts():
    """{part: wall seconds} of the pages that are worked inside the block."""
    from integrations.sync import reading
    from integrations.sync.ledger import Page
    from integrations.zoho import records
    from integrations.zoho.client import ZohoClient

    spent = dict.fromkeys(("network", "parsing", "judging", "writing"), 0.0)
    write_page, write, parse, close = reading.write_page, Page.write, records.parse_page, ZohoClient.close

    def timed(work, name, within=""):
        def wrapped(*arguments, **options):
            began = time.perf_counter()
            try:
                return work(*arguments, **options)
            finally:
                seconds = time.perf_counter() - began
                spent[name] += seconds
                if within:
                    spent[within] -= seconds

        return wrapped

    def closed(client):
        spent["network"] += client.seconds["waiting"]
        spent["parsing"] += client.seconds["parsing"]
        close(client)

    reading.write_page = timed(write_page, "judging")
    Page.write = timed(write, "writing", "judging")
    records.parse_page = timed(parse, "parsing", "judging")
    ZohoClient.close = closed
    try:
        yield spent
    finally:
        reading.write_page, Page.write, records.parse_page, ZohoClient.close = write_page, write, parse, close
