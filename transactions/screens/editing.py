"""Making and changing drafts of invoices and quotes by hand: one form, with lines added by a button or by script.

The totals beside the form are worked out by doing what Save does and taking it back, so they are what Save gives.
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta

from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect, render
from django.urls import reverse

from customers.models import Customer
from organizations.current import current_organization
from organizations.ids import whole
from organizations.zones import today_in
from timetracking.models import Project
from transactions import checks, drafts, preferences, totals
from transactions.errors import TransactionRefused
from transactions.mailing.settings_forms import LANGUAGES
from transactions.models import Invoice, LineFields, Quote, Tax
from transactions.screens.access import billing, key_of, new_key, ours, rights
from transactions.screens.prefill import offers, task_rows
from transactions.screens.taken_back import taken_back

FIELDS = (
    "date", "due_date", "payment_terms", "expiry_date", "reference", "wanted_number", "exchange_rate", "discount",
    "shipping_charge", "adjustment", "adjustment_description", "notes", "terms", "language",
)  # fmt: skip
EMPTY_ROW = {
    "id": "", "name": "", "description": "", "quantity": "1", "unit": "", "rate": "", "discount_percent": "",
    "tax": "", "project": "",
}  # fmt: skip
MODELS = {"invoice": Invoice, "quote": Quote}


@dataclass
class Form:
    """What stands in the fields: texts of the head, and rows of lines (dicts of texts, `locked` for hours)."""

    values: dict
    rows: list
    errors: dict = field(default_factory=dict)

    def fail(self, refused):
        """Put a refusal beside its field."""
        name = {"discount_percent": "discount", "discount_amount": "discount"}.get(
            refused.field, refused.field
        )
        self.errors[name] = refused.sentence

    def place_errors(self):
        """Give every row its `errors`; what belongs to no field is said at the top."""
        for number, row in enumerate(self.rows):
            start = f"lines.{number}"
            row["number"] = number
            row["errors"] = {
                name.removeprefix(start).lstrip("."): sentence
                for name, sentence in self.errors.items()
                if name == start or name.startswith(f"{start}.")
            }
        known = {*FIELDS, "project"}
        self.errors["top"] = " ".join(
            sentence
            for name, sentence in self.errors.items()
            if name not in known and not name.startswith("lines.") and name != "top"
        )


def _text(value):
    return "" if value is None else f"{value.normalize():f}" if hasattr(value, "normalize") else str(value)


def stored(document):
    """The Form of a stored draft."""
    percent = document.discount_percent is not None
    discount = document.discount_percent if percent else document.discount_amount
    values = {
        name: _text(getattr(document, name, None)) for name in FIELDS if name != "discount"
    } | {
        "discount": _text(discount),
        "discount_kind": "amount" if document.discount_amount is not None else "percent",
        "tax_inclusive": document.tax_inclusive,
        "project": _text(getattr(document, "project_id", None)),
    }  # fmt: skip
    for name in ("shipping_charge", "adjustment"):
        values[name] = "" if not getattr(document, name) else values[name]
    return Form(values, [row_of(line) for line in document.lines.order_by("position", "id")])


def row_of(line):
    """The texts of a stored line."""
    row = {name: _text(getattr(line, name)) for name in ("name", "description", "unit", "quantity", "rate")}
    row["discount_percent"] = _text(line.discount_percent) if line.discount_percent else ""
    row["tax"], row["project"], row["id"] = _text(line.tax_id), _text(line.project_id), str(line.pk)
    return row


def posted(request):
    """The Form as it was sent; unknown fields are left out, and at most as many lines as a document can have."""
    values = {
        name: request.POST.get(name, "").replace("\0", "") for name in (*FIELDS, "discount_kind", "project")
    }
    values["tax_inclusive"] = bool(request.POST.get("tax_inclusive"))
    values["has_rate"] = "exchange_rate" in request.POST  # asked for foreign currencies only
    rows = []
    for key in request.POST.getlist("row")[: checks.MOST_LINES + 1]:
        rows.append({name: request.POST.get(f"{name}-{key}", "").replace("\0", "") for name in EMPTY_ROW})
    return Form(values, rows)


def head_values(form, model, organization):
    """`values` for drafts.change_draft, from the form's texts."""
    texts = form.values
    found = {
        name: texts[name]
        for name in (
            "date", "reference", "shipping_charge", "adjustment", "adjustment_description", "notes",
            "terms", "wanted_number",
        )
    }  # fmt: skip
    if texts["language"]:
        found["language"] = texts["language"]
    if texts["has_rate"]:
        found["exchange_rate"] = texts["exchange_rate"] or None
    percent = texts["discount_kind"] != "amount"
    found["discount_percent" if percent else "discount_amount"] = texts["discount"]
    found["tax_inclusive"] = texts["tax_inclusive"]
    if model is Invoice:
        found |= {"due_date": texts["due_date"], "payment_terms": texts["payment_terms"]}
    else:
        found["expiry_date"] = texts["expiry_date"]
        found["project"] = _row(Project, organization, texts["project"], "project", "The project")
    return found


