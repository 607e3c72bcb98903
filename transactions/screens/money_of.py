"""What a project's and a customer's page show of their money."""

from decimal import Decimal

from django.db.models import Count, Q, Sum

from timetracking.models import TimeEntry
from timetracking.rates import by_rate, worth
from transactions.billing.fixed_cost import fixed_cost_of
from transactions.models import CreditNote, CreditNoteLine, DriftItem, Expense, Invoice, InvoiceLine, Quote
from transactions.states import with_state

SHOWN = 20
ZERO = Decimal(0)


def project_money(project):
    """{expected, to_invoice, drafted, invoiced, drift}: amounts in the project's currency, after discounts, before tax.

    Invoiced: lines of issued invoices less what was credited; drafted: lines of drafts; to invoice: unbilled hours at
    their rates, or what is left of a fixed cost, and unbilled expenses; expected: the three together.
    """
    lines = InvoiceLine.objects.filter(project=project, invoice__currency=project.currency).order_by()
    issued, draft = Q(invoice__status__in=("sent", "written_off")), Q(invoice__status="draft")
    found = lines.aggregate(
        issued=Sum("amount", filter=issued),
        discount=Sum("document_discount", filter=issued),
        drafted=Sum("amount", filter=draft),
        drafted_discount=Sum("document_discount", filter=draft),
    )
    credited = CreditNoteLine.objects.filter(invoice_line__in=lines.filter(issued)).aggregate(
        amount=Sum("amount"), discount=Sum("document_discount")
    )
    invoiced = (found["issued"] or ZERO) - (found["discount"] or ZERO)
    invoiced -= (credited["amount"] or ZERO) - (credited["discount"] or ZERO)
    if project.billing_method == "fixed_cost":
        to_invoice = fixed_cost_of(project).remaining
    else:
        entries = TimeEntry.objects.filter(project=project, billing_status="unbilled", is_billable=True)
        groups = [item for item in by_rate(entries, {project.pk: project}) if item.rate is not None]
        to_invoice = worth(groups, project.currency) if groups else ZERO
    spent = Expense.objects.filter(project=project, billing_status="unbilled", currency=project.currency)
    expenses = spent.aggregate(sum=Sum("total"))["sum"] or ZERO
    drafted = (found["drafted"] or ZERO) - (found["drafted_discount"] or ZERO)
    drift = DriftItem.objects.filter(project=project, status="open")
    return {
        "project": project,
        "currency": project.currency,
        "invoiced": invoiced,
        "drafted": drafted,
        "to_invoice": to_invoice + expenses,
        "expected": invoiced + drafted + to_invoice + expenses,
        "drift": drift.aggregate(
            count=Count("pk"), minutes=Sum("difference_minutes"), money=Sum("difference_amount")
        ),
    }


def project_transactions(request, project):
    """Template context of the project's tab Transactions: the latest of each kind."""
    organization = project.organization
    invoices = Invoice.objects.filter(organization=organization, lines__project=project).distinct()
    return {
        "invoices": list(with_state(invoices, organization).order_by("-date", "-pk")[:SHOWN]),
        "quotes": list(
            with_state(Quote.objects.filter(project=project), organization).order_by("-date", "-pk")[:SHOWN]
        ),
        "credit_notes": list(
            CreditNote.objects.filter(lines__project=project).distinct().order_by("-date", "-pk")[:SHOWN]
        ),
        "expenses": list(Expense.objects.filter(project=project).order_by("-date", "-pk")[:SHOWN]),
        "shown": SHOWN,
    }


def customer_money(customer):
    """{sums per currency, latest invoices} of a customer."""
    rows = Invoice.objects.filter(customer=customer)
    sums = (
        rows.filter(status="sent")
        .order_by("currency")
        .values("currency")
        .annotate(count=Count("pk"), sum_total=Sum("total"), open=Sum("balance"))
    )
    latest = with_state(rows, customer.organization).order_by("-date", "-pk")[:SHOWN]
    return {"customer": customer, "sums": list(sums), "invoices": list(latest)}
