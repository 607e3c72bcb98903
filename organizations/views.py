"""Home, the organization switcher and Settings with its custom fields."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from organizations.activity import Activity, activities, form_changes
from organizations.current import (
    choose_organization,
    current_organization,
    member_required,
    role_required,
)
from organizations.forms import CustomFieldForm, OrganizationForm
from organizations.ids import whole
from organizations.models import CustomField, Organization


@member_required
def home(request):
    """The first page after sign-in: where to go."""
    return render(request, "organizations/home.html")


@member_required
@require_POST
def switch_organization(request):
    """Work in another organization of the visitor; 404 for one they are not a member of."""
    if not choose_organization(request, whole(request.POST.get("organization"))):
        raise Http404
    return redirect("home")


@role_required("admin")
def settings_home(request):
    """Settings: integrations and custom fields."""
    return render(request, "organizations/settings.html")


@role_required("admin")
def organization_settings(request):
    """Name, address, currency, zone and limits of the organization."""
    organization = Organization.objects.get(pk=current_organization(request).pk)
    form = OrganizationForm(request.POST or None, instance=organization)
    if request.method == "POST" and form.is_valid():
        try:
            changes = form_changes(form)
            saved = form.save()
        except ValidationError as refused:
            form.add_error(None, " ".join(refused.messages))
        else:
            if changes:
                Activity.objects.create(
                    organization=saved,
                    subject="organization",
                    subject_id=saved.pk,
                    user=request.user,
                    text="Changed",
                    changes=changes,
                )
            messages.success(request, "The organization was saved.")
            if warning := _seats_warning(saved):
                messages.warning(request, warning)
            return redirect("organization_settings")
    context = {
        "form": form,
        "used_seats": organization.staff_users.filter(has_portal_access=True).count(),
        "activities": activities(organization),
    }
    return render(request, "organizations/organization_form.html", context)


def _seats_warning(organization):
    used, limit = (
        organization.staff_users.filter(has_portal_access=True).count(),
        organization.employee_portal_limit,
    )
    if limit is None or used <= limit:
        return ""
    return f"{used} people have portal access already. They keep it; nobody else gets it while the limit is {limit}."


@role_required("admin")
def custom_fields(request):
    """All custom fields of the organization, by module."""
    fields = CustomField.objects.filter(organization=current_organization(request))
    return render(request, "organizations/custom_fields.html", {"fields": fields})


@role_required("admin")
def custom_field_edit(request, pk=None):
    """Add a custom field, or change the label and options of one."""
    organization = current_organization(request)
    field = get_object_or_404(CustomField, pk=pk, organization=organization) if pk else None
    form = CustomFieldForm(request.POST or None, instance=field, organization=organization)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            saved = form.save()
        messages.success(request, f"The custom field {saved.label} was saved.")
        return redirect(_next(request) or "custom_fields")
    return render(request, "organizations/custom_field_form.html", {"form": form, "field": field})


@role_required("admin")
def custom_field_delete(request, pk):
    """Ask, then remove a custom field; values already stored under its key stay where they are."""
    field = get_object_or_404(CustomField, pk=pk, organization=current_organization(request))
    if request.method == "POST":
        field.delete()
        messages.success(request, f"The custom field {field.label} was deleted.")
        return redirect("custom_fields")
    return render(request, "organizations/custom_field_delete.html", {"field": field})


def _next(request):
    target = request.GET.get("next", "")
    return (
        target if url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()) else ""
    )
