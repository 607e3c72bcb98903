"""Time logs: module and view rules, windows, totals, day groups."""

from datetime import date, timedelta

import msgspec

from ..data.table import DatedRows
from ..filters import read_filter
from ..messages import Answer, error, invalid_value, missing_parameter
from .paging import cut, empty, page_info
from .projects import one
from .shape import reshape

MODULES = ("task", "issue", "general")
VIEWS = ("day", "week", "month", "customdate", "projectspan")
LONGEST = 184


def _module(call):
    """(type, item id or empty) of the `module` parameter. Raises the 400s that real portals answer."""
    text = call.params.get("module")
    if not text:
        raise missing_parameter(call.request, "module")
    try:
        raw = msgspec.json.decode(text)
    except msgspec.DecodeError:
        raise error(call.request, 400, "JSON_PARSE_ERROR", "JSON parse error", "module") from None
    if not isinstance(raw, dict) or "type" not in raw:
        raise missing_parameter(call.request, "module")
    if raw["type"] not in MODULES:
        raise error(
            call.request,
            400,
            "PATTERN_NOT_MATCHED",
            "Input Parameter Does not Match the Pattern Specified",
            "module",
        )
    return raw["type"], str(raw.get("id") or "")


def _date(call, name):
    text = call.params.get(name)
    if not text:
        raise missing_parameter(call.request, name)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise error(
            call.request,
            400,
            "PATTERN_NOT_MATCHED",
            "Input Parameter Does not Match the Pattern Specified",
            name,
        ) from None


def _week(day):
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


def _window(call, project_id):
    """(first day, last day) of the call, or None for everything."""
    view = call.params.get("view_type")
    if not project_id and (not view or call.switches.portal_timelogs_week_only):
        return _week(_date(call, "start_date"))
    if not view:
        raise missing_parameter(call.request, "view_type")
    if view not in VIEWS or (view == "projectspan" and not project_id):
        raise invalid_value(call.request, "view_type")
    if view == "projectspan":
        return None
    first = _date(call, "start_date")
    if view == "day":
        return first, first
    if view == "week":
        return _week(first)
    if view == "month":
        following = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
        return first.replace(day=1), following - timedelta(days=1)
    last = _date(call, "end_date")
    if last < first or (last - first).days + 1 > LONGEST:
        raise invalid_value(call.request, "end_date", "The window spans at most 6 months")
    return first, last


def list_timelogs(call, project_id=None):
    """GET /timelogs and /projects/{id}/timelogs."""
    if project_id:
        call.project(project_id)
    kind, item = _module(call)
    window = _window(call, project_id)
    by_change = call.params.get("fetch_by_modified_time") == "true"
    match = read_filter(call, "logs")
    rows = select(call, kind, project_id, window, by_change, item, match)
    raws, page, per_page, more = cut(call, "logs", rows)
    if not project_id and call.switches.endless_portal_timelogs and len(rows):
        if not raws:  # past the end the last rows come again
            raws = rows.slice(max(0, len(rows) - per_page), len(rows))
        info = page_info(call, page, per_page, 100, True)
    else:
        info = page_info(call, page, per_page, len(raws), more)
    if not raws:
        return empty(call)
    body = (
        b'{"page_info":'
        + msgspec.json.encode(info)
        + b',"log_hours":'
        + msgspec.json.encode(totals(rows))
        + b',"time_logs":'
        + _groups(call, raws)
        + b"}"
    )
    return Answer(200, body, headers=call.headers)


def select(call, kind, project_id, window, by_change, item, match):
    """The rows of one kind in a window of days; by the UTC day of the last change under `by_change`."""
    table = call.table("logs")
    low, high = (window[0].isoformat(), window[1].isoformat()) if window else ("", "")
    demoted = call.switches.demoted and (call.portal.person_of(call.account) or {}).get("zpuid")

    def fits(data):
        if data.get("type") != kind:
            return False
        if window:
            day = str(data.get("last_modified_time" if by_change else "date") or "")[:10]
            if not low <= day <= high:
                return False
        return extra is None or extra(data)

    extra = None
    if item or match or demoted:

        def extra(data):
            if item and str((data.get("module_detail") or {}).get("id")) != item:
                return False
            if demoted and (data.get("owner") or {}).get("zpuid") != demoted:
                return False
            return match is None or match(data)

    stored = [r for r in table.stored(project_id) if fits(r.data)]
    view = None
    if table.base:
        key = f"{item}|{demoted}|{call.params.get('filter', '')}" if extra else None
        view = table.base.log_view(kind, call.portal.hidden_ids(), project_id, low, high, extra, key)
    return DatedRows(stored, view, table.base)


def minutes(text):
    """`"04:30"` as 270; 0 for what cannot be read."""
    hours, _, rest = str(text).partition(":")
    try:
        return int(hours) * 60 + int(rest or 0)
    except ValueError:
        return 0


def clock_text(total):
    """270 as `04:30`; hours can pass 24."""
    return f"{total // 60:02d}:{total % 60:02d}"


def totals(rows):
    """Hours of the whole selection, not of the page."""
    billable = other = 0
    for record in rows.stored:
        spent = minutes(record.data.get("log_hour", 0))
        if str(record.data.get("billing_status", "")).lower() == "billable":
            billable += spent
        else:
            other += spent
    if rows.view is not None:
        more_billable, more_other = rows.base.log_minutes(rows.view)
        billable, other = billable + more_billable, other + more_other
    return {
        "total_hours": clock_text(billable + other),
        "billable_hours": clock_text(billable),
        "non_billable_hours": clock_text(other),
    }


class _Dated(msgspec.Struct):
    date: object = None


_read_date = msgspec.json.Decoder(_Dated).decode


def _groups(call, raws):
    """The rows as day groups; a day may go on with the next page."""
    groups, last = [], None
    for raw, sent in zip(raws, reshape(call, "logs", raws), strict=True):
        day = str(_read_date(raw).date or "")
        if day != last:
            groups.append((day, []))
            last = day
        groups[-1][1].append(sent)
    return (
        b"["
        + b",".join(
            b'{"date":' + msgspec.json.encode(day) + b',"log_details":[' + b",".join(rows) + b"]}"
            for day, rows in groups
        )
        + b"]"
    )


def get_log(call, project_id, key):
    """GET /projects/{id}/logs/{log}?type=task."""
    kind = call.params.get("type")
    if not kind:
        raise missing_parameter(call.request, "type")
    record = call.record("logs", key, project_id)
    if record.data.get("type") != kind:
        raise invalid_value(call.request, "type")
    return one(call, "logs", record)
