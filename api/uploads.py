"""Files in calls of the API: where they are possible, how large the whole body may be, and which ones came."""

from api.errors import BAD_VALUE, Refused
from api.values import moment

LARGEST = 25_000_000  # bytes of a body with files; one file has at most `transactions.files.LARGEST`
FILE = {
    "document_id": str, "file_name": str, "file_type": str, "file_size": int, "can_send_in_mail": bool,
    "uploaded_by": str, "uploaded_on": str,
}  # fmt: skip
ENDS = ("/attachment", "/receipt", "/expenses")


def is_upload(request):
    """True for a form with files at an address that takes them."""
    return (
        request.method == "POST"
        and request.content_type == "multipart/form-data"
        and request.path.rstrip("/").endswith(ENDS)
    )


def files_of(request):
    """The uploaded files, whatever their fields are called."""
    return [file for _, files in sorted(request.FILES.lists()) for file in files]


def needed(call, field):
    """The files of a call that has to bring some; Refused when there is none."""
    found = files_of(call.request) if call.request.content_type == "multipart/form-data" else []
    if not found:
        raise Refused(400, BAD_VALUE, f"Send the file as multipart/form-data in the field {field}.", field)
    return found


def shown(call, row):
    """The node of an Attachment or an ExpenseReceipt; see FILE."""
    by = row.uploaded_by
    return {
        "document_id": str(row.pk),
        "file_name": row.name,
        "file_type": row.name.rpartition(".")[2].lower(),
        "file_size": row.size,
        "can_send_in_mail": getattr(row, "send_in_mail", False),
        "uploaded_by": (by.name or by.email) if by else "",
        "uploaded_on": moment(row.uploaded_at, call.organization),
    }
