"""Grouping unbilled hours, expenses, shares and corrections into the lines an invoice would have. Writes nothing."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from organizations.money import minor_units, round_money, trimmed
from timetracking.models import Milestone
from transactions import preferences
from transactions.billing import gather
from transactions.billing.choices import Choices
from transactions.billing.conversion import priced, rate_text
from transactions.billing.fixed_cost import check_share
from transactions.billing.patterns import day_text, fill, month_text, names_text
from transactions.billing.proposal import Proposal, ProposedLine, Refused
from transactions.errors import TransactionRefused
from transactions.models import LineFields
from transactions.totals import hours_of, shares

KIND = LineFields.Kind


def propose(customer, choices: Choices, leave_out=frozenset(), only=None):
    """The Proposal for a customer. `leave_out`, `only`: names such as "e12", "x3", "d4" as in Proposal.marks.

    Raises TransactionRefused for choices that cannot be meant. Pure: reads, never writes or locks.
    """
    choices.check()
    settings = preferences.of(customer.organization)
    language = preferences.defaults_for(customer)["language"]
    projects = gather.projects_for(customer, choices)
    lines, refused = [], []
    share_lines: list[ProposedLine] = []
    taken: set[str] = set()
    shared: dict[int, Decimal] = {}
    for number, share in enumerate(choices.shares):
        beside = shared.get(share.project_id, Decimal(0))
        line = _share_line(
            customer, projects, choices, share, number, settings, leave_out | taken, only, beside
        )
        share_lines.append(line)
        shared[share.project_id] = beside + line.amount
        taken |= {f"e{entry.id}" for entry in line.entries}  # behind a price already: not by the hour as well
    if choices.include_hours:
        rows = gather.unbilled_entries(projects, choices)
        good, refused = gather.judged(customer, projects, rows, settings)
        good = [
            (project, entry) for project, entry in good if _wanted(f"e{entry.id}", leave_out | taken, only)
        ]
        lines += _hour_lines(customer, choices, good, language)
        lines += _corrections(customer, projects, leave_out, only)
    lines += share_lines
    if choices.include_expenses:
        found, problems = _expenses(customer, projects, choices, leave_out, only)
        lines += found
        refused += problems
    days = [entry.date for line in lines for entry in line.entries]
    return Proposal(
        customer.pk,
        customer.currency,
        lines,
        refused,
        warnings_for(customer),
        min(days, default=None),
        max(days, default=None),
    )


def _wanted(name, leave_out, only):
    return name not in leave_out and (only is None or name in only)


def warnings_for(customer):
    """Sentences about a customer that are worth a look before billing."""
    found = []
    if not customer.email:
        found.append("The customer has no e-mail address.")
    if not (customer.billing_street or customer.billing_city):
        found.append("The customer has no billing address.")
    return found


def _group_key(grouping, project, entry):
    work = (entry.task_id, entry.bug_id, "" if entry.task_id or entry.bug_id else entry.work)
    return (project.name, project.pk) + {
        "project": (),
        "entries": (entry.date, entry.id),
        "tasks": (entry.work, *work),
        "people": (entry.person, entry.staff_user_id),
        "tasks_people": (entry.work, *work, entry.person, entry.staff_user_id),
    }[grouping]


def _hour_lines(customer, choices, good, language):
    groups = {}
    for project, entry in good:
        # mixed rates split the line, so that quantity × rate is the amount
        groups.setdefault((_group_key(choices.grouping, project, entry), entry.rate), []).append(
            (project, entry)
        )
    lines = []
    for key, rate in sorted(groups, key=lambda found: (_sortable(found[0]), found[1])):
        members = groups[key, rate]
        project, entries = members[0][0], [entry for _, entry in members]
        minutes = sum(entry.billed_minutes for entry in entries)
        amount = round_money(Fraction(minutes) * Fraction(rate) / 60, customer.currency)
        split = shares(amount, [entry.billed_minutes for entry in entries], customer.currency)
        entries = [_with_amount(entry, part) for entry, part in zip(entries, split, strict=True)]
        name, default = _texts(choices.grouping, project, entries)
        pattern = choices.description_pattern or default
        lines.append(
            ProposedLine(
                key=f"h{gather.mark(key, str(rate))}",
                kind=KIND.HOURS,
                project_id=project.pk,
                project_name=project.name,
                name=name[:1000],
                description=fill(pattern, _values(customer, project, entries, minutes, language))[:20_000],
                quantity=hours_of(minutes),
                rate=rate,
                amount=amount,
                minutes=minutes,
                entries=entries,
            )
        )
    return lines


def _sortable(key):
    return tuple("" if part is None else str(part) for part in key)


def _with_amount(entry, amount):
    return replace(entry, amount=amount)


def _texts(grouping, project, entries):
    first = entries[0]
    work = first.work or "General"
    return {
        "project": (project.name, "{from} – {to}"),
        "entries": (work, "{date}, {person}\n{notes}"),
        "tasks": (work, "{project}"),
        "people": (first.person, "{project}"),
        "tasks_people": (work, "{person}, {project}"),
    }[grouping]


def _values(customer, project, entries, minutes, language):
    first, last = min(entry.date for entry in entries), max(entry.date for entry in entries)
    from_text, to_text = day_text(first, language), day_text(last, language)
    return {
        "project": project.name,
        "code": project.code,
        "customer": customer.display_name,
        "task": names_text(entry.work for entry in entries),
        "person": names_text(entry.person for entry in entries),
        "date": from_text if first == last else f"{from_text} – {to_text}",
        "from": from_text,
        "to": to_text,
        "month": month_text(last, language),
        "hours": f"{minutes // 60}:{minutes % 60:02d}",
        "notes": "\n".join(dict.fromkeys(entry.notes.strip() for entry in entries if entry.notes.strip())),
    }


def _corrections(customer, projects, leave_out, only):
    """Differences of billed hours that somebody chose to put on the next invoice."""
    lines = []
    for item in gather.waiting_corrections(projects):
        if not _wanted(f"d{item.pk}", leave_out, only) or item.billed.rate is None:
            continue
        minutes = item.difference_minutes
        lines.append(
            ProposedLine(
                key=f"d{item.pk}",
                kind=KIND.CORRECTION,
                project_id=item.project_id,
                project_name=item.project.name,
                name=f"Correction: {item.billed.work_text or item.project.name}"[:1000],
                description=f"{item.was_date}, {item.billed.person_name}: {item.what_changed}",
                quantity=hours_of(minutes),
                rate=item.billed.rate,
                amount=round_money(Fraction(minutes) * Fraction(item.billed.rate) / 60, customer.currency),
                minutes=minutes,
                drift_item_id=item.pk,
                expense_mark=gather.mark(minutes, str(item.billed.rate)),
            )
        )
    return lines


def _share_line(customer, projects, choices, share, number, settings, leave_out, only, beside):
    """A part of a fixed cost, or a milestone's price, perhaps with the hours that come along."""
    project = next((row for row in projects if row.pk == share.project_id), None)
    field = f"shares.{number}"
    if project is None:
        raise TransactionRefused("unknown", "The project was not found.", field)
    amount = check_share(customer, project, share, field, beside)
    milestone = None
    if share.milestone_id is not None:
        milestone = Milestone.objects.filter(pk=share.milestone_id, project=project).first()
        if milestone is None:
            raise TransactionRefused("unknown", "The milestone was not found.", field)
    entries = []
    if share.with_hours:
        part = Choices(
            date_from=choices.date_from,
            date_to=choices.date_to,
            milestone_ids=(milestone.pk,) if milestone else (),
        )
        rows = gather.unbilled_entries([project], part).select_related("task", "bug", "staff_user")
        for entry in rows.order_by("date", "pk"):
            if _wanted(f"e{entry.pk}", leave_out, only):
                entries.append(gather.proposed(entry, project, None, settings))
    return ProposedLine(
        key=f"s{number}",
        kind=KIND.MILESTONE if milestone else KIND.FIXED_COST,
        project_id=project.pk,
        project_name=project.name,
        name=(milestone.name if milestone else project.name)[:1000],
        description=share.text or (project.name if milestone else ""),
        quantity=Decimal(1),
        rate=amount,
        amount=amount,
        entries=entries,
        milestone_id=milestone.pk if milestone else None,
    )


