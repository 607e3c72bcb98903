"""The left side of Create Invoice: what was asked, as texts to show again and as Choices to bill by."""

from dataclasses import dataclass, field, replace

from organizations.ids import whole, wholes
from organizations.zones import today_in
from timetracking.models import Milestone
from transactions import checks, preferences
from transactions.billing import gather, groupings
from transactions.billing.choices import Choices, Share, month_of, with_remembered
from transactions.billing.fixed_cost import fixed_cost_of
from transactions.errors import TransactionRefused

PERIODS = {
    "all": "All unbilled",
    "this_month": "This month",
    "last_month": "Last month",
    "until": "Until a day",
    "custom": "From … to …",
}
TEXTS = (
    "period", "date_from", "date_to", "work", "grouping", "description_pattern", "tax", "discount_percent",
    "invoice_date", "payment_terms", "reference",
)  # fmt: skip
STARTS = ("project", "customer", "entries")
PICKS = {"milestone": "milestone_ids", "task_list": "task_list_ids", "task": "task_ids"}


@dataclass
class Asked:
    """What stands in the form. `start`: where it began ("project", "customer" or "entries")."""

    start: str
    texts: dict
    projects: list
    picks: dict
    entries: tuple = ()
    include_hours: bool = True
    include_expenses: bool = False
    tax_inclusive: bool = False
    shares: dict = field(default_factory=dict)
    leave_out: frozenset = frozenset()
    errors: dict = field(default_factory=dict)
    share_keys: list = field(default_factory=list)

    def fail(self, refused):
        """Put a refusal beside its field."""
        name = refused.field
        if name.startswith("shares."):
            number = int(name.removeprefix("shares."))
            name = self.share_keys[number] if number < len(self.share_keys) else ""
        name = {"date": "invoice_date"}.get(name, name)
        known = {*TEXTS, "tax_inclusive", *self.share_keys, "projects"}
        self.errors[name if name in known else "top"] = refused.sentence


def opened(request, customer, start, projects=(), entries=()):
    """The Asked of a page that was just opened: defaults, what is remembered of the customer, `?task=` and the like."""
    defaults = preferences.defaults_for(customer)
    kept = preferences.billing_of(customer).choices
    tax_id = defaults["tax"].pk if defaults["tax"] else None
    base = with_remembered(Choices(tax_id=tax_id), kept)
    picks = {name: wholes(request.GET.getlist(name)) for name in PICKS}
    chosen = list(projects)
    grouping = "project" if base.grouping in groupings.unavailable(chosen) else base.grouping
    texts = {
        "period": "all",
        "date_from": "",
        "date_to": "",
        "work": "chosen" if any(picks.values()) else "all",
        "grouping": grouping,
        "description_pattern": base.description_pattern,
        "tax": str(base.tax_id or ""),
        "discount_percent": base.discount_percent,
        "invoice_date": today_in(customer.organization).isoformat(),
        "payment_terms": str(defaults["payment_terms"] or 0),
        "reference": "",
    }
    return Asked(
        start,
        texts,
        [project.pk for project in chosen],
        picks,
        tuple(entries),
        base.include_hours,
        base.include_expenses,
        defaults["tax_inclusive"],
    )


def posted(request):
    """The Asked that was sent."""
    post = request.POST
    texts = {name: post.get(name, "").replace("\0", "")[:2000] for name in TEXTS}
    shown = [name for name in post.get("shown", "").split(",") if name][:20_000]
    kept = set(post.getlist("keep"))
    before = {name for name in post.get("left_out", "").split(",") if name}
    back = set(post.getlist("back"))
    leave_out = {name for name in (before - back) | (set(shown) - kept) if whole(name[1:])}
    shares = {}
    for name in post:
        if (
            name.startswith("mode-")
            and (key := name.removeprefix("mode-"))[:1] in ("p", "m")
            and whole(key[1:])
        ):
            shares[key] = {
                "mode": post[name],
                "value": post.get(f"value-{key}", "").replace("\0", "")[:40],
                "with_hours": bool(post.get(f"hours-{key}")),
            }
    return Asked(
        post["start"] if post.get("start") in STARTS else "customer",
        texts,
        wholes(post.getlist("project")),
        {name: wholes(post.getlist(name)) for name in PICKS},
        tuple(wholes(post.getlist("entry"))),
        bool(post.get("include_hours")),
        bool(post.get("include_expenses")),
        bool(post.get("tax_inclusive")),
        shares,
        frozenset(sorted(leave_out)[:20_000]),
    )


