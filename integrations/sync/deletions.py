"""What is gone at the source. Only after a module was read completely, and after a second look at each missing record.

A record that a complete reading did not meet is in the bin or answers 404: deleted. It answers 401 or 403: no longer
visible, kept, and its ledger row says so. It answers: kept. Children of a deleted project are deleted with it, logs
with their task or bug; nobody asks for them one by one.
"""

from bisect import bisect_right

from django.db.models import Q

from integrations.models import Brake, SyncedRecord
from integrations.sync import brake, budget, bulk, changes, trouble
from integrations.sync.entities import users
from integrations.sync.ledger import DELETED, EXCLUDED, FAILED, SYNCED
from integrations.zoho import api
from integrations.zoho.entities import recycle_bin
from integrations.zoho.errors import BadAnswer, NoAccess, NotFound, Temporary, Throttled, WrongAddress
from integrations.zoho.records import parse_page
from timetracking.models import Bug, Milestone, Project, Task, TaskList, TimeEntry

AT_ONCE = 200
IDS_AT_ONCE = 5000
CLOSING = {
    "projects": (Project, "inactive"),
    "milestones": (Milestone, "closed"),
    "task_lists": (TaskList, "closed"),
    "tasks": (Task, "closed"),
    "bugs": (Bug, "closed"),
}
HIDDEN = "Not visible in Zoho Projects any more; it was kept as it is."
GONE, UNSEEN, KEPT, BROKEN = "gone", "hidden", "kept", "broken"
LOG_KINDS = ("task", "bug", "general")


def in_bin(context):
    """{(module, Zoho id)} of everything in the recycle bin; empty when it cannot be read."""
    return bin_of(context, anew=True)[0]


def bin_of(context, anew=False):
    """What lies in the bin, and whether all of it could be read. Read once per slice unless `anew`."""
    if anew:
        context.client.later.forget()  # a page that was asked for earlier does not tell what lies there now
    if context.binned is None or anew:
        found, complete, pages = set(), True, 0
        try:
            for page in context.client.stream(api.bin()):
                pages = page.number
                for entry in parse_page(recycle_bin.parse, page.raws):
                    if getattr(entry, "module", ""):
                        found.add((entry.module, entry.id))
        except (NoAccess, NotFound, WrongAddress, BadAnswer):
            complete = False
        except Throttled:
            if not budget.is_too_long(context, pages):
                raise
            complete = False
        context.binned = (found, complete)
    return context.binned


def sweep(context, module, binned, timesheets, keep_going, among=None):
    """Look again at what the complete reading did not meet, then mark it. False when asked to stop in between.

    `among`: a Q that names the rows which can be gone, where the module was not read whole.

    The looks and what they showed stand in the module's checkpoint, so a sweep cut short goes on where it was.
    """
    looks = Looks(context, module, binned, among)
    while not looks.done:
        looks.go_on()
        if not keep_going():
            return False
    if not context.modules[module].cursor["sweep"].get("weighed"):
        _weigh(context, module, looks.gone)
        looks.weighed = True
        looks.keep()
    if looks.broken:
        _tell_broken(context, module, looks.broken)
    for start in range(0, len(looks.hidden), AT_ONCE):
        _keep_hidden(context, module, looks.hidden[start : start + AT_ONCE])
    for start in range(0, len(looks.gone), AT_ONCE):
        mark(context, module, looks.gone[start : start + AT_ONCE], timesheets)
    return True


def _weigh(context, module, ids):
    """Raise Braked when removing these ledger rows needs an administrator's word; rows that went with their project
    or task count like any other.
    """
    synced = context.ledger(module).filter(outcome=SYNCED, object_id__isnull=False)
    parts = (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))
    brake.check(context, module, Brake.Kind.REMOVE, sum(synced.filter(pk__in=part).count() for part in parts))


def sweep_meanwhile(context, module, binned, timesheets):
    """Mark what was met or kept earlier in the run, but lies in the bin now or belongs to a project that does.

    Raises Braked. What was weighed with the module's own sweep is marked already, so only the latecomers count.
    """
    ids = sorted(_gone_meanwhile(context, module, binned))
    _weigh(context, module, ids)
    for start in range(0, len(ids), AT_ONCE):
        mark(context, module, ids[start : start + AT_ONCE], timesheets)


def _gone_meanwhile(context, module, binned):
    """Ids of rows that were met, but whose record or project went into the bin while the run was on."""
    found = [zoho_id for where, zoho_id in binned if where == module]
    projects = context.ledger("projects").filter(outcome=DELETED, last_changed_run_id=context.run.pk)
    where = Q(zoho_id__in=found) | Q(project_zoho_id__in=list(projects.values_list("zoho_id", flat=True)))
    rows = context.ledger(module).exclude(outcome=DELETED).filter(where)
    return set(rows.values_list("pk", flat=True))


