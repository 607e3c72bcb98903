"""The page (or dialog) that asks before something is done, for rows that are no documents."""

from django.contrib import messages
from django.shortcuts import redirect, render

from transactions.errors import TransactionRefused


def ask(request, title, button, work, *, back, after="", lines=(), done="", danger=False, fields=()):
    """Ask (GET) and do `work()` (POST), then go to `after` or back; a refusal is said on the same page."""
    context = {
        "title": title, "button": button, "asked": lines, "danger": danger, "fields": fields, "back": back,
        "action": request.path, "values": request.POST if request.method == "POST" else {},
    }  # fmt: skip
    if request.method == "POST":
        try:
            work()
        except TransactionRefused as refused:
            context["errors"] = {refused.field or "": refused.sentence}
        else:
            messages.success(request, done)
            return redirect(after or back)
    dialog = request.htmx and request.method == "GET"
    return render(request, "transactions/_confirm.html" if dialog else "transactions/ask.html", context)
