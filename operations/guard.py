"""A killed process of the queue takes what it held with it: then the whole worker ends, to be started anew.

Inside, the queue's processes share pipes with locks in shared memory. One that waits on a pipe holds the pipe's lock,
and nobody gives it back when it is killed: whoever takes its place waits for ever, while everything looks alive. So a
monitor, a pusher or an idle worker that a signal ended is not replaced. Exceptions, time-outs and recycling give locks
back, and a worker killed at work holds none: there the queue goes on as it does.
"""

from __future__ import annotations

import logging
import os
from multiprocessing.process import BaseProcess

from django_q.cluster import Sentinel

log = logging.getLogger(__name__)


class Guard(Sentinel):
    """The queue's sentinel, which knows when a replacement would not help."""

    def reincarnate(self, process: BaseProcess) -> None:
        """Replace a process that ended, or end the whole worker."""
        if (process.exitcode or 0) >= 0 or self._was_working(process):
            super().reincarnate(process)
            return
        name = {self.monitor: "monitor", self.pusher: "pusher"}.get(process, "idle worker")
        log.critical(
            "The queue's %s was killed (signal %s), and what it held is lost to the others. The whole worker ends, "
            "to be started anew; runs go on where they were.",
            name,
            -(process.exitcode or 0),
        )
        for one in (*self.pool, self.monitor, self.pusher):
            one.kill()
        os._exit(1)

    def _was_working(self, process: BaseProcess) -> bool:
        return process in self.pool and process.timer.value >= 0  # type: ignore[attr-defined]
