"""Empty the tables after a test with transactions of its own, many times quicker than Django's `flush`.

Django truncates every table and makes all content types and permissions anew. Here the tables that hold rows are
emptied, and those two stay as the migrations left them.
"""

from django.apps import apps
from django.db import connection, transaction
from django.test import TransactionTestCase

KEPT = {"django_content_type", "auth_permission"}


def empty_tables():
    """Delete every row of every model's table but the kept ones; sequences go on."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # the constraints hold again when all is gone
            cursor.execute("SET LOCAL session_replication_role = replica")
        for table in filled(cursor):
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")


def filled(cursor):
    """Names of the tables with rows, kept ones left out."""
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    looks = [
        f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(name)})"
        for name in sorted(set(names) - KEPT)
    ]
    step = 100  # SQLite takes no more than 500 parts in one
    found = []
    for start in range(0, len(looks), step):
        cursor.execute(" UNION ALL ".join(looks[start : start + step]))
        found += [name for (name,) in cursor.fetchall()]
    return found


def use_for_all_tests():
    """From now on every test with transactions of its own is followed by `empty_tables`."""
    assert apps.ready
    TransactionTestCase._fixture_teardown = lambda case: empty_tables()
