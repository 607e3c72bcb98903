"""Estimates: quotes."""

from api import documents, guards
from api.building import out, router
from api.crud import Resource, body
from api.errors import UNKNOWN_ROW, Refused
from api.listing import Listing
from api.values import day, id_of, moment
from timetracking.models import Project
from transactions import drafts, life, quotes, states
from transactions.mailing import outbox
from transactions.models import Quote

FIELDS = documents.FIELDS | {"estimate_number": str, "expiry_date": str, "project_id": str}
NOT_KEPT = (*documents.NOT_KEPT, "accept_retainer", "retainer_percentage")
ESTIMATE_IN = body("EstimateIn", not_kept=NOT_KEPT, **FIELDS)
ESTIMATE = out(
    "Estimate", estimate_id=str, estimate_number=str, expiry_date=str, accepted_date=str, declined_date=str,
    project=dict[str, str], **documents.DOCUMENT,
)  # fmt: skip


def _shown(call, row, full):
    data = {
        "estimate_id": str(row.pk),
        "estimate_number": row.number or row.wanted_number,
        "expiry_date": day(row.expiry_date),
        "accepted_date": moment(row.accepted_at, call.organization)[:10],
        "declined_date": moment(row.declined_at, call.organization)[:10],
        **documents.shown(call, row, full),
    }
    if full:
        data["line_items"] = [
            documents.shown_line(line, row.exchange_rate) for line in row.lines.select_related("project")
        ]
        if row.project:
            data["project"] = {"project_id": str(row.project_id), "project_name": row.project.name}
    return data


def _rows(call):
    guards.view(call)
    return Quote.objects.filter(organization=call.organization)


def _values(call, values):
    found = documents.values_of(call, values, "estimate_number")
    if "project_id" in values:
        pk = id_of(values["project_id"], "project_id")
        found["project"] = (
            Project.objects.filter(organization=call.organization, pk=pk).first() if pk else None
        )
        if pk and found["project"] is None:
            raise Refused(400, UNKNOWN_ROW, "Project does not exists", "project_id")
    return found


def _create(call, values):
    guards.bill(call)
    found = _values(call, values)
    customer = found.pop("customer", None) or documents.customer_of(call, values)
    lines, _ = documents.lines_of(call, values.get("line_items"))
    row = drafts.create_quote(customer, found, lines, call.user)
    if documents.wants_sending(call):
        guards.send(call)
        outbox.send(row, call.user)
    return row


def _update(call, row, values):
    guards.bill(call)
    lines = documents.lines_of(call, values["line_items"], row)[0] if "line_items" in values else None
    return drafts.change_draft(row, _values(call, values), lines)


def _delete(call, row):
    guards.delete(call)
    life.delete_draft(row)


def _state(name):
    return lambda rows, call: states.in_state(rows, name, call.organization)


LISTING = Listing(
    filters={
        "estimate_number": ("number", "text"), "reference_number": ("reference", "text"),
        "customer_id": ("customer_id", "id"), "customer_name": ("customer__display_name", "text"),
        "project_id": ("project_id", "id"), "date": ("date", "date"), "expiry_date": ("expiry_date", "date"),
        "total": ("total", "number"),
    },
    by={"Status.All": None} | {
        f"Status.{name.title()}": _state(name)
        for name in ("sent", "draft", "invoiced", "accepted", "declined", "expired", "viewed")
    },
    sorts={
        "created_time": "pk", "customer_name": "customer__display_name", "estimate_number": "number",
        "date": "date", "total": "total",
    },
    search=("number", "reference", "customer__display_name"),
    descending=True,
)  # fmt: skip
RESOURCE = Resource(
    path="estimates", node="estimate", nodes="estimates", module="estimates", id_name="estimate_id",
    missing="Estimate does not exist", out=ESTIMATE, rows=_rows, shown=_shown, create=_create, update=_update,
    delete=_delete, create_body=ESTIMATE_IN, update_body=ESTIMATE_IN, not_kept=NOT_KEPT, listing=LISTING,
    with_all=lambda rows: rows.select_related("customer", "project", "organization"),
    get=documents.other_format, get_query=("accept", "print"),
    write_query=("send", "ignore_auto_number_generation"),
    texts={
        "created": "The estimate has been created",
        "updated": "The estimate has been updated.",
        "deleted": "The estimate has been deleted.",
    },
)  # fmt: skip


def _sent(call, row):
    guards.send(call)
    life.mark_sent(row)


def _decided(decide):
    def work(call, row):
        guards.bill(call)
        decide(row, call.through)

    return work


def _never(call, row):
    raise Refused(400, 4041, "Estimate status cannot be changed to Draft")


def make_router():
    """Estimates and their status."""
    made, text = router("Estimates"), "Estimate status has been changed to "
    RESOURCE.add_to(made)
    RESOURCE.action(made, "status/sent", _sent, f"{text}Sent")
    RESOURCE.action(made, "status/accepted", _decided(quotes.accept), f"{text}Accepted.")
    RESOURCE.action(made, "status/declined", _decided(quotes.decline), f"{text}Declined.")
    RESOURCE.action(made, "status/draft", _never, "")
    return made
