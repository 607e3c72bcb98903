"""People of Zoho Projects → staff users, their membership in projects, and portal access.

A person who works here already is matched by e-mail; others come in as owners of synced time logs, or as members
of synced projects when automatic users sync is on. People of customers never become staff by themselves.
"""

from itertools import chain

from django.db.models import Exists, OuterRef, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from integrations.models import SyncedRecord
from integrations.sync import bulk
from integrations.sync.behind import demand_transaction
from integrations.sync.changes import noted
from integrations.sync.entities.directory import save, seen_rows, settled
from integrations.sync.ledger import EXCLUDED, SYNCED
from organizations.rules import locked_organization
from timetracking.models import ProjectStaff, StaffUser, TimeEntry
from timetracking.seats import seat_refusal


def people(context):
    """The `People` of this run; made once per worker."""
    if not hasattr(context, "_people"):
        context._people = People(context)
    return context._people


class People:
    """Who is who: Zoho's person ids → our staff users, and who is joined to which project already."""

    def __init__(self, context):
        self.context = context
        self.reset()

    def reset(self):
        """Read anew; after a page was rolled back what stood here may be untrue."""
        context = self.context
        rows = context.ledger("users").filter(object_id__isnull=False)
        existing = StaffUser.objects.filter(organization=context.organization)
        ids = set(existing.values_list("pk", flat=True))
        self.staff = {zoho: pk for zoho, pk in rows.values_list("zoho_id", "object_id") if pk in ids}
        self.only_log = dict(
            context.ledger("users").filter(source__only_log=True).values_list("zoho_id", "pk")
        )
        self.by_email = {
            email.lower(): pk for pk, email in existing.exclude(email="").values_list("pk", "email")
        }
        self.joining = []
        self.joined = set(
            ProjectStaff.objects.filter(project__organization=context.organization).values_list(
                "project_id", "staff_user_id"
            )
        )

    def key(self, person):
        """The ledger key of a person named in a record."""
        return person.id or (f"zuid:{person.zuid}" if person.zuid else f"email:{person.email.lower()}")

    def join(self, staff_user_id, project_id):
        """Make the person a Project Staff User of the project, once; written by `write_joins` (see `taken_joins`)."""
        if (project_id, staff_user_id) not in self.joined:
            self.joined.add((project_id, staff_user_id))
            self.joining.append(ProjectStaff(project_id=project_id, staff_user_id=staff_user_id))

    def taken_joins(self):
        """What was joined and not taken yet, for `write_joins`."""
        joins, self.joining = self.joining, []
        return joins

    def with_email(self, email):
        """Our id of the staff user with this e-mail, asked anew: somebody may have just created them by hand."""
        if not email:
            return None
        found = self.by_email.get(email.lower())
        if found is None:
            staff = StaffUser.objects.filter(organization=self.context.organization, email__iexact=email)
            found = staff.values_list("pk", flat=True).first()
        return found

    def owner_of_log(self, record, project_id):
        """Our id of a log's owner, created as inactive timesheet staff when unknown, joined to the project."""
        person = record.owner
        key = self.key(person)
        staff_user_id = self.staff.get(key)
        if staff_user_id is None:
            staff_user_id = self._first_log_of(person, key)
        elif key in self.only_log and self.only_log[key] not in self.context.seen("users"):
            demand_transaction()
            self.context.seen("users").add(
                [self.only_log[key]]
            )  # no list names them; their log is what shows them
        self.join(staff_user_id, project_id)
        return staff_user_id

    def standing(self, person, project_id):
        """Our id of a log's owner when nothing is to be done for them: known, joined to the project, and met if only
        logs name them. Else None."""
        key = self.key(person)
        staff_user_id = self.staff.get(key)
        if (project_id, staff_user_id) not in self.joined:
            return None
        if key in self.only_log and self.only_log[key] not in self.context.seen("users"):
            return None
        return staff_user_id

    def _first_log_of(self, person, key):
        demand_transaction()
        context = self.context
        row = context.ledger("users").filter(zoho_id=key).first()
        source = (row.source if row else None) or {}
        known = source.get("record") or {}
        email = known.get("email") or person.email
        staff_user_id, did = self.with_email(email), ""
        if staff_user_id is None:
            staff_user = _made_by_sync(
                organization=context.organization,
                name=known.get("name") or person.name or email,
                email=email,
                role=StaffUser.Role.TIMESHEET_STAFF,
                status=StaffUser.Status.INACTIVE,
            )
            staff_user_id, did = staff_user.pk, "created"
            source = {**source, "made": "log"}
            if email:
                self.by_email[email.lower()] = staff_user_id
        self.staff[key] = staff_user_id
        if row is None:
            row = SyncedRecord.objects.create(
                connection=context.connection,
                module="users",
                zoho_id=key,
                name=person.name or person.email,
                outcome=EXCLUDED,
                first_seen_at=timezone.now(),
                last_changed_run=context.run,
                source={"only_log": True},
            )
            source = {**source, "only_log": True}
        context.seen("users").add([row.pk])
        row.run_now = context.run.pk
        row.source = source
        if known.get("is_client") or row.reason == "invalid_record":
            # the hour comes in all the same; what their own record is stays what it is
            settled(row, row.outcome, row.reason, row.detail, object_id=staff_user_id)
        else:
            settled(row, SYNCED, "", row.detail, object_id=staff_user_id, did=did)
        save(context, [row])
        return staff_user_id


