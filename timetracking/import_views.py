"""Import of hours: choose a file, see each row with its problems, then store all of them."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import redirect, render

from organizations.current import current_membership, member_required
from organizations.once import new_token, use_up
from timetracking import entry_rules, importing

SHOWN = 500


@member_required
def entries_import(request):
    """POST `file`: the preview. POST `text` (from the preview): store everything, or nothing with the reasons."""
    membership = current_membership(request)
    refusal = entry_rules.logging_refusal(membership)
    context = {"refusal": refusal, "columns": importing.COLUMNS, "needed": importing.NEEDED}
    if request.method == "POST" and not refusal:
        try:
            text = request.POST.get("text") or _uploaded(request)
            if len(text.encode()) > importing.BYTES:
                raise ValidationError("The file is larger than 1 MB. Split it.")
            with transaction.atomic():
                if "store" in request.POST and not use_up(request):
                    messages.info(request, "This file was imported already.")
                    return redirect("timesheets")
                go = importing.store if "store" in request.POST else importing.judged
                lines = go(membership, text)
                wrong = [line for line in lines if line.problems]
                if wrong:
                    transaction.set_rollback(True)
        except ValidationError as error:
            return render(
                request, "timetracking/import.html", {**context, "problem": " ".join(error.messages)}
            )
        if "store" in request.POST and not wrong:
            messages.success(request, f"{len(lines):,} time entries were imported.")
            return redirect("timesheets")
        shown = sorted(lines, key=lambda line: (not line.problems, line.number))[:SHOWN]
        context |= {
            "lines": shown,
            "count": len(lines),
            "wrong": len(wrong),
            "text": text,
            "once": new_token(),
        }
    status = 403 if refusal and request.method == "POST" else 200
    return render(request, "timetracking/import.html", context, status=status)


def _uploaded(request):
    upload = request.FILES.get("file")
    if upload is None:
        raise ValidationError("Choose a file first.")
    return importing.text_of(upload)
