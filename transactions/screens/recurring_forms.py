"""Making and changing recurring invoices: the schedule, projects whose hours are billed, and lines."""

from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect, render
from django.urls import reverse

from customers.models import Customer
from organizations.current import current_organization
from organizations.ids import wholes
from organizations.once import FIELD, new_token, use_up
from organizations.zones import today_in
from timetracking.models import Project
from transactions import preferences, recurring, schedule
from transactions.billing.choices import GROUPINGS
from transactions.billing.patterns import PLACEHOLDERS
from transactions.errors import TransactionRefused
from transactions.models import Invoice, LineFields, RecurringInvoice, Schedule, Tax
from transactions.screens import editing, texts
from transactions.screens.access import billing, ours, rights
from transactions.screens.profiles import days_text, what
from transactions.screens.texts import SCHEDULE, text_of

NAMES = (
    *SCHEDULE, "creates", "grouping", "description_pattern", "payment_terms", "reference", "tax", "notes", "terms",
    "discount", "discount_kind",
)  # fmt: skip
BOXES = ("include_expenses", "tax_inclusive")
COPIED = (
    "name", "repeat_every", "unit", "start_date", "end_date", "creates", "grouping", "description_pattern",
    "payment_terms", "reference", "notes", "terms", *BOXES,
)  # fmt: skip
SHOWN_PROJECTS = 500


class ProfileForm(editing.Form):
    """The fields of a profile, its lines, and the ids of its projects (`values["projects"]`)."""

    def place_errors(self):
        """Say what belongs to no field of this form at the top."""
        super().place_errors()
        known = {*NAMES, *BOXES, "projects"}
        found = [
            sentence
            for name, sentence in self.errors.items()
            if name not in known and not name.startswith("lines.") and name != "top"
        ]
        self.errors["top"] = " ".join(filter(None, found))


def _row_of(line):
    return editing.row_of(line) | {"id": ""}  # the lines of a profile are written anew each time


def stored(profile):
    """The form of a stored profile."""
    values = {name: text_of(getattr(profile, name)) for name in COPIED if name not in BOXES}
    values |= {name: getattr(profile, name) for name in BOXES}
    amount = profile.discount_amount is not None
    values["discount"] = text_of(profile.discount_amount if amount else profile.discount_percent)
    values["discount_kind"] = "amount" if amount else "percent"
    values["tax"] = text_of(profile.tax_id)
    values["projects"] = list(profile.projects.values_list("pk", flat=True))
    return ProfileForm(values, [_row_of(line) for line in profile.lines.order_by("position", "id")])


def fresh(customer, project, invoice):
    """The form of a new profile: the customer's defaults, or what is on an invoice ("Make Recurring")."""
    organization = customer.organization
    defaults, general = preferences.defaults_for(customer), preferences.of(organization)
    profile = RecurringInvoice(
        organization=organization, customer=customer, start_date=today_in(organization),
        payment_terms=defaults["payment_terms"], tax=defaults["tax"], tax_inclusive=defaults["tax_inclusive"],
        notes=general.invoice_notes, terms=general.invoice_terms, currency=customer.currency,
    )  # fmt: skip
    values = {name: text_of(getattr(profile, name)) for name in COPIED if name not in BOXES}
    values |= {name: getattr(profile, name) for name in BOXES}
    values |= {"discount": "", "discount_kind": "percent", "tax": text_of(profile.tax_id), "projects": []}
    if project is not None:
        values["name"] = project.name[:100]
        if project.billing_method != "fixed_cost":
            values["projects"] = [project.pk]
    empty = editing.EMPTY_ROW | {"tax": values["tax"], "project": str(project.pk) if project else ""}
    rows = [dict(empty)]
    if invoice is not None:
        for name in ("payment_terms", "reference", "notes", "terms"):
            values[name] = text_of(getattr(invoice, name))
        values["tax_inclusive"] = invoice.tax_inclusive
        values["name"] = f"{customer.display_name[:80]} from {invoice}"[:100]
        amount = invoice.discount_amount is not None
        values["discount"] = text_of(invoice.discount_amount if amount else invoice.discount_percent)
        values["discount_kind"] = "amount" if amount else "percent"
        free = (LineFields.Kind.CUSTOM, LineFields.Kind.FIXED_COST)
        rows = [_row_of(line) for line in invoice.lines.filter(kind__in=free).order_by("position", "id")]
        rows = rows or [dict(empty)]
        hours = invoice.lines.filter(kind=LineFields.Kind.HOURS, project__isnull=False)
        billed = Project.objects.filter(pk__in=hours.values("project_id"), customer=customer)
        values["projects"] = list(billed.exclude(billing_method="fixed_cost").values_list("pk", flat=True))
    return ProfileForm(values, rows)


def posted(request):
    """The form that was sent."""
    values = texts.read(request, NAMES, BOXES) | {"projects": wholes(request.POST.getlist("projects"))}
    return ProfileForm(values, editing.posted(request).rows)


