"""Exact amounts in the database, and the one rounding rule."""

from decimal import Decimal
from fractions import Fraction

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models import F, Sum

from organizations.money import half_up, known_currency, minor_units, plain_decimal, round_money
from tests.empty_databases import blank
from tests.factories import ProjectFactory, TaskFactory
from timetracking.models import Project, Task

pytestmark = pytest.mark.django_db


def test_a_thousand_dimes_are_a_hundred_exactly_and_can_be_found_by_their_sum():
    project = ProjectFactory()
    Task.objects.bulk_create([Task(project=project, name="x", rate="0.10") for _ in range(1000)])
    assert Task.objects.aggregate(s=Sum("rate"))["s"] == Decimal("100.00")
    summed = Project.objects.annotate(s=Sum("tasks__rate"))
    assert summed.filter(s="100").count() == summed.filter(s__lte=Decimal("100.00")).count() == 1
    assert not summed.filter(s__gt="100").exists()


@pytest.mark.parametrize(
    "text", ["NaN", "Infinity", "1e400", "1_000", "١٢٣", "１２３", "1,5", "", "0x1", "--1"]
)
def test_only_plain_numbers_are_numbers(text):
    with pytest.raises(ValueError):
        plain_decimal(text)
    with pytest.raises(ValidationError):
        Task.objects.filter(rate=text).exists()


@pytest.mark.parametrize(
    "value", [1.5, Decimal("NaN"), "0.0000001", Decimal("1e12"), 10**40, "1." + "0" * 29 + "1"]
)
def test_too_precise_too_large_and_floating_numbers_are_never_stored(value):
    task = TaskFactory(rate="12.5")
    with pytest.raises(ValidationError), transaction.atomic():
        Task.objects.filter(pk=task.pk).update(rate=value)
    task.rate = value
    with pytest.raises(ValidationError):
        task.full_clean()
    with pytest.raises(ValidationError), transaction.atomic():
        task.save()
    task.refresh_from_db()
    assert str(task.rate) == "12.50"


def test_arithmetic_in_sql_cannot_mix_scales_unnoticed():
    TaskFactory(rate="12.345678", budget_hours="2")
    with pytest.raises(FieldError):
        list(Task.objects.annotate(x=F("rate") * F("budget_hours")))
    assert Task.objects.order_by("-rate").values_list("rate", flat=True)[0] == Decimal("12.345678")


@pytest.mark.parametrize(
    ("value", "currency", "expected"),
    [
        ("0.005", "EUR", "0.01"),
        ("1.005", "EUR", "1.01"),
        ("2.675", "EUR", "2.68"),
        ("-2.675", "EUR", "-2.68"),
        ("0.5", "JPY", "1"),
        ("1.0005", "KWD", "1.001"),
        (Fraction(50 * 9999, 6000), "EUR", "83.33"),  # 50 minutes at 99.99: exactly 83.325
    ],
)
def test_halves_are_rounded_up_to_the_minor_unit(value, currency, expected):
    value = Decimal(value) if isinstance(value, str) else value
    assert round_money(value, currency) == Decimal(expected)
    assert round_money(value, currency) == half_up(value, minor_units(currency))


def test_currencies_are_those_one_can_pay_with():
    assert [known_currency(code) for code in ("EUR", "JPY", "eur", "XXX", "XAU", "ABC", "")] == [
        True,
        True,
        False,
        False,
        False,
        False,
        False,
    ]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_migration_keeps_amounts_of_the_first_version(tmp_path):
    with blank(tmp_path):
        executor = MigrationExecutor(connection)
        first = [("timetracking", "0002_people"), ("transactions", "0001_initial")]
        leaves = executor.loader.graph.leaf_nodes()
        first += [leaf for leaf in leaves if leaf[0] in ("organizations", "customers")]
        executor.migrate(first)
        old = executor.loader.project_state(first).apps
        organization = old.get_model("organizations", "Organization").objects.create(name="Invented Works")
        customer = old.get_model("customers", "Customer").objects.create(
            organization=organization, display_name="Acme", currency="EUR"
        )
        project = old.get_model("timetracking", "Project").objects.create(
            organization=organization,
            customer=customer,
            name="P",
            currency="EUR",
            rate="12.35",
            budget_hours="0.29",
        )
        person = old.get_model("timetracking", "StaffUser").objects.create(
            organization=organization, name="Ann"
        )
        entry = old.get_model("timetracking", "TimeEntry").objects.create(
            organization=organization, project=project, staff_user=person, kind="general", title="Plan",
            date="2026-01-02", minutes=90, cost_rate="999999999999.99",
        )  # fmt: skip
        invoice = old.get_model("transactions", "Invoice").objects.create(
            organization=organization,
            customer=customer,
            number="1",
            status="sent",
            currency="EUR",
            date="2026-01-31",
        )
        line = old.get_model("transactions", "InvoiceLine").objects.create(
            invoice=invoice, description="Work", amount="18.53", rate="12.35", minutes=90
        )
        old.get_model("transactions", "BilledTimeEntry").objects.create(line=line, time_entry=entry)
        executor = MigrationExecutor(connection)
        executor.migrate([leaf for leaf in leaves if leaf[0] in ("timetracking", "transactions")])
        from timetracking.models import TimeEntry
        from transactions.models import BilledTimeEntry, Invoice

        project = Project.objects.get()
        assert (str(project.rate), str(project.budget_hours)) == ("12.35", "0.29")
        assert str(TimeEntry.objects.get().cost_rate) == "999999999999.99"
        assert Invoice.objects.get().total == Decimal("18.53")
        billed = BilledTimeEntry.objects.get()
        assert (billed.person_name, billed.minutes, billed.rate) == ("Ann", 90, Decimal("12.35"))
        assert billed.line.amount == Decimal("18.53") and billed.released_at is None
        assert (
            Invoice.objects.create(
                organization=Project.objects.get().organization,
                customer=Project.objects.get().customer,
                currency="EUR",
                date="2026-02-01",
            ).pk
            > invoice.pk
        )
