"""Log Time: one entry, new or changed, and its deletion."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from organizations.current import current_membership, member_required
from organizations.ids import whole
from organizations.once import new_token, use_up
from timetracking import entries, entry_rules, selectors
from timetracking.durations import hours_text
from timetracking.log_forms import LogForm, loggable_projects, new_entry


@member_required
def entry_edit(request, pk=None):
    """Log time on a project of one's own (`?project=`), or change an entry that nothing has fixed."""
    membership = current_membership(request)
    if pk:
        rows = selectors.with_names(selectors.visible_entries(membership))
        entry = get_object_or_404(rows, pk=pk)
        project, refusal = entry.project, entry_rules.change_refusal(membership, entry)
    else:
        wanted = request.GET.get("project", "")
        project, refusal, entry = None, entry_rules.logging_refusal(membership), None
        if wanted and not refusal:
            project = get_object_or_404(selectors.visible_projects(membership), pk=whole(wanted))
            refusal, entry = entry_rules.project_refusal(project), new_entry(membership, project)
    form = None
    if entry is not None and not refusal:
        form = LogForm(request.POST or None, membership=membership, entry=entry)
        if request.method == "POST" and form.is_valid():
            done = _save(request, membership, form)
            if done is not None:
                return done
    context = {
        "form": form,
        "refusal": refusal,
        "project": project,
        "entry": entry if pk else None,
        "projects": [] if pk or entry_rules.logging_refusal(membership) else loggable_projects(membership),
        "once": new_token(),
    }
    status = 403 if refusal and request.method == "POST" else 200
    return render(request, "timetracking/entry_form.html", context, status=status)


def _save(request, membership, form):
    try:
        with transaction.atomic():
            if not use_up(request):
                messages.info(request, "This was saved already.")
                return redirect("timesheets")
            entry = entries.save_entry(membership, form.filled())
    except ValidationError as error:
        form.refuse(error)
        return None
    messages.success(
        request, f"{hours_text(entry.minutes)} on {entry.project.name} for {entry.date:%Y-%m-%d} were saved."
    )
    response = redirect("timesheets")
    if "another" in request.POST:
        response = redirect("entry_new")
        response["Location"] += f"?project={entry.project_id}"
    return response


@member_required
@require_POST
def entry_delete(request, pk):
    """Delete an unbilled entry of one's own."""
    membership = current_membership(request)
    rows = selectors.with_names(selectors.visible_entries(membership))
    entry = get_object_or_404(rows, pk=pk)
    try:
        entries.delete_entry(membership, entry)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, f"{hours_text(entry.minutes)} of {entry.date:%Y-%m-%d} were deleted.")
    return redirect("timesheets")
