"""Addresses of recurring invoices, expenses and recurring expenses."""

from django.urls import path

from transactions.screens import expense_forms, expenses, profiles, recurring_forms, recurring_pages

INVOICE, EXPENSE = {"kind": "recurring_invoice"}, {"kind": "recurring_expense"}
RI, RE = "sales/recurring-invoices/", "purchases/recurring-expenses/"
E = "purchases/expenses/"

urlpatterns = [
    path(RI, profiles.profile_list, INVOICE, name="recurring_invoices"),
    path(f"{RI}new/", recurring_forms.new, name="recurring_invoice_new"),
    path(f"{RI}<int:pk>/", recurring_pages.recurring_invoice, name="recurring_invoice"),
    path(f"{RI}<int:pk>/next/", recurring_pages.recurring_invoice_next, name="recurring_invoice_next"),
    path(f"{RI}<int:pk>/edit/", recurring_forms.edit, name="recurring_invoice_edit"),
    path(f"{RI}<int:pk>/stop/", profiles.stop, INVOICE, name="recurring_invoice_stop"),
    path(f"{RI}<int:pk>/resume/", profiles.resume, INVOICE, name="recurring_invoice_resume"),
    path(f"{RI}<int:pk>/again/", profiles.try_again, INVOICE, name="recurring_invoice_again"),
    path(f"{RI}<int:pk>/delete/", profiles.delete, INVOICE, name="recurring_invoice_delete"),
    path(E, expenses.expense_list, name="expenses"),
    path(f"{E}csv/", expenses.expenses_csv, name="expenses_csv"),
    path(f"{E}new/", expense_forms.new, name="expense_new"),
    path(f"{E}<int:pk>/", expenses.expense, name="expense"),
    path(f"{E}<int:pk>/edit/", expense_forms.edit, name="expense_edit"),
    path(f"{E}<int:pk>/delete/", expenses.delete, name="expense_delete"),
    path(f"{E}<int:pk>/invoice/", expenses.convert, name="expense_convert"),
    path(f"{E}<int:pk>/reimbursed/", expenses.reimburse, name="expense_reimburse"),
    path(f"{E}<int:pk>/receipts/", expenses.receipts_add, name="expense_receipts_add"),
    path(f"{E}receipts/<int:pk>/delete/", expenses.receipt_delete, name="expense_receipt_delete"),
    path(RE, profiles.profile_list, EXPENSE, name="recurring_expenses"),
    path(f"{RE}new/", expense_forms.recurring_new, name="recurring_expense_new"),
    path(f"{RE}<int:pk>/", recurring_pages.recurring_expense, name="recurring_expense"),
    path(f"{RE}<int:pk>/edit/", expense_forms.recurring_edit, name="recurring_expense_edit"),
    path(f"{RE}<int:pk>/stop/", profiles.stop, EXPENSE, name="recurring_expense_stop"),
    path(f"{RE}<int:pk>/resume/", profiles.resume, EXPENSE, name="recurring_expense_resume"),
    path(f"{RE}<int:pk>/again/", profiles.try_again, EXPENSE, name="recurring_expense_again"),
    path(f"{RE}<int:pk>/delete/", profiles.delete, EXPENSE, name="recurring_expense_delete"),
]
