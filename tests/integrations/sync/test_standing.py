"""Records that stand as they did take a short way; it must end where the long way would."""

import random

import pytest

from customers.models import Customer
from integrations.models import Connection, FieldMapping, SyncedRecord, SyncRun
from integrations.pairs import save_pairs
from integrations.sync import standing
from integrations.sync.entities.tasks import Tasks
from integrations.sync.entities.timesheets import Timesheets
from integrations.sync.queue import request_run
from integrations.sync.runner import run_to_end
from integrations.zoho.oauth import SCOPES
from organizations.models import CustomField, Organization
from tests.integrations.sync.edits import EDITS, some
from tests.transactions.factories import BilledTimeEntryFactory
from timetracking.models import Project, ProjectStaff, StaffUser, Task, TimeEntry
from transactions import life

COUNTS = ("seen", "created", "updated", "unchanged", "excluded", "failed", "deleted")


@pytest.fixture
def read(monkeypatch):
    """Ids of the tasks and logs that were parsed since it was last cleared."""
    ids = []
    for entity in (Tasks, Timesheets):
        parse = entity.parse

        def parsed(self, raw, custom, parse=parse):
            ids.append(str(raw.get("id")))
            return parse(self, raw, custom)

        monkeypatch.setattr(entity, "parse", parsed)
    return ids


def counts(run):
    """What a run counted, by module."""
    return {part.module: tuple(getattr(part, name) for name in COUNTS) for part in run.module_runs.all()}


def test_a_record_is_read_again_only_when_something_about_it_changed(sync, control, read, settings):
    settings.SYNC_BRAKE_PERCENT = 100
    first = sync()
    stored = list(SyncedRecord.objects.order_by("pk").values())
    long = SyncedRecord.objects.filter(module__in=["tasks", "timesheets"], mark=None)
    long = set(long.values_list("zoho_id", flat=True))  # unreadable, or of an odd shape
    assert len(long) < 25
    read.clear()
    again = sync()
    by_logs = SyncedRecord.objects.filter(
        module="users", source__only_log=True
    )  # met through one log of theirs
    assert len({key for key in read if key.isdigit()} - long) <= by_logs.count() == 1
    assert list(SyncedRecord.objects.order_by("pk").values()) == stored
    for module, (seen, created, updated, unchanged, *others, _) in counts(first).items():
        if module in ("tasks", "bugs", "timesheets"):
            assert counts(again)[module][:6] == (seen, 0, 0, created + updated + unchanged, *others)
    log = SyncedRecord.objects.filter(module="timesheets", outcome="synced").first()
    control.change("logs", {"action": "change", "id": log.zoho_id, "set": {"log_hour": "07:07"}})
    read.clear()
    sync()
    assert log.zoho_id in read and len({key for key in read if key.isdigit()} - long) <= 2
    assert TimeEntry.objects.get(pk=log.object_id).minutes == 427


def test_another_version_of_the_program_judges_everything_once_more(sync, read, monkeypatch):
    sync()
    monkeypatch.setattr(standing, "_program", lambda: b"another")
    read.clear()
    run = sync()
    assert len(read) > 100 and sum(part.updated for part in run.module_runs.all()) == 0
    read.clear()
    sync()
    assert len(read) < 50  # the unreadable ones


