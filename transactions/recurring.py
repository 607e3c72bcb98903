"""Recurring invoices and expenses: making and changing profiles, and running what is due.

A run makes one period of one profile in one transaction: the row of the period (unique), the document, the next date.
Killed anywhere, it is as if it had not begun; run twice, the period exists already. Missed periods are made one by one,
oldest first. A period that fails leaves its reason on the profile and is tried again later.
"""

import logging
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from organizations.history import acting
from organizations.zones import today_in, zone_of
from transactions import checks, drafts, expenses, schedule
from transactions.billing.choices import Choices
from transactions.billing.create import create_invoice
from transactions.billing.patterns import day_text, fill, month_text
from transactions.billing.propose import propose
from transactions.errors import TransactionRefused
from transactions.locking import lock
from transactions.mailing import outbox
from transactions.models import (
    RecurringExpense,
    RecurringExpenseRun,
    RecurringInvoice,
    RecurringInvoiceLine,
    RecurringInvoiceRun,
    Schedule,
)

log = logging.getLogger(__name__)
RETRY = timedelta(hours=1)
MOST_PERIODS = 50  # of one profile in one go
INVOICE_VALUES = (
    "name", "repeat_every", "unit", "start_date", "end_date", "creates", "projects", "include_expenses", "grouping",
    "description_pattern", "payment_terms", "reference", "language", "tax", "tax_inclusive", "discount_percent",
    "discount_amount", "notes", "terms",
)  # fmt: skip
EXPENSE_VALUES = ("name", "repeat_every", "unit", "start_date", "end_date", *expenses.VALUES)


@transaction.atomic
def save_recurring_invoice(profile, values, lines=None):
    """Check and store a profile: `RecurringInvoice(organization=…, customer=…)` or a stored one.

    `values` as in INVOICE_VALUES (`projects`: rows whose hours are billed); `lines`: LineValues, replacing others.
    """
    if profile.pk:
        lock(profile)
    _known(values, INVOICE_VALUES)
    _schedule(profile, values)
    organization = profile.organization
    profile.currency = profile.customer.currency
    for name, label, longest in (
        ("description_pattern", "Description", 500), ("reference", "Reference", 100), ("language", "Language", 20),
        ("notes", "Notes", 20_000), ("terms", "Terms", 20_000),
    ):  # fmt: skip
        if name in values:
            setattr(profile, name, checks.text(values[name], name, label, longest))
    for name in ("include_expenses", "tax_inclusive"):
        if name in values:
            setattr(profile, name, bool(values[name]))
    if "creates" in values:
        if values["creates"] not in RecurringInvoice.Creates.values:
            raise TransactionRefused("unknown", "Choose drafts or issued invoices.", "creates")
        profile.creates = values["creates"]
    if "payment_terms" in values:
        profile.payment_terms = checks.whole(values["payment_terms"], "payment_terms", "Payment terms")
    if "tax" in values:
        profile.tax = checks.ours(values["tax"], organization, "tax", "The tax")
    if "grouping" in values:
        profile.grouping = values["grouping"]
    if "discount_percent" in values or "discount_amount" in values:
        share = checks.percent(values.get("discount_percent"), "discount_percent", "Discount")
        amount = checks.money(values.get("discount_amount"), profile.currency, "discount_amount", "Discount")
        if share and amount:
            raise TransactionRefused("two_discounts", "Give one discount, not two.", "discount_amount")
        profile.discount_percent, profile.discount_amount = share or None, amount or None
    Choices(grouping=profile.grouping, description_pattern=profile.description_pattern).check()
    _store(profile)
    if "projects" in values:
        for project in values["projects"]:
            checks.ours(project, organization, "projects", "The project")
            if project.customer_id != profile.customer_id:
                raise TransactionRefused(
                    "foreign_project", "A project belongs to another customer.", "projects"
                )
            if project.billing_method == "fixed_cost":
                raise TransactionRefused(
                    "fixed_cost",
                    f"“{project.name[:100]}” has a fixed cost: add a line with an instalment instead of its hours.",
                    "projects",
                )
        profile.projects.set(values["projects"])
    if lines is not None:
        _write_lines(profile, lines)
    if not profile.lines.exists() and not profile.projects.exists():
        raise TransactionRefused(
            "no_lines", "Add a line, or choose projects whose hours are billed.", "lines"
        )
    return profile


def _write_lines(profile, lines):
    if len(lines) > checks.MOST_LINES:
        raise TransactionRefused("too_many_lines", f"{checks.MOST_LINES:,} lines at most.", "lines")
    profile.lines.all().delete()
    for position, values in enumerate(lines, 1):
        line = RecurringInvoiceLine(profile=profile, position=position)
        drafts.fill_line(line, values, profile, f"lines.{position - 1}")
        line.save()


