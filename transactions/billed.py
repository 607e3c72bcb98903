"""What has been billed here. "Billed" means: on a line of a live invoice."""

import json

from django.db import connection as database

from transactions.models import BilledTimeEntry


def billed_entry_ids(time_entry_ids):
    """The ids among `time_entry_ids` that stand on a live invoice, as a set."""
    ids = list(time_entry_ids)
    if not ids:
        return set()
    # one parameter for all: the ORM would handle each id of the list by itself, for every page of a sync
    if database.vendor == "postgresql":
        among, parameter = "= ANY(%s::bigint[])", ids
    else:
        among, parameter = "IN (SELECT value FROM json_each(%s))", json.dumps(ids)
    with database.cursor() as cursor:
        cursor.execute(
            f"SELECT time_entry_id FROM {BilledTimeEntry._meta.db_table} "
            f"WHERE released_at IS NULL AND time_entry_id {among}",
            [parameter],
        )
        return {row[0] for row in cursor.fetchall()}
