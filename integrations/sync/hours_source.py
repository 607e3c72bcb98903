"""Whether the portal-wide list of time logs can be trusted on this portal, proved by what it answers.

Some portals answer only one week whatever window is asked for, some may ignore that a window is meant for changes.
Two questions settle it: a past window longer than two weeks must bring logs from beyond its first week, and the
window of the one day on which some log was changed must bring that log although its own day is another.
"""

from datetime import timedelta

from integrations.sync import budget
from integrations.zoho import api, values
from integrations.zoho.entities.shared import modified
from integrations.zoho.errors import BadAnswer, NoAccess, NotFound, WrongAddress

KINDS = ("task", "bug", "general")
FEW_PROJECTS = 4  # reading these one by one costs no more than finding out
PROBED_DAYS = 170
PAGES = 5
AHEAD_DAYS = 31


def prove(context, today, projects):
    """True when portal-wide lists honour windows of days and of changes, False when they were caught, None when
    nothing could be learned (too few logs, so few projects that it does not matter, or too small a budget).
    """
    if not _is_worth_it(context, projects):
        return None
    try:
        return _prove(context.client, today)
    except (NoAccess, NotFound, WrongAddress, BadAnswer):
        return False
    finally:
        context.client.later.forget(soon=True)


def first_of_trial(context, today, projects):
    """The listings with which `prove` begins in any case."""
    return [_of_window(KINDS[0], today)] if _is_worth_it(context, projects) else []


def _is_worth_it(context, projects):
    return projects > FEW_PROJECTS and budget.holds_trial(context)


def _window(today):
    start = today - timedelta(days=PROBED_DAYS)
    return start + timedelta(days=6 - start.weekday())  # a Sunday: its ISO week ends with it


def _of_window(kind, today):
    (listing,) = api.timelogs("", kind, _window(today), today)
    listing.max_pages, listing.bold = PAGES, True
    return listing


def _of_week(kind, today):
    (listing,) = api.timelogs(
        "", kind, today - timedelta(days=6), today + timedelta(days=1), by_modified=True
    )
    listing.max_pages, listing.bold = PAGES, True
    return listing


def _prove(client, today):
    start, learned = _window(today), False
    for kind in KINDS:
        rows = _rows(client, _of_window(kind, today))
        days = [day for day, _, _ in rows if day]
        if any(not start <= day <= today + timedelta(days=1) for day in days):
            return False
        if len(days) == len(rows) and days and max(days) == start:
            return False
        learned = learned or any(day > start for day in days)
        moved = [row for row in rows if row[0] and row[1] and row[0] != row[1]]
        if learned and moved:
            return _finds_change(client, kind, min(moved, key=lambda row: row[0] - row[1]))
        if learned and kind == KINDS[0]:  # a thousand logs and none of them changed later: so it will go on
            weeks = [_of_week(other, today) for other in KINDS]
            client.later.tell([*(_of_window(other, today) for other in KINDS[2:]), *weeks], soon=True)
    if learned:
        for kind in KINDS:
            # a window of days would bring none of these
            week = _rows(client, _of_week(kind, today))
            if any(day and day < today - timedelta(days=6) for day, _, _ in week):
                return True
    return None


def _finds_change(client, kind, row):
    """Whether the window of the day on which the log was changed brings it, and nothing that was changed elsewhen."""
    _, changed, zoho_id = row
    (listing,) = api.timelogs("", kind, changed, changed, by_modified=True)
    listing.max_pages = PAGES
    found = _rows(client, listing)
    if any(stamp is not None and stamp != changed for _, stamp, _ in found):
        return False
    return any(key == zoho_id for _, _, key in found)


def _rows(client, listing):
    """(day, day of the last change, id) of the logs on the first pages of a list."""
    rows = []
    for page in client.stream([listing]):
        for raw in page.raws:
            if raw.__class__ is dict:
                stamp = modified(raw)
                rows.append(
                    (values.day(raw.get("date")), stamp and stamp.date(), values.text_id(raw.get("id")))
                )
        if page.number >= PAGES:
            break
    return rows


def _end(first, today):
    """The last day to ask for: the end of a whole window at least a month ahead, since a log may be booked ahead and
    its stamp may lie in the future; it costs a call more at most."""
    days = (today - first).days + AHEAD_DAYS
    return first + timedelta(days=-(-days // api.LONGEST_WINDOW_DAYS) * api.LONGEST_WINDOW_DAYS - 1)


def everything(first, today):
    """Portal-wide listings that hold every log: by the day of its last change, oldest first, from `first` on.

    A log that is changed meanwhile moves to the last window, which is read last.
    """
    return [
        listing
        for kind in KINDS
        for start, end in api.windows(first, _end(first, today))
        for listing in api.timelogs("", kind, start, end, by_modified=True)
    ]


def changed(since, today, projects=("",)):
    """Listings of what changed since `since` (a day), in the whole portal or in each of `projects`."""
    since -= timedelta(days=api.OVERLAP_DAYS)
    return [
        listing
        for project_id in projects
        for kind in KINDS
        for start, end in api.windows(since, _end(since, today))
        for listing in api.timelogs(project_id, kind, start, end, by_modified=True)
    ]


def dated(first, today, projects=("",)):
    """Listings of the logs of the days from `first` on."""
    return [
        listing
        for project_id in projects
        for kind in KINDS
        for start, end in api.windows(first, _end(first, today))
        for listing in api.timelogs(project_id, kind, start, end)
    ]
