"""The brake: a run that would remove or change unusually much stops before writing that module and asks.

Removing is weighed before the first record is marked. Changes of what is synced here (other values, or a record that
stops qualifying) wait in `HeldPage` until the module is read to its end; then all of them are written, or none. New
records are written at once, and what only our own settings change is no reason to ask.
"""

from django.conf import settings
from django.db.models import Sum

from integrations.models import Brake, HeldPage
from integrations.sync.changes import difference
from integrations.sync.ledger import SYNCED, keeping, values_of
from integrations.zoho.errors import ZohoError
from integrations.zoho.kept import storable

WORDS = {Brake.Kind.REMOVE: "remove", Brake.Kind.CHANGE: "change"}
SLACK = 1.1  # what was allowed for 100 records holds for 110


class Braked(ZohoError):
    """Nothing of this module was removed or changed; a person has to decide."""


def is_much(count, total):
    """More than the share and more than the number of records that a run may remove or change unasked."""
    return count > settings.SYNC_BRAKE_RECORDS and count * 100 > settings.SYNC_BRAKE_PERCENT * total


def synced_total(context, module):
    """How many records of the module are synced here."""
    return context.ledger(module).filter(outcome=SYNCED).count()


def check(context, module, kind, count, total=None):
    """Pass when `count` is not much or was allowed; else note the question and raise Braked."""
    if count <= settings.SYNC_BRAKE_RECORDS:
        return
    total = synced_total(context, module) if total is None else total
    if not is_much(count, total):
        return
    label = context.modules[module].get_module_display()
    asked = Brake.objects.filter(connection=context.connection, module=module, kind=kind)
    earlier = asked.exclude(decision=Brake.Decision.USED).first()
    share = f"{count} of {total} {label.lower()} ({round(100 * count / max(total, 1))} %)"
    if earlier is None:
        with context.page(module):
            asked.create(
                connection=context.connection,
                module=module,
                kind=kind,
                run=context.run,
                count=count,
                total=total,
            )
    elif count <= earlier.count * SLACK and earlier.decision == Brake.Decision.GO_ON:
        return
    else:
        kept = earlier.decision == Brake.Decision.LEAVE and count <= earlier.count * SLACK
        earlier.run, earlier.total = context.run, total
        if not kept:
            earlier.count, earlier.decision = max(count, earlier.count), Brake.Decision.OPEN
            earlier.decided_by = earlier.decided_at = None
        with context.page(module):
            earlier.save()
        if kept:
            raise Braked(f"{share} would {WORDS[kind]}; they were left as they are, as was decided.")
    raise Braked(
        f"The sync stopped before it would {WORDS[kind]} {share}, which is unusually much. Nothing of it was written. "
        "An administrator decides on this page whether to go on."
    )


def use_up(run, parts):
    """The run has ended well: what was allowed is used up where it was weighed, and questions that did not come up
    again are gone."""
    for part in parts:
        swept = part.cursor.get("sweep", {}).get("weighed", False)
        for kind, weighed in ((Brake.Kind.REMOVE, swept), (Brake.Kind.CHANGE, part.status == "succeeded")):
            if weighed and not run.is_retry:
                asked = Brake.objects.filter(connection_id=run.connection_id, module=part.module, kind=kind)
                asked.filter(decision=Brake.Decision.GO_ON).update(decision=Brake.Decision.USED)
                asked.exclude(decision=Brake.Decision.USED).exclude(run=run).delete()


class Holder:
    """Decides for one page which records wait, and keeps them."""

    def __init__(self, context, entity, releasing):
        self.context, self.entity = context, entity
        self.releasing = releasing
        self.off = releasing or context.run.is_retry
        self.raws, self.leaving, self.changing = [], 0, {}

    def takes(self, record, verdict, row, raw):
        """True when the record waits: it would change what is synced here, and the source is what changed."""
        if self.off or row is None or row.outcome != SYNCED or row.object_id is None:
            return False
        if verdict.outcome != SYNCED:
            self.leaving += 1
        elif record.modified_at is None or record.modified_at != row.source_modified_at:
            values = values_of(self.context, self.entity, record, verdict, row.object_id)
            self.changing[row.object_id] = values
        else:
            return False
        self.raws.append(storable(raw))
        return True

    def keep(self):
        """Store what waits, within the page's transaction."""
        if not self.raws:
            return
        columns = list(self.entity.update_columns)
        stored = self.entity.model.objects.filter(pk__in=self.changing).values_list("pk", *columns)
        count = self.leaving
        for pk, *old in stored:
            before = old[columns.index("custom_fields")] if "custom_fields" in columns else {}
            values = keeping(self.context, self.entity, self.changing[pk], pk, before)
            values = self.entity.as_written(values, dict(zip(columns, old, strict=True)))
            count += bool(difference(columns, old, values))
        HeldPage.objects.create(run=self.context.run, module=self.entity.module, raws=self.raws, count=count)


def release(context, entity, write, keep_going):
    """Weigh what waits, then write it page by page. False when asked to stop in between; raises Braked."""
    held = HeldPage.objects.filter(run=context.run, module=entity.module)
    part = context.modules[entity.module]
    if not part.cursor.get("weighed"):
        check(context, entity.module, Brake.Kind.CHANGE, held.aggregate(sum=Sum("count"))["sum"] or 0)
        if not held.exists():
            return True
        with context.page(entity.module, {"weighed": True}):
            pass
    for page in held.order_by("pk").iterator(chunk_size=1):
        write(page)
        if not keep_going():
            return False
    return True
