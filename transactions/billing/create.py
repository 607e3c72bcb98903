"""From a confirmed proposal to a draft invoice, in one transaction that nothing can slip through."""

from django.db import IntegrityError, transaction
from django.db.models import Max

from timetracking.models import Project, TimeEntry
from transactions import checks, corrections, drafts, preferences, totals
from transactions.billing import gather
from transactions.billing.choices import Choices, remembered
from transactions.billing.propose import propose
from transactions.errors import EntriesChanged, TransactionRefused
from transactions.models import (
    BilledExpense,
    BilledTimeEntry,
    Expense,
    Invoice,
    InvoiceLine,
    Tax,
)


def create_invoice(
    customer,
    choices: Choices,
    seen=None,
    leave_out=frozenset(),
    confirmed=False,
    values=None,
    lines=(),
    user=None,
    creation_key="",
    remember=True,
    **fixed,
):
    """A draft invoice of what `choices` name, and its hours and expenses marked as invoiced.

    `seen`: the marks of the proposal the person looked at (`Proposal.marks`, `read_token`): only these are billed, and
    where any changed or went meanwhile, EntriesChanged is raised unless `confirmed`. None: whatever is there now
    (background work). `leave_out`: names such as "e12" that were unticked. `values`, `lines`: as for
    `drafts.create_invoice`, the lines come last. The same `creation_key` gives the same invoice. `fixed`: further
    attributes of the Invoice, for services.

    Raises TransactionRefused; then nothing was written.
    """
    made = Invoice.objects.filter(organization_id=customer.organization_id, creation_key=creation_key)
    if creation_key and (found := made.first()):
        return found
    try:
        with transaction.atomic():
            invoice = _create(
                customer,
                choices,
                seen,
                frozenset(leave_out),
                confirmed,
                values,
                lines,
                user,
                creation_key,
                fixed,
            )
    except IntegrityError:
        if creation_key and (found := made.first()):
            return found
        raise TransactionRefused(
            "billed_meanwhile", "Somebody billed some of these hours in this moment. Look again."
        ) from None
    if remember:
        remember_choices(customer, choices)
    return invoice


def remember_choices(customer, choices):
    """Keep for the customer what the next invoice begins with."""
    preferences.remember(customer, remembered(choices))


def _create(customer, choices, seen, leave_out, confirmed, values, lines, user, creation_key, fixed):
    proposal = _settled(customer, choices, seen, leave_out, confirmed)
    if not proposal.lines and not lines:
        raise _nothing(proposal)
    values = dict(values or {})
    if choices.discount_percent and "discount_percent" not in values and "discount_amount" not in values:
        values["discount_percent"] = choices.discount_percent
    invoice = drafts.new_document(Invoice, customer, values, user, creation_key)
    for name, value in fixed.items():
        setattr(invoice, name, value)
    invoice.billing_choices = choices.to_json()
    drafts.write_lines(invoice, lines)
    _write_lines(invoice, proposal, choices, len(lines))
    totals.recalculate(invoice)
    return invoice


def write_proposal(invoice, choices, seen, leave_out, confirmed):
    """Lines for what `choices` name, after those of a stored draft; totals not yet. In the caller's transaction."""
    proposal = _settled(invoice.customer, choices, seen, leave_out, confirmed)
    if not proposal.lines:
        raise _nothing(proposal)
    _write_lines(invoice, proposal, choices, invoice.lines.count())


def _settled(customer, choices, seen, leave_out, confirmed):
    """The proposal, its rows locked; refused where it is not what the person looked at."""
    choices.check()
    _lock_rows(customer, choices, seen)
    proposal = propose(customer, choices, leave_out, None if seen is None else frozenset(seen))
    if seen is not None and not confirmed:
        now = proposal.marks
        expected = {name: mark for name, mark in seen.items() if name not in leave_out}
        changed = sum(1 for name, mark in expected.items() if now.get(name) != mark)
        if changed:
            raise EntriesChanged(changed)
    return proposal


def _write_lines(invoice, proposal, choices, before):
    last = invoice.lines.aggregate(last=Max("position"))["last"] or 0
    if len(proposal.lines) + before > checks.MOST_LINES:
        raise TransactionRefused(
            "too_many_lines",
            f"This would be {len(proposal.lines) + before:,} lines; an invoice has {checks.MOST_LINES:,} at most. "
            "Group the hours, or bill a shorter period.",
            "grouping",
        )
    tax = _tax(invoice.customer, choices)
    for position, line in enumerate(proposal.lines, 1):
        _write_line(invoice, line, last + position, tax)