def _row(model, organization, text, path, label):
    if not text:
        return None
    number = whole(text)
    row = model.objects.filter(organization=organization, pk=number).first() if number else None
    if row is None:
        raise TransactionRefused("unknown", f"{label} was not found.", path)
    return row


def line_values(form, organization):
    """The rows as drafts.LineValues; rows in which nothing was written are left out."""
    found = []
    form.rows = [row for row in form.rows if not _is_empty(row)]
    for number, row in enumerate(form.rows):
        path = f"lines.{number}"
        texts = {
            name: row[name]
            for name in ("name", "description", "quantity", "unit", "rate", "discount_percent")
        }
        tax = _row(Tax, organization, row["tax"], f"{path}.tax", "The tax")
        project = _row(Project, organization, row["project"], f"{path}.project", "The project")
        number_of_line = whole(row["id"])
        if row["id"] and number_of_line is None:
            raise TransactionRefused("unknown", "A line was not found. Reload the page.", path)
        found.append(drafts.LineValues(**texts, tax=tax, project=project, id=number_of_line))
    return found


def _is_empty(row):
    return not (row["id"] or row["name"].strip() or row["description"].strip() or row["rate"].strip())


def buttons(request, form):
    """Add, remove or move a line as a button asked; True when one did."""
    rows, post = form.rows, request.POST
    if "add" in post:
        last = rows[-1] if rows else EMPTY_ROW
        rows.append(EMPTY_ROW | {"tax": last["tax"], "project": last["project"], "fresh": True})
        return True
    for name in ("remove", "up"):
        number = post.get(name, "")
        if re.fullmatch(r"[0-9]{1,4}", number, re.ASCII) and int(number) < len(rows):
            place = int(number)
            if name == "remove":
                del rows[place]
            elif place:
                rows[place - 1], rows[place] = rows[place], rows[place - 1]
            return True
    return False


def _write(request, document, model, customer, form, key):
    """Save the form; returns the document. Raises TransactionRefused."""
    organization = customer.organization
    with transaction.atomic():
        lines = line_values(form, organization)
        values = head_values(form, model, organization)
        if document is not None:
            return drafts.change_draft(document, values, lines)
        create = drafts.create_invoice if model is Invoice else drafts.create_quote
        return create(customer, values, lines, request.user, key)


def _looked_at(request, document, model, customer, form):
    """(document, its lines, its taxes) as they would be saved; nothing is kept."""
    try:
        with taken_back():
            result = _write(request, document, model, customer, form, "")
            lines = list(result.lines.order_by("position", "id"))
            found = (result, lines, totals.tax_summary(result, lines))
    except TransactionRefused as refused:
        form.fail(refused)
        return None
    return found


def _context(request, model, document, customer, form, seen, project=None):
    organization = customer.organization
    form.rows = form.rows or [dict(EMPTY_ROW)]
    locked = {}
    if document is not None:
        kept = document.lines.exclude(kind=LineFields.Kind.CUSTOM).order_by("pk")
        locked = {str(line.pk): line for line in kept}
    for row in form.rows:
        row["line"] = locked.get(row["id"])
    form.place_errors()
    projects = Project.objects.filter(organization=organization, customer=customer).order_by("name", "pk")
    taxes = Tax.objects.filter(organization=organization).order_by("name", "pk")
    used = {row["tax"] for row in form.rows}
    rate_field = customer.currency != organization.base_currency
    return {
        "document": document,
        "customer": customer,
        "project": project,
        "form": form,
        "currency": document.currency if document else customer.currency,
        "kind": model.KIND,
        "taxes": [tax for tax in taxes if tax.is_active or str(tax.pk) in used],
        "projects": list(projects.values_list("pk", "name")[:500]),
        "seen": seen,
        "languages": _languages(form.values["language"]),
        "foreign": rate_field,
        "base_currency": organization.base_currency,
        "key": key_of(request) or new_key(),
        "back": reverse(model.KIND, args=[document.pk]) if document else reverse(f"{model.KIND}s"),
        "offers": offers(customer) if model is Invoice and document is None else None,
        **rights(request),
    }


