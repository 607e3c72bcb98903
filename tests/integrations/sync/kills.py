"""The kill bench: installations of their own, workers that are killed, and what must stand in the tables afterwards."""

import itertools
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

from integrations.zoho.oauth import SCOPES
from practice_portal.server import start
from tests.empty_databases import EmptyDatabase
from tests.integrations.sync.conftest import Control
from tests.integrations.sync.edits import EDITS

NUMBERS = itertools.count(1)
ROOT = Path(__file__).resolve().parents[3]


class Bench:
    """A practice portal, and copies of one prepared installation to kill workers in. Close it after use."""

    def __init__(self, folder, empty=None):
        """`empty`: the `EmptyDatabase` to copy; without, this one is migrated."""
        self.folder, self.installations = Path(folder), []
        self.portal = start(
            port=0, size="small", auto_consent=True, throttle_limit=0,
            access_tokens_per_window=10**6,  # each installation that is put back asks for its own
        )  # fmt: skip
        self.control = Control(self.portal.url)
        token = self.control.post("tokens/grant", {"scopes": SCOPES})["refresh_token"]
        self.fresh = self.installation("fresh", empty)
        self.fresh.ask(do="prepare", url=self.portal.url, token=token)
        self.fresh.stop()

    def installation(self, name, copied=None, shared=None, worker="kill_worker"):
        """A new installation, with the tables of another one that was stopped or of an `EmptyDatabase`; or a second
        process on `shared`.
        """
        made = Installation(self.folder, name, copied, shared, worker)
        self.installations.append(made)
        return made

    def edit(self, seed, number=25):
        """Change the portal at random."""
        dice = random.Random(seed)
        portal = next(p for p in self.portal.state.portals.values() if p.number == 1)
        for _ in range(number):
            dice.choice(EDITS)(dice, portal, self.control)

    def close(self):
        """End everything."""
        for one in self.installations:
            one.drop()
        self.portal.stop()


class Installation:
    """One database with one worker process."""

    def __init__(self, folder, name, copied=None, shared=None, worker="kill_worker"):
        self.folder = folder
        self.name = f"kill_{os.getpid()}_{next(NUMBERS)}_{name}"
        self.server = os.environ.get("DATABASE_URL", "")
        if shared:
            self.url = shared.url
        elif self.server.startswith("postgres"):
            self._create(f' TEMPLATE "{copied.name}"' if copied else "")
            self.url = f"{self.server.rpartition('/')[0]}/{self.name}"
        else:
            path = folder / f"{self.name}.sqlite3"
            if copied:
                self._copy(copied)
            self.url = f"sqlite:///{path}"
        self.environment = {
            **os.environ, "DATABASE_URL": self.url, "DEBUG": "true", "VAR_DIR": str(folder),
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }  # fmt: skip
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"tests.integrations.sync.{worker}"],
            cwd=ROOT, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def _copy(self, other):
        for file in self.folder.glob(f"{self.name}.sqlite3*"):
            file.unlink()
        if isinstance(other, EmptyDatabase):
            other.copy(self.folder / f"{self.name}.sqlite3")
            return
        for file in other.folder.glob(f"{other.name}.sqlite3*"):  # what was written last may stand beside it
            shutil.copy(file, self.folder / file.name.replace(other.name, self.name))

    def put_back(self, other):
        """Have the tables of another installation that was stopped; no command may be under way."""
        if self.server.startswith("postgres"):
            self._execute(f'DROP DATABASE "{self.name}"')
            self._create(f' TEMPLATE "{other.name}"')
        else:
            self._copy(other)

    def _create(self, template):
        self._execute(f'CREATE DATABASE "{self.name}"{template}')
        # Else the sequences of a copied database go back when the server dies before its first checkpoint, and ids that
        # were committed are given out again (PostgreSQL 15: the copy holds what was reserved as not yet logged).
        self._execute("CHECKPOINT")

    def _execute(self, statement):
        import psycopg

        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(statement)

    def ask(self, **command):
        """Send one command; its answer."""
        self.send(**command)
        return self.answer()

    def send(self, **command):
        """Send one command without waiting."""
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()

    def answer(self):
        """The answer to the command sent last."""
        line = self.process.stdout.readline()
        assert line, "the worker process ended"
        return json.loads(line)

    def stop(self):
        """End the worker process; the tables stay."""
        if self.process.poll() is None:
            self.process.stdin.close()
            self.process.wait(timeout=120)
            self.process.stdout.close()

    def drop(self):
        """End the worker process and remove the tables."""
        self.stop()
        if self.server.startswith("postgres"):
            self._execute(f'DROP DATABASE IF EXISTS "{self.name}"')


def differing(found, expected):
    """Rows that stand in only one of two dumps, per table."""
    out = {}
    for table in found.keys() | expected.keys():
        ours, theirs = set(found.get(table, ())), set(expected.get(table, ()))
        if ours != theirs or len(found.get(table, ())) != len(expected.get(table, ())):
            out[table] = (sorted(ours - theirs)[:3], sorted(theirs - ours)[:3])
    return out


def chosen_points(dice, answer, number, data=""):
    """Random points and moments of a run, in no order, as `kill_worker` takes them; `answer`: of an undisturbed run.

    `data`: the data folder of a PostgreSQL server, which then dies at every other of them instead of the worker.
    """
    passed = answer["passed"]
    names = sorted(name for name in passed if not name.startswith("step "))
    points = []
    for _ in range(number):
        name = dice.choice([*names, "moment"])
        # a worker that carries on passes fewer points than the run as a whole
        if name == "moment":
            point = [name, dice.random() * answer["seconds"] / 4]
        else:
            point = [name, dice.randint(1, max(1, passed[name] // 8))]
        points.append([*point, data] if data and dice.random() < 0.5 else point)
        if len(points) % 3 == 2:  # a run that never gets any further is given up, and rightly so
            points.append(["after commit", dice.randint(2, 4)])
    return points[:number]
