"""The database knows how many rows a filter finds, without anybody's help."""

import pytest
from django.db import connection

from operations import statistics
from tests.factories import TimeEntryFactory


@pytest.mark.django_db
def test_the_chore_counts_what_the_lists_are_found_by(settings):
    assert "operations.statistics.refresh" in settings.CHORES
    statistics._counted_at.clear()
    TimeEntryFactory()
    statistics.refresh()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT idx FROM sqlite_stat1 WHERE tbl = 'timetracking_timeentry'")
            assert ("time_entry_list",) in cursor.fetchall()
