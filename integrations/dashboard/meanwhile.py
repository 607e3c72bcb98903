"""What changed in Zoho Projects since the last sync: a quick look for the page that asks whether to enable."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from integrations.gateway import client_for
from integrations.models import Connection
from integrations.words import counted
from integrations.zoho import api, records
from integrations.zoho.client import ZohoClient
from integrations.zoho.entities import bugs, projects, tasks, time_logs
from integrations.zoho.errors import InvalidRecord, ZohoError
from integrations.zoho.listing import Listing, Reader

READ_SECONDS = 8
LONGEST_DAYS = 180


def changed_since(connection: Connection, since: datetime) -> list[str]:
    """How many projects, tasks, bugs and time logs changed since then, in words; one page is read of each.

    What Zoho does not tell is left out. Raises ZohoError when it tells nothing at all.
    """
    day = since.astimezone(UTC).date()
    today = timezone.now().date()
    start = max(day - timedelta(days=1), today - timedelta(days=LONGEST_DAYS))
    zone = connection.portal_time_zone
    looks: list[tuple[str, list[Listing], Any]] = [
        ("project", api.projects()[:1], projects.parse),
        ("task", api.tasks(since=day), lambda raw, custom: tasks.parse(raw, custom, zone)),
        ("bug", api.bugs(since=day), lambda raw, custom: bugs.parse(raw, custom, zone)),
        (
            "time log",
            [
                api.timelogs("", kind, start, today + timedelta(days=1), by_modified=True)[0]
                for kind in api.LOG_MODULES
            ],
            time_logs.parse,
        ),
    ]
    found, problem = [], None
    with client_for(connection, read_timeout=READ_SECONDS, retries=1) as client:
        for noun, listings, parse in looks:
            try:
                number, more = _count(client, listings, parse, since)
            except ZohoError as error:
                problem = error
                continue
            if number or more:
                found.append(("more than " if more else "") + counted(number, noun))
    if problem is not None and not found:
        raise problem
    return found


def _count(client: ZohoClient, listings: list[Listing], parse: Any, since: datetime) -> tuple[int, bool]:
    """(records changed after `since` on the first pages, whether there are further pages of changed ones)."""
    number, more = 0, False
    for listing in listings:
        page = Reader(listing).page(1, client.get(listing.path, listing.query(1)))
        fresh = 0
        for record in records.parse_page(parse, page.raws):
            if isinstance(record, InvalidRecord) or record.modified_at is None:
                continue  # when it changed cannot be told
            fresh += record.modified_at > since
        number += fresh
        more = more or (not page.is_last and fresh == len(page.raws))
    return number, more