@transaction.atomic
def save_recurring_expense(profile, values):
    """Check and store a profile: `RecurringExpense(organization=…)` or a stored one. `values` as in EXPENSE_VALUES."""
    if profile.pk:
        lock(profile)
    _known(values, EXPENSE_VALUES)
    _schedule(profile, values)
    profile.currency = profile.currency or profile.organization.base_currency
    expenses.fill(profile, values)
    _store(profile)
    return profile


def _known(values, names):
    if unknown := sorted(set(values) - set(names)):
        raise TransactionRefused("unknown_field", f"There is no field “{unknown[0]}”.", unknown[0])


def _schedule(profile, values):
    before = _steps(profile)
    floor = _floor(profile)
    if "name" in values:
        profile.name = checks.text(values["name"], "name", "Profile name", 100)
    if not profile.name:
        raise TransactionRefused("required", "Profile name: this is needed.", "name")
    for name, label in (("start_date", "Start date"), ("end_date", "End date")):
        if name in values:
            day = checks.day(values[name], name, label, profile.organization)
            if name == "start_date" and profile.pk and profile.last_date and day != profile.start_date:
                raise TransactionRefused(
                    "started", "Start date: it ran already. Stop it and make a new profile.", name
                )
            setattr(profile, name, day)
    for name in ("repeat_every", "unit"):
        if name in values:
            setattr(profile, name, values[name])
    schedule.check(profile)
    if profile.pk is None or _steps(profile) != before:
        profile.next_date = schedule.first_after(profile, floor)
    profile.not_before, profile.problem = None, ""


def _steps(profile):
    return profile.repeat_every, profile.unit, profile.start_date, profile.end_date


def _floor(profile):
    """However the steps change, no date up to this day runs: it ran, or fell into a pause that was not made up for."""
    floor = profile.last_date
    if profile.pk and profile.next_date and profile.next_date != schedule.first_after(profile, floor):
        floor = profile.next_date - timedelta(days=1)
    if isinstance(
        profile, RecurringExpense
    ):  # none for days before today, unless its day came while we were down
        yesterday = today_in(profile.organization) - timedelta(days=1)
        waiting = profile.next_date - timedelta(days=1) if profile.next_date else yesterday
        latest = min(waiting, yesterday)
        return max(floor or latest, latest)
    return floor


def _store(profile):
    others = type(profile).objects.filter(organization=profile.organization, name__iexact=profile.name)
    if others.exclude(pk=profile.pk).exists():
        raise TransactionRefused("name_taken", "There is a profile of this name already.", "name")
    profile.save()


@transaction.atomic
def stop(profile):
    """Make nothing until it is resumed."""
    lock(profile)
    profile.status = Schedule.Status.STOPPED
    profile.save(update_fields=["status", "updated_at"])
    return profile


@transaction.atomic
def resume(profile, skip_missed=True):
    """Go on. `skip_missed`: periods before today that fell into the pause are not made up for (never for expenses)."""
    lock(profile)
    if profile.status != Schedule.Status.STOPPED:
        raise TransactionRefused("not_stopped", "It is not stopped.")
    profile.status, profile.not_before, profile.problem = Schedule.Status.ACTIVE, None, ""
    if skip_missed or isinstance(profile, RecurringExpense):  # expenses never begin before today
        yesterday = today_in(profile.organization) - timedelta(days=1)
        last = max(profile.last_date or yesterday, yesterday)
        profile.next_date = schedule.first_after(profile, last)
    profile.save(update_fields=["status", "not_before", "problem", "next_date", "updated_at"])
    return profile


@transaction.atomic
def try_again(profile):
    """Let a profile whose run failed run now instead of later. Call it when what was in the way is mended."""
    lock(profile)
    profile.not_before = None
    profile.save(update_fields=["not_before", "updated_at"])
    return profile


@transaction.atomic
def delete_profile(profile):
    """Delete a profile that never ran; others are stopped, so that their documents keep their origin."""
    lock(profile)
    if profile.runs.exists():
        raise TransactionRefused("ran", "It made documents already. Stop it instead.")
    profile.delete()


def due_profiles(now=None):
    """(model, id) of each profile that has a period to make, oldest first. Cheap: it is asked every few seconds."""
    now = now or timezone.now()
    latest = (now + timedelta(hours=14)).date()  # it is never later than this anywhere
    found = []
    for model in (RecurringInvoice, RecurringExpense):
        rows = model.objects.filter(status=Schedule.Status.ACTIVE, next_date__lte=latest)
        for profile in rows.select_related("organization").order_by("next_date", "pk"):
            if profile.next_date <= now.astimezone(zone_of(profile.organization)).date() and (
                profile.not_before is None or profile.not_before <= now
            ):
                found.append((model, profile.pk))
    return found