def write_joins(rows):
    """Write what was joined, within the page's transaction; whom somebody joined meanwhile is left alone."""
    if not rows:
        return
    for row, pk in zip(rows, bulk.next_ids(ProjectStaff, len(rows)), strict=True):
        row.pk = pk
    ProjectStaff.objects.bulk_create(rows, ignore_conflicts=True)
    written = ProjectStaff.objects.filter(pk__in=[row.pk for row in rows])
    ProjectStaff.history.bulk_history_create(list(written))


def match(context):
    """Link people to the staff users who have their e-mail address; before projects are settled."""
    who = people(context)
    for rows in seen_rows(context, "users"):
        with context.page("users"):
            changed = []
            for row in rows:
                if row.reason == "invalid_record" or not (row.source or {}).get("record"):
                    continue
                person = row.source["record"]
                if person["is_client"]:
                    if settled(row, EXCLUDED, "client_user"):
                        changed.append(row)
                    continue
                staff_user_id = who.staff.get(row.zoho_id) or who.by_email.get(
                    person["email"].lower() or None
                )
                if staff_user_id is not None:
                    who.staff[row.zoho_id] = staff_user_id
                    if row.source.get("made"):
                        continue  # brought in by the sync itself: `settle` says whether they still work
                    if settled(row, SYNCED, detail=row.detail, object_id=staff_user_id):
                        changed.append(row)
                elif row.outcome != EXCLUDED or row.reason != "no_synced_work":
                    settled(row, EXCLUDED, "no_synced_work")
                    changed.append(row)
            save(context, changed)


def join_members(context, members_of_projects):
    """Join members to synced projects. `members_of_projects`: {our project id: [person ids]}.

    Known employees always; unknown active people with automatic users sync become employee submitters, with
    portal access while the organization's limit allows.
    """
    who = people(context)
    wanted = {}
    for project_id, members in members_of_projects.items():
        for zoho_id in members:
            wanted.setdefault(zoho_id, []).append(project_id)
    rows = {row.zoho_id: row for row in context.ledger("users").filter(zoho_id__in=wanted)}
    for zoho_id in sorted(wanted, key=lambda key: (len(key), key)):
        row = rows.get(zoho_id)
        person = (row.source or {}).get("record") if row else None
        staff_user_id = who.staff.get(zoho_id)
        if person is None or person["is_client"]:
            continue
        may_join = context.connection.sync_users and person["is_active"]
        if staff_user_id is None and may_join and row.reason != "invalid_record":
            staff_user_id = _bring_in(context, who, row, person)
        if staff_user_id is None or (row.source.get("made") == "log" and not may_join):
            continue
        for project_id in wanted[zoho_id]:
            who.join(staff_user_id, project_id)
    write_joins(who.taken_joins())


