"""Which lists the steps to come begin with, so that their first pages are under way while the last of this step come.

Only what is read in any case: by the plan of steps and of the run, whatever is read before it. A list whose beginning
hangs on something that is read first waits until that was read.
"""

from integrations.sync import carry_on, hours_source, rounds
from integrations.sync.entities.timesheets import Timesheets
from integrations.sync.steps import ENTITIES, STEPS, may_sweep, wanted
from integrations.zoho import api

PLACE = {step: place for place, step in enumerate(STEPS)}
BEGUN = {
    "read",
    "whole",
    "ended",
    "per_project",
    "turned_whole",
    "facts",
}  # in a checkpoint: it goes on elsewhere


def of(context, done):
    """Yield the lists of the steps behind `context.step`, in their order; None while the next is not settled.

    `done`: names of the steps that have ended.
    """
    for step, (after, find) in FIRST.items():
        while PLACE[context.step] <= PLACE[after]:
            yield None
        if PLACE[step] > PLACE[context.step] and step not in done:
            for listing in find(context):
                if PLACE[step] > PLACE[context.step]:  # else the step itself has asked for it meanwhile
                    yield listing


def _directory(module, listings):
    def find(context):
        fresh = "read" not in context.modules[module].cursor
        return listings() if context.connection.is_owner and fresh else ()

    return find


def _bin(context):
    return api.bin() if may_sweep(context, "projects") and context.binned is None else ()


def _of_module(module):
    def find(context):
        begun = BEGUN & context.modules[module].cursor.keys()
        if begun or not wanted(context, module) or carry_on.interrupted(context):
            return ()
        entity, reading = ENTITIES[module](context), rounds.reading_of(context, module)
        hours, mode = isinstance(entity, Timesheets), reading["mode"]
        if mode == "whole" and hours:
            projects = len(rounds.project_ids(context))
            return hours_source.first_of_trial(context, rounds.today(context), projects)
        if mode == "whole":
            return rounds.everything(context, entity)
        if mode in ("changed", "newest") and (not hours or reading.get("via") == "portal"):
            return rounds.changed(context, entity, reading)
        return ()

    return find


# step → (the step that must have ended before its lists are known, what finds them), in the order of the steps
FIRST = {
    "read users": ("check", _directory("users", api.users)),
    "read projects": ("check", _directory("projects", api.projects)),
    "contacts": ("read projects", lambda context: api.contacts()),
    "sweep projects": ("settle projects", _bin),
    **{module: ("read projects", _of_module(module)) for module in ENTITIES if module != "timesheets"},
    "timesheets": ("sweep projects", _of_module("timesheets")),
}
