"""The weekly grid on screen."""

import datetime

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from organizations.current import current_membership, member_required
from organizations.ids import whole
from organizations.once import new_token, use_up
from timetracking import entry_rules, week
from timetracking.log_forms import loggable_projects
from timetracking.models import StaffUser


def _person(request, membership):
    """Whose week: one's own; administrators choose with `person`."""
    wanted = whole(request.GET.get("person"))
    if membership.role == "admin" and wanted:
        people = StaffUser.objects.filter(organization=membership.organization)
        if person := people.filter(pk=wanted).first():
            return person
    own = entry_rules.own_staff(membership)
    if own is None and membership.role == "admin":
        people = StaffUser.objects.filter(organization=membership.organization, status="active")
        return people.order_by("name", "id").first()
    return own


@member_required
def grid(request):
    """A week of one person: type hours into the days; everything is saved, or nothing with the reasons."""
    membership = current_membership(request)
    monday = week.monday_of(request.GET.get("day"), timezone.localdate())
    refusal, person = entry_rules.logging_refusal(membership), _person(request, membership)
    if person is None and not refusal:
        refusal = "There is nobody on the staff list yet. Add people under Staff first."
    context = {"refusal": refusal, "monday": monday, "person": person, "new_rows": [], "rows": []}
    if not refusal:
        loggable = loggable_projects(membership)
        rows = week.rows_of(membership, person, monday, loggable)
        if request.method == "POST":
            done = _save(request, membership, person, monday, rows, loggable)
            if done is not None:
                return done
        days = [monday + datetime.timedelta(days=number) for number in range(7)]
        totals = [sum(row.cells[number].minutes for row in rows) for number in range(7)]
        context |= {
            "rows": rows,
            "days": list(zip(days, totals, strict=True)),
            "total": sum(totals),
            "choices": week.choices(loggable),
            "new_rows": _new_rows(request, days),
            "people": _people(membership),
            "before": monday - datetime.timedelta(days=7),
            "after": monday + datetime.timedelta(days=7),
            "once": new_token(),
        }
    return render(request, "timetracking/week.html", context)


def _save(request, membership, person, monday, rows, loggable):
    try:
        with transaction.atomic():
            if use_up(request):
                changed = week.save(membership, person, monday, rows, loggable, request.POST)
                messages.success(
                    request, f"Saved; {changed} days changed." if changed else "Nothing changed."
                )
            else:
                messages.info(request, "This was saved already.")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        for problem in [
            f"{cell.label}: {cell.problem}" for row in rows for cell in row.cells if cell.problem
        ]:
            messages.error(request, problem)
        return None
    return redirect(f"{reverse('timesheet_week')}?day={monday}&person={person.pk}")


def _new_rows(request, days):
    """Empty rows to add, keeping what was typed when the week could not be saved."""
    found = []
    for number in range(week.NEW_ROWS):
        name = f"new-{number}"
        cells = [
            {"name": f"{name} {day}", "text": request.POST.get(f"{name} {day}", ""), "day": days[day]}
            for day in range(7)
        ]
        found.append({"name": name, "chosen": request.POST.get(name, ""), "cells": cells})
    return found


def _people(membership):
    if membership.role != "admin":
        return []
    rows = StaffUser.objects.filter(organization=membership.organization, status="active")
    return rows.order_by("name", "id").values_list("pk", "name")[:500]
