"""Admin pages of documents and of what they are made with.

Documents, payments and what was billed are read-only here: they are made and changed by the services, which keep
numbers, hours, totals and balances together.
"""

from django.contrib import admin

from organizations.admin_base import InOrganization, ReadOnly
from transactions import models


class LinesOf(ReadOnly):
    """Lines of a document."""

    list_display = ["__str__", "document", "project", "amount", "tax_amount"]
    list_filter = ["kind"]
    search_fields = ["name", "description"]

    def document(self, row):
        return getattr(row, row.DOCUMENT)


@admin.register(models.Quote)
class QuoteAdmin(ReadOnly):
    list_display = ["__str__", "customer", "date", "status", "total", "currency"]
    list_filter = ["status", "currency"]
    list_select_related = ["customer"]
    search_fields = ["number", "customer__display_name"]


@admin.register(models.QuoteLine)
class QuoteLineAdmin(LinesOf):
    organization_path = "quote__organization"
    list_select_related = ["quote", "project"]


@admin.register(models.Invoice)
class InvoiceAdmin(ReadOnly):
    list_display = ["__str__", "customer", "date", "due_date", "status", "total", "balance", "currency"]
    list_filter = ["status", "currency"]
    list_select_related = ["customer"]
    search_fields = ["number", "customer__display_name"]


@admin.register(models.InvoiceLine)
class InvoiceLineAdmin(LinesOf):
    organization_path = "invoice__organization"
    list_select_related = ["invoice", "project"]


@admin.register(models.DocumentSeal)
class DocumentSealAdmin(ReadOnly):
    list_display = ["number", "kind", "position", "event", "hash", "sealed_at"]
    list_filter = ["kind", "event"]
    search_fields = ["number", "hash"]


@admin.register(models.CreditNote)
class CreditNoteAdmin(ReadOnly):
    list_display = ["__str__", "invoice", "customer", "date", "total", "currency"]
    list_filter = ["currency"]
    list_select_related = ["invoice", "customer"]
    search_fields = ["number", "invoice__number", "customer__display_name"]


@admin.register(models.CreditNoteLine)
class CreditNoteLineAdmin(LinesOf):
    organization_path = "credit_note__organization"
    list_select_related = ["credit_note", "project"]


@admin.register(models.Payment)
class PaymentAdmin(ReadOnly):
    list_display = ["invoice", "date", "amount", "method", "reference"]
    list_filter = ["method"]
    list_select_related = ["invoice"]
    search_fields = ["invoice__number", "reference"]


@admin.register(models.BilledTimeEntry)
class BilledTimeEntryAdmin(ReadOnly):
    """Which hour stands or stood on which line; written with the invoice only, so that no hour is billed twice."""

    list_display = ["entry_number", "date", "person_name", "billed_minutes", "line", "released_at"]
    list_filter = ["release"]
    list_select_related = ["line"]
    search_fields = ["line__invoice__number", "person_name"]


@admin.register(models.BilledExpense)
class BilledExpenseAdmin(ReadOnly):
    list_display = ["text", "date", "amount", "line", "released_at"]
    list_filter = ["release"]
    list_select_related = ["line"]
    search_fields = ["line__invoice__number", "text"]


@admin.register(models.DriftItem)
class DriftItemAdmin(ReadOnly):
    list_display = ["__str__", "project", "status", "difference_minutes", "choice"]
    list_filter = ["status", "cause", "choice"]
    list_select_related = ["project"]
    search_fields = ["project__name"]


@admin.register(models.RecurringInvoice)
class RecurringInvoiceAdmin(ReadOnly):
    list_display = ["name", "customer", "status", "next_date", "end_date"]
    list_filter = ["status"]
    list_select_related = ["customer"]
    search_fields = ["name", "customer__display_name"]


@admin.register(models.RecurringInvoiceLine)
class RecurringInvoiceLineAdmin(ReadOnly):
    organization_path = "profile__organization"
    list_display = ["__str__", "profile", "project", "rate"]
    list_filter = ["kind"]
    list_select_related = ["profile", "project"]
    search_fields = ["name", "description", "profile__name"]


@admin.register(models.RecurringInvoiceRun)
class RecurringInvoiceRunAdmin(ReadOnly):
    organization_path = "profile__organization"
    list_display = ["profile", "period", "invoice", "remark"]
    list_filter = ["period"]
    list_select_related = ["profile", "invoice"]
    search_fields = ["profile__name"]


@admin.register(models.Expense)
class ExpenseAdmin(ReadOnly):
    list_display = ["date", "category", "customer", "project", "amount", "currency", "billing_status"]
    list_filter = ["billing_status", "currency"]
    list_select_related = ["customer", "project"]
    search_fields = ["category", "vendor", "reference", "customer__display_name"]


@admin.register(models.ExpenseReceipt)
class ExpenseReceiptAdmin(ReadOnly):
    organization_path = "expense__organization"
    list_display = ["name", "expense", "content_type", "size"]
    list_filter = ["content_type"]
    list_select_related = ["expense"]
    search_fields = ["name"]


@admin.register(models.RecurringExpense)
class RecurringExpenseAdmin(ReadOnly):
    list_display = ["name", "category", "amount", "currency", "status", "next_date"]
    list_filter = ["status"]
    search_fields = ["name", "category"]


