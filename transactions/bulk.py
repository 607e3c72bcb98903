"""Drafts for many customers at once: a preview, and a job that makes each customer's draft once."""

import logging
from dataclasses import dataclass
from decimal import Decimal

from django.db import OperationalError, transaction
from django.utils import timezone
from django_q.tasks import async_task

from customers.models import Customer
from timetracking.models import TimeEntry
from transactions.billing.choices import Choices, from_json
from transactions.billing.create import create_invoice
from transactions.billing.propose import propose
from transactions.errors import TransactionRefused
from transactions.models import BulkBilling, BulkBillingRow

log = logging.getLogger(__name__)
MOST_CUSTOMERS = 1000
STATUS = BulkBillingRow.Status


@dataclass(frozen=True)
class PreviewRow:
    """What a customer's draft would hold. `warnings` are worth a look; `refused` says what stays unbilled."""

    customer: Customer
    minutes: int
    amount: Decimal
    currency: str
    lines: int
    warnings: list[str]
    refused: list[str]


def customers_with_unbilled_hours(organization, choices: Choices):
    """The customers that have unbilled hours in the period of the choices, by name."""
    hours = TimeEntry.objects.filter(
        organization=organization, billing_status=TimeEntry.BillingStatus.UNBILLED, is_billable=True
    )
    if choices.date_from:
        hours = hours.filter(date__gte=choices.date_from)
    if choices.date_to:
        hours = hours.filter(date__lte=choices.date_to)
    ids = hours.order_by().values_list("project__customer_id", flat=True).distinct()
    return Customer.objects.filter(organization=organization, pk__in=ids).order_by("display_name", "pk")


def preview(organization, choices: Choices, customers=None):
    """The PreviewRow of each customer (all with unbilled hours when None), without writing anything."""
    customers = customers_with_unbilled_hours(organization, choices) if customers is None else customers
    rows = []
    for customer in customers.select_related("organization")[:MOST_CUSTOMERS]:
        found = propose(customer, choices)
        rows.append(
            PreviewRow(
                customer,
                found.minutes,
                found.amount,
                found.currency,
                len(found.lines),
                found.warnings,
                [row.sentence for row in found.refused],
            )
        )
    return rows


@transaction.atomic
def start(organization, customers, choices: Choices, user=None):
    """Order drafts for these customers; the worker is rung after commit. Returns the BulkBilling."""
    choices.check()
    customers = list(customers)
    if not customers:
        raise TransactionRefused("nobody", "Choose at least one customer.", "customers")
    if len(customers) > MOST_CUSTOMERS:
        raise TransactionRefused("too_many", f"Choose {MOST_CUSTOMERS:,} customers at most.", "customers")
    if any(customer.organization_id != organization.pk for customer in customers):
        raise TransactionRefused("unknown", "A customer was not found.", "customers")
    job = BulkBilling.objects.create(organization=organization, choices=choices.to_json(), requested_by=user)
    BulkBillingRow.objects.bulk_create(BulkBillingRow(job=job, customer=customer) for customer in customers)
    transaction.on_commit(lambda: async_task("transactions.tasks.work_bulk", job.pk))
    return job


def work(job_id, keep_going=lambda: True):
    """Make the waiting drafts of a job, one transaction each; True when the job is done. Safe to kill and to double."""
    job = BulkBilling.objects.select_related("organization", "requested_by").filter(pk=job_id).first()
    if job is None or job.finished_at is not None:
        return True
    choices = from_json(job.choices)
    for row_id in job.rows.filter(status=STATUS.WAITING).values_list("pk", flat=True):
        if not keep_going():
            return False
        _make(job, row_id, choices)
    BulkBilling.objects.filter(pk=job_id, finished_at=None).update(finished_at=timezone.now())
    return True


def _make(job, row_id, choices):
    try:
        with transaction.atomic():
            row = BulkBillingRow.objects.select_for_update().get(pk=row_id)
            if row.status != STATUS.WAITING:
                return
            row.invoice = create_invoice(
                row.customer, choices, user=job.requested_by, creation_key=f"bulk-{job.pk}-{row.customer_id}",
                remember=False,
            )  # fmt: skip
            row.status = STATUS.MADE
            row.save()
    except TransactionRefused as error:
        sentence = error.sentence
    except OperationalError:  # the database is away, or let another one go first: the row waits
        raise
    except Exception:  # one broken customer must not keep the others from theirs
        log.exception("The draft of row %s could not be made", row_id)
        sentence = "It could not be made because of an unexpected error; the log says more."
    else:
        return
    BulkBillingRow.objects.filter(pk=row_id, status=STATUS.WAITING).update(
        status=STATUS.REFUSED, sentence=sentence[:500]
    )
