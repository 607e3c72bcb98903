"""What a run reads of each module, by which requests, and why: settled at its start from the marks alone.

Modes: "whole" (everything is read, compared, and missed when it is gone), "changed" (by Zoho's filter for changes),
"newest" (newest first, until what is known already), "none" (not in this run).
"""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Count

from integrations.models import Module, SyncedRecord, SyncRun
from integrations.sync import marks
from integrations.zoho.entities.shared import modified
from integrations.zoho.kept import whole

PAGE = 200
OVERLAP_DAYS = 2
RECENT_DAYS = 60
NIGHTLY = timedelta(hours=20)
WEEKLY = timedelta(days=6, hours=12)
# the bin forgets after 30 days; a mark older than this could miss what went through it
OLDEST = timedelta(days=25)
UNATTENDED = (SyncRun.Trigger.SCHEDULED, SyncRun.Trigger.RESUME)  # a hint's sync stays small
FEW_PAGES = 5  # phases or task lists on so few pages are read whole each time
# projects that are asked for their customers in turn: as many as the other requests leave room for
ROOM, TURN_LEAST, TURN_MOST = 18, 3, 10
# so few projects are asked for their customers and members each time: a change of those need not touch the project
FEW_PROJECTS = 10
NO_FILTER = "Zoho Projects has no filter for changes here, so the list is read whole and compared."


def decide(connection, trigger, is_whole, now, modules=()):
    """{module: {"mode", "why", "since", "requests", …}} for a run that starts at `now` (Zoho's clock, aware).

    `requests` is what the run will need as far as it can be known; what changed beyond a page of it comes on top.
    """
    known, counts = marks.of(connection), _counts(connection)
    wanted = [m for m in Module.values if not modules or m in modules or m in marks.ALWAYS]
    plan = {}
    for module in wanted:
        if module == "timesheets" and not connection.sync_timesheets:
            continue
        mark = known.get(module)
        why = _why_whole(connection, module, mark, trigger, is_whole, now)
        night = mark is not None and trigger in UNATTENDED and now - mark.recent_at >= NIGHTLY
        reading = _reading(module, mark, why, night, counts, now)
        reading["basis"] = marks.basis(connection, module)
        reading["requests"] += _beside(module, counts)
        plan[module] = reading
    _add_turn(plan, counts)
    return plan


def _add_turn(plan, counts):
    """How many projects are asked for their customers in turn, though nothing says that they changed."""
    reading = plan.get("projects", {})
    if reading.get("ask") == "changed":
        room = ROOM - sum(part["requests"] for part in plan.values())
        reading["turn"] = min(max(room, TURN_LEAST), TURN_MOST, counts["asked"])
        reading["requests"] += reading["turn"]


def _counts(connection):
    rows = SyncedRecord.objects.filter(connection=connection).exclude(outcome="deleted")
    counts = Counter(dict(rows.order_by().values_list("module").annotate(Count("pk"))))
    projects = rows.filter(module="projects").exclude(reason="template")
    counts["open"] = projects.exclude(source__record__is_closed=True).count()
    counts["asked"] = projects.count()
    return counts


def _why_whole(connection, module, mark, trigger, is_whole, now):
    """Why a module has to be read whole; '' when its changes are enough."""
    if is_whole:
        return "A whole reading was asked for."
    if mark is None or trigger == SyncRun.Trigger.INITIAL:
        return "It has not been read whole yet."
    if module in connection.full_pass_modules or mark.basis != marks.basis(connection, module):
        return "A preference, the field map or this program changed, so every record is judged again."
    if now - mark.whole_at >= OLDEST:
        return "The last whole reading is too long ago."
    if trigger in UNATTENDED and now - mark.whole_at >= WEEKLY:
        return "The weekly whole reading is due; it notices what filters miss."
    return ""


def _pages(count):
    return max(1, -(-count // PAGE))


def _reading(module, mark, why, night, counts, now):
    pages, facts = _pages(counts[module]), mark.facts if mark else {}
    since = min(mark.read_until, now).date() if mark else None
    reading = {"mode": "whole", "why": why or NO_FILTER, "since": None, "requests": pages, "recent": night}
    if module == "projects":
        every = bool(why) or night or counts["asked"] <= FEW_PROJECTS
        asked = counts["asked"] if every else 0
        reading |= {"ask": "all" if every else "changed", "requests": pages + 2 * asked}
        reading["why"] += " Customers and members: " + (
            "of every project."
            if every
            else "of new and changed projects; customers also of some others in turn, first those without one."
        )
    if module in marks.ALWAYS:
        return reading | {"complete": bool(why) or module != "projects"}
    if module == "timesheets":
        return reading | _hours(facts, why, night, since, counts)
    if why:
        return reading
    if module in ("tasks", "bugs"):
        if pages == 1:
            reading["why"] = "The whole list is one page, as its changes would be."
            return reading
        if facts.get("filter") is False:
            reading["why"] = "This portal does not honour the filter for changes."
            return reading
        if facts.get("per_project"):
            reading["requests"] = counts["open"]
            why = f"Changed since {since} in each open project: there is no list of the whole portal here."
        else:
            reading["requests"] = 1
            why = f"Changed since {since}, {OVERLAP_DAYS} days further back to be safe."
        return reading | {"mode": "changed", "since": since.isoformat(), "why": why}
    if night or _pages(counts["milestones"]) + _pages(counts["task_lists"]) <= 2 * FEW_PAGES:
        return reading
    if facts.get("newest"):
        why = f"Newest first, until those known since {since}."
        return reading | {"mode": "newest", "since": since.isoformat(), "requests": 1, "why": why}
    why = "The list is long and has no filter; scheduled runs read it once a day."
    return reading | {"mode": "none", "requests": 0, "why": why}


def _hours(facts, why, night, since, counts):
    """How time logs are read. Three lists each time: of tasks, of bugs, and general ones."""
    portal = facts.get("portal_wide") is True
    if why:
        need = 3 * max(1, counts["asked"])
        return {
            "requests": max(need, _pages(counts["timesheets"]))
            if not portal
            else 3 + _pages(counts["timesheets"])
        }
    lists = 3 if portal else 3 * counts["open"]
    where = (
        "in the whole portal's list" if portal else "in each open project (the portal's list proved nothing)"
    )
    words = f"Changed since {since}, {OVERLAP_DAYS} days further back to be safe, {where}."
    if night:
        words += f" The last {RECENT_DAYS} days again, since an approval may leave no trace."
    return {
        "mode": "changed", "since": since.isoformat(), "via": "portal" if portal else "projects", "why": words,
        "requests": lists * (2 if night else 1),
    }  # fmt: skip


def _beside(module, counts):
    """Requests that belong to no list of the module: portals and bin, inactive people, contacts."""
    return {"customers": 4, "users": 1, "projects": 1}.get(module, 0)


def enough(reading, listing, page):
    """Whether a page of a module's list that is newest first reaches back to what is known."""
    if not listing.patient:
        return False
    stamps = [modified(raw) for raw in whole(page.raws) if raw.__class__ is dict]
    limit = datetime.combine(date.fromisoformat(reading["since"]), time.min, UTC)
    limit -= timedelta(days=OVERLAP_DAYS)
    in_order = None not in stamps and stamps == sorted(stamps, reverse=True)
    return bool(stamps) and in_order and stamps[-1] < limit