@admin.register(models.RecurringExpenseRun)
class RecurringExpenseRunAdmin(ReadOnly):
    organization_path = "profile__organization"
    list_display = ["profile", "period", "expense"]
    list_filter = ["period"]
    list_select_related = ["profile", "expense"]
    search_fields = ["profile__name"]


@admin.register(models.BulkBilling)
class BulkBillingAdmin(ReadOnly):
    list_display = ["__str__", "requested_by", "finished_at"]
    list_filter = ["finished_at"]
    list_select_related = ["requested_by"]
    search_fields = ["requested_by__email"]


@admin.register(models.BulkBillingRow)
class BulkBillingRowAdmin(ReadOnly):
    organization_path = "job__organization"
    list_display = ["customer", "job", "status", "invoice", "sentence"]
    list_filter = ["status"]
    list_select_related = ["customer", "job", "invoice"]
    search_fields = ["customer__display_name"]


@admin.register(models.Tax)
class TaxAdmin(InOrganization):
    """Changing a rate concerns new lines only: documents keep a copy."""

    list_display = ["name", "rate", "is_active"]
    list_filter = ["is_active"]
    search_fields = ["name"]


@admin.register(models.NumberSeries)
class NumberSeriesAdmin(InOrganization):
    """The counter itself is not changed here: numbers have no gaps."""

    list_display = ["kind", "prefix", "digits", "next_number"]
    list_filter = ["kind"]
    search_fields = ["prefix"]
    readonly_fields = ["next_number"]

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(models.BillingPreferences)
class BillingPreferencesAdmin(InOrganization):
    list_display = ["organization", "rounding", "rounding_minutes", "payment_terms"]
    list_filter = ["rounding"]
    list_select_related = ["organization"]
    search_fields = ["organization__name"]
    raw_id_fields = ["tax"]


@admin.register(models.CustomerBilling)
class CustomerBillingAdmin(InOrganization):
    organization_path = "customer__organization"
    list_display = ["customer", "payment_terms", "language"]
    list_filter = ["language"]
    list_select_related = ["customer"]
    search_fields = ["customer__display_name"]
    raw_id_fields = ["customer", "tax"]


@admin.register(models.PaperSettings)
class PaperSettingsAdmin(InOrganization):
    """The logo is changed under Settings, where the picture is checked."""

    list_display = ["organization", "paper", "accent", "reply_to", "link_days"]
    list_filter = ["paper"]
    list_select_related = ["organization"]
    search_fields = ["organization__name", "reply_to"]


@admin.register(models.MailTemplate)
class MailTemplateAdmin(ReadOnly):
    """Read-only: the placeholders of a text are checked where it is written, under Settings."""

    list_display = ["organization", "purpose", "language", "subject"]
    list_filter = ["purpose", "language"]
    list_select_related = ["organization"]
    search_fields = ["subject", "body"]


@admin.register(models.PublicLink)
class PublicLinkAdmin(ReadOnly):
    """What an address is made of is never shown: whoever knows it sees the document."""

    list_display = ["__str__", "created_by", "created_at", "expires_at", "revoked_at", "last_viewed_at"]
    list_filter = ["expires_at", "revoked_at"]
    list_select_related = ["invoice", "quote", "credit_note", "created_by"]
    search_fields = ["invoice__number", "quote__number", "credit_note__number"]
    exclude = ["nonce", "token_hash"]


@admin.register(models.QuoteDecision)
class QuoteDecisionAdmin(ReadOnly):
    organization_path = "quote__organization"
    list_display = ["quote", "accepted", "name", "decided_at"]
    list_filter = ["accepted"]
    list_select_related = ["quote"]
    search_fields = ["name", "comment", "quote__number"]


@admin.register(models.OutgoingMail)
class OutgoingMailAdmin(ReadOnly):
    """Read-only: what was sent stays written down. The text may hold the link to the document, so it is left out."""

    list_display = ["subject", "to", "purpose", "status", "attempts", "created_at", "sent_at"]
    list_filter = ["status", "purpose"]
    search_fields = ["subject", "to", "message_id"]
    exclude = ["body"]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("body")


@admin.register(models.Comment)
class CommentAdmin(ReadOnly):
    list_display = ["__str__", "author", "invoice", "quote", "project", "created_at"]
    list_filter = ["created_at"]
    list_select_related = ["author", "invoice", "quote", "project"]
    search_fields = ["text"]


@admin.register(models.Attachment)
class AttachmentAdmin(ReadOnly):
    list_display = ["name", "invoice", "quote", "size", "send_in_mail", "uploaded_by", "uploaded_at"]
    list_filter = ["send_in_mail", "uploaded_at"]
    list_select_related = ["invoice", "quote", "uploaded_by"]
    search_fields = ["name", "invoice__number", "quote__number"]


@admin.register(models.WrongLink)
class WrongLinkAdmin(ReadOnly):
    """Belongs to no organization: how often somebody guessed at links. Their address is kept as a hash only."""

    organization_path = ""
    list_display = ["since", "tries"]
    list_filter = ["since"]
    search_fields = ["address_hash"]

    def get_queryset(self, request):
        return admin.ModelAdmin.get_queryset(self, request)
