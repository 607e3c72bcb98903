"""Recurring invoices and recurring expenses: what both have: the list, and stop, resume, try again, delete."""

from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST
from django_q.tasks import async_task

from organizations.current import current_organization
from organizations.ids import whole
from organizations.paging import keyset_page
from organizations.zones import today_in
from transactions import recurring, schedule
from transactions.models import RecurringExpense, RecurringInvoice, Schedule
from transactions.screens.access import billing, deleting, ours, rights, viewing
from transactions.screens.confirm import ask

MODELS = {"recurring_invoice": RecurringInvoice, "recurring_expense": RecurringExpense}
STATES = {"active": "Active", "stopped": "Stopped", "expired": "Expired", "failed": "Last run failed"}
MOST_DAYS = 12  # named one by one in a question


def says(profile):
    """The schedule in words, such as "every 2 months"."""
    unit, every = profile.unit, profile.repeat_every
    return f"every {unit[:-1]}" if every == 1 else f"every {every} {unit}"


def dressed(profile, today):
    """The profile with `state_key`, `state_label`, `says`, `next_day` for lists and pages."""
    profile.state_key = schedule.state(profile, today)
    profile.state_label = STATES[profile.state_key]
    profile.says = says(profile)
    profile.next_day = profile.next_date if profile.state_key == "active" else None
    return profile


def filtered(model, organization, params):
    """The profiles after search and filters; what cannot be understood is ignored."""
    rows = model.objects.filter(organization=organization)
    if words := params.get("q", "").strip().replace("\0", "")[:200]:
        rows = rows.filter(Q(name__icontains=words) | Q(customer__display_name__icontains=words))
    if number := whole(params.get("customer")):
        rows = rows.filter(customer_id=number)
    if number := whole(params.get("project")):
        if model is RecurringInvoice:
            rows = rows.filter(Q(projects=number) | Q(lines__project=number)).distinct()
        else:
            rows = rows.filter(project_id=number)
    asked = params.get("state")
    if asked == "expired" or asked in Schedule.Status.values:
        rows = schedule.in_state(rows, asked, organization)
    elif asked == "failed":
        rows = rows.exclude(problem="").filter(status=Schedule.Status.ACTIVE)
    return rows


@viewing
def profile_list(request, kind):
    """All profiles of a kind."""
    organization, model, params = current_organization(request), MODELS[kind], request.GET.dict()
    today = today_in(organization)
    rows = filtered(model, organization, params)
    shown = rows.select_related("customer").defer("customer__notes", "customer__custom_fields")
    if model is RecurringExpense:
        shown = shown.select_related("project")
    page = keyset_page(shown, ("name", "id"), params, count_from=rows)
    for row in page.rows:
        row.organization = organization
        dressed(row, today)
    narrowed = [name for name in ("q", "state", "customer", "project") if params.get(name)]
    return render(
        request,
        "transactions/profile_list.html",
        {
            "page": page,
            "params": params,
            "kind": kind,
            "states": STATES.items(),
            "narrowed": narrowed,
            **rights(request),
        },
    )


def _profile(request, kind, pk):
    return ours(request, MODELS[kind].objects.select_related("organization", "customer"), pk)


def what(kind, count):
    """The documents of a kind with their number, such as "3 invoices"."""
    noun = kind.removeprefix("recurring_")
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def days_text(days):
    """Days in words, the first ones by name."""
    named = ", ".join(f"{day:%-d %b %Y}" for day in days[:MOST_DAYS])
    return f"{named} and {len(days) - MOST_DAYS:,} more" if len(days) > MOST_DAYS else named


@billing
def stop(request, pk, kind):
    """Stop a profile, after saying what does not happen then."""
    profile = _profile(request, kind, pk)
    lines = ["Nothing is made until it is resumed. What it made stays as it is."]
    if profile.next_date:
        lines.append(f"The next one would be made for {profile.next_date:%-d %b %Y}.")
    if kind == "recurring_invoice" and profile.projects.exists():
        lines.append("The hours of its projects stay unbilled until then, or until you invoice them.")
    return ask(
        request, f"Stop “{profile.name}”?", "Stop", lambda: recurring.stop(profile),
        back=reverse(kind, args=[profile.pk]), lines=lines, done="It is stopped.",
    )  # fmt: skip


@billing
def resume(request, pk, kind):
    """Resume a stopped profile; what would be caught up is said in numbers before."""
    profile = _profile(request, kind, pk)
    days = schedule.missed(profile)
    lines, fields = [], []
    if days:
        made = what(kind, len(days))
        lines.append(f"While it was stopped, {made} fell due: {days_text(days)}.")
        if kind == "recurring_invoice":
            lines.append("They are left out, and it goes on with its next date, unless you tick the box.")
            sent = "issue and e-mail them" if profile.creates == "sent" else "as drafts"
            fields.append(
                {"name": "catch_up", "type": "checkbox", "label": f"Make up for {made} now, {sent}"}
            )
        else:
            lines.append("No expense is made for days before today; record them by hand if they were paid.")
    else:
        lines.append("No date was missed while it was stopped.")
    if profile.next_date is None:
        lines.append("Its end has passed. Change its end date to let it go on.")

    def work():
        recurring.resume(profile, skip_missed=not request.POST.get("catch_up"))

    return ask(
        request, f"Resume “{profile.name}”?", "Resume", work, back=reverse(kind, args=[profile.pk]), lines=lines,
        fields=fields, done="It is active again.",
    )  # fmt: skip


@deleting
def delete(request, pk, kind):
    """Delete a profile that never ran."""
    profile = _profile(request, kind, pk)
    return ask(
        request, f"Delete “{profile.name}”?", "Delete", lambda: recurring.delete_profile(profile),
        back=reverse(kind, args=[profile.pk]), after=reverse(f"{kind}s"), danger=True, done="The profile was deleted.",
        lines=["Only a profile that made nothing yet can be deleted; others are stopped."],
    )  # fmt: skip


@billing
@require_POST
def try_again(request, pk, kind):
    """Let the worker try a failed profile now."""
    profile = _profile(request, kind, pk)
    recurring.try_again(profile)
    transaction.on_commit(lambda: async_task("transactions.tasks.run_recurring"))
    messages.success(request, "It is tried again now. Reload in a moment to see what became of it.")
    return redirect(kind, profile.pk)
