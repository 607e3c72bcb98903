"""Setting billed hours and expenses free again, exactly those on what is undone, and taking them back."""

from django.utils import timezone

from timetracking.models import TimeEntry
from transactions import corrections, source_values
from transactions.billing.conversion import priced
from transactions.errors import TransactionRefused
from transactions.locking import lock_hours
from transactions.models import BilledExpense, BilledTimeEntry, DriftItem, Expense, LineFields, Release

NOTHING_TO_BILL = (DriftItem.Cause.DELETED, DriftItem.Cause.NOT_APPROVED, DriftItem.Cause.NOT_BILLABLE)


def live_rows(model, **where):
    """The live BilledTimeEntry or BilledExpense rows, in the order in which they are locked."""
    return model.objects.filter(released_at=None, **where).order_by("pk")


def lock_under(rows, lines=()):
    """Lock the hours under these live rows, and those whose corrections stand on `lines`, before the rows."""
    held = DriftItem.objects.filter(correction_line__in=lines, billed__time_entry__isnull=False)
    under = held.order_by().values_list("billed__time_entry_id", flat=True)
    lock_hours({*rows.order_by().values_list("time_entry_id", flat=True), *under})


def release(entries, expenses, release, text, credit_line=None, billable=True):
    """Free the given live rows. `text` names the document; `billable=False`: the hours are not to be billed again.

    Their hours are locked already (`lock_under`).

    Hours go back to Unbilled; where the source changed after billing they take what the source says now, and hours
    whose source is gone or not approved any more become non-billable. Inside the caller's transaction.
    """
    now = timezone.now()
    rows = list(entries)
    corrections.refuse_corrected(rows)
    found = TimeEntry.objects.in_bulk([row.time_entry_id for row in rows])
    drift = {item.billed_id: item for item in DriftItem.objects.filter(billed__in=rows).order_by("pk")}
    for row in rows:
        row.released_at, row.release, row.document_text = now, release, text[:300]
        row.credit_line = credit_line
        row.save(update_fields=["released_at", "release", "document_text", "credit_line"])
        if entry := found.get(row.time_entry_id):
            _free(entry, drift.get(row.pk), billable)
    DriftItem.objects.filter(billed__in=rows, status=DriftItem.Status.OPEN).update(
        status=DriftItem.Status.CLOSED, choice=DriftItem.Choice.RELEASED, closed_at=now
    )
    for expense in expenses:
        expense.released_at, expense.release, expense.document_text = now, release, text[:300]
        expense.credit_line = credit_line
        expense.save(update_fields=["released_at", "release", "document_text", "credit_line"])
        Expense.objects.filter(pk=expense.expense_id).update(
            billing_status="unbilled" if billable else "non_billable"
        )


def _free(entry, item, billable):
    changed = {"billing_status", "is_billable", "minutes", "date"}
    entry.billing_status = "unbilled" if billable and entry.is_billable else "non_billable"
    if item is not None and item.choice != DriftItem.Choice.RETURNED:
        if item.cause in NOTHING_TO_BILL:
            # not set aside by a person: when the source has it to bill again, the sync makes it unbilled
            entry.billing_status, entry.is_billable = "non_billable", False
        elif item.now_minutes:
            entry.minutes, entry.date = item.now_minutes, item.now_date or entry.date
            changed |= set(source_values.take_over(entry, item.now_values))
    entry.save(update_fields=changed)


def release_lines(lines, release_code, text):
    """Free everything that is live on these invoice lines, and let go of corrections that stood there."""
    rows = live_rows(BilledTimeEntry, line__in=lines)
    lock_under(rows, lines)
    release(
        rows.select_for_update(),
        live_rows(BilledExpense, line__in=lines).select_for_update(),
        release_code,
        text,
    )
    corrections.put_back(lines)


def take_back(invoice):
    """Put the hours and expenses of a voided invoice on its lines again; refused when any is not as it was."""
    lines = invoice.lines.all()
    if lines.filter(kind=LineFields.Kind.CORRECTION).exists():
        raise TransactionRefused(
            "corrections",
            "It held corrections of hours, which wait for the next invoice now. Make a new invoice instead.",
        )
    if lines.exclude(project=None).exclude(project__customer=invoice.customer_id).exists():
        raise TransactionRefused(
            "another_customer", "A project on it has another customer now. Make a new invoice instead."
        )
    rows = list(BilledTimeEntry.objects.filter(line__invoice=invoice, release=Release.VOIDED).order_by("pk"))
    latest = _latest(rows, "time_entry_id", invoice.voided_at)
    entries = {
        entry.pk: entry
        for entry in TimeEntry.objects.select_for_update(of=("self",))
        .select_related("task", "bug", "staff_user")
        .filter(pk__in=[row.time_entry_id for row in latest])
        .order_by("pk")
    }
    drifted = set(
        DriftItem.objects.filter(billed__in=latest)
        .exclude(choice=DriftItem.Choice.RETURNED)
        .values_list("billed_id", flat=True)
    )
    gone = sum(
        1
        for row in latest
        if (entry := entries.get(row.time_entry_id)) is None
        or entry.billing_status != "unbilled"
        or not _as_billed(entry, row, row.pk in drifted)
    )
    spent = _latest(
        list(
            BilledExpense.objects.filter(line__invoice=invoice, release=Release.VOIDED)
            .select_related("line")
            .order_by("pk")
        ),
        "expense_id",
        invoice.voided_at,
    )
    expenses = {
        row.pk: row
        for row in Expense.objects.select_for_update(of=("self",))
        .select_related("organization")
        .filter(pk__in=[row.expense_id for row in spent])
        .order_by("pk")
    }
    gone += sum(
        1
        for row in spent
        if (expense := expenses.get(row.expense_id)) is None
        or expense.billing_status != "unbilled"
        or not _expense_as_billed(expense, row, invoice)
    )
    if gone:
        noun = "hour or expense has" if gone == 1 else "hours or expenses have"
        raise TransactionRefused(
            "billed_meanwhile",
            f"{gone} of its {noun} been billed, changed or removed meanwhile. Make a new invoice instead.",
        )
    for row in [*latest, *spent]:
        row.pk, row.released_at, row.release, row.document_text = None, None, "", ""
        row._state.adding = True
        row.save()
    TimeEntry.objects.filter(pk__in=list(entries)).update(billing_status="invoiced")
    Expense.objects.filter(pk__in=list(expenses)).update(billing_status="invoiced")


def _as_billed(entry, row, drifted):
    """Whether an hour is still what its row says. New names of its person or task don't count, another person does."""
    if (entry.minutes, entry.date, entry.notes) != (row.minutes, row.date, row.notes):
        return False
    if row.project_id is not None and entry.project_id != row.project_id:
        return False
    named = entry.task or entry.bug
    names = (entry.staff_user.name, named.name if named else entry.title)
    return not drifted or names == (row.person_name, row.work_text)


def _expense_as_billed(expense, row, invoice):
    """Whether an expense would be billed today as its row says; new words for it don't count."""
    cost, price, _ = priced(expense, invoice.currency)
    return (cost, price, expense.date, expense.customer_id, expense.project_id) == (
        row.cost,
        row.amount,
        row.date,
        invoice.customer_id,
        row.line.project_id,
    )


def _latest(rows, name, since):
    """Of the rows released by the latest void, one per entry."""
    found = {getattr(row, name): row for row in rows if since is None or row.released_at >= since}
    return list(found.values())
