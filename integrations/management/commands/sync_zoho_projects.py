"""One sync from the command line: in the foreground with its progress, or handed to the worker."""

import json
import sys
import time

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from integrations.models import Connection, Module, SyncRun
from integrations.sync.plan import decide
from integrations.sync.queue import RunRefused, request_run
from integrations.sync.runner import run_to_end
from operations import fits
from organizations.models import Organization

COUNTS = ("seen", "created", "updated", "unchanged", "excluded", "failed", "deleted")
BAR_WIDTH = 30


class Command(BaseCommand):
    """Exit status: 0 when the run succeeded, 1 when it failed or was refused, 2 for wrong usage."""

    help = "Sync with Zoho Projects now."

    def add_arguments(self, parser):
        parser.add_argument("--organization", help="Id or name; needed when several are connected.")
        parser.add_argument(
            "--module", action="append", choices=Module.values, default=[], help="Repeatable."
        )
        parser.add_argument("--full", action="store_true", help="Read everything, not only what changed.")
        parser.add_argument(
            "--plan", action="store_true", help="Tell which requests a sync would need and why; run nothing."
        )
        parser.add_argument("--queue", action="store_true", help="Hand the run to the worker and return.")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, **options):
        connection = self._connection(options["organization"])
        if options["plan"]:
            self._tell_plan(connection, options)
            return
        if told := fits.trouble():
            raise CommandError(told)
        try:
            run = request_run(
                connection,
                SyncRun.Trigger.COMMAND,
                modules=options["module"],
                ring=options["queue"],
                is_whole=options["full"],
            )
        except RunRefused as error:
            raise CommandError(error.message) from None
        if not options["queue"]:
            text = options["format"] == "text"
            run = run_to_end(run.pk, sleep=time.sleep, progress=self._progress if text else lambda run: None)
            if text and sys.stderr.isatty():
                self.stderr.write("")
        self._report(run, options["format"])
        if run.status in (SyncRun.Status.FAILED, SyncRun.Status.CANCELLED):
            raise CommandError(run.message)

    def _connection(self, wanted):
        found = Connection.objects.filter(is_deleted=False)
        if wanted:
            organizations = Organization.objects.filter(name__iexact=wanted)
            if wanted.isdigit():
                organizations |= Organization.objects.filter(pk=int(wanted))
            if not organizations:
                raise CommandError(f"There is no organization “{wanted}”.", returncode=2)
            found = found.filter(organization__in=organizations)
        connections = list(found.select_related("organization")[:2])
        if not connections:
            raise CommandError("Zoho Projects is not connected. Connect it under Settings, Zoho Apps.")
        if len(connections) > 1:
            raise CommandError(
                "Several organizations are connected; name one with --organization.", returncode=2
            )
        return connections[0]

    def _tell_plan(self, connection, options):
        """Requests per module, and why; settled as the start of a run would settle it now."""
        now = timezone.now()
        modules = decide(connection, SyncRun.Trigger.COMMAND, options["full"], now, options["module"])
        total = sum(part["requests"] for part in modules.values())
        if options["format"] == "json":
            shown = {
                name: {key: part[key] for key in ("mode", "since", "requests", "why")}
                for name, part in modules.items()
            }
            self.stdout.write(json.dumps({"requests": total, "modules": shown}, ensure_ascii=False, indent=2))
            return
        for name, part in modules.items():
            self.stdout.write(
                f"{Module(name).label:<12}{part['mode']:<9}{part['requests']:>6} requests  {part['why']}"
            )
        self.stdout.write(
            f"{'Together':<21}{total:>6} requests, more for what changed beyond a page of each list."
        )

    def _progress(self, run):
        parts = list(run.module_runs.all())
        ended = sum(part.status not in ("waiting", "running") for part in parts)
        current = next(
            (part for part in parts if part.status == "running" and not part.cursor.get("over")), None
        )
        seen = sum(part.seen for part in parts)
        words = f"{seen} records"
        if current is not None:
            words += f", {current.get_module_display()}"
        if run.not_before:
            words += f"; resumes at {run.not_before:%H:%M:%S} UTC"
        if sys.stderr.isatty():
            full = BAR_WIDTH * (ended if run.is_active else len(parts)) // len(parts)
            self.stderr.write(f"\r[{'#' * full}{'.' * (BAR_WIDTH - full)}] {words}\x1b[K", ending="")
        else:
            self.stderr.write(words)

    def _report(self, run, form):
        parts = list(run.module_runs.all())
        if form == "json":
            modules = {
                part.module: {"status": part.status, **{name: getattr(part, name) for name in COUNTS}}
                for part in parts
            }
            report = {"run": run.pk, "status": run.status, "message": run.message, "modules": modules}
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=2))
            return
        self.stdout.write(f"Run {run.pk}: {run.get_status_display()}. {run.message}".strip())
        if run.status == SyncRun.Status.QUEUED:
            return
        self.stdout.write(f"{'':<12}" + "".join(f"{name:>10}" for name in COUNTS))
        for part in parts:
            self.stdout.write(
                f"{part.get_module_display():<12}" + "".join(f"{getattr(part, name):>10}" for name in COUNTS)
            )
