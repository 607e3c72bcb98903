"""Reading pages: directories into the ledger, everything else judged and written page by page."""

import time

from integrations.models import SyncedRecord
from integrations.sync import brake
from integrations.sync.entities import directory
from integrations.sync.entities.timesheets import BilledMeanwhile, Timesheets
from integrations.sync.ledger import EXCLUDED, Page, keyed_with_raws, known_rows
from integrations.zoho import api, records
from integrations.zoho.entities import clients as client_parser
from integrations.zoho.entities import projects as project_parser
from integrations.zoho.entities import users as user_parser
from integrations.zoho.errors import (
    BadAnswer,
    InvalidRecord,
    NoAccess,
    NotFound,
    Throttled,
    WrongAddress,
    ZohoError,
)

TRIES = 3  # of a page whose hours are billed while it is judged
PROJECTS_AT_ONCE = 10
# Pages that arrive faster than this are written together; at the pace of Zoho's answers each is written by itself.
RECORDS_AT_ONCE = 1000
GATHERING_SECONDS = 0.25


def _stream(context, listings, cursor, on_error=None):
    """(index of the listing, page) from where the cursor stands."""
    first, page = cursor.get("listing", 0), cursor.get("page", 0) + 1
    rest = listings[first:]
    places = {id(listing): first + index for index, listing in enumerate(rest)}
    index = first
    for found in context.client.stream(rest, start_page=page, on_error=on_error):
        index = places.get(id(found.listing), index)
        yield index, found


def _after(index, page):
    """The cursor once a page is written."""
    return {"listing": index + 1, "page": 0} if page.is_last else {"listing": index, "page": page.number}


def read_directory(context, module, keep_going):
    """Read customers or users into the ledger. False when `keep_going()` asked to stop first."""
    parser, listings = {
        "customers": (client_parser.parse, api.clients),
        "users": (user_parser.parse, api.users),
    }[module]
    cursor = context.modules[module].cursor.get("read", {})
    for index, page in _stream(context, listings(), cursor):
        results = records.parse_page(parser, page.raws, context.custom_types(module))
        directory.stage(context, module, results, page.raws, {"read": _after(index, page)})
        if not keep_going():
            return False
    return True


def read_projects(context, keep_going):
    """Read projects into the ledger, each with its primary customer and its members."""
    cursor = context.modules["projects"].cursor.get("read", {})
    skip = cursor.get("skip", 0)
    for index, page in _stream(context, api.projects(), cursor):
        results = records.parse_page(project_parser.parse, page.raws, context.custom_types("projects"))
        here = {"listing": index, "page": page.number - 1}
        while skip < len(results):
            chunk, raws = results[skip : skip + PROJECTS_AT_ONCE], page.raws[skip : skip + PROJECTS_AT_ONCE]
            extras, stopped = _customers_and_members(context, chunk)
            done = len(extras)
            skip += done
            last = skip >= len(results)
            place = _after(index, page) if last else {**here, "skip": skip}
            keys = iter(extras)
            by_id = {
                record.id: extra for record, extra in zip(chunk, keys, strict=False) if _readable(record)
            }
            directory.stage(context, "projects", chunk[:done], raws[:done], {"read": place}, by_id.get)
            if stopped is not None:
                raise stopped
            if not keep_going():
                return False
        if not results:
            with context.page("projects", {"read": _after(index, page)}):
                pass
        skip = 0
    return True


def _readable(record):
    return not isinstance(record, InvalidRecord)


def _customers_and_members(context, chunk):
    """What each project's own calls say, until Zoho asks for a pause: (list of dicts, Throttled or None)."""
    extras = []
    for record in chunk:
        if not _readable(record) or record.is_template:
            extras.append({"primary": "", "members": []})
            continue
        try:
            extras.append(_primary(context, record.id) | _members(context, record.id))
        except Throttled as error:
            return extras, error
    return extras, None


def _primary(context, project_id):
    """Who the project's primary customer is; {} when that cannot be read, so that what was known stays."""
    if "clients" in context.out_of_scope:
        return {}
    try:
        found = api.project_clients(context.client, project_id)
    except (NoAccess, NotFound, WrongAddress, BadAnswer) as error:
        _note_scope(context, "clients", error)
        return {}
    primary = api.primary_of([client for client in found if _readable(client)])
    if primary is None or primary == "unclear":
        return {"primary": primary or "", "primary_crm": False}
    return {"primary": primary.id, "primary_crm": primary.crm}


def _members(context, project_id):
    """The project's members; {} when they cannot be read, so that what was known stays."""
    if "users" in context.out_of_scope:
        return {}
    found = set()
    try:
        for page in context.client.stream(api.project_users(project_id)):
            parsed = records.parse_page(user_parser.parse, page.raws)
            found.update(person.id for person in parsed if _readable(person))
    except (NoAccess, NotFound, WrongAddress, BadAnswer) as error:
        _note_scope(context, "users", error)
        return {}
    return {"members": sorted(found)}


def _note_scope(context, what, error):
    """Ask no other project for what the token may not read at all."""
    if isinstance(error, NoAccess) and error.reason == "scope":
        context.out_of_scope.add(what)