def _expenses(customer, projects, choices, leave_out, only):
    lines, refused = [], []
    for expense in gather.unbilled_expenses(customer, projects, choices):
        if not _wanted(f"x{expense.pk}", leave_out, only):
            continue
        cost, price, problem = priced(expense, customer.currency)
        if problem:
            refused.append(
                Refused(
                    "expense_currency",
                    f"The expense {expense} is in {expense.currency}. {problem}",
                    expense.project_id,
                    expense_ids=(expense.pk,),
                )
            )
            continue
        lines.append(
            ProposedLine(
                key=f"x{expense.pk}",
                kind=KIND.EXPENSE,
                project_id=expense.project_id,
                project_name=expense.project.name if expense.project else "",
                name=expense.category,
                description=_expense_text(expense, customer.currency),
                quantity=Decimal(1),
                rate=price,
                amount=price,
                expense_id=expense.pk,
                expense_mark=gather.mark(expense.date, str(price), expense.project_id),
                cost=cost,
                date=expense.date,
            )
        )
    return lines, refused


def _expense_text(expense, currency):
    """What the line says under its name: the notes, and what was paid where it was paid in another currency."""
    if expense.currency == currency:
        return expense.description
    paid = f"{trimmed(expense.total, minor_units(expense.currency))} {expense.currency}"
    said = f"{paid} × {rate_text(expense, currency)}"
    return f"{expense.description}\n{said}".strip()