class Side:
    """One of two organizations that sync the same portal; `long` forgets every mark before it syncs."""

    def __init__(self, name, portal, control, long):
        self.long = long
        self.organization = Organization.objects.create(name=name, base_currency="EUR")
        self.connection = Connection.objects.create(
            organization=self.organization,
            accounts_url=portal.url,
            api_url=portal.url,
            portal_id="60012345",
            refresh_token=control.post("tokens/grant", {"scopes": SCOPES})["refresh_token"],
            status=Connection.Status.ACTIVE,
        )

    def rows(self, module):
        """Ledger rows of a module."""
        return self.connection.synced_records.filter(module=module)

    def sync(self):
        """Work a whole run; what it counted."""
        if self.long:
            self.connection.synced_records.update(mark=None)
        run = request_run(self.connection, SyncRun.Trigger.INSTANT, ring=False, is_whole=True)
        run = run_to_end(run.pk, sleep=lambda seconds: pytest.fail("nothing to wait for"))
        assert run.status == "succeeded", run.message
        return counts(run)

    def stands(self):
        """All that the sync wrote, in words that hold for both sides."""
        columns = ("module", "zoho_id", "project_zoho_id", "name", "outcome", "reason", "detail", "minutes")
        ledger = sorted(
            self.connection.synced_records.values_list(*columns, "blocked_by", "source_modified_at"), key=repr
        )
        logs = dict(
            self.rows("timesheets").filter(object_id__isnull=False).values_list("object_id", "zoho_id")
        )
        values = (
            "date",
            "minutes",
            "notes",
            "title",
            "kind",
            "billing_status",
            "is_billable",
            "custom_fields",
        )
        links = ("staff_user__name", "staff_user__status", "project__name", "task__name", "bug__name")
        entries = TimeEntry.objects.filter(organization=self.organization)
        hours = sorted(
            ((logs.get(pk), *row) for pk, *row in entries.values_list("pk", *values, *links)), key=repr
        )
        joined = ProjectStaff.objects.filter(project__organization=self.organization)
        tasks = Task.objects.filter(project__organization=self.organization)
        projects = Project.objects.filter(organization=self.organization)
        customers = Customer.objects.filter(organization=self.organization)
        linked = dict(
            self.rows("customers").filter(object_id__isnull=False).values_list("object_id", "zoho_id")
        )
        others = (
            sorted(tasks.values_list("project__name", "name", "task_list__name", "custom_fields"), key=repr),
            sorted(projects.values_list("name", "customer__display_name", "custom_fields"), key=repr),
            sorted(
                (linked.get(pk, ""), *row)
                for pk, *row in customers.values_list("pk", "display_name", "company_name", "is_active")
            ),
        )
        return ledger, hours, sorted(joined.values_list("project__name", "staff_user__name")), *others

    def entry(self, log):
        """The time entry of a log."""
        return TimeEntry.objects.get(pk=self.rows("timesheets").get(zoho_id=log).object_id)


@pytest.fixture
def sides(transactional_db, portal, control, settings):
    """Both organizations."""
    settings.ZOHO_REQUESTS_PER_WINDOW, settings.SYNC_BRAKE_PERCENT = 0, 100
    return [Side("Short way", portal, control, False), Side("Long way", portal, control, True)]


@pytest.fixture
def both_sync(sides):
    """A function that syncs both; they must stand alike."""

    def work(what):
        counted = [side.sync() for side in sides]
        assert counted[0] == counted[1], what
        short, long = (side.stands() for side in sides)
        assert short == long, what

    return work


