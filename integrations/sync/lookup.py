"""Look-ups of many rows at once by a list of ids, past the ORM: it handles each id of an `IN` by itself.

The ids travel as one parameter, a JSON list: the driver need not look at each of them, and the statement's text stays
the same.
"""

import json
from datetime import UTC

from django.db import connection as database

from integrations.models import SyncedRecord

LEDGER = SyncedRecord._meta.db_table


def among(column, kind):
    """The condition that a column is one of the ids of a single parameter, see `ids`; `kind`: "text" or "bigint"."""
    if database.vendor == "postgresql":
        return f"{column} = ANY(ARRAY(SELECT json_array_elements_text(%s::json)::{kind}))"
    return f"{column} IN (SELECT value FROM json_each(%s))"


def ids(values):
    """The parameter for `among`."""
    return json.dumps(list(values))


def moment(value):
    """A moment as `ledger_rows` gives it: SQLite keeps them in UTC without saying so."""
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def ledger_rows(connection_id, module, zoho_ids, columns):
    """Tuples of plain `columns` of those ledger rows of a module that have one of the Zoho ids."""
    if not zoho_ids:
        return []
    with database.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(columns)} FROM {LEDGER} "
            f"WHERE connection_id = %s AND module = %s AND {among('zoho_id', 'text')}",
            [connection_id, module, ids(zoho_ids)],
        )
        return cursor.fetchall()
