"""What a person chooses in Create Invoice."""

import datetime
from dataclasses import asdict, dataclass, replace
from typing import Any

from transactions.billing.patterns import check_pattern
from transactions.errors import TransactionRefused

GROUPINGS = {
    "project": "Single line for the project",
    "entries": "Show all timesheet entries individually",
    "tasks": "Group by tasks",
    "people": "Group by users",
    "tasks_people": "Group by tasks and users",
}
REMEMBERED = (
    "grouping", "description_pattern", "tax_id", "discount_percent", "include_hours", "include_expenses",
)  # fmt: skip


@dataclass(frozen=True)
class Share:
    """A price of its own: a part of a fixed cost, or a milestone's.

    Give `amount` (text or Decimal), or `percent` of the project's fixed cost. `with_hours`: the unbilled hours of the
    milestone (or of the project) come along without a price of their own and count as invoiced.
    """

    project_id: int
    amount: Any = None
    percent: Any = None
    milestone_id: int | None = None
    text: str = ""
    with_hours: bool = False


@dataclass(frozen=True)
class Choices:
    """Which hours and what else, and how the lines look.

    Days are included on both ends; None is open. `project_ids` empty: all of the customer's projects. Tasks, task lists
    and milestones are added to each other; all empty: every hour of the projects. `tax_id` None: no tax.
    """

    project_ids: tuple[int, ...] = ()
    date_from: datetime.date | None = None
    date_to: datetime.date | None = None
    task_ids: tuple[int, ...] = ()
    task_list_ids: tuple[int, ...] = ()
    milestone_ids: tuple[int, ...] = ()
    staff_ids: tuple[int, ...] = ()
    entry_ids: tuple[int, ...] = ()
    include_hours: bool = True
    include_expenses: bool = False
    shares: tuple[Share, ...] = ()
    grouping: str = "project"
    description_pattern: str = ""
    tax_id: int | None = None
    discount_percent: str = ""

    def check(self):
        """Raise TransactionRefused for what cannot be meant; returns itself."""
        if self.grouping not in GROUPINGS:
            raise TransactionRefused("unknown_grouping", "Choose one of the ways to group.", "grouping")
        if self.date_from and self.date_to and self.date_to < self.date_from:
            raise TransactionRefused("reversed_dates", "The period ends before it begins.", "date_to")
        check_pattern(self.description_pattern)
        return self

    def to_json(self):
        """A dict that JSON can hold; `from_json` reads it."""
        found = asdict(self)
        for name in ("date_from", "date_to"):
            found[name] = found[name].isoformat() if found[name] else None
        for share in found["shares"]:
            for name in ("amount", "percent"):
                share[name] = None if share[name] is None else str(share[name])
        return found


def from_json(data):
    """The Choices written by `to_json`; names that are not known any more are ignored."""
    known = {name: value for name, value in data.items() if name in Choices.__dataclass_fields__}
    for name in ("date_from", "date_to"):
        if known.get(name):
            known[name] = datetime.date.fromisoformat(known[name])
    for name, value in known.items():
        if isinstance(value, list) and name != "shares":
            known[name] = tuple(value)
    known["shares"] = tuple(Share(**share) for share in known.get("shares") or ())
    return Choices(**known)


def remembered(choices):
    """The part of the choices that is kept per customer."""
    data = choices.to_json()
    return {name: data[name] for name in REMEMBERED}


def with_remembered(choices, kept):
    """The choices with what was kept for the customer, where it is still possible."""
    usable = {name: kept[name] for name in REMEMBERED if name in kept}
    if usable.get("grouping") not in GROUPINGS:
        usable.pop("grouping", None)
    return replace(choices, **usable)


def month_of(day, months_back=0):
    """First and last day of the month of `day`, or of one before; for "this month" and "last month"."""
    first = day.replace(day=1)
    for _ in range(months_back):
        first = (first - datetime.timedelta(days=1)).replace(day=1)
    following = (first + datetime.timedelta(days=32)).replace(day=1)
    return first, following - datetime.timedelta(days=1)