def test_nothing_stale_is_kept_whatever_changes(sides, both_sync, portal, control):
    """Both sides see the same changes, at Zoho and here; after each run they must stand alike."""
    dice = random.Random(11)

    def change(entity, key, **values):
        control.change(entity, {"action": "change", "id": key, "set": values})

    both_sync("first")
    short = sides[0]
    task_log, other, third = (
        short.rows("timesheets").filter(outcome="synced", object_id__in=TimeEntry.objects.filter(kind="task"))
    )[:3]
    source = next(each for each in portal.state.portals.values() if each.number == 1)

    # what a log hangs on stops being readable or goes, then comes back
    parent = short.rows("tasks").get(object_id=short.entry(task_log.zoho_id).task_id)
    name = parent.name
    change("tasks", parent.zoho_id, name="")
    project = short.rows("projects").filter(outcome="synced").last()
    both_sync("a task that cannot be read")
    change("tasks", parent.zoho_id, name=name)
    both_sync("the task is back")
    control.change("projects", {"action": "trash", "id": project.zoho_id})
    both_sync("a project in the bin")
    control.change("projects", {"action": "restore", "id": project.zoho_id})

    # preferences and the map
    days = sorted(TimeEntry.objects.filter(organization=short.organization).values_list("date", flat=True))
    for side in sides:
        side.connection.invoiced_before = days[len(days) // 2]
        side.connection.save()
        CustomField.objects.create(
            organization=side.organization, module="tasks", key="key", label="Key", data_type="text"
        )
    both_sync("a cutoff")

    # people and objects here
    owner = short.entry(other.zoho_id).staff_user
    for side in sides:
        who = StaffUser.objects.get(organization=side.organization, name=owner.name)
        ProjectStaff.objects.filter(staff_user=who).delete()
        side.entry(third.zoho_id).delete()
    user = some(dice, source, "users")
    control.change("users", {"action": "delete", "id": user})
    both_sync("a person left projects, one left the portal, an hour was deleted here")

    # billed, changed at the source, freed again
    for side in sides:
        BilledTimeEntryFactory(time_entry=side.entry(other.zoho_id))
    change("logs", other.zoho_id, log_hour="07:07")
    both_sync("changed after billing")
    for side in sides:
        life.delete_draft(side.entry(other.zoho_id).billings.get().line.invoice)
    both_sync("freed again")

    for number in range(3):
        done = [dice.choice(EDITS)(dice, source, control) for _ in range(12)]
        both_sync(f"round {number}: {done}")


def test_nothing_stale_is_kept_when_the_map_or_a_customer_changes(sides, both_sync, portal, control, read):
    """Pairs come and go, for all records and for new ones; customers are changed here, and their links moved."""
    source = next(each for each in portal.state.portals.values() if each.number == 1)
    fields = {
        module: next(field for field in source.fields[module] if field.get("is_custom_field"))
        for module in ("projects", "tasks")
    }
    both_sync("first")

    def map_to(modules, only_new=False):
        for side in sides:
            for module, field in fields.items():
                CustomField.objects.get_or_create(
                    organization=side.organization,
                    module=module,
                    key="mapped",
                    defaults={"label": "Mapped", "data_type": field["data_type"]},
                )
            wanted = [
                FieldMapping(
                    module=module,
                    source_field=fields[module]["api_name"],
                    source_label=module,
                    target_field="mapped",
                    data_type=fields[module]["data_type"],
                    is_custom=True,
                )
                for module in modules
            ]
            save_pairs(side.connection, wanted, only_new)

    def valued():
        tasks = Task.objects.filter(project__organization=sides[0].organization)
        return tasks.exclude(custom_fields={}).count()

    assert valued() == 0
    map_to(["projects", "tasks"])
    both_sync("pairs added")
    assert valued() > 0
    before = valued()
    map_to(["projects"], only_new=True)
    task = sides[0].rows("tasks").filter(outcome="synced", object_id__isnull=False).last()
    control.change("tasks", {"action": "change", "id": task.zoho_id, "set": {"name": "Quay wall, mended"}})
    both_sync("a pair removed for new records only")
    assert valued() == before
    map_to([])
    both_sync("all pairs removed")
    read.clear()
    both_sync("nothing")
    parsed = len(read)  # by the long side; the short one reads again what cannot be read
    map_to(["tasks"])
    both_sync("a pair is back")
    assert valued() == before and len(read) - parsed > parsed

    def customers(change):
        for side in sides:
            rows = side.rows("customers").filter(outcome="synced", object_id__isnull=False).order_by("name")
            change(side, rows, Customer.objects.get(pk=rows.first().object_id))

    def rename(side, rows, customer):
        customer.display_name = "Renamed by us"
        customer.save()

    def retire(side, rows, customer):
        customer.is_active = False
        customer.save()

    def move(side, rows, customer):
        twin = Customer.objects.create(
            organization=side.organization, display_name="Merged into", currency=customer.currency
        )
        rows.filter(object_id=customer.pk).update(object_id=twin.pk)

    def swap(side, rows, customer):
        first, second = rows[:2]
        rows.filter(pk=first.pk).update(object_id=second.object_id)
        rows.filter(pk=second.pk).update(object_id=first.object_id)

    def part(side, rows, customer):
        rows.filter(object_id=customer.pk).update(object_id=None)

    for done in (rename, retire, move, swap, part):
        customers(done)
        both_sync(f"a customer: {done.__name__}")
    key = sides[0].rows("customers").filter(outcome="synced").order_by("name").first().zoho_id
    control.change("clients", {"action": "change", "id": key, "set": {"name": "Renamed at Zoho"}})
    both_sync("the name at Zoho")
