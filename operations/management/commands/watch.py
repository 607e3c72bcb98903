"""`manage.py watch`: rings for work that is due and held by nobody, and listens whether the worker lives."""

from __future__ import annotations

import logging
import signal
import threading
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connections
from django.utils.module_loading import import_string
from django_q.models import OrmQ
from django_q.tasks import async_task

from operations import fits
from operations.heartbeat import WATCH, WORKER, beat, last_seen

log = logging.getLogger(__name__)
FULL_QUEUE = 20  # messages; with so many waiting, each of them shows whether a worker lives


class Pings:
    """Sends the worker a small task now and then; rarely while the last one is unanswered."""

    def __init__(self) -> None:
        self.sent = 0.0
        self.seen_before: Any = None

    def send_if_due(self) -> None:
        """Put one ping into the queue when it is time and the queue is not full anyway."""
        waited = time.monotonic() - self.sent
        answered = last_seen(WORKER) != self.seen_before
        # A ping that a dying worker took with it comes back after ten minutes only, so send another before the
        # worker that was started anew counts as silent, too.
        unanswered = max(settings.WORKER_PING_SECONDS, settings.WORKER_SILENT_SECONDS * 0.4)
        if self.sent and waited < (settings.WORKER_PING_SECONDS if answered else unanswered):
            return
        if OrmQ.objects.count() >= FULL_QUEUE:
            return
        self.seen_before = last_seen(WORKER)
        async_task("operations.tasks.ping")
        self.sent = time.monotonic()


class Chores:
    """Small work that is due once an hour, such as erasing what is kept no longer."""

    def __init__(self) -> None:
        self.done: float | None = None

    def do_if_due(self) -> None:
        """Do every chore of the settings when an hour has passed; one that fails does not keep the others."""
        if self.done is not None and time.monotonic() - self.done < settings.CHORES_SECONDS:
            return
        self.done = time.monotonic()
        for name in settings.CHORES:
            try:
                import_string(name)()
            except Exception:
                log.exception("The chore %s failed; it is tried again in an hour.", name)


class Command(BaseCommand):
    """Runs until it is told to stop."""

    help = "Reconcile what is due with the queue every few seconds, and ping the worker."

    def handle(self, *args: Any, **options: Any) -> None:
        """Repeat the round until SIGTERM or SIGINT; a failing round is logged, the next one tries again."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        pings, chores = Pings(), Chores()
        failures = 0
        while not stop.is_set():
            try:
                if self.round(pings):
                    chores.do_if_due()
                failures = 0
            except Exception:
                failures += 1
                # The database may be restarting: once with its traceback is enough to find the cause.
                log.warning("The watch's round failed (%s in a row).", failures, exc_info=failures == 1)
                connections.close_all()
            stop.wait(settings.RECONCILE_SECONDS)

    @staticmethod
    def round(pings: Pings) -> bool:
        """One round: be seen, ping, ring for what is due, if this program may; whether it may."""
        beat(WATCH)
        pings.send_if_due()
        if told := fits.trouble():
            log.warning("Nothing is rung for. %s", told)
            return False
        failed = None
        for name in settings.RECONCILE:
            try:
                import_string(name)()
            except Exception as error:  # one that fails keeps no other from ringing
                failed = error
        if failed is not None:
            raise failed
        return True
