"""Files kept with an invoice or a quote. They are no part of the document: an issued one may get more of them."""

from contextlib import ExitStack

from django.db import transaction

from transactions import files
from transactions.errors import TransactionRefused
from transactions.locking import lock
from transactions.models import Attachment

KIND = "attachments"
MOST = 10  # per document
LARGEST_MAIL = 15 * 1024 * 1024  # bytes of all files that go along with one e-mail


def add(document, uploads, user=None, send_in_mail=False):
    """Keep files with a document: all of them or none; returns the Attachments. Raises TransactionRefused."""
    with ExitStack() as kept:  # a file is removed again when anything after it fails
        stored = [kept.enter_context(files.stored(KIND, upload)) for upload in uploads]
        with transaction.atomic():
            lock(document)
            if document.attachments.count() + len(stored) > MOST:
                raise TransactionRefused("too_many", f"A document can have {MOST} files at most.", "file")
            made = [
                Attachment.objects.create(
                    organization_id=document.organization_id, uploaded_by=user, send_in_mail=send_in_mail,
                    **{document.KIND: document}, **file.fields(),
                )
                for file in stored
            ]  # fmt: skip
            _refuse_large_mail(document)
            return made


@transaction.atomic
def set_in_mail(attachment, wanted):
    """Let a file go along with e-mails about the document, or not any more."""
    lock(attachment.document)
    attachment.send_in_mail = wanted
    attachment.save(update_fields=["send_in_mail"])
    _refuse_large_mail(attachment.document)
    return attachment


def _refuse_large_mail(document):
    if sum(document.attachments.filter(send_in_mail=True).values_list("size", flat=True)) > LARGEST_MAIL:
        megabytes = LARGEST_MAIL // (1024 * 1024)
        raise TransactionRefused(
            "too_large", f"Files that go along with e-mails have {megabytes} MB together at most.", "file"
        )


@transaction.atomic
def remove(attachment):
    """Delete a file of a document; it is gone from the disk after commit."""
    lock(attachment.document)
    attachment.delete()


def for_mail(document):
    """[(name, bytes, content type)] of what goes along with an e-mail; a file that is gone is left out."""
    if document.KIND not in ("invoice", "quote"):
        return []
    found = []
    for row in document.attachments.filter(send_in_mail=True):
        path = files.path_of(KIND, row.stored_name)
        if path.exists():
            found.append((row.name, path.read_bytes(), row.content_type))
    return found
