"""The page of a recurring invoice and of a recurring expense: what comes next, what came, and what is in the way."""

from django.core.paginator import Paginator
from django.shortcuts import render

from organizations.zones import today_in
from transactions import changes, recurring, schedule, states, totals
from transactions.billing.choices import GROUPINGS
from transactions.errors import TransactionRefused
from transactions.models import Invoice, RecurringExpense, RecurringInvoice
from transactions.screens.access import ours, rights, viewing
from transactions.screens.profiles import days_text, dressed, what
from transactions.screens.taken_back import taken_back

PREVIEWED = 5
PER_PAGE = 25


def _shared(request, profile, kind):
    today = today_in(profile.organization)
    dressed(profile, today)
    missed = schedule.missed(profile, today)
    stopped = profile.status == "stopped"
    runs = profile.runs.select_related("invoice" if kind == "recurring_invoice" else "expense")
    return {
        "profile": profile,
        "kind": kind,
        "next_days": schedule.preview(profile, PREVIEWED),
        "missed": "" if stopped or not missed else f"{what(kind, len(missed))}: {days_text(missed)}",
        "is_stopped": stopped,
        "runs": Paginator(runs, PER_PAGE).get_page(request.GET.get("page")),
        "ran": profile.runs.exists(),
        "events": changes.events(profile),
        **rights(request),
    }


@viewing
def recurring_invoice(request, pk):
    """One recurring invoice with the invoices it made."""
    profile = ours(request, RecurringInvoice.objects.select_related("organization", "customer", "tax"), pk)
    context = _shared(request, profile, "recurring_invoice")
    made = [run.invoice_id for run in context["runs"] if run.invoice_id]
    found = states.with_state(Invoice.objects.filter(pk__in=made), profile.organization)
    by_id = {invoice.pk: invoice for invoice in found}
    for run in context["runs"]:
        run.document = by_id.get(run.invoice_id)
    context |= {
        "lines": profile.lines.select_related("project", "tax"),
        "projects": profile.projects.order_by("name", "pk"),
        "grouping": GROUPINGS.get(profile.grouping, profile.grouping),
    }
    return render(request, "transactions/recurring_invoice.html", context)


@viewing
def recurring_invoice_next(request, pk):
    """What the next invoice would hold if it were made now: done like the real one, and taken back."""
    profile = ours(
        request, RecurringInvoice.objects.select_related("organization", "customer__organization"), pk
    )
    context = {"profile": profile}
    if profile.next_date is None:
        context["sentence"] = "It has ended: there is no next invoice."
    else:
        try:
            with taken_back():
                invoice, remark = recurring.next_invoice(profile)
                if invoice is not None:
                    lines = list(invoice.lines.select_related("project").order_by("position", "pk"))
                    context |= {
                        "document": invoice,
                        "lines": lines,
                        "taxes": totals.tax_summary(invoice, lines),
                    }
                context["sentence"] = remark
        except TransactionRefused as refused:
            context["problem"] = refused.sentence
    template = "transactions/_next_invoice.html" if request.htmx else "transactions/next_invoice.html"
    return render(request, template, context)


@viewing
def recurring_expense(request, pk):
    """One recurring expense with the expenses it made."""
    rows = RecurringExpense.objects.select_related("organization", "customer", "project", "employee", "tax")
    profile = ours(request, rows, pk)
    context = _shared(request, profile, "recurring_expense")
    for run in context["runs"]:
        run.document = run.expense
    return render(request, "transactions/recurring_expense.html", context)
