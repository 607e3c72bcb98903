"""Admin pages of organizations and people."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import Q

from organizations.admin_base import InOrganization, admin_organization_ids
from organizations.models import CustomField, Membership, Organization, User


@admin.register(Organization)
class OrganizationAdmin(InOrganization):
    organization_path = "pk"
    list_display = ["name", "base_currency", "time_zone", "project_creation_restricted"]
    search_fields = ["name"]

    def has_add_permission(self, request):
        """New ones are made by `manage.py create_organization`, with an administrator who can see them."""
        return False


@admin.register(User)
class PeopleAdmin(UserAdmin):
    ordering = ["email"]
    list_display = ["email", "name", "is_staff", "is_active"]
    list_filter = ["is_staff", "is_active"]
    search_fields = ["email", "name"]
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["email", "name", "password"]}),
        (
            "What they may do",
            {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]},
        ),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "name", "usable_password", "password1", "password2"]})]

    def get_queryset(self, request):
        """Members of the visitor's organizations, themselves, and people without any membership yet."""
        visible = Q(memberships__organization__in=admin_organization_ids(request)) | Q(pk=request.user.pk)
        if request.user.is_superuser:
            visible |= Q(memberships=None)
        return super().get_queryset(request).filter(pk__in=User.objects.filter(visible).values("pk"))


@admin.register(Membership)
class MembershipAdmin(InOrganization):
    list_display = ["user", "organization", "role", "is_active"]
    list_filter = ["role", "is_active"]
    list_select_related = ["user", "organization"]
    search_fields = ["user__email", "user__name", "organization__name"]
    raw_id_fields = ["user"]


@admin.register(CustomField)
class CustomFieldAdmin(InOrganization):
    list_display = ["label", "module", "key", "data_type"]
    list_filter = ["module", "data_type"]
    search_fields = ["label", "key"]

    def get_readonly_fields(self, request, obj=None):
        """Values are stored under module, key and type, so those stay as they were made."""
        return ["organization", "module", "key", "data_type"] if obj else []
