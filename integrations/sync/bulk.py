"""Rows in and out of tables, many at a time: COPY on PostgreSQL, executemany on SQLite.

Django's `bulk_create` spends most of a first sync building and checking objects; what arrives here was
judged already. Rows are tuples of plain values in the order of `columns` (attribute names such as `project_id`).
"""

import json
from datetime import date, datetime

from django.db import connection as database
from django.db import models

from organizations.money import ExactDecimalField

_moment = models.DateTimeField()  # knows how this database writes moments down


def next_ids(model, count):
    """Reserve `count` primary keys of `model`, inside the caller's transaction."""
    if not count:
        return []
    table = model._meta.db_table
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
            )
            return [row[0] for row in cursor.fetchall()]
        # one writer at a time (IMMEDIATE), so the counter can simply be read
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
        first = (row[0] if row else 0) + 1
        return list(range(first, first + count))


def insert(model, columns, rows):
    """Insert complete rows, their primary keys included."""
    if not rows:
        return
    names = _columns(model, columns)
    table = database.ops.quote_name(model._meta.db_table)
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy:
                for row in _exact(model, columns, rows):
                    copy.write_row([_plain(value) for value in row])
            return
        marks = ", ".join(["%s"] * len(names))
        cursor.executemany(
            f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})",
            [[_sqlite(value) for value in row] for row in _exact(model, columns, rows)],
        )


def update(model, columns, rows):
    """Set `columns` of existing rows; each row is (values …, primary key)."""
    if not rows:
        return
    table = database.ops.quote_name(model._meta.db_table)
    assignments = ", ".join(f"{name} = %s" for name in _columns(model, columns))
    convert = _plain if database.vendor == "postgresql" else _sqlite
    with database.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET {assignments} WHERE id = %s",
            [[convert(value) for value in row] for row in _exact(model, columns, rows)],
        )


def _columns(model, names):
    by_attname = {field.attname: field.column for field in model._meta.concrete_fields}
    return [database.ops.quote_name(by_attname[name]) for name in names]


def _exact(model, names, rows):
    """The rows with each exact decimal as the whole number that stands in its column."""
    fields = [(place, model._meta.get_field(name)) for place, name in enumerate(names)]
    exact = [(place, field) for place, field in fields if isinstance(field, ExactDecimalField)]
    for row in rows:
        if exact:
            row = list(row)
            for place, field in exact:
                row[place] = field.get_db_prep_value(row[place], database)
        yield row


def _plain(value):
    return json.dumps(value, ensure_ascii=False) if value.__class__ in (dict, list) else value


def _sqlite(value):
    kind = value.__class__
    if kind is date:
        return value.isoformat()
    if kind is datetime:
        return _moment.get_db_prep_value(value, database)
    return _plain(value)
