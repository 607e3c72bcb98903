"""Admin pages of invoices."""

from django.contrib import admin

from organizations.admin_base import InOrganization, ReadOnly
from transactions.models import BilledTimeEntry, Invoice, InvoiceLine


@admin.register(Invoice)
class InvoiceAdmin(InOrganization):
    list_display = ["number", "customer", "date", "status", "currency"]
    list_filter = ["status", "currency"]
    list_select_related = ["customer"]
    search_fields = ["number", "customer__display_name"]
    raw_id_fields = ["customer"]


@admin.register(InvoiceLine)
class InvoiceLineAdmin(InOrganization):
    organization_path = "invoice__organization"
    list_display = ["description", "invoice", "amount"]
    list_filter = ["invoice__status"]
    list_select_related = ["invoice"]
    search_fields = ["description", "invoice__number"]
    raw_id_fields = ["invoice", "project"]


@admin.register(BilledTimeEntry)
class BilledTimeEntryAdmin(ReadOnly):
    """Which entry stands on which line; written with the invoice only, so that no hour is billed twice."""

    organization_path = "line__invoice__organization"
    list_display = ["time_entry", "line"]
    list_filter = ["line__invoice__status"]
    list_select_related = ["time_entry", "line"]
    search_fields = ["line__invoice__number"]
    raw_id_fields = ["line", "time_entry"]
