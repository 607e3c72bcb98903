"""Files that people upload: receipts. Kept outside the web root under names of ours, handed out as downloads only.

A file is taken when its name and its content say the same allowed type. Nothing here opens, renders or runs it.
Write files around the transaction that makes their row, so that a failed row leaves no file behind:

    with files.stored("receipts", upload) as file:
        ExpenseReceipt.objects.create(expense=expense, **file.fields())
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import puremagic
from django.conf import settings
from django.db import transaction
from django.http import FileResponse, Http404

from transactions.errors import TransactionRefused

LARGEST = 10 * 1024 * 1024  # bytes
LONGEST_NAME = 150
TYPES = {
    "gif": "image/gif",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "bmp": "image/bmp",
    "pdf": "application/pdf",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
_OLD_OFFICE = bytes.fromhex("d0cf11e0a1b11ae1")
_STREAMS = {"doc": ["WordDocument"], "xls": ["Workbook", "Book"]}
_PARTS = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml"}


@dataclass(frozen=True)
class StoredFile:
    """A file on disk and what its row keeps of it; `size` in bytes."""

    name: str
    content_type: str
    size: int
    stored_name: str
    sha256: str

    def fields(self) -> dict[str, Any]:
        """The columns of its row."""
        return dict(self.__dict__)


def clean_name(name: str) -> str:
    """The name a person's file had, without folders, control characters and direction overrides."""
    name = str(name).replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co")).strip(" .")
    stem, dot, extension = name.rpartition(".")
    return f"{stem[:LONGEST_NAME]}{dot}{extension[:10]}" if dot else name[:LONGEST_NAME]


def checked_type(name: str, content: bytes) -> str:
    """The content type of an allowed file. Raises TransactionRefused with the reason otherwise."""
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if extension not in TYPES:
        raise _refused(f"“{name[:60]}” is of no allowed type. Allowed are {', '.join(sorted(TYPES))}.")
    if not content:
        raise _refused(f"“{name[:60]}” is empty.")
    if not _matches(extension, content):
        raise _refused(f"The content of “{name[:60]}” is not what its name says ({extension}).")
    return TYPES[extension]


def _matches(extension: str, content: bytes) -> bool:
    if extension in _STREAMS:
        names = (name.encode("utf-16-le") for name in _STREAMS[extension])
        return content.startswith(_OLD_OFFICE) and any(name in content for name in names)
    if extension in _PARTS:
        try:
            with zipfile.ZipFile(
                io.BytesIO(content)
            ) as archive:  # the list of names only; nothing is unpacked
                names_inside = set(archive.namelist())
        except (zipfile.BadZipFile, ValueError, NotImplementedError):
            return False
        macros = any(part.endswith("vbaProject.bin") for part in names_inside)
        return not macros and {"[Content_Types].xml", _PARTS[extension]} <= names_inside
    try:
        found = {match.extension.lstrip(".") for match in puremagic.magic_string(content)}
    except puremagic.PureError:
        return False
    return bool(found & ({"jpg", "jpeg", "jfif"} if extension in ("jpg", "jpeg") else {extension}))


def _refused(sentence: str) -> TransactionRefused:
    return TransactionRefused("file_refused", sentence, "file")


def folder_of(kind: str) -> Path:
    """The folder of a kind of files ("receipts", "logos")."""
    return Path(settings.PRIVATE_FILES_DIR) / kind


def path_of(kind: str, stored_name: str) -> Path:
    """Where a file is. Raises Http404 for a name that is none of ours."""
    if not stored_name or not all(c in "0123456789abcdef.png" for c in stored_name) or ".." in stored_name:
        raise Http404
    return folder_of(kind) / stored_name


def write(kind: str, content: bytes, suffix: str = "") -> str:
    """Keep `content` under a random name, which is returned; readable by this user of the machine only."""
    stored_name = secrets.token_hex(16) + suffix
    path = path_of(kind, stored_name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return stored_name


def checked_content(upload: Any, largest: int = LARGEST) -> bytes:
    """The bytes of an upload that is not too large."""
    if upload.size > largest:
        raise _refused(f"The file has more than {largest // (1024 * 1024)} MB. Choose a smaller one.")
    return upload.read()


@contextmanager
def stored(kind: str, upload: Any) -> Iterator[StoredFile]:
    """Check and keep an uploaded file; it is removed again when the block fails."""
    name = clean_name(upload.name)
    content = checked_content(upload)
    content_type = checked_type(name, content)
    stored_name = write(kind, content)
    try:
        yield StoredFile(name, content_type, len(content), stored_name, hashlib.sha256(content).hexdigest())
    except BaseException:
        path_of(kind, stored_name).unlink(missing_ok=True)
        raise


def remove_after_commit(kind: str, stored_name: str) -> None:
    """Delete a file once the transaction that deletes its row is through."""
    transaction.on_commit(lambda: path_of(kind, stored_name).unlink(missing_ok=True))


def download(kind: str, row: Any) -> FileResponse:
    """The answer that hands out a row's file; the caller has checked who asks. 404 when the file is gone."""
    try:
        file = path_of(kind, row.stored_name).open("rb")
    except FileNotFoundError:
        raise Http404("The file is not there any more.") from None
    answer = FileResponse(file, as_attachment=True, filename=row.name, content_type=row.content_type)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["Cache-Control"] = "no-store, private"
    return answer