def _lock_rows(customer, choices, seen):
    """Lock in the order of ids: what two people choose at once, the second one sees as the first one left it."""
    projects = gather.projects_for(customer, choices)
    rows = TimeEntry.objects.filter(project__in=projects, billing_status=TimeEntry.BillingStatus.UNBILLED)
    if seen is not None:
        rows = rows.filter(pk__in=[int(name[1:]) for name in seen if name[0] == "e" and name[1:].isdigit()])
    elif not any(share.with_hours for share in choices.shares):
        rows = TimeEntry.objects.filter(
            pk__in=gather.unbilled_entries(projects, choices).order_by().values("pk")
        )
    waiting = gather.waiting_corrections(projects).select_related(None)
    if choices.include_hours:
        rows = rows | TimeEntry.objects.filter(
            pk__in=list(waiting.values_list("billed__time_entry_id", flat=True))
        )
    list(rows.order_by("pk").select_for_update().values_list("pk", flat=True))
    if choices.include_hours:
        list(waiting.select_for_update().values_list("pk", flat=True))
    if choices.include_expenses:
        found = gather.unbilled_expenses(customer, projects, choices).order_by("pk").select_related(None)
        list(found.select_for_update().values_list("pk", flat=True))
    if choices.shares:  # two shares of one fixed cost, one after the other
        ids = [share.project_id for share in choices.shares]
        list(
            Project.objects.filter(pk__in=ids).order_by("pk").select_for_update().values_list("pk", flat=True)
        )


def _nothing(proposal):
    if proposal.refused:
        return TransactionRefused(proposal.refused[0].code, proposal.refused[0].sentence)
    return TransactionRefused("nothing_to_bill", "There is nothing unbilled for these choices.")


def _tax(customer, choices):
    if choices.tax_id is None:
        return None
    tax = Tax.objects.filter(pk=choices.tax_id, organization_id=customer.organization_id).first()
    if tax is None or not tax.is_active:
        raise TransactionRefused("unknown", "The tax was not found or is not used any more.", "tax")
    return tax


def _write_line(invoice, proposed, position, tax):
    line = InvoiceLine(
        invoice=invoice,
        position=position,
        kind=proposed.kind,
        project_id=proposed.project_id,
        name=proposed.name,
        description=proposed.description,
        quantity=proposed.quantity,
        minutes=proposed.minutes,
        unit="h" if proposed.minutes is not None else "",
        rate=proposed.rate,
        milestone_id=proposed.milestone_id,
    )
    drafts.set_tax(line, tax)
    line.save()
    bill_entries(invoice, line, proposed.entries)
    if proposed.expense_id:
        BilledExpense.objects.create(
            organization_id=invoice.organization_id,
            line=line,
            expense_id=proposed.expense_id,
            amount=proposed.amount,
            date=proposed.date,
            text=f"{proposed.name} {proposed.description}".strip()[:1000],
            cost=proposed.cost,
        )
        Expense.objects.filter(pk=proposed.expense_id).update(billing_status="invoiced")
    if proposed.drift_item_id:
        corrections.settle_on(line, proposed.drift_item_id)


def bill_entries(invoice, line, entries):
    """Write the snapshots of a line's hours and mark the hours as invoiced."""
    if not entries:
        return
    BilledTimeEntry.objects.bulk_create(
        [
            BilledTimeEntry(
                organization_id=invoice.organization_id,
                line=line,
                amount=entry.amount,
                time_entry_id=entry.id,
                entry_number=entry.id,
                project_id=line.project_id,
                date=entry.date,
                minutes=entry.minutes,
                billed_minutes=entry.billed_minutes,
                rate=entry.rate,
                person_name=entry.person,
                work_text=entry.work,
                notes=entry.notes,
            )
            for entry in entries
        ],
        batch_size=500,
    )
    ids = [entry.id for entry in entries]
    for start in range(0, len(ids), 500):
        changed = TimeEntry.objects.filter(
            pk__in=ids[start : start + 500], billing_status=TimeEntry.BillingStatus.UNBILLED
        ).update(billing_status=TimeEntry.BillingStatus.INVOICED)
        if changed != len(ids[start : start + 500]):
            raise TransactionRefused(
                "billed_meanwhile", "Somebody billed some of these hours in this moment. Look again."
            )
