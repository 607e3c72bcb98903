"""Create Invoice: choices on the left, the invoice taking shape on the right; one save makes a draft."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from customers.models import Customer
from organizations.current import current_membership, current_organization
from organizations.ids import wholes
from timetracking.models import Project, TimeEntry
from transactions import drafts, preferences, totals
from transactions.billing.add import add_to_invoice
from transactions.billing.choices import GROUPINGS
from transactions.billing.create import create_invoice
from transactions.billing.groupings import unavailable
from transactions.billing.patterns import PLACEHOLDERS
from transactions.billing.proposal import read_token
from transactions.billing.propose import propose
from transactions.errors import TransactionRefused
from transactions.models import BilledTimeEntry, Expense, Invoice, InvoiceLine, Tax
from transactions.screens import choosing, offered
from transactions.screens.access import billing, key_of, new_key, ours

SHOWN_ENTRIES = 2000  # boxes to untick on one page
SHOWN_LINES = 200


@billing
def from_project(request, pk):
    """An invoice that begins with one project; other projects of its customer can be added."""
    project = ours(request, Project.objects.select_related("customer__organization"), pk)
    return _page(request, project.customer, "project", [project])


@billing
def from_customer(request, pk):
    """An invoice of all that a customer has unbilled."""
    customer = ours(request, Customer.objects.select_related("organization"), pk)
    return _page(request, customer, "customer", None)


@billing
def from_entries(request):
    """An invoice of ticked timesheet rows; of several customers, one has to be chosen."""
    if request.method != "POST":
        return redirect("timesheets")
    ids = wholes(request.POST.getlist("entry"))[:10_000]
    rows = TimeEntry.objects.filter(organization=current_organization(request), pk__in=ids)
    rows = rows.select_related("project__customer__organization")
    found = list(rows.order_by("project__customer__display_name", "pk"))
    if len(found) != len(ids):
        raise Http404
    if not found:
        messages.error(request, "Tick the entries that are to be invoiced.")
        return redirect("timesheets")
    by_customer = {}
    for entry in found:
        by_customer.setdefault(entry.project.customer, []).append(entry)
    if len(by_customer) > 1:
        return render(request, "transactions/entries_customers.html", {"groups": list(by_customer.items())})
    customer, entries = next(iter(by_customer.items()))
    projects = list({entry.project_id: entry.project for entry in entries}.values())
    asked = choosing.opened(request, customer, "entries", projects, ids)
    return _show(request, customer, asked)


@billing
def onto_draft(request, pk):
    """Unbilled hours, expenses and shares of its customer onto a draft that exists."""
    draft = ours(request, Invoice.objects.select_related("customer__organization", "organization"), pk)
    if not draft.is_draft:
        messages.error(request, f"{draft} was issued and does not change any more.")
        return redirect("invoice", draft.pk)
    return _page(request, draft.customer, "customer", None, draft)


def _page(request, customer, start, projects, onto=None):
    if request.method != "POST":
        chosen = projects if projects is not None else offered.projects_of(customer)
        asked = choosing.opened(request, customer, start, chosen)
        if onto is not None:
            asked.texts["discount_percent"] = ""  # the draft has its own
        return _show(request, customer, asked, onto=onto)
    asked = choosing.posted(request)
    if "save" in request.POST and not request.htmx:
        return _save(request, customer, asked, onto)
    return _show(request, customer, asked, onto=onto)


def _save(request, customer, asked, onto=None):
    """Make the draft or add to `onto`, or say why not; a second click leads to what the first one did."""
    projects = offered.projects_of(customer, set(asked.projects))
    key, said = key_of(request), []
    if key and (made := Invoice.objects.filter(organization=customer.organization, creation_key=key).first()):
        return redirect("invoice", made.pk)
    try:
        choices = choosing.choices_of(asked, customer, projects)
        if request.POST.get("mark") != choosing.mark_of(choices) or request.POST.getlist("back"):
            said = ["The choices changed since the invoice was shown. Look at it again and save."]
            return _show(request, customer, asked, said, onto)
        seen = read_token(request.POST.get("token", ""))
        invoice = _write(request, customer, asked, choices, seen, key, onto)
    except TransactionRefused as refused:
        if refused.code in ("entries_changed", "billed_meanwhile"):
            said = [refused.sentence, *_lost(customer, choices, seen, asked.leave_out)]
        else:
            asked.fail(refused)
        return _show(request, customer, asked, said, onto)
    done = "It was added to the draft." if onto else "The draft was made."
    messages.success(request, f"{done} Check it, then mark it as sent or send it.")
    return redirect("invoice", invoice.pk)


def _write(request, customer, asked, choices, seen, key, onto):
    if onto is not None:
        return add_to_invoice(onto, choices, seen, asked.leave_out, creation_key=key)
    return create_invoice(
        customer,
        choices,
        seen,
        asked.leave_out,
        values=choosing.values_of(asked),
        user=request.user,
        creation_key=key,
    )


def _lost(customer, choices, seen, leave_out):
    """Sentences that name what was looked at and cannot be billed any more, and who billed it."""
    now = propose(customer, choices, leave_out).marks
    gone = [name for name in seen if name not in now and name not in leave_out]
    ids = [int(name[1:]) for name in gone if name[0] == "e"]
    live = BilledTimeEntry.objects.filter(
        organization=customer.organization, time_entry_id__in=ids[:500], released_at=None
    ).select_related("line__invoice__created_by")
    found = []
    for row in live[:5]:
        invoice = row.line.invoice
        maker = invoice.created_by
        who = f" by {maker.name or maker.email}" if maker else ""
        where = f"invoice {invoice.number}" if invoice.number else "a draft"
        hours = f"{row.minutes // 60}:{row.minutes % 60:02d}"
        found.append(
            f"{row.date:%-d %b %Y}, {row.person_name[:80]}, {row.work_text[:80] or 'General'}, {hours} h was put on "
            f"{where}{who} meanwhile."
        )
    if (more := len(gone) - len(found)) > 0:
        found.append(
            f"{more} {'more' if found else 'of them'} cannot be billed any more: billed, changed or removed."
        )
    return found


def _show(request, customer, asked, said=(), onto=None):
    """The page, or for htmx the part that changes."""
    context = _context(request, customer, asked, onto) | {"said": said, "key": key_of(request) or new_key()}
    template = "transactions/_create.html" if request.htmx else "transactions/create.html"
    return render(request, template, context)


def _context(request, customer, asked, onto=None):
    organization = customer.organization
    projects = offered.projects_of(customer, set(asked.projects))
    chosen = [project for project in projects if project.pk in set(asked.projects)]
    shown = _proposal(customer, asked, projects, onto)
    settings = preferences.of(organization)
    context = {
        "customer": customer,
        "asked": asked,
        "texts": asked.texts,
        "errors": asked.errors,
        "projects": projects,
        "periods": choosing.PERIODS.items(),
        "groupings": [(name, label, unavailable(chosen).get(name, "")) for name, label in GROUPINGS.items()],
        "placeholders": PLACEHOLDERS.items(),
        "taxes": Tax.objects.filter(organization=organization, is_active=True).order_by("name", "pk"),
        "shares": offered.shares_of(chosen, asked),
        "work": offered.work_of(chosen, asked),
        "has_expenses": any(project.has_expenses for project in projects)
        or Expense.objects.filter(customer=customer, billing_status="unbilled").exists(),
        "rounding": settings.get_rounding_display() if settings.rounding != "none" else "",
        "rounding_minutes": settings.rounding_minutes,
        "action": reverse("invoice_from_customer", args=[customer.pk])
        if asked.start != "project" or len(asked.projects) != 1
        else reverse("invoice_from_project", args=[asked.projects[0]]),
        "back": reverse("project", args=[asked.projects[0]])
        if asked.start == "project" and asked.projects
        else reverse("customer", args=[customer.pk]),
        "left_out_text": ",".join(sorted(asked.leave_out)),
        "stakes": offered.in_the_way(current_membership(request), chosen),
        "looked_at": timezone.now(),
        "onto": onto,
        **shown,
    }
    if onto is not None:
        context["action"] = reverse("invoice_add", args=[onto.pk])
        context["back"] = reverse("invoice", args=[onto.pk])
    if (proposal := shown["proposal"]) is not None:
        context["refused"] = offered.rate_links(_still_refused(proposal, asked), projects)
        if not proposal.lines:
            context["why_nothing"] = offered.why_nothing(
                chosen, sum(item.minutes for item in proposal.refused)
            )
    return context


def _still_refused(proposal, asked):
    """What was refused, but for hours of a fixed cost that come along with a share of it."""
    along = {int(key[1:]) for key, share in asked.shares.items() if key[0] == "p" and share["with_hours"]}
    return [item for item in proposal.refused if item.code != "fixed_cost" or item.project_id not in along]


def _empty_draft(customer, asked, choices):
    draft = Invoice(
        organization=customer.organization, customer=customer, currency=customer.currency, date=None
    )
    drafts.apply_values(draft, choosing.values_of(asked) | {"discount_percent": choices.discount_percent})
    return draft


def _proposal(customer, asked, projects, onto=None):
    """The invoice as it would be: proposal, totals, what is left out, the marks; all None where nothing can be said."""
    nothing = {"proposal": None, "choices": None, "draft": None}
    try:
        choices = choosing.choices_of(asked, customer, projects)
        draft = onto or _empty_draft(customer, asked, choices)
        proposal = propose(customer, choices, asked.leave_out)
        tax = None
        if choices.tax_id is not None:
            rows = Tax.objects.filter(organization=customer.organization, is_active=True)
            tax = rows.filter(pk=choices.tax_id).first()
            if tax is None:
                raise TransactionRefused("unknown", "The tax was not found or is not used any more.", "tax")
        lines = []
        for line in proposal.lines:
            made = InvoiceLine(kind=line.kind, quantity=line.quantity, minutes=line.minutes, rate=line.rate)
            drafts.set_tax(made, tax)
            lines.append(made)
        if onto is not None:  # what the whole draft comes to with this
            lines = [*onto.lines.order_by("position", "id"), *lines]
        totals.compute(draft, lines)
    except TransactionRefused as refused:
        asked.fail(refused)
        return nothing
    left = propose(customer, choices, only=asked.leave_out) if asked.leave_out else None
    boxes, room = [], SHOWN_ENTRIES
    for line in proposal.lines[:SHOWN_LINES]:  # only what is shown can be unticked
        line.boxes = line.entries[: max(room, 0)]
        room -= len(line.boxes)
        boxes += [f"e{entry.id}" for entry in line.boxes]
        boxes += [f"x{line.expense_id}"] if line.expense_id else []
    left_entries = [entry for line in left.lines for entry in line.entries] if left else []
    left_expenses = [line for line in left.lines if line.expense_id] if left else []
    return {
        "proposal": proposal,
        "choices": choices,
        "draft": draft,
        "tax_sums": totals.tax_summary(draft, lines),
        "shown_lines": proposal.lines[:SHOWN_LINES],
        "more_lines": max(len(proposal.lines) - SHOWN_LINES, 0),
        "shown_text": ",".join(boxes),
        "token": proposal.token(),
        "mark": choosing.mark_of(choices),
        "left_entries": left_entries,
        "left_expenses": left_expenses,
        "left_count": len(left_entries) + len(left_expenses),
        "too_precise": any(totals.too_precise_for(line.rate, customer.currency) for line in proposal.lines),
    }
