"""Timers: an entry that runs until it is stopped. While it runs nothing of it can be billed, changed or deleted.

One runs per person at most. Stopping adds the minutes since the start, at least one, and makes the entry what any other
is. A refusal is a ValidationError with a sentence; then nothing has changed.
"""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone

from organizations.activity import record
from timetracking import entries, entry_rules
from timetracking.durations import DAY, hours_text
from timetracking.models import StaffUser, TimeEntry

ALREADY = "This timesheet entry is already being timed"
OTHER_RUNS = "Another timer is running. Stop it first."
NONE_RUNS = "No timer is running."


def running(membership):
    """The entry that is being timed for this member, or None."""
    person = entry_rules.own_staff(membership)
    if person is None:
        return None
    return TimeEntry.objects.filter(staff_user=person, timer_started_at__isnull=False).first()


def minutes_of(entry, now=None):
    """Whole minutes since the timer was started: half a minute counts, and at least one."""
    seconds = ((now or timezone.now()) - entry.timer_started_at).total_seconds()
    return max(1, int((seconds + 30) // 60))


def start(membership, entry):
    """Time an entry from now on, a new one or one there is; returns it."""
    with transaction.atomic():
        if entry.pk is not None:
            entry = TimeEntry.objects.select_for_update().get(pk=entry.pk)
            if entry.timer_started_at is not None:
                raise ValidationError(ALREADY, code="timed")
            if refusal := entry_rules.change_refusal(membership, entry):
                raise ValidationError(refusal)
            # what somebody took off the bill stays off it when the timer stops
            entry = entries.as_it_stands(entry)
        else:
            entry.minutes = entry.minutes or 0
        own = entry_rules.own_staff(membership)
        if own is None or own.pk != entry.staff_user_id:
            raise ValidationError("A timer runs for oneself only.")
        if TimeEntry.objects.filter(staff_user=own, timer_started_at__isnull=False).exists():
            raise ValidationError(OTHER_RUNS, code="other")
        entry.timer_started_at = timezone.now()
        try:
            with transaction.atomic():
                return entries.save_entry(membership, entry)
        except IntegrityError:  # two starts at once: the database lets one person have one timer
            raise ValidationError(OTHER_RUNS, code="other") from None


def stop(membership):
    """(entry, sentence about what did not fit into the day, or ''). The minutes are added and the entry is free."""
    person = entry_rules.own_staff(membership)
    return stop_of(person) if person is not None else _none_runs()


def stop_for(person, user=None):
    """Stop what runs of somebody who cannot stop it any more, and note it; harmless where nothing runs."""
    try:
        entry, sentence = stop_of(person)
    except ValidationError:
        return
    if entry is not None:
        kept = (
            f"The timer of {person.name} was stopped with their access: {hours_text(entry.minutes)} are kept."
        )
        record(entry.project, user, f"{kept} {sentence}".strip())


def _none_runs():
    raise ValidationError(NONE_RUNS, code="none")


def stop_of(person):
    """Stop the timer of a person; answers and refuses as `stop`."""
    with transaction.atomic():
        timed = TimeEntry.objects.filter(staff_user=person, timer_started_at__isnull=False)
        entry = timed.select_for_update(of=("self",)).select_related("project").first()
        if entry is None:
            _none_runs()
        StaffUser.objects.select_for_update().get(pk=person.pk)  # one day is filled by one at a time
        timed = minutes_of(entry)
        day = TimeEntry.objects.filter(staff_user_id=entry.staff_user_id, date=entry.date).exclude(
            pk=entry.pk
        )
        room = DAY - (day.aggregate(total=Sum("minutes"))["total"] or 0) - entry.minutes
        kept = max(0, min(timed, room))
        entry.minutes, entry.timer_started_at = entry.minutes + kept, None
        billable = (
            TimeEntry.BillingStatus.UNBILLED if entry.is_billable else TimeEntry.BillingStatus.NON_BILLABLE
        )
        entry.billing_status = billable
        sentence = ""
        if kept < timed:
            sentence = (
                f"The timer ran for {hours_text(timed)}; {hours_text(kept)} of it fit into {entry.date:%Y-%m-%d}. "
                "Correct the entry, or log the rest on another day."
            )
        if entry.minutes == 0:  # the day is full: nothing is left to be kept
            entry.delete()
            return None, sentence
        entry.save()
    return entry, sentence
