"""Settings of a connected integration: all preferences, how often it syncs, and the test of the e-mails."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from integrations import notices, preferences
from integrations.dashboard.actions import on_connection
from integrations.models import Connection
from integrations.setup import pages
from integrations.setup.forms import ChoicesForm
from integrations.words import counted
from timetracking.models import TimeEntry

NOT_YET = "The set-up is not finished. Choose the preferences there."


@require_http_methods(["GET", "HEAD", "POST"])
@on_connection
def change_preferences(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Change any preference after the set-up; what that does to records here is said before saving."""
    if connection.status == Connection.Status.CONNECTING:
        return redirect("integrations:setup")
    form = ChoicesForm(request.POST or None, initial=ChoicesForm.initial_of(connection))
    stale = ""
    if request.method == "POST" and form.is_valid():
        try:
            version = request.POST.get("version")
            names = preferences.save(connection, request.user, version, **form.preferences())
            if names:
                changed = ", ".join(preferences.LABELS[name] for name in names)
                messages.success(request, f"Saved: {changed}. It holds from the next sync on.")
            else:
                messages.info(request, "Nothing was changed.")
            return redirect("integrations:details")
        except preferences.Stale as refused:
            stale = refused.message
            connection.refresh_from_db()
            form = ChoicesForm(initial=ChoicesForm.initial_of(connection))
    failed = bool(form.errors or stale)
    context = {"form": form, "connection": connection, "stale": stale, "hours": _hours(connection)}
    return pages.draw(request, "integrations/preferences.html", context, status=400 if failed else 200)


def _hours(connection: Connection) -> str:
    """How many synced entries a change of the date would judge anew."""
    logs = connection.synced_records.filter(module="timesheets", object_id__isnull=False)
    rows = TimeEntry.objects.filter(pk__in=logs.values("object_id")).values_list("billing_status")
    found = dict(rows.annotate(Count("id")).order_by())
    if not found:
        return ""
    unbilled = counted(found.get("unbilled", 0), "synced time entry is", "synced time entries are")
    return f"At present {unbilled} Unbilled and {found.get('invoiced', 0):,} Invoiced."


@require_POST
@on_connection
def interval(request: HttpRequest, connection: Connection) -> HttpResponse:
    """How often the sync runs by itself."""
    try:
        changed = preferences.set_interval(connection, request.user, request.POST.get("interval_minutes", ""))
    except ValueError:
        messages.error(request, "Choose one of the listed intervals. Nothing was changed.")
        return redirect("integrations:details")
    words = connection.get_interval_minutes_display().lower()
    if changed:
        messages.success(request, f"Saved. Automatic sync: {words}.")
    else:
        messages.info(request, f"Nothing was changed. Automatic sync: {words}.")
    return redirect("integrations:details")


@require_POST
@on_connection
def test_mail(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Send a test e-mail to the person who asks and say what the mail server answered."""
    address = request.user.email
    problem = notices.send_test(connection, address)
    if problem:
        messages.error(request, f"The test e-mail was not sent. {problem}")
    elif notices.is_only_printed():
        messages.warning(
            request,
            "No mail server is set up (EMAIL_URL): the test e-mail was only written to the log, and nobody "
            "receives e-mails about the sync.",
        )
    else:
        messages.success(
            request, f"The mail server took the test e-mail for {address}. Look into that mailbox."
        )
    return redirect("integrations:details")