def _languages(chosen):
    """[(code, name)] to choose from, the present one among them."""
    known = dict(LANGUAGES)
    return [*LANGUAGES, (chosen, chosen)] if chosen and chosen not in known else LANGUAGES


def _edit(request, model, document, customer, form, project=None):
    posting = request.method == "POST"
    seen = None
    if posting and not buttons(request, form) and "preview" not in request.POST and not request.htmx:
        try:
            saved = _write(request, document, model, customer, form, key_of(request))
        except TransactionRefused as refused:
            form.fail(refused)
        else:
            messages.success(request, "The draft was saved.")
            return redirect(model.KIND, saved.pk)
    elif posting and "preview" in request.POST:
        seen = _looked_at(request, document, model, customer, form)
    if request.htmx and posting:
        seen = seen or _looked_at(request, document, model, customer, form)
        context = _context(request, model, document, customer, form, seen, project)
        return render(request, "transactions/_seen_totals.html", context)
    if not posting and document is not None:
        lines = list(document.lines.order_by("position", "id"))
        seen = (document, lines, totals.tax_summary(document, lines))
    context = _context(request, model, document, customer, form, seen, project)
    return render(request, "transactions/edit.html", context)


@billing
def new(request, kind):
    """A new invoice or quote by hand, for `?customer=` or `?project=`; without them the customer is chosen first."""
    organization, model = current_organization(request), MODELS[kind]
    project = ours(request, Project, request.GET["project"]) if request.GET.get("project") else None
    if project is not None:
        customer = project.customer
    elif request.GET.get("customer"):
        customer = ours(request, Customer, request.GET["customer"])
    else:
        return _choose_customer(request, organization, kind)
    if request.method == "POST":
        form = posted(request)
        if "include_tasks" in request.POST and project is not None:
            form.rows = [row for row in form.rows if not _is_empty(row)] + task_rows(project, EMPTY_ROW)
            form.rows = form.rows[: checks.MOST_LINES]
            context = _context(request, model, None, customer, form, None, project)
            return render(request, "transactions/edit.html", context)
    else:
        form = _fresh(model, customer, project)
    return _edit(request, model, None, customer, form, project)


def _fresh(model, customer, project):
    """The Form of a new draft: the customer's defaults, one empty line."""
    defaults, general = preferences.defaults_for(customer), preferences.of(customer.organization)
    draft = model(date=today_in(customer.organization), currency=customer.currency)
    draft.tax_inclusive = defaults["tax_inclusive"]
    draft.language = defaults["language"]
    draft.exchange_rate = preferences.exchange_rate_for(customer.organization, customer.currency)
    draft.exchange_rate = None if draft.exchange_rate == 1 else draft.exchange_rate
    if model is Invoice:
        draft.payment_terms = defaults["payment_terms"]
        draft.notes, draft.terms = general.invoice_notes, general.invoice_terms
    else:
        draft.notes, draft.terms = general.quote_notes, general.quote_terms
        draft.expiry_date = draft.date + timedelta(days=general.quote_valid_days)
        draft.project = project
    tax = str(defaults["tax"].pk) if defaults["tax"] else ""
    values = {name: _text(getattr(draft, name, None)) for name in FIELDS if name != "discount"}
    values |= {
        "discount": "",
        "discount_kind": "percent",
        "tax_inclusive": draft.tax_inclusive,
        "project": str(project.pk) if project and model is Quote else "",
        "shipping_charge": "",
        "adjustment": "",
    }
    return Form(values, [EMPTY_ROW | {"tax": tax, "project": str(project.pk) if project else ""}])


def _choose_customer(request, organization, kind):
    words = request.GET.get("q", "").strip().replace("\0", "")[:200]
    rows = Customer.objects.filter(organization=organization, is_active=True)
    if words:
        rows = rows.filter(display_name__icontains=words)
    found = list(rows.order_by("display_name", "pk").only("display_name", "currency")[:101])
    return render(
        request,
        "transactions/choose_customer.html",
        {"customers": found[:100], "more": len(found) > 100, "words": words, "kind": kind},
    )


@billing
def edit(request, pk, kind):
    """Change a draft; an issued document says why it cannot change."""
    model = MODELS[kind]
    document = ours(request, model.objects.select_related("customer__organization", "organization"), pk)
    if not document.is_draft:
        messages.error(request, f"{document} was issued and does not change any more.")
        return redirect(kind, document.pk)
    form = posted(request) if request.method == "POST" else stored(document)
    return _edit(request, model, document, document.customer, form)
