"""Settings → Documents: how they look, what they begin with, numbers, taxes and the texts of e-mails."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from organizations.current import current_organization, member_required, role_required
from transactions import files, logos, numbers, preferences
from transactions.errors import TransactionRefused
from transactions.mailing import texts
from transactions.mailing.public import logo_answer
from transactions.mailing.settings_forms import (
    LANGUAGES,
    BillingForm,
    LookForm,
    SeriesForm,
    TaxForm,
    TextForm,
)
from transactions.models import MailTemplate, NumberSeries, Purpose, Tax
from transactions.printing.from_documents import paper_settings


@role_required("admin")
def document_settings(request):
    """Look and defaults, each a form of its own; lists of numbers, taxes and texts."""
    organization = current_organization(request)
    look, defaults = paper_settings(organization), preferences.of(organization)
    posted = request.POST.get("form") if request.method == "POST" else ""
    look_form = LookForm(
        request.POST if posted == "look" else None, request.FILES if posted == "look" else None, instance=look
    )
    billing_form = BillingForm(request.POST if posted == "billing" else None, instance=defaults)
    if posted == "look" and look_form.is_valid() and _save_look(look_form):
        messages.success(request, "The look of documents was saved.")
        return redirect("document_settings")
    if posted == "billing" and billing_form.is_valid():
        billing_form.save()
        messages.success(request, "The defaults were saved.")
        return redirect("document_settings")
    return render(
        request,
        "transactions/settings.html",
        {
            "look": paper_settings(organization),
            "look_form": look_form,
            "billing_form": billing_form,
            "series": [numbers.series_of(organization, kind) for kind in NumberSeries.Kind.values],
            "taxes": Tax.objects.filter(organization=organization),
            "texts": _own_texts(organization),
        },
    )


def _save_look(form):
    """Save the look with its logo; False and an error on the form when the picture is refused."""
    old, upload, new = form.instance.logo, form.cleaned_data["logo_file"], ""
    try:
        new = logos.store(upload) if upload else ""
    except TransactionRefused as error:
        form.add_error("logo_file", error.sentence)
        return False
    try:
        with transaction.atomic():
            if new or form.cleaned_data.get("remove_logo"):
                form.instance.logo = new
                if old:
                    files.remove_after_commit("logos", old)
            form.save()
    except BaseException:
        if new:
            files.path_of("logos", new).unlink(missing_ok=True)
        raise
    return True


@member_required
@require_GET
def logo(request):
    """The logo of the current organization, for its members."""
    return logo_answer(paper_settings(current_organization(request)))


def _form_page(request, form, title, **more):
    return render(request, "transactions/settings_form.html", {"form": form, "title": title, **more})


@role_required("admin")
def series(request, kind):
    """The number series of one kind of document."""
    if kind not in NumberSeries.Kind.values:
        raise Http404
    organization = current_organization(request)
    row = numbers.series_of(organization, kind)
    form = SeriesForm(request.POST or None, series=row)
    if request.method == "POST" and form.is_valid():
        try:
            given = form.cleaned_data
            numbers.change_series(organization, kind, given["text"], given["digits"], given["next_number"])
        except TransactionRefused as error:
            field = "text" if error.field == "prefix" else error.field
            form.add_error(field if field in form.fields else None, error.sentence)
        else:
            messages.success(request, "The number series was saved.")
            return redirect("document_settings")
    return _form_page(request, form, f"Numbers of {row.get_kind_display().lower()}")


@role_required("admin")
def tax(request, pk=None):
    """Add or change a tax."""
    organization = current_organization(request)
    row = get_object_or_404(Tax, pk=pk, organization=organization) if pk else None
    form = TaxForm(request.POST or None, instance=row, organization=organization)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "The tax was saved.")
        return redirect("document_settings")
    return _form_page(request, form, row.name if row else "New Tax")


TO_CUSTOMERS = [purpose for purpose in Purpose if purpose != Purpose.ANSWER]


def _own_texts(organization):
    """[(purpose, label, [(language, its name)])]: of which e-mails there are own texts, in which languages."""
    names = dict(LANGUAGES)
    own = {}
    rows = MailTemplate.objects.filter(organization=organization).order_by("language")
    for purpose, language in rows.values_list("purpose", "language"):
        own.setdefault(purpose, []).append((language, names.get(language, language) or "every language"))
    return [(purpose.value, purpose.label, own.get(purpose.value, [])) for purpose in TO_CUSTOMERS]


@role_required("admin")
def text(request, purpose):
    """The text of one kind of e-mail in `?language=`, or for all languages; "Use the standard text" removes it."""
    language = request.GET.get("language", "")
    if purpose not in TO_CUSTOMERS or language not in ("", *dict(LANGUAGES)):
        raise Http404
    organization = current_organization(request)
    rows = MailTemplate.objects.filter(organization=organization, purpose=purpose, language=language)
    row = rows.first()
    if request.method == "POST" and "standard" in request.POST:
        rows.delete()
        messages.success(request, "The standard text is used again.")
        return redirect("document_settings")
    if row is None:
        shown = language or preferences.of(organization).language
        subject, body = texts.template_for(organization, purpose, shown)
        row = MailTemplate(
            organization=organization, purpose=purpose, language=language, subject=subject, body=body
        )
    form = TextForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "The text was saved.")
        return redirect("document_settings")
    where = dict(LANGUAGES)[language] if language else "every language without a text of its own"
    title = f"E-mail: {Purpose(purpose).label}, in {where}"
    return _form_page(
        request,
        form,
        title,
        placeholders=texts.PLACEHOLDERS,
        own=row.pk is not None,
        languages=[("", "Every language"), *LANGUAGES],
        language=language,
    )
