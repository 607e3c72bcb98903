"""Recording and changing expenses and recurring expenses: one form for both, a shorter one for employees."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import redirect, render
from django.urls import reverse

from customers.models import Customer
from organizations.current import current_membership
from organizations.ids import whole
from organizations.once import FIELD, new_token, use_up
from organizations.zones import today_in
from timetracking.models import StaffUser
from timetracking.selectors import visible_projects
from transactions import expenses, permissions, receipts, recurring
from transactions.errors import TransactionRefused
from transactions.models import Expense, RecurringExpense, Schedule, Tax
from transactions.screens import texts
from transactions.screens.access import billing, key_of, new_key, ours
from transactions.screens.expenses import seeing, visible
from transactions.screens.texts import SCHEDULE, Texts, text_of

NAMES = (
    "category", "amount", "currency", "exchange_rate", "tax", "customer", "project", "markup_percent", "vendor",
    "paid_through", "employee", "reference", "description",
)  # fmt: skip
BOXES = ("tax_inclusive", "is_billable")
ROWS = ("tax", "customer", "project", "employee")
NOT_FOR_EMPLOYEES = ("customer", "employee", "markup_percent", "exchange_rate", "tax", "tax_inclusive")
USUAL = ("Travel", "Meals", "Accommodation", "Materials", "Software", "Subcontractors", "Postage", "Other")


def stored(row, names):
    """The Texts of a stored or a fresh row."""
    values = {name: text_of(getattr(row, f"{name}_id" if name in ROWS else name)) for name in names}
    if row.currency == row.organization.base_currency:
        values["exchange_rate"] = ""
    if not row.markup_percent:
        values["markup_percent"] = ""
    return Texts(values | {name: getattr(row, name) for name in BOXES} | {"file": ""})


def posted(request, names):
    """The Texts that were sent."""
    return Texts(texts.read(request, names, BOXES) | {"file": ""})


def values_of(form, membership, names):
    """`values` for the services. Employees record for themselves, on projects they work in."""
    organization, found = membership.organization, dict(form.values)
    found = {name: found[name] for name in (*names, *BOXES)}
    everybody = permissions.may_bill(membership)
    people = StaffUser.objects.filter(organization=organization)
    found["project"] = texts.row(
        visible_projects(membership).select_related("customer"), found["project"], "project", "The project"
    )
    if everybody:
        taxes = Tax.objects.filter(organization=organization)
        found["tax"] = texts.row(taxes, found["tax"], "tax", "The tax")
        rows = Customer.objects.filter(organization=organization)
        found["customer"] = texts.row(rows, found["customer"], "customer", "The customer")
        found["employee"] = texts.row(people, found["employee"], "employee", "The person")
        found["exchange_rate"] = found["exchange_rate"] or None
        return found
    for name in NOT_FOR_EMPLOYEES:
        found.pop(name, None)
    found["employee"] = people.filter(membership=membership).order_by("pk").first()
    if found["employee"] is None:
        raise TransactionRefused(
            "no_person",
            "You are not among the staff yet, so nobody could be paid back. Ask an administrator.",
        )
    found["customer"] = found["project"].customer if found["project"] else None
    return found


def _fresh(request, model, membership):
    """An unsaved row with what the address names: `?project=`, `?customer=`, `?expense=` (a recurring one of it)."""
    organization = membership.organization
    row = model(organization=organization, currency=organization.base_currency, markup_percent=0)
    row.tax_inclusive = True
    if model is Expense:
        row.date = today_in(organization)
    else:
        row.start_date = today_in(organization)
    if request.GET.get("project"):
        row.project = _named(request, visible_projects(membership), "project")
        row.customer = row.project.customer
        row.is_billable = True
        row.currency = row.customer.currency
    elif request.GET.get("customer") and permissions.may_bill(membership):
        row.customer = ours(request, Customer, request.GET["customer"])
        row.is_billable = True
    if request.GET.get("expense") and model is RecurringExpense:
        source = visible(request, request.GET["expense"])
        for name in ("currency", "exchange_rate", "amount", "category", "vendor", "paid_through", *BOXES,
                     "markup_percent", "reference", "description", *(f"{name}_id" for name in ROWS)):  # fmt: skip
            setattr(row, name, getattr(source, name))
        row.name = f"{source.category} {source.vendor}".strip()[:100]
    return row


def _named(request, rows, name):
    return ours(request, rows.select_related("customer"), request.GET[name])


def _context(request, form, membership, row, names, back):
    organization = membership.organization
    everybody = permissions.may_bill(membership)
    form.errors["top"] = form.errors.get("top", "")
    known = (
        permissions.visible_expenses(membership)
        .order_by()
        .values_list("category", flat=True)
        .distinct()[:100]
    )
    chosen_project = form.values["project"]
    by_customer = {}
    for project in texts.projects(membership, chosen_project):
        by_customer.setdefault(project.customer.display_name, []).append(project)
    people = StaffUser.objects.filter(organization=organization, status="active").order_by("name", "pk")
    people = list(people.only("name")[: texts.SHOWN]) if everybody else []
    chosen = whole(form.values.get("employee"))
    if everybody and chosen and chosen not in {person.pk for person in people}:
        people += list(StaffUser.objects.filter(organization=organization, pk=chosen))
    return {
        "form": form,
        "row": row,
        "is_recurring": "name" in names,
        "everybody": everybody,
        "customers": texts.customers(organization, form.values.get("customer")) if everybody else [],
        "by_customer": list(by_customer.items()),
        "people": people,
        "taxes": texts.taxes(organization, (form.values["tax"],)) if everybody else [],
        "units": Schedule.Unit.choices,
        "categories": list(dict.fromkeys([*USUAL, *known])),
        "base_currency": organization.base_currency,
        "back": back,
        "key": key_of(request) or new_key(),
        "once": request.POST.get(FIELD) or new_token(),
        "had_files": bool(request.FILES),
        "started": row.pk and getattr(row, "last_date", None),
    }


def _show(request, form, membership, row, names, back):
    context = _context(request, form, membership, row, names, back)
    return render(request, "transactions/expense_edit.html", context)


@seeing
def new(request):
    """Record an expense, with its receipts."""
    membership, names = current_membership(request), ("date", *NAMES)
    if not permissions.may_record_expenses(membership):
        raise PermissionDenied("Recording expenses needs the permission to bill, or the role employee.")
    row = _fresh(request, Expense, membership)
    if request.method != "POST":
        return _show(request, stored(row, names), membership, row, names, reverse("expenses"))
    form, key = posted(request, names), key_of(request)
    try:
        with transaction.atomic():
            if use_up(request):
                values = values_of(form, membership, names)
                made = expenses.record_expense(membership.organization, values, request.user, key)
                receipts.add(made, request.FILES.getlist("receipts"), request.user)
            else:
                made = Expense.objects.filter(
                    organization=membership.organization, creation_key=key, created_by=request.user
                ).first() if key else None  # fmt: skip
    except TransactionRefused as refused:
        form.fail(refused)
        return _show(request, form, membership, row, names, reverse("expenses"))
    if made is None:
        return redirect("expenses")
    messages.success(request, "The expense was saved.")
    return redirect("expense", made.pk)


@seeing
def edit(request, pk):
    """Change an expense that is not on an invoice."""
    row, membership, names = visible(request, pk), current_membership(request), ("date", *NAMES)
    if not permissions.may_change_expense(membership, row):
        raise PermissionDenied("You may see this expense, but not change it.")
    if reason := expenses.lock_reason(row):
        messages.error(request, reason)
        return redirect("expense", row.pk)
    back = reverse("expense", args=[row.pk])
    if request.method != "POST":
        return _show(request, stored(row, names), membership, row, names, back)
    form = posted(request, names)
    try:
        with transaction.atomic():
            if use_up(request):
                expenses.change_expense(row, values_of(form, membership, names))
                receipts.add(row, request.FILES.getlist("receipts"), request.user)
    except TransactionRefused as refused:
        form.fail(refused)
        return _show(request, form, membership, row, names, back)
    messages.success(request, "The expense was saved.")
    return redirect("expense", row.pk)


@billing
def recurring_new(request):
    """Make a recurring expense."""
    membership = current_membership(request)
    return _recurring(request, _fresh(request, RecurringExpense, membership), reverse("recurring_expenses"))


@billing
def recurring_edit(request, pk):
    """Change a recurring expense; what it made already stays as it is."""
    row = ours(request, RecurringExpense.objects.select_related("organization"), pk)
    return _recurring(request, row, reverse("recurring_expense", args=[row.pk]))


def _recurring(request, row, back):
    membership, names = current_membership(request), (*SCHEDULE, *NAMES)
    if request.method != "POST":
        return _show(request, stored(row, names), membership, row, names, back)
    form = posted(request, names)
    try:
        with transaction.atomic():
            if not use_up(request):
                return redirect(back)
            saved = recurring.save_recurring_expense(row, values_of(form, membership, names))
    except TransactionRefused as refused:
        form.fail(refused)
        return _show(request, form, membership, row, names, back)
    messages.success(request, "The recurring expense was saved.")
    return redirect("recurring_expense", saved.pk)
