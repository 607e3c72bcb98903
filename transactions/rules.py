"""What is fixed because money depends on it. Each rule gives the reason in words, '' when nothing keeps one from it.

Forms, admin, API, imports and the sync ask here; `transactions.panels` tells the apps below through their registry.
"""

from django.db.models import Q

from transactions.models import (
    BilledTimeEntry,
    CreditNote,
    Expense,
    Invoice,
    Payment,
    Quote,
    RecurringExpense,
    RecurringInvoice,
)


def customer_currency_lock(customer):
    """Why the customer's currency cannot change."""
    for model in (Invoice, Quote, CreditNote, Expense, RecurringInvoice, RecurringExpense):
        if model.objects.filter(customer=customer).exists():
            name = model._meta.verbose_name_plural
            return f"The currency is fixed: there are {name} of this customer already."
    return ""


def project_currency_lock(project):
    """Why the project's currency cannot change."""
    if BilledTimeEntry.objects.filter(project=project, released_at=None).exists():
        return "The currency is fixed: hours of this project were invoiced."
    return ""


def project_customer_lock(project):
    """Why the project's customer cannot change."""
    if BilledTimeEntry.objects.filter(project=project, released_at=None).exists():
        return "The customer is fixed: hours of this project were invoiced."
    if Invoice.objects.exclude(status="void").filter(lines__project=project).exists():
        return "The customer is fixed: there are invoices of this project."
    if _quotes(project).exists():
        return "The customer is fixed: there are quotes of this project."
    for model in (Expense, RecurringExpense):
        if model.objects.filter(project=project).exists():
            return f"The customer is fixed: there are {model._meta.verbose_name_plural} of this project."
    if _recurring_invoices(project).exists():
        return "The customer is fixed: a recurring invoice bills this project."
    return ""


def _quotes(project):
    return Quote.objects.filter(Q(project=project) | Q(lines__project=project))


def _recurring_invoices(project):
    """Those that bill its hours, and those with a line for it."""
    return RecurringInvoice.objects.filter(Q(projects=project) | Q(lines__project=project))


def entry_locks(entry_ids):
    """{id: reason} of those hours that cannot be edited or deleted because they stand on a live invoice."""
    rows = BilledTimeEntry.objects.filter(time_entry_id__in=list(entry_ids), released_at=None)
    found = {}
    for entry_id, number, status in rows.values_list(
        "time_entry_id", "line__invoice__number", "line__invoice__status"
    ):
        where = f"invoice {number}" if number else "a draft invoice"
        undo = "Take it off the draft first." if status == "draft" else "Credit or void the invoice first."
        found[entry_id] = f"This hour stands on {where} and cannot change. {undo}"
    return found


def entry_lock(entry):
    """Why one hour cannot be edited or deleted."""
    return entry_locks([entry.pk]).get(entry.pk, "")


def customer_dependents(customer):
    """Sentences that say why the customer cannot be deleted."""
    counts = [
        (model._meta.verbose_name_plural, model.objects.filter(customer=customer).count())
        for model in (Quote, Invoice, CreditNote, RecurringInvoice, Expense, RecurringExpense)
    ]
    return [f"There are {count} {name} of this customer." for name, count in counts if count]


def project_dependents(project):
    """Sentences that say why the project cannot be deleted."""
    found = []
    if count := Invoice.objects.filter(lines__project=project).distinct().count():
        found.append(f"It stands on {count} invoices.")
    if count := _quotes(project).distinct().count():
        found.append(f"There are {count} quotes for it.")
    if Expense.objects.filter(project=project).exists():
        found.append("Expenses have been recorded for this project.")
    if RecurringExpense.objects.filter(project=project).exists():
        found.append("Recurring expenses belong to it.")
    if _recurring_invoices(project).exists():
        found.append("A recurring invoice bills it.")
    return found


def has_money(organization):
    """True once anything was issued or received: then the organization cannot be deleted."""
    return (
        Invoice.objects.filter(organization=organization).exclude(status="draft").exists()
        or Payment.objects.filter(organization=organization).exists()
    )
