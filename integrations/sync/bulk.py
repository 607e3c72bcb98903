"""Rows in and out of tables, many at a time: COPY on PostgreSQL, executemany on SQLite.

Django's `bulk_create` spends most of a first sync building and checking objects; what arrives here was
judged already. Rows are tuples of plain values in the order of `columns` (attribute names such as `project_id`).
"""

import json
from datetime import UTC, date
from functools import cache, lru_cache
from itertools import repeat

from django.db import connection as database
from django.db import models

from organizations.money import ExactDecimalField

_moment = models.DateTimeField()  # knows how this database writes moments down
_json = json.JSONEncoder(ensure_ascii=False).encode


def next_ids(model, count):
    """Reserve `count` primary keys of `model`, inside the caller's transaction."""
    if not count:
        return []
    table = model._meta.db_table
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(%s::regclass) FROM generate_series(1, %s)", [_sequence(table), count]
            )
            return [row[0] for row in cursor.fetchall()]
        # one writer at a time (IMMEDIATE), so the counter can simply be read
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
        first = (row[0] if row else 0) + 1
        return list(range(first, first + count))


@cache
def _sequence(table):
    """The name of a table's id sequence; asked for once, since finding it costs more than its numbers."""
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
        return cursor.fetchone()[0]


def insert(model, columns, rows):
    """Insert complete rows, their primary keys included."""
    if rows:
        insert_columns(model, columns, zip(*rows, strict=True))


def insert_columns(model, columns, values):
    """As `insert`, but given column by column: a column is converted in one go, most need no look at all.

    Values that are the same in every row may come as an `itertools.repeat`; at least one column must end.
    """
    names = _columns(model, columns)
    table = database.ops.quote_name(model._meta.db_table)
    rows = zip(*_converted(model, columns, values), strict=False)  # what repeats never ends
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            # Django knows no COPY: left alone, a lost database would be told in psycopg's errors, which nobody expects
            with (
                database.wrap_database_errors,
                cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy,
            ):
                write_row = copy.write_row
                for row in rows:
                    write_row(row)
            return
        marks = ", ".join(["%s"] * len(names))
        cursor.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", list(rows))


def update(model, columns, rows):
    """Set `columns` of existing rows; each row is (values …, primary key)."""
    if not rows:
        return
    table, names = database.ops.quote_name(model._meta.db_table), _columns(model, columns)
    if database.vendor == "postgresql" and all(_is_id(model._meta.get_field(name)) for name in columns):
        return _update_ids(table, names, rows)
    assignments = ", ".join(f"{name} = %s" for name in names)
    statement = f"UPDATE {table} SET {assignments} WHERE id = %s"
    values = list(zip(*_converted(model, (*columns, "id"), zip(*rows, strict=True)), strict=True))
    with database.cursor() as cursor:
        if len(values) == 1:
            cursor.execute(statement, values[0])
        else:
            cursor.executemany(statement, values)


def _is_id(field):
    return isinstance(field, models.ForeignKey) and field.target_field.get_internal_type() == "BigAutoField"


def _update_ids(table, names, rows):
    """Links of many rows in one statement: row by row each costs a plan and a round of its own."""
    places = range(len(names) + 1)
    given = ", ".join(f"(row ->> {place})::bigint AS v{place}" for place in places)
    given = f"SELECT {given} FROM json_array_elements(%s::json) AS row"
    assignments = ", ".join(f"{name} = v{place}" for place, name in enumerate(names))
    with database.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {assignments} FROM ({given}) AS given WHERE {table}.id = v{len(names)}",
            [_json(rows)],
        )


def update_where(model, values, where):
    """Set columns of the rows that have all values of `where`; both {attribute name: value}. How many there were."""
    table = database.ops.quote_name(model._meta.db_table)
    assignments = ", ".join(f"{name} = %s" for name in _columns(model, values))
    conditions = " AND ".join(f"{name} = %s" for name in _columns(model, where))
    row = ((value,) for value in (*values.values(), *where.values()))
    row = [value for (value,) in _converted(model, (*values, *where), row)]
    with database.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {assignments} WHERE {conditions}", row)
        return cursor.rowcount


@cache
def _column_names(model):
    return {field.attname: database.ops.quote_name(field.column) for field in model._meta.concrete_fields}


def _columns(model, names):
    quoted = _column_names(model)
    return [quoted[name] for name in names]


def _converted(model, names, columns):
    """The columns as the database takes them."""
    for column, convert in zip(columns, _conversions(model, tuple(names)), strict=True):
        if convert is None:
            yield column
        elif column.__class__ is repeat:
            value = next(column)
            yield repeat(None if value is None else convert(value))
        else:
            yield [None if value is None else convert(value) for value in column]


@cache
def _conversions(model, names):
    """How values of these columns are written down; None for those that go as they are."""
    return [_conversion(model._meta.get_field(name)) for name in names]


def _conversion(field):
    if isinstance(
        field, ExactDecimalField
    ):  # whole numbers stand there; hours and rates come again and again
        return lru_cache(4096, typed=True)(lambda value: field.get_db_prep_value(value, database))
    if isinstance(field, models.JSONField):
        return _json_text
    if database.vendor == "postgresql" or not isinstance(field, models.DateField):
        return None
    return _moment_text if isinstance(field, models.DateTimeField) else date.isoformat


def _json_text(value):
    return "{}" if value == {} else _json(value)  # nearly all custom values are none


def _moment_text(value):
    """What Django writes for a moment on SQLite; nearly all of them are in UTC already."""
    if value.tzinfo is UTC:
        return value.isoformat(" ")[:-6]
    return _moment.get_db_prep_value(value, database)