class Looks:
    """The second look at every missing record of a module; `gone` and `hidden` are ids of ledger rows."""

    def __init__(self, context, module, binned, among=None):
        self.context, self.module, self.binned, self.among = context, module, binned, among
        state = context.modules[module].cursor.get("sweep", {})
        self.after, self.done = state.get("after", 0), state.get("done", False)
        self.weighed = state.get("weighed", False)
        self.gone, self.hidden = list(state.get("gone", ())), list(state.get("hidden", ()))
        self.broken = list(state.get("broken", ()))  # Zoho answers errors only, so they were not looked at
        self.skipped = context.modules[module].cursor.get("skipped", {})
        self._missing = None  # found when first needed
        self.gone_meanwhile = _gone_meanwhile(context, module, binned)

    def go_on(self):
        """Look at the next rows; what was found stands in the checkpoint even when Zoho asks for a pause."""
        if self._missing is None:
            self._missing = self._find_missing()
        place = bisect_right(self._missing, self.after)
        missing = self._missing[place : place + AT_ONCE]
        if not missing:
            self.done = True
            self.keep()
            return
        try:
            self._look_at(list(self.context.ledger(self.module).filter(pk__in=missing).order_by("pk")))
            self.after = missing[-1]
        finally:
            self.keep()

    def _find_missing(self):
        """Ids of the rows that this run did not meet, in their order.

        Asked for by outcome and in no order, so that the index by outcome answers and no row is touched.
        """
        rows = self.context.ledger(self.module).filter(outcome__in=(SYNCED, EXCLUDED, FAILED))
        if self.among is not None:
            rows = rows.filter(self.among)
        seen, ids = self.context.seen(self.module), rows.order_by().values_list("pk", flat=True)
        return sorted(seen.without(ids.iterator(IDS_AT_ONCE), self.gone_meanwhile))

    def keep(self):
        """Store what was found in the module's checkpoint."""
        names = ("after", "done", "weighed", "gone", "hidden", "broken")
        state = {name: getattr(self, name) for name in names}
        has_moved = state != self.context.modules[self.module].cursor.get("sweep")
        with self.context.page(self.module, {"sweep": state}, has_moved):
            pass

    def _look_at(self, rows):
        rows = [row for row in rows if not (row.source or {}).get("only_log")]
        follows = self._followers(rows)
        for row in rows:
            fate = follows.get(row.pk) or self._fate(row)
            if fate == GONE:
                self.gone.append(row.pk)
            elif fate == UNSEEN:
                self.hidden.append(row.pk)
            elif fate == BROKEN:
                self.broken.append(row.pk)
            self.after = row.pk

    def _followers(self, rows):
        """{ledger id: fate} of rows that share the fate of their project, of their task or their bug."""
        ids = {row.project_zoho_id for row in rows} - {""}
        projects = self.context.ledger("projects").filter(zoho_id__in=ids)
        fates = dict.fromkeys(
            projects.filter(outcome=DELETED).values_list("zoho_id", flat=True), GONE
        ) | dict.fromkeys(projects.filter(detail=HIDDEN).values_list("zoho_id", flat=True), UNSEEN)
        found = {row.pk: fates[row.project_zoho_id] for row in rows if row.project_zoho_id in fates}
        if self.module == "timesheets":
            found |= self._logs_of_gone_items([row for row in rows if row.pk not in found])
        return found

    def _logs_of_gone_items(self, rows):
        entries = TimeEntry.objects.filter(pk__in=[row.object_id for row in rows if row.object_id])
        items = {pk: (task, bug) for pk, task, bug in entries.values_list("pk", "task_id", "bug_id")}
        gone = self.context.ledger("tasks").filter(outcome=DELETED, object_id__isnull=False)
        tasks = set(
            gone.filter(object_id__in=[task for task, _ in items.values() if task]).values_list(
                "object_id", flat=True
            )
        )
        gone = self.context.ledger("bugs").filter(outcome=DELETED, object_id__isnull=False)
        bugs = set(
            gone.filter(object_id__in=[bug for _, bug in items.values() if bug]).values_list(
                "object_id", flat=True
            )
        )
        named = {row.source["item"] for row in rows if (row.source or {}).get("item")}
        lost = {
            key
            for parent in ("tasks", "bugs")
            for key in self.context.ledger(parent)
            .filter(zoho_id__in=named, outcome=DELETED)
            .values_list("zoho_id", flat=True)
        }
        return {row.pk: GONE for row in rows if (row.source or {}).get("item") in lost} | {
            row.pk: GONE
            for row in rows
            if row.object_id in items
            and (items[row.object_id][0] in tasks or items[row.object_id][1] in bugs)
        }

    def _fate(self, row):
        if (self.module, row.zoho_id) in self.binned or not row.zoho_id.isdigit():
            return GONE  # in the bin; or a record without id that is not listed any more
        if row.project_zoho_id in self.skipped:
            return UNSEEN if self.skipped[row.project_zoho_id] == UNSEEN else KEPT
        try:
            return GONE if self._is_gone(row) else KEPT
        except NotFound:
            return GONE
        except NoAccess:
            return UNSEEN
        except Temporary as error:
            # an address that answers with errors again and again must not keep all others from being looked at
            if not trouble.is_given_up(self.context, error):
                raise
            return BROKEN
        except (WrongAddress, BadAnswer):
            # no way to ask for this one alone. Where its going changes nothing here, or where the window was
            # read completely (logs), the complete reading is proof enough
            return GONE if self.module in ("customers", "users", "timesheets") else KEPT

    def _is_gone(self, row):
        client, module = self.context.client, self.module
        if module == "timesheets":
            return self._log_is_gone(row)
        if module == "customers":
            try:
                api.record(client, module, row.zoho_id)
            except WrongAddress:
                if client.get(f"/clients/{row.zoho_id}/", legacy=True) is None:
                    raise NotFound("Zoho has no such customer.") from None
            return False
        raw = api.record(client, module, row.zoho_id, row.project_zoho_id)
        return str(raw.get("isTrashed", "")).lower() in ("1", "true")

    def _log_is_gone(self, row):
        kinds = TimeEntry.objects.filter(pk=row.object_id).values_list("kind", flat=True)
        for kind in kinds or LOG_KINDS:
            try:
                api.record(self.context.client, "timesheets", row.zoho_id, row.project_zoho_id, kind)
                return False
            except (NotFound, BadAnswer):
                continue  # also refused for a log of another kind
        return True


