"""Addresses of quotes, invoices, credit notes, payments and drift."""

from django.urls import path

from transactions.screens import (
    actions,
    bulk,
    creating,
    crediting,
    customer_billing,
    drift,
    editing,
    invoice,
    lists,
    quote,
)

INVOICE, QUOTE = {"kind": "invoice"}, {"kind": "quote"}

urlpatterns = [
    path("sales/invoices/", lists.invoices, name="invoices"),
    path("sales/invoices/csv/", lists.invoices_csv, name="invoices_csv"),
    path("sales/invoices/new/", editing.new, INVOICE, name="invoice_new"),
    path("sales/invoices/bulk/", bulk.start, name="invoices_bulk"),
    path("sales/invoices/bulk/<int:pk>/", bulk.job, name="invoices_bulk_job"),
    path("sales/invoices/<int:pk>/", invoice.invoice, name="invoice"),
    path("sales/invoices/<int:pk>/edit/", editing.edit, INVOICE, name="invoice_edit"),
    path("sales/invoices/<int:pk>/add/", creating.onto_draft, name="invoice_add"),
    path("sales/invoices/<int:pk>/credit/", crediting.invoice_credit, name="invoice_credit"),
    path("sales/invoices/<int:pk>/lines/<int:line>/", invoice.invoice_line, name="invoice_line"),
    path("sales/invoices/<int:pk>/lines/<int:line>/remove/", actions.line_remove, name="invoice_line_remove"),
    path(
        "sales/invoices/<int:pk>/lines/<int:line>/entries/remove/",
        actions.entries_remove,
        name="invoice_entries_remove",
    ),
    path("sales/invoices/<int:pk>/sent/", actions.mark_sent, INVOICE, name="invoice_mark_sent"),
    path("sales/invoices/<int:pk>/void/", actions.void, name="invoice_void"),
    path("sales/invoices/<int:pk>/draft/", actions.back_to_draft, name="invoice_back_to_draft"),
    path("sales/invoices/<int:pk>/write-off/", actions.write_off, name="invoice_write_off"),
    path(
        "sales/invoices/<int:pk>/write-off/cancel/", actions.cancel_write_off, name="invoice_cancel_write_off"
    ),
    path("sales/invoices/<int:pk>/delete/", actions.delete, INVOICE, name="invoice_delete"),
    path("sales/invoices/<int:pk>/duplicate/", actions.duplicate, INVOICE, name="invoice_duplicate"),
    path("sales/invoices/<int:pk>/payments/", actions.pay, name="invoice_pay"),
    path("sales/payments/<int:pk>/delete/", actions.payment_delete, name="payment_delete"),
    path("sales/quotes/", lists.quotes, name="quotes"),
    path("sales/quotes/csv/", lists.quotes_csv, name="quotes_csv"),
    path("sales/quotes/new/", editing.new, QUOTE, name="quote_new"),
    path("sales/quotes/<int:pk>/", quote.quote, name="quote"),
    path("sales/quotes/<int:pk>/edit/", editing.edit, QUOTE, name="quote_edit"),
    path("sales/quotes/<int:pk>/sent/", actions.mark_sent, QUOTE, name="quote_mark_sent"),
    path("sales/quotes/<int:pk>/accept/", actions.accept, name="quote_accept"),
    path("sales/quotes/<int:pk>/decline/", actions.decline, name="quote_decline"),
    path("sales/quotes/<int:pk>/convert/", actions.convert, name="quote_convert"),
    path("sales/quotes/<int:pk>/duplicate/", actions.duplicate, QUOTE, name="quote_duplicate"),
    path("sales/quotes/<int:pk>/delete/", actions.delete, QUOTE, name="quote_delete"),
    path("sales/credit-notes/", lists.credit_notes, name="credit_notes"),
    path("sales/credit-notes/csv/", lists.credit_notes_csv, name="credit_notes_csv"),
    path("sales/credit-notes/<int:pk>/", invoice.credit_note, name="credit_note"),
    path("sales/drift/", drift.drift_list, name="drift"),
    path("sales/drift/<int:pk>/", drift.decide, name="drift_decide"),
    path("sales/drift/<int:pk>/credit/", drift.credit, name="drift_credit"),
    path("time-tracking/projects/<int:pk>/invoice/", creating.from_project, name="invoice_from_project"),
    path("time-tracking/timesheets/invoice/", creating.from_entries, name="invoice_from_entries"),
    path("customers/<int:pk>/billing/", customer_billing.customer_billing, name="customer_billing"),
    path("customers/<int:pk>/invoice/", creating.from_customer, name="invoice_from_customer"),
]
