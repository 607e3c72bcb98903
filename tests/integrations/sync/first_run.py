"""What the first run over the untouched small portal writes, kept for the tests that only begin with it.

Such a run takes a second and writes the same each time; putting its rows back takes a few hundredths. Whatever is
unusual about a test's connection, organization or portal makes it a real run again.
"""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

from django.db import connection as database
from django.db import transaction

from integrations.models import Connection, SyncRun
from organizations.models import Organization
from tests.empty_tables import filled

# Each portal listens elsewhere and gives tokens of its own.
OF_THIS_PORTAL = {
    "accounts_url",
    "api_url",
    "web_url",
    "refresh_token",
    "access_token",
    "access_token_expires_at",
}
# Rows here don't change what a run writes: who looks at it, and signs of life.
HARMLESS = {
    "axes_accesslog",
    "django_session",
    "integrations_connection",
    "operations_heartbeat",
    "organizations_membership",
    "organizations_organization",
    "organizations_user",
}


class FirstRun:
    """`work(connection, control, run)` runs for real the first time, and puts the rows back after that."""

    def __init__(self):
        self.key, self.rows, self.fields = None, {}, {}

    def work(self, connection, control, run):
        """`run()` works a run; the one that was worked, or whose rows stand here now."""
        key, before = circumstances(connection), tables()
        if control.posts > 1 or before - HARMLESS:
            return run()
        if self.key != key:
            done = run()
            self.key, self.fields = key, row_of(connection)
            self.rows = {table: copied(table) for table in tables() - before}
            return done
        with transaction.atomic(), database.cursor() as cursor:
            if database.vendor == "postgresql":
                cursor.execute("SET LOCAL session_replication_role = replica")  # rows refer to each other
                for table, rows in self.rows.items():
                    with cursor.copy(f'COPY "{table}" FROM STDIN') as stream:
                        stream.write(rows)
        if database.vendor == "sqlite":
            with closing(sqlite3.connect(database.settings_dict["NAME"])) as raw, raw:
                for table, (columns, rows) in self.rows.items():
                    marks = ", ".join("?" for _ in columns)
                    raw.executemany(f'INSERT INTO "{table}" ({", ".join(columns)}) VALUES ({marks})', rows)
        Connection.objects.filter(pk=connection.pk).update(**self.fields)
        return SyncRun.objects.get()


def tables():
    """Names of the tables that hold rows."""
    with database.cursor() as cursor:
        return set(filled(cursor))


def row_of(connection):
    """The connection's fields that don't tell one portal from another."""
    found = Connection.objects.filter(pk=connection.pk).values().get()
    return {name: value for name, value in found.items() if name not in OF_THIS_PORTAL}


def circumstances(connection):
    """What the rows depend on: the portal's day, the connection, its organization."""
    organization = Organization.objects.filter(pk=connection.organization_id).values().get()
    told = row_of(connection) | {f"organization {name}": value for name, value in organization.items()}
    return datetime.now(UTC).date(), {k: v for k, v in told.items() if not k.endswith("created_at")}


def copied(table):
    """A table's rows as the database has them, generated columns left out."""
    if database.vendor == "postgresql":
        with database.cursor() as cursor, cursor.copy(f'COPY "{table}" TO STDOUT') as stream:
            return b"".join(bytes(part) for part in stream)
    with closing(sqlite3.connect(database.settings_dict["NAME"])) as raw:
        names = raw.execute("SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0", [table])
        columns = [f'"{name}"' for (name,) in names]
        return columns, raw.execute(f'SELECT {", ".join(columns)} FROM "{table}"').fetchall()