def contact_people(context, users_read):
    """People of customers, contacts and client users, as dicts; and the kinds of them ("contact", "user") of
    which Zoho showed all. `users_read`: the list of users was read in this run.
    """
    people, complete = [], {"contact", "user"} if users_read else {"contact"}
    try:
        for page in context.client.stream(api.contacts()):
            for person in records.parse_page(client_parser.parse_contact, page.raws):
                if not _readable(person):
                    complete.discard(
                        "contact"
                    )  # nobody is removed on the word of a record that cannot be read
                    continue
                people.append(
                    {
                        **{n: getattr(person, n) for n in person.__struct_fields__ if n != "modified_at"},
                        "kind": "contact",
                    }
                )
    except (WrongAddress, NotFound, NoAccess):
        complete.discard("contact")
    users = context.ledger("users").filter(outcome=EXCLUDED, reason="client_user")
    seen = context.seen("users")
    for pk, source in users.values_list("pk", "source"):
        person = (source or {}).get("record")
        if person and (pk in seen or not users_read):
            people.append({**person, "phone": "", "mobile": "", "kind": "user"})
    return people, complete


def project_ids(context):
    """Zoho ids of the projects whose children are read: all but templates, deleted and unreadable ones."""
    rows = context.ledger("projects").exclude(outcome=SyncedRecord.Outcome.DELETED).exclude(reason="template")
    return [zoho_id for zoho_id in rows.order_by("pk").values_list("zoho_id", flat=True) if zoho_id.isdigit()]


def read_entity(context, entity, keep_going):
    """Read, judge and write one entity, page by page."""
    part = context.modules[entity.module]
    cursor = part.cursor.get("read", {})
    ids = project_ids(context) if isinstance(entity, Timesheets) or part.cursor.get("per_project") else []
    if part.cursor.get("per_project"):
        listings = [listing for project_id in ids for listing in entity.project_listings(project_id)]
    else:
        listings = entity.listings(ids)
    custom = context.custom_types(entity.module)
    gathered, since, place = [], time.monotonic(), None
    skipped = Skipped(part, listings)
    try:
        for index, page in _stream(context, listings, cursor, skipped.note):
            gathered += page.raws
            place = _after(index, page)
            if (
                len(gathered) < RECORDS_AT_ONCE
                and time.monotonic() - since < GATHERING_SECONDS
                and keep_going()
            ):
                continue
            ready, gathered, since = gathered, [], time.monotonic()
            write_page(context, entity, ready, custom, {"read": place, **skipped.cursor})
            place = None
            if not keep_going():
                return False
    except ZohoError:
        if place is not None and gathered:  # what was read before the trouble need not be asked for again
            write_page(context, entity, gathered, custom, {"read": place, **skipped.cursor})
        raise
    if place is not None or skipped.cursor:
        rest = {"read": place} if place is not None else {}
        write_page(context, entity, gathered, custom, rest | skipped.cursor)
    skipped.demand_one()
    return brake.release(context, entity, lambda held: _write_held(context, entity, held), keep_going)


def _write_held(context, entity, held):
    write_page(context, entity, held.raws, context.custom_types(entity.module), {}, held)


class Skipped:
    """Projects whose own listing is refused while others are read: in the bin (404) or hidden (403).

    They are left out of this module's sweep. A scope that is missing, or a refusal everywhere, is the module's trouble.
    """

    def __init__(self, part, listings):
        self.projects = dict(part.cursor.get("skipped", {}))
        self.asked = {project for listing in listings if (project := _project_of(listing))}
        self.error = None

    def note(self, listing, error):
        """True when the stream should go on with the next listing."""
        project = _project_of(listing)
        if not project or not isinstance(error, NoAccess | NotFound):
            return False
        if isinstance(error, NoAccess) and error.reason == "scope":
            return False
        self.projects[project] = "hidden" if isinstance(error, NoAccess) else "gone"
        self.error = error
        return True

    @property
    def cursor(self):
        """What the checkpoint keeps of it."""
        return {"skipped": self.projects} if self.projects else {}

    def demand_one(self):
        """Raise the refusal when no project could be read at all."""
        if self.error is not None and self.asked and self.asked <= self.projects.keys():
            raise self.error


def _project_of(listing):
    tag = listing.tag[0] if listing.tag.__class__ is tuple else listing.tag
    return tag or ""


def write_page(context, entity, raws, custom, cursor, held=None):
    """One unit of work: judge the raw records of a page and write what follows from it.

    `held`: the HeldPage that they come from, when they waited for the brake; it is used up with this page. When
    somebody bills hours of the page in this very moment, it is judged again.
    """
    for _ in range(TRIES - 1):
        try:
            return _write_page(context, entity, raws, custom, cursor, held)
        except BilledMeanwhile:
            continue
    return _write_page(context, entity, raws, custom, cursor, held)


def _write_page(context, entity, raws, custom, cursor, held):
    found = keyed_with_raws(entity.module, records.parse_page(entity.parse, raws, custom), raws)
    found = {
        key: (record, raw)
        for key, (record, raw) in found.items()
        if not _readable(record) or not entity.skips(record)
    }
    known = known_rows(context, entity.module, list(found))
    try:
        with context.page(entity.module, cursor) as part:
            page = Page(context, entity, known)
            holder = brake.Holder(context, entity, held is not None)
            entity.prepare([record for record, _ in found.values() if _readable(record)])
            if hasattr(entity, "load_billed"):
                entity.load_billed(known.values())
            for key, (record, raw) in found.items():
                row = known.get(key)
                verdict = entity.verdict(record, row)
                source = entity.source(record, verdict) if _readable(record) else None
                page.settle(key, record, verdict, source, holder, raw)
            page.write()
            holder.keep()
            if held is not None:
                held.delete()
            for name, value in page.counts.items():
                setattr(part, name, getattr(part, name) + value)
    except BaseException:
        context.rolled_back(entity.module)
        raise
