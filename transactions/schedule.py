"""When recurring profiles run: dates counted from the start, so that month ends do not drift."""

from itertools import islice, takewhile

from dateutil.relativedelta import relativedelta
from django.db.models import Q

from organizations.zones import today_in
from transactions import checks
from transactions.errors import TransactionRefused
from transactions.models import Schedule

MOST_REPEATS = 366


def dates(profile):
    """Every date of a profile in order, endless unless it ends.

    The n-th date is the start plus n steps: started on the 31st it runs on the last day of shorter months and then on
    the 31st again; started on 29 February it runs on the 28th in other years.
    """
    step = 0
    while True:
        day = profile.start_date + relativedelta(**{profile.unit: step * profile.repeat_every})
        if profile.end_date and day > profile.end_date:
            return
        yield day
        step += 1


def first_after(profile, day):
    """The profile's first date after `day` (None: its very first), or None when it ends before."""
    return next((found for found in dates(profile) if day is None or found > day), None)


def preview(profile, count=6):
    """The next `count` dates that will run; none of a stopped profile."""
    if profile.status != Schedule.Status.ACTIVE or profile.next_date is None:
        return []
    return list(islice((day for day in dates(profile) if day >= profile.next_date), count))


def missed(profile, today=None):
    """The dates before today that are still to be made: at once when it is active, when resumed if it is stopped."""
    today = today or today_in(profile.organization)
    if profile.next_date is None:
        return []
    return list(
        takewhile(lambda day: day < today, (day for day in dates(profile) if day >= profile.next_date))
    )


def state(profile, today=None):
    """ "active", "stopped" or "expired" (its end has passed or nothing is left to run)."""
    today = today or today_in(profile.organization)
    if profile.next_date is None or (
        profile.end_date and profile.end_date < today and profile.next_date > today
    ):
        return "expired"
    return profile.status


def in_state(rows, name, organization):
    """The profiles of an organization for which `state` says `name` today."""
    today = today_in(organization)
    expired = Q(next_date=None) | Q(end_date__lt=today, next_date__gt=today)
    return rows.filter(expired) if name == "expired" else rows.filter(status=name).exclude(expired)


def check(profile):
    """Raise TransactionRefused for a schedule that cannot be meant."""
    if profile.unit not in Schedule.Unit.values:
        raise TransactionRefused("unknown_unit", "Repeat every: choose days, weeks, months or years.", "unit")
    every = checks.whole(profile.repeat_every, "repeat_every", "Repeat every", 1, MOST_REPEATS)
    if every is None:
        raise TransactionRefused("required", "Repeat every: this is needed.", "repeat_every")
    profile.repeat_every = every
    if profile.start_date is None:
        raise TransactionRefused("required", "Start date: this is needed.", "start_date")
    if profile.end_date and profile.end_date < profile.start_date:
        raise TransactionRefused("reversed_dates", "End date: this is before the start.", "end_date")
