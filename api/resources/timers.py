"""Timers of time entries: started, stopped, and which one runs."""

from django.core.exceptions import ValidationError

from api.building import operation, router
from api.errors import RULE, Refused, no_row
from api.resources import time_entries
from timetracking import timers

CODES = {"timed": (400, 20050), "none": (404, 1002)}


def refused(error):
    """The answer to a refusal of `timetracking.timers`."""
    status, code = CODES.get(getattr(error, "code", ""), (400, RULE))
    return Refused(status, code, " ".join(error.messages))


def _start(call, entry_id):
    entry = time_entries.found(call, entry_id)
    try:
        entry = timers.start(call.membership, entry)
    except ValidationError as error:
        raise refused(error) from None
    return "The timer has been started.", time_entries.node_of(call, entry.pk)


def _stop(call):
    try:
        entry, sentence = timers.stop(call.membership)
    except ValidationError as error:
        raise refused(error) from None
    if entry is None:
        raise Refused(400, RULE, f"Nothing was kept. {sentence}")
    warnings = {"warnings": [sentence]} if sentence else {}
    return "Timer has been stopped successfully.", time_entries.node_of(call, entry.pk), warnings


def _running(call):
    entry = timers.running(call.membership)
    if entry is None:
        raise no_row(timers.NONE_RUNS)
    return "success", time_entries.node_of(call, entry.pk)


def make_router():
    """/projects/timeentries/…/timer."""
    made, root = router("Timers"), "/projects/timeentries"
    common = {"module": "projects", "node": "time_entry", "kind": time_entries.ENTRY}
    start = f"{root}/{{time_entry_id}}/timer/start"
    operation(made, "post", start, _start, verb="CREATE", name="start_timer", **common)
    operation(made, "post", f"{root}/timer/stop", _stop, verb="CREATE", name="stop_timer", **common)
    operation(made, "get", f"{root}/runningtimer/me", _running, verb="READ", name="running_timer", **common)
    return made