def _bring_in(context, who, row, person):
    row.run_now = context.run.pk
    twin = who.with_email(person["email"])
    if twin is not None:  # two people with one e-mail are one staff user
        who.staff[row.zoho_id] = twin
        settled(row, SYNCED, detail=row.detail, object_id=twin)
        save(context, [row])
        return twin
    access, reason = False, ""
    if context.connection.users_portal_access and person["email"]:
        access = not seat_refusal(locked_organization(context.organization.pk))
        reason = "" if access else "portal_limit_reached"
    staff_user = _made_by_sync(
        organization=context.organization,
        name=person["name"] or person["email"],
        email=person["email"],
        role=StaffUser.Role.EMPLOYEE_SUBMITTER,
        status=StaffUser.Status.ACTIVE,
        has_portal_access=access,
    )
    who.staff[row.zoho_id] = staff_user.pk
    if person["email"]:
        who.by_email[person["email"].lower()] = staff_user.pk
    row.source = {**row.source, "made": "member"}
    settled(row, SYNCED, reason, object_id=staff_user.pk, did="created")
    save(context, [row])
    return staff_user.pk


def settle(context, all_members):
    """At the end of a run: people brought in by the sync whose synced work is over are `no_synced_work`, and
    synced again when it returns; their staff users stay, and follow their names at the source.

    `all_members`: ids of all members of synced projects. People whom only logs name are looked at in every run.
    """
    for rows in chain(seen_rows(context, "users"), _only_in_logs(context)):
        with context.page("users"):
            changed = []
            working = owners_of_synced_logs(context, [row.object_id for row in rows if row.object_id])
            staff = StaffUser.objects.in_bulk([row.object_id for row in rows if row.object_id])
            for row in rows:
                if row.object_id is None or row.reason in ("invalid_record", "client_user"):
                    continue
                made = (row.source or {}).get("made")
                only_log = (row.source or {}).get("only_log")
                works = row.object_id in working or (made == "member" and row.zoho_id in all_members)
                if works and only_log:
                    context.seen("users").add([row.pk])
                if (made or only_log) and not works:
                    verdict = (EXCLUDED, "no_synced_work")
                elif row.reason == "portal_limit_reached" and not staff[row.object_id].has_portal_access:
                    verdict = (SYNCED, row.reason)
                else:
                    verdict = (SYNCED, "")
                follows = made and row.last_changed_run_id == context.run.pk
                did = "updated" if follows and _follow(context, row, staff[row.object_id]) else ""
                if settled(row, *verdict, row.detail, did=did) or did:
                    changed.append(row)
            save(context, changed)


def _follow(context, row, staff_user):
    """Give somebody whom the sync made the source's new name and e-mail; True when that wrote something.

    An empty value never erases. The address of somebody who signs in here is their login and stays; one that
    another staff user has is not taken.
    """
    person = row.source.get("record")
    if not person:
        return False
    wanted = {"name": person["name"]}
    if (
        person["email"]
        and not staff_user.membership_id
        and people(context).with_email(person["email"]) is None
    ):
        wanted["email"] = person["email"]
    wanted = {field: value for field, value in wanted.items() if getattr(staff_user, field) != value}
    if not wanted:
        return False
    noted(row, staff_user, wanted)
    if "email" in wanted:
        addresses = people(context).by_email
        addresses.pop(staff_user.email.lower(), None)
        addresses[wanted["email"].lower()] = staff_user.pk
    for field, value in wanted.items():
        setattr(staff_user, field, value)
    staff_user.made_by_sync = True
    staff_user.save(update_fields=list(wanted))
    return True


def _only_in_logs(context):
    """Rows of people whom no list names, in lists as `seen_rows` gives them; those met in this run left out."""
    seen = context.seen("users")
    rows = list(context.ledger("users").filter(source__only_log=True).order_by("pk"))
    for row in rows:
        row.run_now = context.run.pk
    unmet = [row for row in rows if row.pk not in seen]
    if unmet:
        yield unmet


def owners_of_synced_logs(context, staff_user_ids):
    """Which of the staff users own a time entry of a log that is synced, as a set of ids."""
    # by its object, then whether it counts: SQLite would rather read all synced logs until it meets this one
    log = SyncedRecord.objects.filter(module="timesheets", object_id=OuterRef("pk"))
    log = log.alias(of=Coalesce("connection_id", 0), stands=Coalesce("outcome", Value("")))
    log = log.filter(of=context.connection.pk, stands=SYNCED)
    entry = TimeEntry.objects.filter(staff_user_id=OuterRef("pk")).filter(Exists(log))
    owners = StaffUser.objects.filter(pk__in=staff_user_ids).filter(Exists(entry))
    return set(owners.values_list("pk", flat=True))


def _made_by_sync(**fields):
    staff_user = StaffUser(**fields)
    staff_user.made_by_sync = True
    staff_user.save()
    return staff_user
