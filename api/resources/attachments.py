"""Files: attachments of invoices and estimates, receipts of expenses."""

from django.http import Http404

from api import guards, uploads
from api.building import operation, router
from api.documents import FILE
from api.errors import BAD_VALUE, Refused, no_row, not_authorized
from api.resources import estimates, expenses, invoices
from api.values import flag, path_id
from transactions import attachments, files, permissions, receipts

MISSING = "Attachment does not exist"
RESOURCES = ((invoices.RESOURCE, "invoice"), (estimates.RESOURCE, "estimate"))


def _in_mail(call):
    return flag(call.request.GET.get("can_send_in_mail", ""), "can_send_in_mail")


def _download(kind, row):
    try:
        return files.download(kind, row)
    except Http404:
        raise no_row(MISSING) from None


def _latest(rows):
    row = rows.order_by("-pk").first()
    if row is None:
        raise no_row(MISSING)
    return row


def _for_document(resource, word):
    """The operations on the files of invoices or of estimates: (get, add, set, clear, one, remove)."""

    def get(call, pk):
        return _download(attachments.KIND, _latest(resource.found(call, pk).attachments))

    def add(call, pk):
        row = resource.found(call, pk)
        guards.bill(call)
        in_mail = bool(_in_mail(call))
        made = attachments.add(row, uploads.needed(call, "attachment"), call.user, in_mail)
        text = f"Your file has been successfully attached to the {word}."
        return text, [uploads.shown(call, item) for item in made]

    def change(call, pk):
        row = resource.found(call, pk)
        guards.bill(call)
        wanted = _in_mail(call)
        if wanted is None:
            raise Refused(400, BAD_VALUE, "can_send_in_mail is true or false.", "can_send_in_mail")
        for item in row.attachments.all() or [_latest(row.attachments)]:
            attachments.set_in_mail(item, wanted)
        return f"{word.capitalize()} information has been updated.", None

    def clear(call, pk):
        row = resource.found(call, pk)
        guards.bill(call)
        attachments.remove(_latest(row.attachments))
        return f"Your file is no longer attached to the {word}.", None

    def found(call, pk, document_id):
        number, row = path_id(document_id), resource.found(call, pk)
        item = row.attachments.filter(pk=number).first() if number is not None else None
        if item is None:
            raise no_row(MISSING)
        return item

    def one(call, pk, document_id):
        return _download(attachments.KIND, found(call, pk, document_id))

    def remove(call, pk, document_id):
        item = found(call, pk, document_id)
        guards.bill(call)
        attachments.remove(item)
        return f"Your file is no longer attached to the {word}.", None

    return get, add, change, clear, one, remove


def _expense(call, pk):
    row = expenses.RESOURCE.found(call, pk)
    if not permissions.may_change_expense(call.membership, row):
        raise not_authorized("Changing this expense is not granted to you.")
    return row


def _get_receipt(call, pk):
    return _download("receipts", _latest(expenses.RESOURCE.found(call, pk).receipts))


def _put_receipt(call, pk):
    """The receipt instead of those there are. What was invoiced keeps its proof: then it is refused."""
    row = _expense(call, pk)
    new = uploads.needed(call, "receipt")
    old = list(row.receipts.all())
    receipts.replace(row, old, new, call.user)
    return "The expense receipt has been attached.", None


def _add_receipt(call, pk):
    made = receipts.add(_expense(call, pk), uploads.needed(call, "attachment"), call.user)
    return "Your file has been successfully attached to the expense.", [
        uploads.shown(call, item) for item in made
    ]


def _delete_receipt(call, pk):
    row = _expense(call, pk)
    receipts.remove(_latest(row.receipts))
    return "The attached expense receipt has been deleted.", None


def make_router():
    """/invoices/{id}/attachment and …/documents/{id}, the same of estimates, /expenses/{id}/receipt."""
    made = router("Files")
    for resource, word in RESOURCES:
        get, add, change, clear, one, remove = _for_document(resource, word)
        root, module = f"/{resource.path}/{{{resource.id_name}}}", resource.module
        path, documents = f"{root}/attachment", f"{root}/documents/{{document_id}}"
        common = {"module": module}
        operation(made, "get", path, get, verb="READ", name=f"{word}_attachment", query=("preview",),
                  other_formats=True, **common)  # fmt: skip
        operation(made, "post", path, add, verb="CREATE", name=f"attach_to_{word}", upload="attachment",
                  query=("can_send_in_mail",), node="documents", kind=list[FILE], status=201, **common)  # fmt: skip
        operation(made, "put", path, change, verb="UPDATE", name=f"{word}_attachment_in_mail",
                  query=("can_send_in_mail",), **common)  # fmt: skip
        operation(made, "delete", path, clear, verb="DELETE", name=f"delete_{word}_attachment", **common)
        operation(made, "get", documents, one, verb="READ", name=f"{word}_document", query=("preview",),
                  other_formats=True, **common)  # fmt: skip
        operation(made, "delete", documents, remove, verb="DELETE", name=f"delete_{word}_document", **common)
    path, common = "/expenses/{expense_id}/receipt", {"module": "expenses"}
    operation(made, "get", path, _get_receipt, verb="READ", name="expense_receipt", query=("preview",),
              other_formats=True, **common)  # fmt: skip
    operation(made, "post", path, _put_receipt, verb="CREATE", name="set_expense_receipt", upload="receipt",
              status=201, **common)  # fmt: skip
    operation(made, "delete", path, _delete_receipt, verb="DELETE", name="delete_expense_receipt", **common)
    operation(made, "post", "/expenses/{expense_id}/attachment", _add_receipt, verb="CREATE",
              name="attach_to_expense", upload="attachment", node="documents", kind=list[FILE], status=201,
              **common)  # fmt: skip
    return made
