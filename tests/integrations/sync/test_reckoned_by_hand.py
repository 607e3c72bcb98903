"""Synced hours billed in many ways, each reckoned a second time here, in fractions and from the tables alone.

Nothing of the product's arithmetic is used: what a line costs, how discount and tax spread, and what stands on the page
and on the PDF must come out the same to the cent.
"""

import datetime
import html
import io
import random
import re
from fractions import Fraction

from pypdf import PdfReader

from customers.models import Customer
from tests.factories import MembershipFactory
from timetracking.models import Project, ProjectStaff, Task, TimeEntry
from transactions import life, preferences
from transactions.billing.choices import GROUPINGS, Choices
from transactions.billing.create import create_invoice
from transactions.billing.propose import propose
from transactions.models import Tax
from transactions.printing.from_documents import printed
from transactions.printing.typeset import pdf_of

CASES = 10
PLACES = {"JPY": 0, "KWD": 3}
RATES = ["99.99", "33.335", "120", "0.07", "87.654321", "10000"]


def rounded(value, places):
    """Half up, away from zero, as a Fraction."""
    scaled = abs(value) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Fraction(whole if value >= 0 else -whole, 10**places)


def minutes_billed(minutes, rounding, step):
    """As the organization wants durations."""
    if rounding == "up":
        return minutes if minutes % step == 0 else minutes + step - minutes % step
    if rounding == "nearest":
        down = minutes - minutes % step
        return max(down + step if 2 * (minutes % step) >= step else down, step)
    return minutes


def priced_hours(customer, choices):
    """[(entry, rate)] of what can be billed, from the tables."""
    staff = {(row.project_id, row.staff_user_id): row.rate for row in ProjectStaff.objects.exclude(rate=None)}
    found = []
    for entry in TimeEntry.objects.select_related("project", "task"):
        project = entry.project
        if project.customer_id != customer.pk or entry.billing_status != "unbilled":
            continue
        if not choices.date_from <= entry.date <= choices.date_to or project.billing_method == "fixed_cost":
            continue
        own = None
        if project.billing_method == "task_hours" and entry.task:
            own = entry.task.rate
        if project.billing_method == "staff_hours":
            own = staff.get((project.pk, entry.staff_user_id))
        rate = project.rate if own is None else own
        if rate is not None and rate > 0:
            found.append((entry, Fraction(rate)))
    return found


def lines_by_hand(hours, grouping, rounding, step, places):
    """{(entry ids): (minutes, rate, amount)} of the lines there should be."""
    groups = {}
    for entry, rate in hours:
        work = (entry.task_id, entry.bug_id, entry.title if entry.kind == "general" else "")
        key = {
            "project": (),
            "entries": (entry.pk,),
            "tasks": work,
            "people": (entry.staff_user_id,),
            "tasks_people": (*work, entry.staff_user_id),
        }[grouping]
        groups.setdefault((entry.project_id, key, rate), []).append(entry)
    found = {}
    for (_, _, rate), entries in groups.items():
        minutes = sum(minutes_billed(entry.minutes, rounding, step) for entry in entries)
        ids = tuple(sorted(entry.pk for entry in entries))
        found[ids] = (minutes, rate, rounded(minutes * rate / 60, places))
    return found


def totals_by_hand(amounts, percent, tax, inclusive, places):
    """(sum, discount, tax, total) of line amounts in their order."""
    whole = sum(amounts)
    discount = rounded(whole * percent / 100, places)
    given = running = taxes = Fraction(0)
    for amount in amounts:
        running += amount
        share = (rounded(discount * running / whole, places) if whole else 0) - given
        given += share
        part = tax / (100 + tax) if inclusive else tax / 100
        taxes += rounded((amount - share) * part, places)
    return whole, discount, taxes, whole - discount + (0 if inclusive else taxes)


def as_text(value, places):
    """1,234.50"""
    assert (value * 10**places).denominator == 1
    whole = int(value * 10**places)
    return f"{whole // 10**places:,}" + (f".{whole % 10**places:0{places}d}" if places else "")


def squeezed(text):
    """Without white space, which papers break as they need."""
    return re.sub(r"[\s\u00a0\u202f]", "", text)


def shuffle(chance, customer):
    """Other ways of billing, rates and durations, as people set them and as people log."""
    for project in Project.objects.filter(customer=customer):
        project.billing_method = chance.choice(
            ["project_hours", "project_hours", "task_hours", "staff_hours"]
        )
        project.rate = chance.choice([*RATES, *RATES, None])
        project.currency = customer.currency
        project.save()
        for task in Task.objects.filter(project=project):
            Task.objects.filter(pk=task.pk).update(rate=chance.choice([None, *RATES]))
        ProjectStaff.objects.filter(project=project).update(rate=chance.choice([None, *RATES]))
    for entry in TimeEntry.objects.filter(project__customer=customer, billing_status="unbilled"):
        minutes = chance.choice([entry.minutes, chance.randint(1, 1440)])
        TimeEntry.objects.filter(pk=entry.pk).update(minutes=minutes)