def _tell_broken(context, module, ids):
    """Say which missing records could not be looked at; they stay, and no mark of the module is moved."""
    names = (
        context.ledger(module).filter(pk__in=ids[:5]).order_by("name", "pk").values_list("name", flat=True)
    )
    more = f" and {len(ids) - 5} more" if len(ids) > 5 else ""
    label = context.modules[module].get_module_display()
    shown = ", ".join(f"“{name}”" for name in names)
    trouble.tell(
        context,
        module,
        f"{label}: {shown}{more} may be gone, but Zoho answers with errors when asked. What is here was kept; the next "
        "sync asks again.",
    )


def _keep_hidden(context, module, ids):
    """Say of rows that they are not visible any more; what they point to stays."""
    with context.page(module):
        rows = context.ledger(module).filter(Q(pk__in=ids) & ~Q(detail=HIDDEN))
        bulk.update(
            SyncedRecord,
            ("detail", "fingerprint", "last_changed_run_id"),
            [(HIDDEN, "", context.run.pk, pk) for pk in rows.values_list("pk", flat=True)],
        )


def mark(context, module, ids, timesheets):
    """Mark ledger rows as deleted, with what that means for our objects; `timesheets`: the entity, for time logs."""
    rows = list(context.ledger(module).filter(pk__in=ids).exclude(outcome=DELETED).order_by("pk"))
    with context.page(module) as part:
        if module == "users":
            rows = _without_owners(context, rows)
        if module == "timesheets":
            fates = timesheets.sweep(rows)
        else:
            fates = {row.pk: ("deleted_at_source", row.object_id) for row in rows}
            if module in CLOSING:
                model, status = CLOSING[module]
                ids = [row.object_id for row in rows if row.object_id]
                model.objects.filter(pk__in=ids).update(status=status)
        bulk.update(
            SyncedRecord,
            ("outcome", "reason", "object_id", "detail", "fingerprint", "last_changed_run_id", "blocked_by"),
            [(DELETED, *fates[row.pk], "", "", context.run.pk, None, row.pk) for row in rows],
        )
        part.deleted += len(rows)
        gone = [changes.Change(row.pk, row.outcome, DELETED, fates[row.pk][0]) for row in rows]
        changes.merge(context, module, gone)
        context.forget(module)


def _without_owners(context, rows):
    """Take out people who were removed but own a synced log: from now on they are known from their logs alone."""
    owners = users.owners_of_synced_logs(context, [row.object_id for row in rows if row.object_id])
    stay = [row for row in rows if row.object_id in owners and row.reason != "client_user"]
    bulk.update(
        SyncedRecord,
        ("outcome", "reason", "source", "last_changed_run_id"),
        [(SYNCED, "", {**(row.source or {}), "only_log": True}, context.run.pk, row.pk) for row in stay],
    )
    context.seen("users").add([row.pk for row in stay])
    return [row for row in rows if row not in stay]
