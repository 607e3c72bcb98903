"""A first sync that failed or was stopped is carried on by the next run, page by page, instead of being read anew.

The next run reads the directories again (customers, users, projects: what a person put right in between must count)
and takes over, per module, the place in its lists, the counts and the record of what was met, which must be whole for
the sweep. It does so only where the lists to read are the same ones. Later syncs read what changed and begin anew
cheaply, so nothing is carried on there: pages read before an interruption could have changed since.
"""

import json
from datetime import timedelta
from hashlib import blake2b

from django.utils import timezone

from integrations.models import HeldPage, ModuleRun, SeenChunk, SyncRun
from integrations.sync import rounds

WITHIN = timedelta(hours=24)
COUNTS = ("seen", "created", "updated", "unchanged", "excluded", "failed")
PLACE = ("read", "skipped", "per_project", "ended", "facts", "unlisted ids")


def carry_on(context, module):
    """Before a module is read: go on where the run before this one stopped, if it may."""
    part = context.modules[module]
    if "lists" in part.cursor:
        return
    lists = _lists(context, module)
    with context.page(module, {"lists": lists}) as part:
        earlier = interrupted(context)
        former = earlier and earlier.module_runs.get(module=module)
        if not former or former.cursor.get("lists") != lists or _refused(former):
            return
        part.cursor = {**part.cursor, **{key: former.cursor[key] for key in PLACE if key in former.cursor}}
        part.cursor["since"] = former.cursor.get("since") or earlier.started_at.isoformat()
        for name in COUNTS:
            setattr(part, name, getattr(former, name))
        for kept in (SeenChunk, HeldPage):
            kept.objects.filter(run=earlier, module=module).update(run=context.run)
        context.seen_elsewhere(module)


def interrupted(context):
    """The run before this one, when it is a first sync that did not come to its end."""
    run, connection = context.run, context.connection
    if connection.last_synced_at is not None or run.selection:
        return None
    earlier = SyncRun.objects.filter(connection=connection, pk__lt=run.pk).order_by("-pk").first()
    if earlier is None or earlier.status not in (SyncRun.Status.FAILED, SyncRun.Status.CANCELLED):
        return None
    recent = earlier.started_at and earlier.finished_at and earlier.finished_at > timezone.now() - WITHIN
    alike = earlier.modules == run.modules and earlier.shape == run.shape and not earlier.selection
    return earlier if recent and alike else None


def _refused(former):
    """The module itself was refused, by Zoho or by the brake, rather than cut short with its run."""
    return former.status == ModuleRun.Status.FAILED and former.message != ""


def _lists(context, module):
    """What tells whether two runs read the same lists in the same order, under the same settings."""
    plan = context.run.plan
    told = [
        rounds.project_ids(context),
        sorted(context.projects),  # a project put right in between brings its children with it
        (plan.get("modules", {}).get(module) or {}).get("mode"),
        context.connection.settings_version,
        context.salt(module),
    ]
    return blake2b(json.dumps(told, default=str).encode(), digest_size=16).hexdigest()
