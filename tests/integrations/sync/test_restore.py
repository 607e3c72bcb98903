"""A backup taken while a sync is at work, by the commands of docs/deployment.md: restored, the sync goes on."""

import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from tests import with_postgres
from tests.integrations.sync.kills import ROOT, Bench, differing

pytestmark = pytest.mark.slow
TASKS = "SELECT count(*) FROM timetracking_task"


def documented(beginning):
    """The command in docs/deployment.md that begins so."""
    text = (ROOT / "docs" / "deployment.md").read_text()
    (found,) = re.findall(rf"^{re.escape(beginning)}.*$", text, re.M)
    return found


def shell(command, folder, installation):
    environment = {**os.environ, "DATABASE_URL": installation.url}
    if installation.server.startswith("postgres"):
        environment["PATH"] = f"{with_postgres.find_programs()}:{environment['PATH']}"
    subprocess.run(command, shell=True, check=True, cwd=folder, env=environment, stdin=subprocess.DEVNULL)


def back_up(folder, installation):
    if installation.server.startswith("postgres"):
        shell(documented("pg_dump "), folder, installation)
        return
    command = documented("python3 -c 'import sqlite3").replace(
        "var/erp.sqlite3", f"{installation.name}.sqlite3"
    )
    shell(command, folder, installation)


def restore(folder, installation):
    if installation.server.startswith("postgres"):
        shell(documented("pg_restore --exit"), folder, installation)
    else:
        Path(folder, "erp-copy.sqlite3").rename(folder / f"{installation.name}.sqlite3")


def tasks(installation, folder):
    """How many tasks stand in the tables, asked beside the worker."""
    if installation.server.startswith("postgres"):
        import psycopg

        with psycopg.connect(installation.url) as connection:
            return connection.execute(TASKS).fetchone()[0]
    import sqlite3

    connection = sqlite3.connect(folder / f"{installation.name}.sqlite3")
    try:
        return connection.execute(TASKS).fetchone()[0]
    finally:
        connection.close()


def test_a_run_under_way_in_the_backup_is_carried_on_after_the_restore(tmp_path, empty_database):
    bench = Bench(tmp_path, empty_database)
    try:
        undisturbed, busy = (bench.installation(name, bench.fresh) for name in ("undisturbed", "busy"))
        assert undisturbed.ask(do="count")["status"] == "succeeded"
        expected = undisturbed.ask(do="dump")
        bench.control.switch(slow_answer=0.05)
        busy.send(do="sync", points=[])
        deadline = time.monotonic() + 120
        while not tasks(busy, tmp_path):
            assert time.monotonic() < deadline, "the sync does not get to the tasks"
            time.sleep(0.02)
        back_up(tmp_path, busy)
        assert busy.answer()["status"] == "succeeded"
        bench.control.switch(slow_answer=0)
        restored = bench.installation("restored")
        restore(tmp_path, restored)
        assert restored.ask(do="state")["status"] == "running"
        assert tasks(restored, tmp_path)
        assert restored.ask(do="sync", points=[])["status"] == "succeeded"
        assert differing(restored.ask(do="dump"), expected) == {}
        # and the whole reading that the operator is told to start finds nothing to do
        again = restored.ask(do="count", is_whole=True)
        assert again["status"] == "succeeded" and set(again["modes"].values()) == {"whole"}
        now = restored.ask(do="dump")
        assert differing({**now, "counts": []}, {**expected, "counts": []}) == {}
    finally:
        bench.close()
