"""Admin pages of customers."""

from django.contrib import admin

from customers.changes import note_saved, stored_currency
from customers.models import ContactPerson, Customer
from customers.rules import delete_refusal, locked_fields
from organizations.admin_base import InOrganization, InOrganizationInline


class ContactPersonInline(InOrganizationInline):
    model = ContactPerson


@admin.register(Customer)
class CustomerAdmin(InOrganization):
    list_display = ["display_name", "company_name", "email", "currency", "is_active"]
    list_filter = ["is_active", "currency"]
    search_fields = ["display_name", "company_name", "email"]
    inlines = [ContactPersonInline]
    actions = None  # one by one, so that each is asked whether it may go

    def get_readonly_fields(self, request, obj=None):
        """What follows Zoho Projects or is fixed by documents rests here, too."""
        return ["organization", *locked_fields(obj)] if obj else []

    def save_model(self, request, obj, form, change):
        """As every other entrance: projects have their customer's currency."""
        before = stored_currency(obj.pk)
        super().save_model(request, obj, form, change)
        note_saved(obj, before, request.user)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and not (obj and delete_refusal(obj))


@admin.register(ContactPerson)
class ContactPersonAdmin(InOrganization):
    organization_path = "customer__organization"
    list_display = ["__str__", "email", "customer", "is_primary"]
    list_filter = ["is_primary"]
    list_select_related = ["customer"]
    search_fields = ["first_name", "last_name", "email", "customer__display_name"]
    raw_id_fields = ["customer"]
