"""Quotes, invoices, credit notes, payments, expenses, recurring profiles, and what was billed on them."""

from transactions.models.billed import BilledExpense, BilledTimeEntry, Release
from transactions.models.bulk import BulkBilling, BulkBillingRow
from transactions.models.document import Document, Line, LineFields
from transactions.models.drift import DriftItem
from transactions.models.expenses import Expense, ExpenseReceipt, RecurringExpense, RecurringExpenseRun
from transactions.models.invoice import CreditNote, CreditNoteLine, Invoice, InvoiceLine, Payment
from transactions.models.mail import (
    MailTemplate,
    OutgoingMail,
    PaperSettings,
    PublicLink,
    Purpose,
    QuoteDecision,
    WrongLink,
)
from transactions.models.notes import Attachment, Comment
from transactions.models.preferences import BillingPreferences, CustomerBilling, NumberSeries, Tax
from transactions.models.quote import Quote, QuoteLine
from transactions.models.recurring import (
    RecurringInvoice,
    RecurringInvoiceLine,
    RecurringInvoiceRun,
    Schedule,
)
from transactions.models.seal import DocumentSeal

__all__ = [
    "Attachment",
    "BilledExpense",
    "BilledTimeEntry",
    "BillingPreferences",
    "BulkBilling",
    "BulkBillingRow",
    "Comment",
    "CreditNote",
    "CreditNoteLine",
    "CustomerBilling",
    "Document",
    "DocumentSeal",
    "DriftItem",
    "Expense",
    "ExpenseReceipt",
    "Invoice",
    "InvoiceLine",
    "Line",
    "LineFields",
    "MailTemplate",
    "NumberSeries",
    "OutgoingMail",
    "PaperSettings",
    "Payment",
    "PublicLink",
    "Purpose",
    "Quote",
    "QuoteDecision",
    "QuoteLine",
    "RecurringExpense",
    "RecurringExpenseRun",
    "RecurringInvoice",
    "RecurringInvoiceLine",
    "RecurringInvoiceRun",
    "Release",
    "Schedule",
    "Tax",
    "WrongLink",
]
