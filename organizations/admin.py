"""Admin pages of organizations and people."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.core.exceptions import ValidationError
from django.db.models import Q

from organizations.activity import Activity
from organizations.admin_base import InOrganization, ReadOnly, admin_organization_ids
from organizations.models import CustomField, Invitation, Membership, Organization, User
from organizations.once import UsedToken
from organizations.rules import is_last_administrator, last_administrator_refusal, membership_changed


@admin.register(Organization)
class OrganizationAdmin(InOrganization):
    organization_path = "pk"
    list_display = ["name", "base_currency", "time_zone", "project_creation_restricted"]
    search_fields = ["name"]

    def has_add_permission(self, request):
        """New ones are made by `manage.py create_organization`, with an administrator who can see them."""
        return False


class PersonForm(UserChangeForm):
    """A login that is the last administrator of an organization cannot be switched off."""

    def clean_is_active(self):
        active = self.cleaned_data["is_active"]
        if not active:
            refuse_last_administrator(self.instance)
        return active


def refuse_last_administrator(user):
    """Raise ValidationError when an organization would be left without an administrator."""
    for membership in user.memberships.select_related("organization", "user"):
        if refusal := last_administrator_refusal(membership, "", False):
            raise ValidationError(refusal)


@admin.register(User)
class PeopleAdmin(UserAdmin):
    form = PersonForm
    actions = None  # one by one, so that the last administrator is noticed
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

    def has_delete_permission(self, request, obj=None):
        if obj is not None and any(is_last_administrator(item) for item in obj.memberships.all()):
            return False
        return super().has_delete_permission(request, obj)


@admin.register(Membership)
class MembershipAdmin(InOrganization):
    actions = None  # one by one, so that the last administrator is noticed
    list_display = ["user", "organization", "role", "is_active"]
    list_filter = ["role", "is_active"]
    list_select_related = ["user", "organization"]
    search_fields = ["user__email", "user__name", "organization__name"]
    raw_id_fields = ["user"]

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        membership_changed.send(Membership, membership=obj)

    def has_delete_permission(self, request, obj=None):
        if obj is not None and is_last_administrator(obj):
            return False
        return super().has_delete_permission(request, obj)


@admin.register(Invitation)
class InvitationAdmin(ReadOnly):
    """Sent and withdrawn on the pages of people; the secret's hash is nobody's business."""

    organization_path = "membership__organization"
    list_display = ["membership", "invited_at", "expires_at", "accepted_at", "mail_error"]
    list_filter = ["accepted_at"]
    list_select_related = ["membership__user", "membership__organization"]
    search_fields = ["membership__user__email"]
    exclude = ["secret_hash"]


@admin.register(CustomField)
class CustomFieldAdmin(InOrganization):
    list_display = ["label", "module", "key", "data_type"]
    list_filter = ["module", "data_type"]
    search_fields = ["label", "key"]

    def get_readonly_fields(self, request, obj=None):
        """Values are stored under module, key and type, so those stay as they were made."""
        return ["organization", "module", "key", "data_type"] if obj else []


@admin.register(Activity)
class ActivityAdmin(ReadOnly):
    list_display = ["at", "text", "user", "subject", "subject_id"]
    list_filter = ["subject"]
    list_select_related = ["user"]
    search_fields = ["text", "user__email"]


@admin.register(UsedToken)
class UsedTokenAdmin(ReadOnly):
    list_display = ["token", "used_at"]
    list_filter = ["used_at"]
    search_fields = ["token"]
