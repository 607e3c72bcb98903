"""Migrate once, copy often: migrating takes longer than most tests.

A session migrates one empty database and works on a copy of it; what needs an installation of its own copies it again.
Sessions side by side share it: `TESTS_SHARE` names a folder (and, on PostgreSQL, they share a server), the first one
that comes makes it and the others wait for that.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

FOLDER = "TESTS_SHARE"


class EmptyDatabase:
    """The migrated database nobody writes to. `name`: a file's path on SQLite, a database's name on PostgreSQL."""

    def __init__(self, folder):
        self.folder, self.shared = Path(folder), FOLDER in os.environ
        share = Path(os.environ[FOLDER]) if self.shared else self.folder
        self.lock = share / f"{connection.vendor}.lock"
        self.made = share / f"{connection.vendor}.made"
        self.name = str(share / "empty.sqlite3") if settings.ON_SQLITE else "erp_tests_empty"
        if not (settings.ON_SQLITE or self.shared):
            self.name += f"_{os.getpid()}"
        self.own = str(self.folder / "test.sqlite3") if settings.ON_SQLITE else f"erp_tests_{os.getpid()}"
        self.before = connection.settings_dict["NAME"]

    def make(self):
        """Migrate it, unless another session has done so."""
        with self.lock.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self.made.exists():
                return
            if not settings.ON_SQLITE:
                execute(f'DROP DATABASE IF EXISTS "{self.name}"')
                execute(f'CREATE DATABASE "{self.name}"')
            use(self.name)
            call_command("migrate", verbosity=0, interactive=False)
            connection.close()
            self.made.touch()

    def copy(self, name):
        """Copy it to a database of this name, or to this file."""
        if settings.ON_SQLITE:
            shutil.copy(self.name, name)
        else:
            execute(f'CREATE DATABASE "{name}" TEMPLATE "{self.name}"')

    def begin(self):
        """Let Django work on a copy from now on."""
        self.make()
        self.copy(self.own)
        use(self.own)

    def end(self):
        """Remove what nobody shares."""
        use(self.before)
        if not settings.ON_SQLITE:
            for name in [self.own] if self.shared else [self.own, self.name]:
                execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def use(name):
    """Let Django's connection open this database from now on."""
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name


def execute(statement):
    """Run one statement on PostgreSQL, outside of the databases concerned and of any transaction."""
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement)


@contextlib.contextmanager
def blank(folder):
    """Let Django work on a database without any table meanwhile; `folder`: for its file on SQLite."""
    before = connection.settings_dict["NAME"]
    name = str(folder / "blank.sqlite3") if settings.ON_SQLITE else f"{before}_blank"
    if not settings.ON_SQLITE:
        execute(f'CREATE DATABASE "{name}"')
    use(name)
    try:
        yield
    finally:
        use(before)
        if not settings.ON_SQLITE:
            execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextlib.contextmanager
def folder():
    """A folder that goes away; in shared memory where there is some, for all in it is thrown away anyway."""
    made = tempfile.mkdtemp(prefix="erp-tests-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
