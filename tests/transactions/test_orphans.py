"""Files that nothing names go after a day; everything else in the folder of uploads stays."""

import os
import time
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from operations.management.commands.watch import Chores
from tests.transactions.factories import ExpenseFactory
from transactions import files, receipts
from transactions.orphans import OWNERS, sweep_files

pytestmark = pytest.mark.django_db
PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de")


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.PRIVATE_FILES_DIR = tmp_path
    return tmp_path


def aged(path, hours):
    moment = time.time() - hours * 3600
    os.utime(path, (moment, moment))
    return path


def test_only_old_files_of_ours_that_no_row_names_go(organization, folder):
    receipts.add(ExpenseFactory(organization=organization), [SimpleUploadedFile("a.png", PNG)])
    [named] = (folder / "receipts").iterdir()
    lost = {kind: aged(files.path_of(kind, files.write(kind, b"x")), 25) for kind in OWNERS}
    young = aged(files.path_of("receipts", files.write("receipts", b"x")), 23)
    foreign = folder / "receipts" / "notes.txt"
    foreign.touch()
    aged(foreign, 99)
    linked = folder / "receipts" / ("0" * 32)
    linked.symlink_to(foreign)
    aged(named, 99)
    assert sweep_files() == len(OWNERS)
    assert not any(path.exists() for path in lost.values())
    assert all(path.exists() for path in (named, young, foreign, linked))
    assert sweep_files() == 0


def test_the_watch_sweeps(folder):
    lost = aged(files.path_of("logos", files.write("logos", b"x", ".png")), 48)
    Chores().do_if_due()
    assert not lost.exists()


def test_every_kind_of_file_that_is_kept_has_an_owner():
    code = "".join(path.read_text() for path in Path("transactions").glob("**/*.py"))
    assert set(OWNERS) == {"receipts", "logos", "attachments"}
    assert code.count("files.stored(") == 3 and code.count("files.write(") == 1, (
        "a new kind needs a place in OWNERS"
    )
