"""Random sequences of what two billing clerks do; after every step nothing is billed twice, lost, or off by a cent."""

import datetime
import os
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import Q
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.factories import (
    CustomerFactory,
    OrganizationFactory,
    ProjectFactory,
    StaffUserFactory,
    TaskFactory,
    TimeEntryFactory,
)
from tests.transactions.factories import TaxFactory
from timetracking.models import TimeEntry
from transactions import credit, life, payments, totals
from transactions.billing.choices import GROUPINGS, Choices
from transactions.billing.create import create_invoice
from transactions.billing.propose import propose
from transactions.credit import CreditPart
from transactions.errors import TransactionRefused
from transactions.models import BilledTimeEntry, CreditNote, CreditNoteLine, Invoice, Release

picks = st.integers(0, 10**6)


def one_of(rows, pick):
    """One of the rows, or None."""
    rows = list(rows)
    return rows[pick % len(rows)] if rows else None


class Clerks(RuleBasedStateMachine):
    """Two people at work on one customer; what one looked at may be old when the other has acted."""

    def __init__(self):
        super().__init__()
        self.point = transaction.atomic()
        self.point.__enter__()
        organization = OrganizationFactory()
        self.customer = CustomerFactory(organization=organization)
        self.tax = TaxFactory(organization=organization, rate="19")
        self.people = [StaffUserFactory(organization=organization) for _ in range(2)]
        self.projects = [
            ProjectFactory(organization=organization, customer=self.customer, rate=rate)
            for rate in ("99.99", "33.335")
        ]
        self.tasks = [TaskFactory(project=project) for project in self.projects]
        self.looks = [None, None]
        for minutes in (50, 7, 20, 61, 480):
            self.log(minutes, minutes)
        for pick in (0, 1):
            self.bill_at_once("entries", pick)
        self.issue(0)

    def teardown(self):
        transaction.set_rollback(True)
        self.point.__exit__(None, None, None)

    def attempt(self, function, *args, **kwargs):
        """Do it; a refusal changes nothing."""
        try:
            with transaction.atomic():
                return function(*args, **kwargs)
        except TransactionRefused as refusal:
            assert refusal.sentence.endswith(".")
            return None

    @rule(minutes=st.integers(1, 600), pick=picks)
    def log(self, minutes, pick):
        task = self.tasks[pick % 2]
        kind = {"kind": "task", "task": task} if pick % 3 else {"kind": "general"}
        TimeEntryFactory(
            project=task.project, staff_user=self.people[pick % 2], minutes=minutes,
            date=datetime.date(2026, 3, 1 + pick % 28), **kind,
        )  # fmt: skip

    @rule(who=st.integers(0, 1), grouping=st.sampled_from(sorted(GROUPINGS)), pick=picks, taxed=st.booleans())
    def look(self, who, grouping, pick, taxed):
        choices = Choices(
            grouping=grouping,
            project_ids=() if pick % 3 else (self.projects[0].pk,),
            tax_id=self.tax.pk if taxed else None,
            discount_percent="33.333" if pick % 4 == 0 else "",
        )
        self.looks[who] = (choices, propose(self.customer, choices).marks)

    @rule(who=st.integers(0, 1), confirmed=st.booleans(), pick=picks)
    def bill(self, who, confirmed, pick):
        if self.looks[who] is None:
            return
        choices, seen = self.looks[who]
        leave_out = {name for place, name in enumerate(sorted(seen)) if pick % 3 and (pick >> place) & 1}
        self.attempt(create_invoice, self.customer, choices, seen, leave_out, confirmed)

    @rule(grouping=st.sampled_from(sorted(GROUPINGS)), pick=picks)
    def bill_at_once(self, grouping, pick):
        """A third of what is there, so that something to undo exists soon."""
        entries = (
            TimeEntry.objects.filter(billing_status="unbilled").order_by("pk").values_list("pk", flat=True)
        )
        chosen = tuple(entry for entry in entries if (entry + pick) % 3 == 0)
        if chosen:
            self.attempt(create_invoice, self.customer, Choices(grouping=grouping, entry_ids=chosen))

    @rule(pick=picks)
    def take_off_an_entry(self, pick):
        if row := one_of(BilledTimeEntry.objects.filter(released_at=None).order_by("pk"), pick):
            self.attempt(life.remove_entries, row.line, [row.pk])

    @rule(pick=picks)
    def remove_a_line(self, pick):
        if invoice := one_of(Invoice.objects.filter(status="draft", lines__isnull=False), pick):
            self.attempt(life.remove_line, one_of(invoice.lines.all(), pick))

    @rule(pick=picks)
    def delete_a_draft(self, pick):
        if invoice := one_of(Invoice.objects.order_by("pk"), pick):
            self.attempt(life.delete_draft, invoice)

    @rule(pick=picks)
    def issue(self, pick):
        if invoice := one_of(Invoice.objects.filter(status="draft").order_by("pk"), pick):
            self.attempt(life.issue, invoice)

    @rule(pick=picks)
    def void(self, pick):
        if invoice := one_of(Invoice.objects.filter(status="sent").order_by("pk"), pick):
            self.attempt(life.void, invoice)

    @rule(pick=picks)
    def back_to_draft(self, pick):
        if invoice := one_of(Invoice.objects.filter(status="void").order_by("pk"), pick):
            self.attempt(life.back_to_draft, invoice)

    @rule(pick=picks, cents=st.integers(1, 5000))
    def pay(self, pick, cents):
        if invoice := one_of(Invoice.objects.filter(status="sent").order_by("pk"), pick):
            self.attempt(payments.record_payment, invoice, Decimal(cents).scaleb(-2))

    @rule(pick=picks, whole=st.booleans(), rebill=st.booleans())
    def credit(self, pick, whole, rebill):
        invoice = one_of(Invoice.objects.filter(status="sent").order_by("pk"), pick)
        if invoice is None:
            return
        if whole:
            self.attempt(credit.credit_all, invoice, rebill=rebill)
            return
        line = one_of(invoice.lines.all(), pick)
        live = list(line.billed_entries.filter(released_at=None).values_list("pk", flat=True))
        chosen = live[: 1 + pick % len(live)] if live else []
        self.attempt(credit.credit_parts, invoice, [CreditPart(line.pk, chosen)], rebill=rebill)

    @invariant()
    def each_entry_is_on_at_most_one_live_invoice_and_says_so(self):
        live = list(BilledTimeEntry.objects.filter(released_at=None).values_list("time_entry_id", flat=True))
        assert len(live) == len(set(live))
        invoiced = TimeEntry.objects.filter(billing_status="invoiced").values_list("pk", flat=True)
        assert sorted(invoiced) == sorted(live)
        assert not BilledTimeEntry.objects.filter(released_at=None, line__invoice__status="void").exists()

    @invariant()
    def hours_add_up(self):
        minutes = dict.fromkeys(("unbilled", "invoiced", "non_billable"), 0)
        total = 0
        for status, worked in TimeEntry.objects.values_list("billing_status", "minutes"):
            minutes[status] += worked
            total += worked
        assert sum(minutes.values()) == total
        billed = BilledTimeEntry.objects.filter(released_at=None).values_list("billed_minutes", flat=True)
        assert sum(billed) == minutes["invoiced"]
        offered = propose(self.customer, Choices())
        waiting = sum(line.minutes for line in offered.lines if line.drift_item_id)
        assert offered.minutes - waiting == minutes["unbilled"]

    @invariant()
    def documents_are_the_sum_of_their_lines(self):
        for document in [*Invoice.objects.all(), *CreditNote.objects.all()]:
            lines = list(document.lines.all())
            assert document.sub_total == sum(line.amount for line in lines)
            assert document.discount_total == sum(line.document_discount for line in lines)
            assert document.tax_total == sum(line.tax_amount for line in lines)
            assert document.total == document.sub_total - document.discount_total + document.tax_total
        for invoice in Invoice.objects.exclude(status="void"):
            for line in invoice.lines.filter(kind="hours"):
                if invoice.status == "draft":
                    rows = line.billed_entries.filter(released_at=None)
                else:
                    rows = line.billed_entries.filter(release__in=["", Release.CREDITED])
                assert line.minutes == sum(row.billed_minutes for row in rows)
                assert totals.gross_of(line, invoice.currency) == sum(row.amount for row in rows)
            paid = sum(payment.amount for payment in invoice.payments.all())
            credited = sum(note.total for note in invoice.credit_notes.all())
            assert invoice.balance == invoice.total - paid - credited
            assert 0 <= credited <= max(invoice.total, 0)  # a draft of corrections alone may be below 0

    @invariant()
    def released_hours_are_the_credited_hours(self):
        for line in CreditNoteLine.objects.filter(kind="hours"):
            assert line.minutes == sum(row.billed_minutes for row in line.billed_entries.all())
        for invoice in Invoice.objects.filter(credit_notes__isnull=False).distinct():
            left = invoice.lines.filter(
                Q(billed_entries__released_at=None, kind="hours") | Q(kind="correction", credit_lines=None)
            )
            if not left.exists():  # everything was credited: to the cent
                assert invoice.credited_total == invoice.total

    @invariant()
    def numbers_have_no_gap_and_no_double(self):
        for model, prefix in ((Invoice, "INV-"), (CreditNote, "CN-")):
            numbers = sorted(model.objects.exclude(number="").values_list("number", flat=True))
            assert numbers == [f"{prefix}{count:06d}" for count in range(1, len(numbers) + 1)]


def walk(machine, examples, steps):
    """Try random sequences, the same ones each time. WALKS=100 tries a hundred others instead."""
    others = int(os.environ.get("WALKS", "0"))
    found = settings(
        max_examples=others or examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=not others,
        database=None,
        phases=[Phase.generate],  # a sequence that fails is short enough to be read as it is
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=found)


@pytest.mark.django_db
def test_nothing_is_billed_twice_lost_or_off_by_a_cent():
    walk(Clerks, examples=5, steps=20)