def run_due(now=None, keep_going=lambda: True):
    """Make every due period of every profile; the number of documents made. Safe to kill and to run twice at once.

    `keep_going()` False: stop after the current period; the rest stays due.
    """
    now = now or timezone.now()
    made = 0
    for model, pk in due_profiles(now):
        for _ in range(MOST_PERIODS):
            if not keep_going():
                return made
            done = _run_one(model, pk, now)
            if done is None:
                break
            made += done
    return made


def _run_one(model, pk, now):
    """Make the next period of one profile: 1 or 0 documents, or None when nothing is due (any more)."""
    try:
        with transaction.atomic(), acting(through="Recurring profile"):
            profile = model.objects.select_for_update().select_related(None).filter(pk=pk).first()
            if profile is None or profile.status != Schedule.Status.ACTIVE or profile.next_date is None:
                return None
            if profile.next_date > now.astimezone(zone_of(profile.organization)).date():
                return None
            return _make(profile, profile.next_date)
    except TransactionRefused as error:
        sentence = error.sentence
    except Exception:  # one broken profile must not keep the others from running
        log.exception("%s %s could not run", model.__name__, pk)
        sentence = "It could not run because of an unexpected error; the log says more."
    model.objects.filter(pk=pk).update(problem=sentence[:500], not_before=now + RETRY)
    return None


def _make(profile, period):
    if isinstance(profile, RecurringExpense):
        run, created = RecurringExpenseRun.objects.get_or_create(profile=profile, period=period)
        if created:
            run.expense = expenses.make_from(profile, period)
            run.save(update_fields=["expense"])
    else:
        run, created = RecurringInvoiceRun.objects.get_or_create(profile=profile, period=period)
        if created:
            run.invoice, run.remark = _invoice(profile, period)
            run.save(update_fields=["invoice", "remark"])
    profile.last_date = period
    profile.next_date = schedule.first_after(profile, period)
    profile.problem, profile.not_before = "", None
    profile.save(update_fields=["last_date", "next_date", "problem", "not_before", "updated_at"])
    document = getattr(run, "expense", None) or getattr(run, "invoice", None)
    return 1 if created and document else 0


def next_invoice(profile):
    """(draft of the next date as it would be now or None, remark). Call it in a transaction that is taken back."""
    return _draft(profile, profile.next_date)


def _invoice(profile, period):
    """(the period's invoice or None, remark)."""
    invoice, remark = _draft(profile, period)
    if invoice is not None and profile.creates == RecurringInvoice.Creates.SENT:
        try:
            with transaction.atomic():
                outbox.send(invoice)
        except TransactionRefused as error:  # the draft stays, somebody looks at it
            return invoice, f"Left as a draft: {error.sentence}"[:500]
    return invoice, remark


def _draft(profile, period):
    """(a draft for the period or None, why there is none)."""
    choices = _choices(profile, period)
    lines = [_line_values(line, period, profile) for line in profile.lines.select_related("tax", "project")]
    proposal = propose(profile.customer, choices) if choices.project_ids else None
    refused = " ".join(row.sentence for row in proposal.refused) if proposal else ""
    if not lines and not (proposal and proposal.lines):
        return None, (f"Nothing to bill up to {period}. {refused}").strip()[:500]
    values = {"date": period, "reference": profile.reference}
    for name in ("notes", "terms", "language"):
        if getattr(profile, name):
            values[name] = getattr(profile, name)
    if profile.payment_terms is not None:
        values["payment_terms"] = profile.payment_terms
    values["tax_inclusive"] = profile.tax_inclusive
    values["discount_percent"], values["discount_amount"] = profile.discount_percent, profile.discount_amount
    key = f"recurring-{profile.pk}-{period}"
    if proposal and proposal.lines:
        invoice = create_invoice(
            profile.customer, choices, values=values, lines=lines, creation_key=key, remember=False,
            recurring_invoice=profile,
        )  # fmt: skip
    else:
        invoice = drafts.create_invoice(profile.customer, values, lines, creation_key=key)
        invoice.recurring_invoice = profile
        invoice.save()
    return invoice, f"Left out: {refused}"[:500] if refused else ""


def _choices(profile, period):
    return Choices(
        project_ids=tuple(profile.projects.order_by("pk").values_list("pk", flat=True)),
        date_to=period,
        include_expenses=profile.include_expenses,
        grouping=profile.grouping,
        description_pattern=profile.description_pattern,
        tax_id=profile.tax_id,
    )


def _line_values(line, period, profile):
    language = profile.language or "en"
    texts = {
        "date": day_text(period, language),
        "month": month_text(period, language),
        "year": str(period.year),
    }
    return drafts.LineValues(
        name=fill(line.name, texts),
        description=fill(line.description, texts),
        quantity=line.quantity,
        unit=line.unit,
        rate=line.rate,
        discount_percent=line.discount_percent,
        tax=line.tax,
        project=line.project,
    )
