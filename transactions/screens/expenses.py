"""Expenses: the list with its totals and CSV, the page of one, and what one does to it with a button."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q, Sum
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from customers.models import Customer
from organizations.csv_export import csv_response
from organizations.current import current_membership, member_required
from organizations.ids import whole
from organizations.once import new_token, use_up
from organizations.paging import keyset_page
from organizations.templatetags.amounts import amount
from timetracking.models import Project, StaffUser
from timetracking.selectors import visible_projects
from transactions import changes, expenses, permissions, receipts
from transactions.billing.conversion import converted, rate_text
from transactions.billing.of_expense import invoice_of
from transactions.errors import TransactionRefused
from transactions.models import BilledExpense, Expense, ExpenseReceipt
from transactions.screens.access import billing, key_of, new_key
from transactions.screens.confirm import ask
from transactions.screens.lists import PERIODS, period_of

ORDER = ("-date", "-id")


def seeing(view):
    """Let those in who see expenses: those who see documents, and employees (theirs)."""

    @member_required
    def wrapped(request, *args, **kwargs):
        membership = current_membership(request)
        if not (permissions.may_view(membership) or permissions.may_record_expenses(membership)):
            raise PermissionDenied(
                "Expenses are seen by those who see amounts, and by employees who record theirs."
            )
        return view(request, *args, **kwargs)

    wrapped.__doc__, wrapped.__name__ = view.__doc__, view.__name__
    return wrapped


def visible(request, pk):
    """An expense the visitor may see; 404 otherwise."""
    number = whole(pk)
    rows = permissions.visible_expenses(current_membership(request))
    if not number:
        raise Http404
    return get_object_or_404(
        rows.select_related(
            "organization", "customer__organization", "project", "employee", "tax", "recurring_expense"
        ),
        pk=number,
    )


def filtered(membership, params):
    """The visible expenses after the filters; what cannot be understood is ignored."""
    rows = permissions.visible_expenses(membership)
    if words := params.get("q", "").strip().replace("\0", "")[:200]:
        found = Q()
        for name in (
            "category",
            "vendor",
            "reference",
            "description",
            "customer__display_name",
            "project__name",
        ):
            found |= Q(**{f"{name}__icontains": words})
        rows = rows.filter(found)
    if params.get("state") in (*expenses.STATES, "billable"):
        rows = expenses.in_state(rows, params["state"])
    for name in ("project", "customer", "employee"):
        if number := whole(params.get(name)):
            rows = rows.filter(**{f"{name}_id": number})
    first, last = period_of(params, membership.organization)
    if first:
        rows = rows.filter(date__gte=first)
    return rows.filter(date__lte=last) if last else rows


def sums(rows):
    """One row per currency: count, total, and what of it is still to be invoiced. Never added across currencies."""
    found = (
        rows.order_by()
        .values("currency")
        .annotate(
            count=Count("pk"),
            sum_total=Sum("total"),
            unbilled=Sum("total", filter=Q(billing_status="unbilled")),
        )
    )
    return list(found.order_by("currency"))


@seeing
def expense_list(request):
    """The expenses the visitor may see."""
    membership, params = current_membership(request), request.GET.dict()
    rows = filtered(membership, params)
    shown = rows.select_related("customer", "project", "employee").defer(
        "customer__notes", "customer__custom_fields", "project__description", "project__custom_fields"
    )
    page = keyset_page(shown.annotate(receipt_count=Count("receipts")), ORDER, params, count_from=rows)
    for item in page.rows:
        item.state_key = expenses.state_of(item)
        item.state_label = expenses.STATES[item.state_key]
    narrowed = request.GET.copy()
    for name in ("after", "before"):
        narrowed.pop(name, None)
    organization, everybody = membership.organization, permissions.may_view(membership)
    people = StaffUser.objects.filter(organization=organization, pk__in=rows_of(organization, "employee_id"))
    return render(
        request,
        "transactions/expense_list.html",
        {
            "page": page,
            "params": params,
            "sums": sums(rows),
            "states": [*expenses.STATES.items(), ("billable", "Billable, invoiced or not")],
            "periods": PERIODS.items(),
            "people": people.order_by("name", "pk").only("name")[:500] if everybody else [],
            "chosen": [
                (name, chosen) for name, model in (("customer", Customer), ("project", Project))
                if (chosen := _chosen(organization, model, params.get(name), membership))
            ],
            "query": narrowed.urlencode(),
            "everybody": everybody,
            "may_record": permissions.may_record_expenses(membership),
        },
    )  # fmt: skip


def rows_of(organization, column):
    """The ids in a column of the organization's expenses."""
    return Expense.objects.filter(organization=organization).order_by().values(column)


def _chosen(organization, model, text, membership):
    rows = (
        visible_projects(membership) if model is Project else model.objects.filter(organization=organization)
    )
    if model is Customer and not permissions.may_view(membership):
        return None
    return rows.filter(pk=whole(text)).first() if whole(text) else None


COLUMNS = [
    "Date", "Category", "Vendor", "Employee", "Customer", "Project", "Status", "Billable", "Mark-up %", "Currency",
    "Amount", "Tax", "Tax amount", "Total", "Paid through", "Reference", "Description",
]  # fmt: skip


