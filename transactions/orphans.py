"""Uploaded files that no row names: what a crash between file and row, or between row and file, left behind.

Only names of ours, in the folders of `OWNERS`, older than a day: a younger file may wait for its row's transaction.
Anything else in those folders is left alone.
"""

import logging
import re
import stat
import time

from transactions import files
from transactions.attachments import KIND as ATTACHMENTS
from transactions.models import Attachment, ExpenseReceipt, PaperSettings

log = logging.getLogger(__name__)
DAY = 24 * 60 * 60  # seconds
OURS = re.compile(r"[0-9a-f]{32}(\.png)?")
AT_ONCE = 500
OWNERS = {
    "receipts": (ExpenseReceipt, "stored_name"),
    "logos": (PaperSettings, "logo"),
    ATTACHMENTS: (Attachment, "stored_name"),
}


def sweep_files():
    """Delete orphaned files; how many. Called once an hour by `manage.py watch`."""
    gone = sum(_sweep(kind, model, column) for kind, (model, column) in OWNERS.items())
    if gone:
        log.info("Deleted %s uploaded files that nothing named any more.", gone)
    return gone


def _sweep(kind, model, column):
    folder, before = files.folder_of(kind), time.time() - DAY
    if not folder.is_dir():
        return 0
    old = [path for path in folder.iterdir() if OURS.fullmatch(path.name) and _is_old(path, before)]
    gone = 0
    for start in range(0, len(old), AT_ONCE):
        some = old[start : start + AT_ONCE]
        named = model._base_manager.filter(**{f"{column}__in": [path.name for path in some]})
        kept = set(named.values_list(column, flat=True))
        for path in some:
            if path.name not in kept:
                path.unlink(missing_ok=True)
                gone += 1
    return gone


def _is_old(path, before):
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_mtime < before
