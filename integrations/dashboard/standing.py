"""What keeps an active connection from being called just "Active": the runs that told last about its modules."""

from __future__ import annotations

from dataclasses import dataclass, field

from integrations.models import Connection, ModuleRun, SyncRun

LOOKED_BACK = 20  # runs of some modules only, before the last one of all
Run, Part = SyncRun.Status, ModuleRun.Status
# The step that settles a module; before it a module that was begun is still being read.
SETTLED_BY = {"customers": "settle customers", "users": "match users", "projects": "settle projects"}


@dataclass
class Standing:
    """Which run tells how each module stands, after the latest run has ended.

    A retry reads some records and a run of some modules leaves out the others, so neither can say that all is well
    with what it did not read: the runs before it tell about that.
    """

    connection: Connection
    latest: SyncRun | None = None
    whole: SyncRun | None = None  # the latest run that was to read everything
    told: dict[str, tuple[ModuleRun, SyncRun]] = field(default_factory=dict)  # module: (its part, the run)

    @property
    def doubt(self) -> str:
        """Why the connection cannot be called just "Active"; '' when it can.

        "unsynced": no sync has come to its end yet. "warned": the latest run failed, or a module of those that tell.
        "stopped": somebody stopped the latest run, so its rest is missing.
        """
        if self.latest is None or self.latest.is_active:
            return ""
        whole = self.whole or self.latest
        if self.connection.last_synced_at is None and whole.status in (Run.FAILED, Run.CANCELLED):
            return "unsynced"
        if Run.FAILED in (whole.status, self.latest.status):
            return "warned"
        if any(part.status == Part.FAILED for part, _ in self.told.values()):
            return "warned"
        return "stopped" if any(run.status == Run.CANCELLED for _, run in self.told.values()) else ""

    @property
    def earlier(self) -> SyncRun | None:
        """The run before the latest whose message still holds, if there is one."""
        if self.whole is None or self.latest is None or self.whole.pk == self.latest.pk:
            return None
        return self.whole if self.doubt and self.whole.message else None


def settled(run: SyncRun) -> set[str]:
    """The steps of a run that have ended; they stand beside the customers' checkpoint."""
    marks = next((part for part in run.module_runs.all() if part.module == "customers"), None)
    return set(marks.cursor.get("done", ())) if marks is not None else set()


def was_cut_short(part: ModuleRun, run: SyncRun, done: set[str]) -> bool:
    """Whether somebody stopped the run before this module was read to its end."""
    return run.status == Run.CANCELLED and SETTLED_BY.get(part.module, part.module) not in done


def standing(connection: Connection, latest: SyncRun | None) -> Standing:
    """How the connection stands after its latest run."""
    found = Standing(connection, latest)
    if latest is None or latest.is_active:
        return found
    if not latest.selection and not latest.modules:
        runs = [latest]
    else:
        runs = list(
            connection.runs.filter(selection={}, status__in=[Run.SUCCEEDED, Run.FAILED, Run.CANCELLED])
            .prefetch_related("module_runs")
            .order_by("-id")[:LOOKED_BACK]
        )
    for run in runs:
        for part in run.module_runs.all():
            if not run.modules or part.module in run.modules or part.status in (Part.SUCCEEDED, Part.FAILED):
                found.told.setdefault(part.module, (part, run))
        if not run.modules:
            found.whole = run
            break
    return found