def test_what_is_billed_is_what_reckoning_by_hand_gives(sync, connection, client):
    sync()
    chance = random.Random(5)
    organization = connection.organization
    client.force_login(MembershipFactory(organization=organization, role="admin").user)
    settings = preferences.of(organization)
    settings.save()
    taxes = [
        Tax.objects.create(organization=organization, name=f"T{rate}", rate=rate) for rate in ("19", "7.7")
    ]
    for customer in Customer.objects.order_by("pk"):
        customer.currency = chance.choice(["EUR", "USD", "JPY", "KWD"])
        customer.save()
    counted = 0
    while counted < CASES:
        ids = TimeEntry.objects.filter(billing_status="unbilled").values_list(
            "project__customer_id", flat=True
        )
        left = sorted(set(ids))
        if not left:
            break
        counted += 1
        customer = Customer.objects.get(pk=chance.choice(left))
        places = PLACES.get(customer.currency, 2)
        shuffle(chance, customer)
        settings.rounding = chance.choice(["none", "up", "nearest"])
        settings.rounding_minutes = chance.choice([6, 15, 30])
        settings.save()
        days = sorted(
            TimeEntry.objects.filter(project__customer=customer, billing_status="unbilled").values_list(
                "date", flat=True
            )
        )
        tax, percent = chance.choice([None, *taxes]), chance.choice(["", "10", "33.333"])
        choices = Choices(
            date_from=days[0],
            date_to=chance.choice([days[len(days) // 2], days[-1] + datetime.timedelta(days=9)]),
            grouping=chance.choice(sorted(GROUPINGS)),
            tax_id=tax.pk if tax else None,
            discount_percent=percent,
        )
        hours = priced_hours(customer, choices)
        expected = lines_by_hand(
            hours, choices.grouping, settings.rounding, settings.rounding_minutes, places
        )
        proposal = propose(customer, choices)
        assert {
            tuple(sorted(entry.id for entry in line.entries)): (
                line.minutes, Fraction(line.rate), Fraction(line.amount),
            )
            for line in proposal.lines
        } == expected  # fmt: skip
        if not expected:
            continue
        inclusive = chance.random() < 0.5
        values = {"tax_inclusive": inclusive}
        if customer.currency != organization.base_currency:
            values["exchange_rate"] = "1.5"
        invoice = create_invoice(customer, choices, proposal.marks, values=values)
        lines = list(invoice.lines.order_by("position", "id"))
        found = {}
        for line in lines:
            rows = line.billed_entries.all()
            assert sum(Fraction(row.amount) for row in rows) == Fraction(line.amount)
            for row in rows:
                assert row.minutes == TimeEntry.objects.get(pk=row.time_entry_id).minutes
            key = tuple(sorted(row.time_entry_id for row in rows))
            found[key] = (line.minutes, Fraction(line.rate), Fraction(line.amount))
            printed_hours = [int(part) for part in line.quantity_text.replace(",", "").split(":")]
            assert printed_hours[0] * 60 + printed_hours[1] == line.minutes
        assert found == expected
        invoice = life.issue(invoice, True)
        rate = Fraction(tax.rate) if tax else Fraction(0)
        sums = totals_by_hand(
            [Fraction(line.amount) for line in lines], Fraction(percent or "0"), rate, inclusive, places
        )
        stored = (invoice.sub_total, invoice.discount_total, invoice.tax_total, invoice.total)
        assert tuple(Fraction(value) for value in stored) == sums
        assert Fraction(invoice.balance) == sums[3]
        page = squeezed(
            html.unescape(
                re.sub(r"<[^>]*>", " ", client.get(f"/sales/invoices/{invoice.pk}/").content.decode())
            )
        )
        reader = PdfReader(io.BytesIO(pdf_of(printed(invoice))))
        paper = squeezed(" ".join(sheet.extract_text() for sheet in reader.pages))
        for line in lines:
            assert as_text(Fraction(line.amount), places) in page
            assert as_text(Fraction(line.amount), places) in paper
            assert line.quantity_text in paper
        for value in sums:
            assert not value or as_text(value, places) in page
            assert not value or as_text(value, places) in paper
        billed = {entry.pk for entry, _ in hours}
        assert set(TimeEntry.objects.filter(pk__in=billed).values_list("billing_status", flat=True)) == {
            "invoiced"
        }
        assert not {entry.id for line in propose(customer, choices).lines for entry in line.entries} & billed
    assert counted >= 5
