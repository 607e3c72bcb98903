"""Comments and history: what people wrote about a row, between what happened to it, newest first."""

import datetime

from api import guards
from api.building import PAGES, context_of, operation, out, router
from api.crud import body
from api.errors import no_row
from api.listing import page_of
from api.resources import (
    contacts,
    estimates,
    expenses,
    invoices,
    projects,
    recurring_expenses,
    recurring_invoices,
)
from api.values import moment, path_id
from customers import timeline as customer_timeline
from organizations.zones import today_in, zone_of
from timetracking.activity import project_events
from timetracking.models import StaffUser
from transactions import changes, comments, timeline
from transactions.models import Comment

MISSING = "Comment does not exist"
COMMENT_IN = body(
    "CommentIn", required=("description",), with_ids=False,
    not_kept=("show_comment_to_clients", "payment_expected_date"), description=str,
)  # fmt: skip
IDS = (
    "invoice_id", "estimate_id", "project_id", "expense_id", "contact_id", "recurring_invoice_id",
    "recurring_expense_id",
)  # fmt: skip
COMMENT = out(
    "Comment", comment_id=str, description=str, commented_by=str, commented_by_id=str, comment_type=str,
    operation_type=str, transaction_type=str, transaction_id=str, date=str, date_description=str, time=str,
    date_with_time=str, is_current_user=bool, is_editable=bool,
    contact_name=str, is_entity_deleted=bool, **dict.fromkeys(IDS, str),
)  # fmt: skip


def _day_in_words(day, today):
    days = (today - day).days
    return {0: "today", 1: "yesterday"}.get(days, f"{days} days ago" if days > 0 else day.isoformat())


def _when(call, at):
    here = at.astimezone(zone_of(call.organization))
    return {
        "date": here.date().isoformat(),
        "date_description": _day_in_words(here.date(), today_in(call.organization)),
        "time": here.strftime("%I:%M %p").lstrip("0"),
        "date_with_time": moment(at, call.organization),
    }


def _common(resource, row):
    return {
        resource.id_name: str(row.pk),
        "transaction_type": resource.node,
        "transaction_id": str(row.pk),
        "contact_name": str(getattr(row, "customer", row) or ""),
        "is_entity_deleted": False,
    }


def _happened(call, resource, row, event):
    """An event of the row's history; its id is its moment, and it cannot be changed."""
    parts = [event.text, *(f"{what}: {before} → {after}" for what, before, after in event.changes)]
    return (
        _common(resource, row)
        | _when(call, event.at)
        | {
            "comment_id": f"h{int(event.at.astimezone(datetime.UTC).timestamp() * 1_000_000)}",
            "description": "; ".join(parts),
            "commented_by": str(event.user or ""),
            "commented_by_id": "",
            "comment_type": "system",
            "operation_type": "Added" if event.text.startswith("Created") else "Updated",
            "is_current_user": False,
            "is_editable": False,
        }
    )


def _written(call, resource, row, comment, people):
    return (
        _common(resource, row)
        | _when(call, comment.created_at)
        | {
            "comment_id": str(comment.pk),
            "description": comment.text,
            "commented_by": comments.who(comment),
            "commented_by_id": str(people.get(comment.author_id, "")),
            "comment_type": "internal",
            "operation_type": "Updated" if comment.changed_at else "Added",
            "is_current_user": comment.author_id == call.membership.user_id,
            "is_editable": comments.may_change(call.membership, comment),
        }
    )


def _people(call, rows):
    """{user's id: id of the person in /users}."""
    ids = {row.author_id for row in rows}
    found = StaffUser.objects.filter(organization=call.organization, membership__user__in=ids)
    return dict(found.values_list("membership__user_id", "pk"))


def _lister(resource, events):
    def work(call, pk):
        row = resource.found(call, pk)
        page, per_page = page_of(call.request.GET.dict())
        found = events(call, row)
        start = (page - 1) * per_page
        shown = found[start : start + per_page]
        ids = [int(event.key.split(":")[1]) for event in shown if event.key]
        written = {item.pk: item for item in Comment.objects.filter(pk__in=ids).select_related("author")}
        people = _people(call, written.values())
        nodes = []
        for event in shown:
            comment = written.get(int(event.key.split(":")[1])) if event.key else None
            if comment is not None:
                nodes.append(_written(call, resource, row, comment, people))
            else:
                nodes.append(_happened(call, resource, row, event))
        return "success", nodes, context_of(page, per_page, len(found) > start + per_page)

    return work


def _one(call, resource, row, comment):
    return _written(call, resource, row, comment, _people(call, [comment]))


def _found(resource, row, text):
    pk = path_id(text)
    comment = row.comments.select_related("author").filter(pk=pk).first() if pk is not None else None
    if comment is None:
        raise no_row(MISSING)
    return comment


def _writers(resource):
    """(add, change, remove) of a resource whose rows have comments."""

    def add(call, pk, values):
        row = resource.found(call, pk)
        comment = comments.add(row, values["description"], call.user, call.through)
        return "Comments added.", _one(call, resource, row, comment)

    def change(call, pk, comment_id, values):
        row = resource.found(call, pk)
        comment = comments.change(call.membership, _found(resource, row, comment_id), values["description"])
        return "The comment has been updated.", _one(call, resource, row, comment)

    def remove(call, pk, comment_id):
        row = resource.found(call, pk)
        comments.remove(call.membership, _found(resource, row, comment_id))
        return "The comment has been deleted.", None

    return add, change, remove


def _of_document(call, row):
    return timeline.events(row)


def _of_changes(call, row):
    guards.view(call)
    return changes.events(row)


LISTS = (
    (invoices.RESOURCE, _of_document), (estimates.RESOURCE, _of_document),
    (projects.RESOURCE, lambda call, row: project_events(call.membership, row)),
    (contacts.RESOURCE, lambda call, row: customer_timeline.events(row)), (expenses.RESOURCE, _of_changes),
    (recurring_invoices.RESOURCE, _of_changes), (recurring_expenses.RESOURCE, _of_changes),
)  # fmt: skip
WRITABLE = (invoices.RESOURCE, estimates.RESOURCE, projects.RESOURCE)


def make_router():
    """…/comments of everything that has a history."""
    made = router("Comments and history")
    for resource, events in LISTS:
        root, name = f"/{resource.path}/{{{resource.id_name}}}/comments", resource.node
        operation(made, "get", root, _lister(resource, events), module=resource.module, verb="READ",
                  name=f"list_{name}_comments", node="comments", kind=COMMENT, many=True,
                  alias="contact_comments" if name == "contact" else "",
                  query=PAGES)  # fmt: skip
        if resource not in WRITABLE:
            continue
        add, change, remove = _writers(resource)
        common = {"module": resource.module, "node": "comment", "kind": COMMENT, "body": COMMENT_IN}
        operation(made, "post", root, add, verb="CREATE", name=f"add_{name}_comment", status=201, **common)
        one = f"{root}/{{comment_id}}"
        operation(made, "put", one, change, verb="UPDATE", name=f"update_{name}_comment", **common)
        operation(made, "delete", one, remove, module=resource.module, verb="DELETE",
                  name=f"delete_{name}_comment")  # fmt: skip
    return made
