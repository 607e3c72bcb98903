"""Projects of Zoho Projects → projects of their primary customer, with their members."""

from datetime import date
from decimal import Decimal

from customers.models import Customer
from integrations.models import Brake
from integrations.sync import brake, bulk, changes
from integrations.sync.entities import users
from integrations.sync.entities.directory import save, seen_rows, settled
from integrations.sync.ledger import DELETED, EXCLUDED, FAILED, SYNCED
from timetracking.models import Project
from transactions.rules import project_customer_lock

BILLING_METHODS = set(Project.BillingMethod.values)


def primaries(context):
    """(ids of customers that are primary in a readable project, those whose project or link came from Zoho CRM).

    Projects that this run could not read count as they were last read.
    """
    found, from_crm = set(), set()
    rows = context.ledger("projects").exclude(outcome=DELETED).exclude(reason="invalid_record")
    for source in rows.values_list("source", flat=True).iterator(chunk_size=500):
        primary = (source or {}).get("primary", "")
        if primary and primary != "unclear" and not source["record"]["is_template"]:
            found.add(primary)
            if source["record"]["crm"] or source.get("primary_crm"):
                from_crm.add(primary)
    return found, from_crm


def settle(context):
    """Judge every project met in this run and write those that qualify; join their members."""
    customers = {row.zoho_id: row for row in context.ledger("customers")}
    if not context.run.is_retry:
        brake.check(context, "projects", Brake.Kind.CHANGE, _leaving(context, customers))
    for rows in seen_rows(context, "projects"):
        with context.page("projects"):
            changed, members, here = [], {}, Here(rows, customers)
            for row in rows:
                if row.reason == "invalid_record":
                    continue
                if _settle_one(context, row, customers, here):
                    changed.append(row)
            changed += here.write_new()
            save(context, sorted(changed, key=lambda row: row.pk))
            for row in rows:
                if row.outcome == SYNCED:
                    members[row.object_id] = row.source.get("members") or []
            context.forget("projects")
            users.join_members(context, members)


class Here:
    """What stands here of some ledger rows: `projects` and their primary `customers`, by our ids."""

    def __init__(self, rows, customers):
        primaries = {customers.get((row.source or {}).get("primary")) for row in rows} - {None}
        self.customers = Customer.objects.in_bulk({row.object_id for row in primaries} - {None})
        self.projects = Project.objects.in_bulk({row.object_id for row in rows} - {None})
        self.new = []

    def write_new(self):
        """Write the `new` projects, given as (ledger row, its remarks, project), all at once; their settled rows."""
        projects = [project for _, _, project in self.new]
        if not projects:
            return []
        for project, pk in zip(projects, bulk.next_ids(Project, len(projects)), strict=True):
            project.pk = pk
        Project.objects.bulk_create(projects)
        Project.history.bulk_history_create(projects, default_change_reason=None)
        for row, detail, project in self.new:
            settled(row, SYNCED, "", detail, object_id=project.pk, did="created")
        return [row for row, _, _ in self.new]


def _leaving(context, customers):
    """How many synced projects would not be synced any more, after what was read of them."""
    return sum(
        row.reason == "invalid_record" or _refusal(row, customers) is not None
        for rows in seen_rows(context, "projects")
        for row in rows
        if row.object_id is not None and (row.outcome == SYNCED or row.reason == "invalid_record")
    )


def _refusal(row, customers):
    """Why the project cannot come in, as `settled` takes it; None when it can. The order is that of the rules."""
    primary = row.source.get("primary")
    if row.source["record"]["is_template"]:
        return {"outcome": EXCLUDED, "reason": "template"}
    if primary is None:
        detail = "The project's customers could not be read."
        return {"outcome": FAILED, "reason": "customer_not_fetched", "detail": detail}
    if not primary:
        return {"outcome": FAILED, "reason": "no_primary_customer"}
    if primary == "unclear":
        return {"outcome": FAILED, "reason": "primary_customer_unclear"}
    customer = customers.get(primary)
    if customer is None or customer.reason == "invalid_record":
        return {"outcome": FAILED, "reason": "customer_not_fetched", "waits_for": primary}
    if customer.reason == "currency_mismatch":
        detail = {"detail": customer.detail, "waits_for": primary}
        return {"outcome": FAILED, "reason": "currency_mismatch", **detail}
    if customer.object_id is None:
        return {"outcome": FAILED, "reason": "customer_not_fetched", "waits_for": primary}
    return None


def _settle_one(context, row, customers, here):
    record, refusal = row.source["record"], _refusal(row, customers)
    if refusal is not None:
        return settled(row, **refusal)
    primary = row.source["primary"]
    customer = here.customers.get(customers[primary].object_id)
    if customer is None:
        return settled(row, FAILED, "customer_not_fetched", waits_for=primary)
    detail = " ".join(record["remarks"])
    project = here.projects.get(row.object_id)
    if project is None:
        project = Project(organization=context.organization)
        _fill(context, project, record, customer)
        here.new.append((row, detail, project))
        return False
    reason = ""
    if project.customer_id != customer.pk and project_customer_lock(project):
        customer, reason = project.customer, "customer_locked"
    changed = _fill(context, project, record, customer, row)
    if changed:
        project.save(update_fields=changed)
    return settled(row, SYNCED, reason, detail, did="updated" if changed else "")


def _fill(context, project, record, customer, row=None):
    wanted = {
        "customer_id": customer.pk,
        "currency": customer.currency,
        "name": record["name"],
        "code": record["key"],
        "description": record["description"],
        "status": "inactive" if record["is_closed"] else "active",
        "start_date": _day(record["start_date"]),
        "end_date": _day(record["end_date"]),
    }
    if record["billing_method"] in BILLING_METHODS:
        wanted["billing_method"] = record["billing_method"]
    if record["budget_type"]:
        wanted["budget_type"] = record["budget_type"]
    for name in ("rate", "budget_amount", "budget_hours"):
        if record[name] is not None:
            wanted[name] = Decimal(str(record[name])).quantize(Decimal("0.01"))
    pairs = context.pairs("projects")
    wanted["custom_fields"] = pairs.merged(project.pk, project.custom_fields, record["custom"])
    if row is not None:
        changes.noted(row, project, wanted)
    changed = [name for name, value in wanted.items() if getattr(project, name) != value]
    for name in changed:
        setattr(project, name, wanted[name])
    return ["customer" if name == "customer_id" else name for name in changed]


def _day(text):
    return date.fromisoformat(text) if text else None


def all_members(context):
    """Ids of all members of synced projects, as last read."""
    found = set()
    for source in context.ledger("projects").filter(outcome=SYNCED).values_list("source", flat=True):
        found.update((source or {}).get("members") or [])
    return found


def link_managers(context):
    """Set each synced project's manager once all people of the run are known."""
    who = users.people(context)
    for rows in seen_rows(context, "projects"):
        with context.page("projects"):
            changed = []
            stored = Project.objects.in_bulk([row.object_id for row in rows if row.object_id])
            for row in rows:
                project = stored.get(row.object_id)
                owner = (row.source or {}).get("record", {}).get("owner")
                if row.outcome != SYNCED or project is None or not owner:
                    continue
                manager = who.staff.get(owner["id"])
                if manager is not None and project.manager_id != manager:
                    changes.noted(row, project, {"manager_id": manager})
                    project.manager_id = manager
                    project.save(update_fields=["manager"])
                    if (row.source.get("did") or [None])[0] != context.run.pk:
                        settled(row, row.outcome, row.reason, row.detail, did="updated")
                        changed.append(row)
            save(context, changed)
