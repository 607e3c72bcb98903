"""First and repeated sync of generated portals: records per second, peak memory, requests, shares of time.

    ./run manage shell -c "pass"                      # once, so that .venv exists
    .venv/bin/python benchmarks/first_sync.py --logs 10000 100000
    DATABASE_URL=postgres://… .venv/bin/python benchmarks/first_sync.py --logs 100000

Each size gets a practice portal of its own (a separate process, throttling off) and, on SQLite, a fresh file. On
PostgreSQL the database named in DATABASE_URL must be empty and is migrated. Compare figures of one run only.
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def main():
    """Measure every size asked for and print one block per size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--logs", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--work", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.work)
        return
    for logs in options.logs:
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "VAR_DIR": folder, "PYTHONPATH": str(ROOT)}
            environment.setdefault("DATABASE_URL", f"sqlite:///{folder}/benchmark.sqlite3")
            subprocess.run(
                [sys.executable, __file__, "--work", str(logs)], env=environment, cwd=ROOT, check=True
            )


def work(logs):
    """One size, in a process of its own so that its peak memory is its own."""
    portal = _portal(logs)
    try:
        url = re.search(r"http://\S+", portal.stdout.readline()).group(0)
        _measure(logs, url)
    finally:
        portal.terminate()
        portal.wait()


def _portal(logs):
    projects, tasks = (500, 50_000) if logs >= 100_000 else (50, 5_000)
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
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def _measure(logs, url):
    os.environ.update(
        DJANGO_SETTINGS_MODULE="config.settings",
        ZOHO_ACCOUNTS_URL=url,
        ZOHO_API_URL=url,
        ZOHO_CLIENT_ID="practice-client",
        ZOHO_CLIENT_SECRET="practice-secret",
        ZOHO_REQUESTS_PER_WINDOW="0",
    )
    import django
    import requests

    django.setup()
    from django.core.management import call_command
    from django.db import connection as database

    from integrations.models import Connection
    from integrations.zoho.oauth import SCOPES
    from organizations.models import Organization

    call_command("migrate", verbosity=0)
    tokens = requests.post(f"{url}/control/tokens/grant", json={"scopes": SCOPES}, timeout=30).json()
    portal = requests.get(f"{url}/control/state", timeout=30).json()
    organization = Organization.objects.create(name="Benchmark", base_currency="EUR")
    connection = Connection.objects.create(
        organization=organization,
        accounts_url=url,
        api_url=url,
        portal_id="60012345",
        portal_name="benchmark",
        refresh_token=tokens["refresh_token"],
        status=Connection.Status.ACTIVE,
    )
    print(f"\n{logs:,} time logs on {database.vendor} (portal: {json.dumps(portal)[:60]} …)")
    for label in ("first", "same"):
        _one_run(connection, label)


def _one_run(connection, label):
    from integrations.models import SyncRun
    from integrations.sync import reading
    from integrations.sync.ledger import Page
    from integrations.sync.queue import request_run
    from integrations.sync.runner import run_to_end

    spent = {"judging and comparing": 0.0, "writing": 0.0}
    write_page, write = reading.write_page, Page.write

    def timed_write(page):
        began = time.perf_counter()
        write(page)
        spent["writing"] += time.perf_counter() - began

    def timed_page(*arguments):
        began = time.perf_counter()
        write_page(*arguments)
        spent["judging and comparing"] += time.perf_counter() - began

    Page.write, reading.write_page = timed_write, timed_page
    began, cpu = time.perf_counter(), time.process_time()
    try:
        run = run_to_end(request_run(connection, SyncRun.Trigger.COMMAND, ring=False).pk)
    finally:
        Page.write, reading.write_page = write, write_page
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    spent["judging and comparing"] -= spent["writing"]
    parts = list(run.module_runs.all())
    records = sum(part.seen for part in parts)
    written = sum(part.created + part.updated for part in parts)
    print(
        f"{label:>6}: {run.status}, {wall:.1f} s wall, {cpu:.1f} s CPU, {records:,} records, "
        f"{records / wall:,.0f} records/s, {written:,} created or updated, "
        f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB"
    )
    print("        " + ", ".join(f"{name} {seconds / wall:.0%}" for name, seconds in spent.items()))
    total = sum(run.requests.values())
    patterns = ", ".join(f"{pattern.rpartition('}')[2]}: {count}" for pattern, count in run.requests.items())
    print(f"        {total} requests ({patterns})")


if __name__ == "__main__":
    main()