def _other_currency(row):
    """What is said of an expense whose customer is billed in another currency: the rate, or why it cannot be billed."""
    if row.customer is None or not row.is_billable or row.customer.currency == row.currency:
        return {"other_currency": False}
    problem = converted(row.total, row, row.customer.currency)[1]
    return {
        "other_currency": True,
        "no_conversion": problem,
        "conversion_rate": rate_text(row, row.customer.currency),
    }


@seeing
def expenses_csv(request):
    """The filtered expenses as CSV."""
    membership = current_membership(request)
    rows = (
        filtered(membership, request.GET.dict())
        .select_related("customer", "project", "employee")
        .order_by(*ORDER)
    )

    def lines():
        for row in rows.iterator(chunk_size=500):
            yield [
                row.date, row.category, row.vendor, row.employee and row.employee.name,
                row.customer and row.customer.display_name, row.project and row.project.name,
                expenses.STATES[expenses.state_of(row)], row.is_billable, row.markup_percent, row.currency, row.amount,
                row.tax_name, row.tax_amount, row.total, row.paid_through, row.reference, row.description,
            ]  # fmt: skip

    return csv_response("expenses.csv", COLUMNS, lines())


def _page(request, row, errors=None):
    membership = current_membership(request)
    everybody = permissions.may_view(membership)
    bills = BilledExpense.objects.filter(expense=row).select_related("line__invoice").order_by("-pk")
    live = next((bill for bill in bills if bill.released_at is None), None)
    may_change = permissions.may_change_expense(membership, row)
    context = {
        "expense": row,
        "state_key": expenses.state_of(row),
        "state_label": expenses.STATES[expenses.state_of(row)],
        "live": live,
        "earlier": [bill for bill in bills[:20] if bill.released_at] if everybody else [],
        "lock": expenses.lock_reason(row) if live else "",
        "receipts": row.receipts.select_related("uploaded_by").order_by("pk"),
        "may_change": may_change,
        "may_delete": permissions.may_delete_expense(membership, row),
        "may_bill": permissions.may_bill(membership),
        "everybody": everybody,
        **_other_currency(row),
        "events": changes.events(row) if everybody else [],
        "errors": errors or {},
        "once": new_token(),
        "key": new_key(),
    }
    return render(request, "transactions/expense.html", context)


@seeing
def expense(request, pk):
    """One expense with its receipts and its invoice."""
    return _page(request, visible(request, pk))


def _changeable(request, pk, check=permissions.may_change_expense):
    row = visible(request, pk)
    if not check(current_membership(request), row):
        raise PermissionDenied("You may see this expense, but not change it.")
    return row


@seeing
def delete(request, pk):
    """Delete an expense and its receipts, after a question."""
    row = _changeable(request, pk, permissions.may_delete_expense)
    count = row.receipts.count()
    noun = "receipt" if count == 1 else "receipts"
    return ask(
        request,
        "Delete this expense?",
        "Delete",
        lambda: expenses.delete_expense(row),
        back=reverse("expense", args=[row.pk]),
        after=reverse("expenses"),
        lines=[
            f"{row}, {amount(row.total, row.currency)}",
            *([f"Its {count} {noun} go, too."] if count else []),
        ],
        done="The expense was deleted.",
        danger=True,
    )


@seeing
@require_POST
def receipts_add(request, pk):
    """Add receipts to an expense."""
    row = _changeable(request, pk)
    uploads = request.FILES.getlist("receipts")
    if not uploads:
        return _page(request, row, {"receipts": "Choose a file first."})
    try:
        with transaction.atomic():
            if use_up(request):
                receipts.add(row, uploads, request.user)
    except TransactionRefused as refused:
        return _page(request, row, {"receipts": refused.sentence})
    messages.success(request, "The receipt was added." if len(uploads) == 1 else "The receipts were added.")
    return redirect("expense", row.pk)


@seeing
def receipt_delete(request, pk):
    """Delete a receipt, after a question."""
    rows = permissions.visible_expenses(current_membership(request))
    receipt = get_object_or_404(
        ExpenseReceipt.objects.select_related("expense"), pk=whole(pk), expense__in=rows
    )
    row = _changeable(request, receipt.expense_id)
    return ask(
        request,
        "Delete this receipt?",
        "Delete",
        lambda: receipts.remove(receipt),
        back=reverse("expense", args=[row.pk]),
        lines=[receipt.name],
        done="The receipt was deleted.",
        danger=True,
    )


@billing
@require_POST
def convert(request, pk):
    """Make a draft invoice of one expense."""
    row = visible(request, pk)
    try:
        invoice = invoice_of(row, request.user, key_of(request))
    except TransactionRefused as refused:
        messages.error(request, refused.sentence)
        return redirect("expense", row.pk)
    messages.success(request, "A draft invoice was made of the expense.")
    return redirect("invoice", invoice.pk)


@billing
@require_POST
def reimburse(request, pk):
    """Note that the employee got the money back, or take that note away (`undo`)."""
    row = visible(request, pk)
    undo = bool(request.POST.get("undo"))
    try:
        expenses.mark_reimbursed(row, not undo)
    except TransactionRefused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, "Not reimbursed any more." if undo else "Marked as reimbursed.")
    return redirect("expense", row.pk)
