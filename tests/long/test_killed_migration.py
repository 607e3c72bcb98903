"""Migrating an empty database, killed again and again: the next start goes on, and the tables are as they should be."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from tests.integrations.sync.kills import ROOT

pytestmark = pytest.mark.long
KILLS = int(os.environ.get("MIGRATION_KILLS", "5"))


def test_killed_while_migrating_the_next_start_goes_on(tmp_path):
    dice, killed, pause = random.Random("migrations"), 0, 1.0
    environment = {
        **os.environ, "DATABASE_URL": f"sqlite:///{tmp_path / 'erp.sqlite3'}", "DEBUG": "true",
        "VAR_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings",
    }  # fmt: skip

    def manage(*words):
        return subprocess.Popen(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=environment, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    while killed < KILLS:
        process = manage("migrate", "--verbosity", "0")
        time.sleep(pause + dice.random() * 2)
        if process.poll() is not None:
            break
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        killed, pause = killed + 1, pause + 1
    assert killed, "it was over before it could be killed"
    for words in (
        ("migrate", "--verbosity", "0"),
        ("migrate", "--check"),
        ("check", "--database", "default"),
    ):
        process = manage(*words)
        told, _ = process.communicate(timeout=300)
        assert process.returncode == 0, told
    print(f"{killed} kills of a migration")
