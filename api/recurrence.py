"""What recurring invoices and recurring expenses have in common: when they run, stopping and resuming."""

from api.values import day
from transactions import recurring, schedule

UNITS = {"days": "days", "weeks": "weeks", "months": "months", "years": "years",
         "day": "days", "week": "weeks", "month": "months", "year": "years"}  # fmt: skip
FIELDS = {
    "recurrence_name": str, "recurrence_frequency": str, "repeat_every": int | str, "start_date": str, "end_date": str,
}  # fmt: skip
NAMES = {
    "name": "recurrence_name",
    "repeat_every": "repeat_every",
    "start_date": "start_date",
    "end_date": "end_date",
}
SHOWN = {
    "recurrence_name": str, "status": str, "recurrence_frequency": str, "repeat_every": int, "start_date": str,
    "end_date": str,
}  # fmt: skip


def values_of(values):
    """The services' values about when a profile runs."""
    found = {ours: values[name] for ours, name in NAMES.items() if name in values}
    if "recurrence_frequency" in values:
        unit = values["recurrence_frequency"] or ""
        found["unit"] = UNITS.get(unit, unit)
    return found


def shown(row):
    """What a profile says about when it runs."""
    return {
        "recurrence_name": row.name,
        "status": schedule.state(row),
        "recurrence_frequency": row.unit,
        "repeat_every": row.repeat_every,
        "start_date": day(row.start_date),
        "end_date": day(row.end_date),
    }


def by_state(name):
    """Narrows profiles to active, stopped or expired ones."""
    return lambda rows, call: schedule.in_state(rows, name, call.organization)


BY = {"Status.All": None} | {
    f"Status.{name.title()}": by_state(name) for name in ("active", "stopped", "expired")
}


def guarded(guard, do):
    """An action that needs `guard`."""

    def work(call, row):
        guard(call)
        do(row)

    return work


stop, resume = recurring.stop, recurring.resume
