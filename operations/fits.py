"""Does this program fit the database? In an upgrade, one of them is changed before the other.

Compared are the migrations that this program brought when the process started with those that the database has seen. A
worker whose program does not fit takes no task, and the watch rings for none: both wait until they are started anew.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache, wraps
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

log = logging.getLogger(__name__)
NEWER = (
    "The database belongs to a newer version of this program. Bring the program up to date on this machine, and start "
    "it again."
)
OLDER = "The database was not prepared for this version of the program: ./run manage migrate, then start it again."


@cache
def own() -> frozenset[tuple[str, str]]:
    """(app, migration) of all that this program brings. Asked at the start: files may be exchanged under a process."""
    found = set()
    for config in apps.get_app_configs():
        name, _ = MigrationLoader.migrations_module(config.label)
        if name is None:
            continue
        try:
            folder = import_module(name).__path__
        except ModuleNotFoundError:  # an app without tables
            continue
        found |= {
            (config.label, module.name)
            for module in iter_modules(folder)
            if not module.ispkg and module.name[0] not in "_~"
        }
    return frozenset(found)


def trouble() -> str:
    """'' when program and database fit, else a sentence that says what to do. One query; raises what it raises."""
    labels = {label for label, _ in own()}
    rows = MigrationRecorder(connection).migration_qs.values_list("app", "name")
    applied = {(app, name) for app, name in rows if app in labels}
    if applied - own():
        return NEWER
    return OLDER if own() - applied else ""


def only_if_fitting(task: Callable[..., Any]) -> Callable[..., Any]:
    """A task of the queue that a worker leaves alone when its program does not fit; the watch rings for it again."""

    @wraps(task)
    def fitting(*arguments: Any) -> Any:
        if told := trouble():
            log.warning("%s was left to another worker. %s", task.__name__, told)
            return None
        return task(*arguments)

    return fitting
