"""Time logs at Zoho Projects without the portal: raw records that the sync's own page writer judges and sweeps."""

from collections import Counter
from types import SimpleNamespace

from django.utils import timezone

from integrations.models import ModuleRun, SyncedRecord, SyncRun
from integrations.sync import deletions, reading
from integrations.sync.context import Context
from integrations.sync.entities.timesheets import Timesheets
from tests.factories import ConnectionFactory


class Source:
    """What stands at the source, and `sync`, which reads all of it. `logs`: {Zoho id: raw record}."""

    def __init__(self, organization, projects, tasks, people):
        self.connection = ConnectionFactory(organization=organization)
        self.logs, self.binned = {}, {}
        self.projects, self.tasks, self.people = projects, tasks, people
        for module, rows, first in (
            ("projects", projects, 100),
            ("tasks", tasks, 200),
            ("users", people, 300),
        ):
            for number, row in enumerate(rows, first):
                SyncedRecord.objects.create(
                    connection=self.connection, module=module, zoho_id=str(number), name=row.name,
                    object_id=row.pk, outcome="synced", first_seen_at=timezone.now(),
                )  # fmt: skip

    def add(self, minutes, day, task, person, notes=""):
        """A new approved, billable log; its id. `task`: the place of its task, None for a general log."""
        zoho_id = str(1000 + len(self.logs) + len(self.binned))
        self.logs[zoho_id] = {
            "id": zoho_id, "notes": notes, "date": f"2026-03-{day:02d}", "billing_status": "Billable",
            "approval": {"status": "Approved"}, "owner": {"zpuid": str(300 + person), "name": "Somebody"},
        }  # fmt: skip
        self.set(zoho_id, log_hour=f"{minutes // 60:02d}:{minutes % 60:02d}")
        self.move(zoho_id, task)
        return zoho_id

    def set(self, zoho_id, **values):
        """Change fields of a log."""
        self.logs[zoho_id].update(values)

    def move(self, zoho_id, task):
        """Hang a log on another task, which may be of another project, or on the first project in general."""
        if task is None:
            what = {"type": "general", "log_name": "Planning", "module_detail": {}, "project": {"id": "100"}}
        else:
            place = self.projects.index(self.tasks[task].project)
            what = {
                "type": "task", "module_detail": {"id": str(200 + task), "name": self.tasks[task].name},
                "project": {"id": str(100 + place)},
            }  # fmt: skip
        self.logs[zoho_id].update(what)

    def delete(self, zoho_id):
        """Put a log into the bin."""
        self.binned[zoho_id] = self.logs.pop(zoho_id)

    def restore(self, zoho_id):
        """Take a log out of the bin."""
        self.logs[zoho_id] = self.binned.pop(zoho_id)

    def sync(self):
        """Read everything, as a run does: page, then what is gone."""
        SyncRun.objects.filter(connection=self.connection).update(status="succeeded")
        run = SyncRun.objects.create(
            connection=self.connection,
            trigger="instant",
            status="running",
            selection={"all": True},
            started_at=timezone.now(),
        )
        ModuleRun.objects.create(run=run, module="timesheets")
        lease = SimpleNamespace(renew=lambda *moved, **progress: None)
        context = Context(run, lease, SimpleNamespace(requests=Counter()))
        reading.write_page(context, Timesheets(context), list(self.logs.values()), {}, {})
        gone = context.ledger("timesheets").exclude(outcome="deleted").exclude(zoho_id__in=self.logs)
        deletions.mark(context, "timesheets", list(gone.values_list("pk", flat=True)), Timesheets(context))
        return run

    def row(self, zoho_id):
        """The ledger row of a log, None before it was read."""
        rows = SyncedRecord.objects.filter(connection=self.connection, module="timesheets", zoho_id=zoho_id)
        return rows.first()
