"""`manage.py qcluster`: the queue's own command, with a sentinel that notices when one of its processes was killed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.conf import settings
from django_q import cluster
from django_q.management.commands import qcluster

from operations.guard import Guard


class Command(qcluster.Command):
    """As django-q2's; its name stays, so that units, scripts and habits hold."""

    help = "Start the worker: a cluster of the queue's processes."

    def handle(self, *args: Any, **options: Any) -> None:
        """Start the cluster; it knows its sentinel by this name."""
        for name in settings.WORKER_TASKS:
            import_module(name)
        cluster.Sentinel = Guard
        super().handle(*args, **options)
