"""`manage.py worker_alive`: has any worker given a sign of life lately? For a timer that restarts a silent one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from operations.heartbeat import WATCH, WORKER, silent_seconds


class Command(BaseCommand):
    """Exit code 3 when a restart of the worker would help: the watch has called, and nobody answered."""

    help = "Exit with 3 when the worker has been silent for too long although the watch rang."

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare both signs of life; anything else that fails, such as the database, exits with another code."""
        worker, watch = silent_seconds(WORKER), silent_seconds(WATCH)
        if watch is None or watch > settings.WORKER_SILENT_SECONDS:
            self.stdout.write("The watch does not ring, so nothing is known of the worker.")
            return
        if worker is not None and worker > settings.WORKER_SILENT_SECONDS:
            raise CommandError(f"The worker has been silent for {worker:.0f} seconds.", returncode=3)
        self.stdout.write("A worker lives." if worker is not None else "No worker has been seen yet.")
