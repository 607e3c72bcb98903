"""Odd values of a portal, up to the tables: kept whole, never joined by a likeness, and no reason to stop."""

import errno
import io
import logging

import pytest

from customers.models import Customer
from customers.rules import customer_problems
from integrations.models import SyncedRecord, SyncRun
from timetracking.models import Task

# a new name at the portal, a customer who is here already, whether that is the same name
NAMES = [
    ("Straße Nord", "STRASSE NORD", False),
    ("Caf\u00e9 Nord", "Cafe\u0301 Nord", False),
    ("ABC Nord", "\uff21\uff22\uff23 Nord", False),
    ("Izgara Nord", "\u0131zgara Nord", False),
    ("Ärztebund Ødegård", "ÄRZTEBUND ØDEGÅRD", True),
]
ADDRESS = "Very Long Street " * 3_000
LONG = "Every line of it counts. " * 210_000  # some 5 MB


def test_names_are_one_by_case_alone(connection, control, sync):
    sync.first()
    row = SyncedRecord.objects.filter(module="customers", outcome="synced").first()
    for name, here, is_same in NAMES:
        Customer.objects.create(
            organization=connection.organization, display_name=here, currency="EUR", notes="ours"
        )
        control.change("clients", {"id": row.zoho_id, "set": {"name": name}})
        sync()
        customer = Customer.objects.get(pk=row.object_id)
        assert customer.display_name == (f"{name} (2)" if is_same else name)
        assert Customer.objects.get(display_name=here).notes == "ours"
        by_hand = Customer(organization=connection.organization, display_name=here.swapcase(), currency="EUR")
        assert "display_name" in customer_problems(by_hand)


def test_endless_addresses_and_texts_are_kept_whole(control, sync):
    sync.first()
    client = SyncedRecord.objects.filter(module="customers", outcome="synced").first()
    task = SyncedRecord.objects.filter(module="tasks", outcome="synced").first()
    control.change("clients", {"id": client.zoho_id, "set": {"address": ADDRESS.strip()}})
    control.change("tasks", {"id": task.zoho_id, "set": {"description": LONG.strip()}})
    assert sync().message == ""
    assert Customer.objects.get(pk=client.object_id).billing_street == ADDRESS.strip()
    assert Task.objects.get(pk=task.object_id).description == LONG.strip()
    again = sync()
    assert not again.module_runs.exclude(updated=0).exists()


class FullDisk(io.StringIO):
    """A log file on a disk without space."""

    def write(self, text):
        """Never works."""
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def logs_to_a_full_disk():
    """All log lines go to a full disk, as when the log's file system has no space left."""
    handler, root = logging.StreamHandler(FullDisk()), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.setLevel(level)
    root.removeHandler(handler)


def test_a_full_disk_for_logs_stops_no_sync(logs_to_a_full_disk, control, sync, capsys):
    control.switch(fail_once=1)
    run = sync()
    logging.getLogger("integrations").warning("a line that cannot be written")
    assert "No space left on device" in capsys.readouterr().err, "it was tried"
    assert (run.status, run.message) == (SyncRun.Status.SUCCEEDED, "")
