"""Drafts for many customers: preview, one draft each, however often it is worked."""

import pytest
from django_q.models import OrmQ

from customers.models import Customer
from tests.factories import CustomerFactory, ProjectFactory
from transactions import bulk, tasks
from transactions.billing.choices import Choices
from transactions.errors import TransactionRefused
from transactions.models import BulkBilling, Invoice

pytestmark = pytest.mark.django_db


def test_each_customer_gets_one_draft_or_a_reason(
    organization, customer, log, django_capture_on_commit_callbacks
):
    for rate in ("10", None):
        other = CustomerFactory(organization=organization)
        log(60, project=ProjectFactory(organization=organization, customer=other, rate=rate))
    log(90)
    rows = bulk.preview(organization, Choices())
    assert sorted(row.minutes for row in rows) == [0, 60, 90]
    assert any("no rate" in sentence for row in rows for sentence in row.refused)
    assert any("e-mail" in sentence for row in rows for sentence in row.warnings)
    with django_capture_on_commit_callbacks(execute=True):
        job = bulk.start(organization, [row.customer for row in rows], Choices())
    assert OrmQ.objects.count() == 1
    assert bulk.work(job.pk, keep_going=iter([True, False]).__next__) is False
    assert job.rows.filter(status="waiting").count() == 2  # one was worked, then it was told to stop
    tasks.reconcile()
    tasks.work_bulk(job.pk)
    tasks.work_bulk(job.pk)
    assert sorted(job.rows.values_list("status", flat=True)) == ["made", "made", "refused"]
    assert "no rate" in job.rows.get(status="refused").sentence
    assert Invoice.objects.count() == 2 and BulkBilling.objects.get().finished_at
    with pytest.raises(TransactionRefused):
        bulk.start(organization, [], Choices())
    with pytest.raises(TransactionRefused):
        bulk.start(organization, [CustomerFactory()], Choices())


def test_one_broken_customer_keeps_no_other_from_its_draft(organization, customer, log, monkeypatch):
    other = CustomerFactory(organization=organization)
    log(60, project=ProjectFactory(organization=organization, customer=other, rate="10"))
    log(90)
    job, make = bulk.start(organization, Customer.objects.order_by("pk"), Choices()), bulk.create_invoice

    def broken(asked, *args, **kwargs):
        if asked == customer:
            raise ZeroDivisionError
        return make(asked, *args, **kwargs)

    monkeypatch.setattr(bulk, "create_invoice", broken)
    assert bulk.work(job.pk) is True
    rows = dict(job.rows.values_list("customer", "status"))
    assert rows == {customer.pk: "refused", other.pk: "made"}
    assert "unexpected error" in job.rows.get(customer=customer).sentence