def _values(form, customer):
    """`values` for recurring.save_recurring_invoice. Raises TransactionRefused."""
    organization = customer.organization
    found = {name: form.values[name] for name in (*SCHEDULE, "creates", "grouping", "description_pattern",
             "payment_terms", "reference", "notes", "terms", *BOXES)}  # fmt: skip
    percent = form.values["discount_kind"] != "amount"
    found["discount_percent" if percent else "discount_amount"] = form.values["discount"]
    taxes = Tax.objects.filter(organization=organization)
    found["tax"] = texts.row(taxes, form.values["tax"], "tax", "The tax")
    chosen = Project.objects.filter(organization=organization, pk__in=form.values["projects"]).order_by("pk")
    found["projects"] = list(chosen)
    if len(found["projects"]) != len(form.values["projects"]):
        raise TransactionRefused("unknown", "A project was not found.", "projects")
    return found


class _Unconfirmed(Exception):
    """Dates before today would be made at once, and nobody has said yes to that many."""


def _save(request, profile, form):
    """Save; raises TransactionRefused or _Unconfirmed, and then nothing is saved. None: a repetition."""
    with transaction.atomic():
        if not use_up(request):
            return None
        lines = editing.line_values(form, profile.organization)
        saved = recurring.save_recurring_invoice(profile, _values(form, profile.customer), lines)
        missed = schedule.missed(saved) if saved.status == Schedule.Status.ACTIVE else []
        if missed and request.POST.get("missed") != str(len(missed)):
            raise _Unconfirmed(missed)
        return saved


def _edit(request, profile, form, back):
    customer, missed = profile.customer, None
    was_stored = profile.pk
    if request.method == "POST" and not editing.buttons(request, form):
        try:
            saved = _save(request, profile, form)
        except TransactionRefused as refused:
            form.fail(refused)
        except _Unconfirmed as unconfirmed:
            missed = unconfirmed.args[0]
        else:
            if saved is None:
                return redirect(back)
            messages.success(request, "The recurring invoice was saved.")
            return redirect("recurring_invoice", saved.pk)
    form.rows = form.rows or [dict(editing.EMPTY_ROW)]
    form.place_errors()
    organization = customer.organization
    projects = Project.objects.filter(organization=organization, customer=customer).order_by("name", "pk")
    projects = list(projects.defer("description", "custom_fields")[:SHOWN_PROJECTS])
    context = {
        "profile": profile if was_stored else None,
        "customer": customer,
        "form": form,
        "missed": missed,
        "missed_text": f"{what('recurring_invoice', len(missed))}: {days_text(missed)}" if missed else "",
        "back": back,
        "billable_projects": projects,
        "projects": [(project.pk, project.name) for project in projects],
        "taxes": texts.taxes(organization, {form.values["tax"], *(row["tax"] for row in form.rows)}),
        "units": Schedule.Unit.choices,
        "groupings": GROUPINGS.items(),
        "placeholders": PLACEHOLDERS,
        "started": was_stored and profile.last_date,
        "currency": customer.currency,
        "once": request.POST.get(FIELD) or new_token(),
        **rights(request),
    }
    return render(request, "transactions/recurring_edit.html", context)


@billing
def new(request):
    """A new profile for `?customer=`, `?project=` or `?invoice=`; without them the customer is chosen first."""
    project = invoice = None
    if request.GET.get("invoice"):
        rows = Invoice.objects.select_related("customer__organization")
        invoice = ours(request, rows, request.GET["invoice"])
        customer = invoice.customer
    elif request.GET.get("project"):
        rows = Project.objects.select_related("customer__organization")
        project = ours(request, rows, request.GET["project"])
        customer = project.customer
    elif request.GET.get("customer"):
        customer = ours(request, Customer.objects.select_related("organization"), request.GET["customer"])
    else:
        return _choose_customer(request)
    form = posted(request) if request.method == "POST" else fresh(customer, project, invoice)
    profile = RecurringInvoice(organization=customer.organization, customer=customer)
    return _edit(request, profile, form, reverse("recurring_invoices"))


def _choose_customer(request):
    words = request.GET.get("q", "").strip().replace("\0", "")[:200]
    rows = Customer.objects.filter(organization=current_organization(request), is_active=True)
    if words:
        rows = rows.filter(display_name__icontains=words)
    found = list(rows.order_by("display_name", "pk").only("display_name", "currency")[:101])
    context = {
        "customers": found[:100],
        "more": len(found) > 100,
        "words": words,
        "kind": "recurring invoice",
    }
    return render(request, "transactions/choose_customer.html", context)


@billing
def edit(request, pk):
    """Change a profile; what it made already stays as it is."""
    rows = RecurringInvoice.objects.select_related("organization", "customer__organization", "tax")
    profile = ours(request, rows, pk)
    form = posted(request) if request.method == "POST" else stored(profile)
    return _edit(request, profile, form, reverse("recurring_invoice", args=[profile.pk]))