def choices_of(asked, customer, offered):
    """The Choices that were asked for; `offered`: the projects to choose from. Raises TransactionRefused."""
    texts, organization = asked.texts, customer.organization
    known = {project.pk: project for project in offered}
    if not asked.projects and offered:
        raise TransactionRefused("required", "Choose at least one project.", "projects")
    chosen = [known[pk] for pk in asked.projects if pk in known]
    if len(chosen) != len(asked.projects):
        raise TransactionRefused("unknown", "A project was not found.", "projects")
    first, last = _period(texts, organization)
    picks = (
        {PICKS[name]: tuple(ids) for name, ids in asked.picks.items()} if texts["work"] == "chosen" else {}
    )
    if texts["work"] == "chosen" and not any(picks.values()):
        raise TransactionRefused("required", "Choose at least one milestone, task list or task.", "work")
    whole_customer = asked.start == "customer" and len(chosen) == len(offered)
    grouping = texts["grouping"] or "project"
    groupings.check(grouping, chosen)
    tax_id = None
    if texts["tax"]:
        tax_id = whole(texts["tax"])
        if tax_id is None:
            raise TransactionRefused("unknown", "The tax was not found or is not used any more.", "tax")
    checks.percent(texts["discount_percent"], "discount_percent", "Discount")
    choices = Choices(
        project_ids=() if whole_customer else tuple(project.pk for project in chosen),
        date_from=first,
        date_to=last,
        entry_ids=asked.entries,
        include_hours=asked.include_hours,
        include_expenses=asked.include_expenses,
        grouping=grouping,
        description_pattern=texts["description_pattern"].strip(),
        tax_id=tax_id,
        discount_percent=texts["discount_percent"].strip(),
        **picks,
    )
    return replace(choices, shares=_shares(asked, known)).check()


def values_of(asked):
    """The head of the invoice, for billing.create."""
    texts = asked.texts
    return {
        "date": texts["invoice_date"],
        "payment_terms": texts["payment_terms"],
        "reference": texts["reference"],
        "tax_inclusive": asked.tax_inclusive,
    }


def _period(texts, organization):
    today, period = today_in(organization), texts["period"]
    if period == "this_month":
        return month_of(today)
    if period == "last_month":
        return month_of(today, 1)
    first = last = None
    if period in ("until", "custom"):
        last = checks.day(texts["date_to"], "date_to", "Until", organization)
    if period == "custom":
        first = checks.day(texts["date_from"], "date_from", "From", organization)
    if period == "until" and last is None:
        raise TransactionRefused("required", "Until: give the last day.", "date_to")
    return first, last


def _shares(asked, known):
    """The shares asked for; `share_keys` remembers which field each one came from."""
    found = []
    asked.share_keys = []
    for key, share in asked.shares.items():
        if share["mode"] not in ("amount", "percent", "rest"):
            continue
        project, milestone = _place(key, known)
        if project is None:
            continue
        asked.share_keys.append(f"share-{key}")
        amount, percent = share["value"] if share["mode"] == "amount" else None, None
        if share["mode"] == "percent":
            percent = share["value"]
        if share["mode"] == "rest":
            amount = fixed_cost_of(project).remaining
        found.append(Share(project.pk, amount, percent, milestone, with_hours=share["with_hours"]))
    return tuple(found)


def _place(key, known):
    number = whole(key[1:])
    if key[0] == "p":
        return known.get(number), None
    milestone = Milestone.objects.filter(pk=number, project__in=list(known)).first()
    return (known[milestone.project_id], milestone.pk) if milestone else (None, None)


def mark_of(choices):
    """A fingerprint of the choices, to see whether they changed since the invoice was looked at."""
    return gather.mark(choices.to_json())
