"""What all pages of the admin site share: they show and change only rows of the visitor's organizations."""

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import ModelForm

from organizations.models import Membership, Organization


def admin_organization_ids(request):
    """Ids of the organizations the visitor is an active member of; asked once a request."""
    if not hasattr(request, "erp_admin_organizations"):
        own = Membership.objects.filter(user=request.user, is_active=True)
        request.erp_admin_organizations = list(own.values_list("organization_id", flat=True))
    return request.erp_admin_organizations


class OneOrganizationForm(ModelForm):
    """Refuses a row whose links lead to different organizations."""

    def clean(self):
        cleaned = super().clean()
        found = {}
        for name, value in (cleaned or {}).items():
            if (organization_id := organization_id_of(value)) is not None:
                found[name] = organization_id
        if len(set(found.values())) > 1:
            labels = ", ".join(str(self.fields[name].label or name) for name in found)
            raise ValidationError(f"These belong to different organizations: {labels}. Choose them from one.")
        return cleaned


def organization_id_of(row):
    """The organization a row belongs to, following its admin's `organization_path`; None when it has none."""
    if isinstance(row, Organization):
        return row.pk
    page = admin.site._registry.get(type(row))
    path = getattr(page, "organization_path", "") or ""
    for name in path.split("__") if path and path != "pk" else []:
        row = getattr(row, name, None)
    return row.pk if path and isinstance(row, Organization) else None


class InOrganization(admin.ModelAdmin):
    """A table whose rows lead to an organization by `organization_path`."""

    form = OneOrganizationForm
    organization_path = "organization"
    show_full_result_count = False
    list_per_page = 50

    def get_queryset(self, request):
        """Rows of the visitor's organizations; others answer as if they did not exist."""
        rows = super().get_queryset(request)
        return rows.filter(**{f"{self.organization_path}__in": admin_organization_ids(request)})

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        kwargs.setdefault("queryset", choices_for(self.admin_site, db_field, request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_list_filter(self, request):
        """Filters by organization only for people with several, and only among theirs."""
        filters = list(super().get_list_filter(request))
        if self.organization_path == "organization" and len(admin_organization_ids(request)) > 1:
            filters.insert(0, ("organization", OwnOrganizations))
        return filters


class OwnOrganizations(admin.RelatedFieldListFilter):
    """Offers the visitor's organizations only."""

    def field_choices(self, field, request, model_admin):
        return field.get_choices(
            include_blank=False, limit_choices_to={"pk__in": admin_organization_ids(request)}
        )


class InOrganizationInline(admin.TabularInline):
    """Rows of a parent, whose links offer the visitor's organizations only."""

    extra = 0

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        kwargs.setdefault("queryset", choices_for(self.admin_site, db_field, request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


def choices_for(site, db_field, request):
    """Rows a link may lead to: those that the other table's own page would show."""
    page = site._registry.get(db_field.remote_field.model)
    if page is None:
        return db_field.remote_field.model._default_manager.none()
    return page.get_queryset(request)


class ReadOnly(InOrganization):
    """A table that only the product writes."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
