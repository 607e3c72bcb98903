"""Reading pages: directories into the ledger, everything else judged and written page by page."""

import time
from copy import copy

from integrations.sync import brake, budget, plan, project_calls, rounds, standing, statistics, trouble
from integrations.sync.behind import Behind, NeedsTransaction
from integrations.sync.entities import directory
from integrations.sync.entities.timesheets import BilledMeanwhile
from integrations.sync.ledger import EXCLUDED, Page, keyed_with_raws, known_rows
from integrations.zoho import api, records
from integrations.zoho.entities import clients as client_parser
from integrations.zoho.entities import projects as project_parser
from integrations.zoho.entities import users as user_parser
from integrations.zoho.errors import (
    InvalidRecord,
    NoAccess,
    NotFound,
    Throttled,
    WrongAddress,
    ZohoError,
)
from integrations.zoho.kept import stored, whole

TROUBLE = "trouble"  # why a project was left out: Zoho answers its listing with errors only
TRIES = 3  # of a page whose hours are billed while it is judged
PROJECTS_AT_ONCE = 20
# Pages that arrive faster than this are written together; at the pace of Zoho's answers each is written by itself.
RECORDS_AT_ONCE = 4000
GATHERING_SECONDS = 0.5


def _stream(context, listings, cursor, on_error=None, go_on=None, wanted=None):
    """(index of the listing, page) from where the cursor stands."""
    first, page = cursor.get("listing", 0), cursor.get("page", 0) + 1
    for found in context.client.stream(listings[first:], page, on_error, go_on, wanted):
        yield first + found.place, found


def _after(index, page):
    """The cursor once a page is written."""
    over = page.is_last or page.enough
    return {"listing": index + 1, "page": 0} if over else {"listing": index, "page": page.number}


def read_directory(context, module, keep_going):
    """Read customers or users into the ledger. False when `keep_going()` asked to stop first."""
    parser, listings = {
        "customers": (client_parser.parse, api.clients),
        "users": (user_parser.parse, api.users),
    }[module]
    cursor = context.modules[module].cursor.get("read", {})
    for index, page in _stream(context, listings(), cursor, go_on=keep_going):
        results = records.parse_page(parser, page.raws, context.custom_types(module))
        directory.stage(context, module, results, page.raws, {"read": _after(index, page)})
        if not keep_going() and not context.client.under_way:
            return False
    return True


def read_projects(context, keep_going):
    """Read projects into the ledger, each with its primary customer and its members."""
    cursor = context.modules["projects"].cursor.get("read", {})
    skip = cursor.get("skip", 0)
    turn = project_calls.turn_of(context)
    for index, page in _stream(context, api.projects(), cursor):
        results = records.parse_page(project_parser.parse, page.raws, context.custom_types("projects"))
        here = {"listing": index, "page": page.number - 1}
        coming = None
        while skip < len(results):
            chunk, raws = results[skip : skip + PROJECTS_AT_ONCE], page.raws[skip : skip + PROJECTS_AT_ONCE]
            calls = coming or _calls(context, chunk, turn)
            coming = _calls(context, results[skip + PROJECTS_AT_ONCE :][:PROJECTS_AT_ONCE], turn)
            context.client.later.tell(coming.listings(), soon=True)
            extras, stopped = calls.answers()
            done = len(extras)
            skip += done
            last = skip >= len(results)
            place = _after(index, page) if last else {**here, "skip": skip}
            keys = iter(extras)
            by_id = {
                record.id: extra for record, extra in zip(chunk, keys, strict=False) if _readable(record)
            }
            if done:
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


def _calls(context, chunk, turn):
    """The calls of some projects, as the run's plan wants them."""
    known = project_calls.known_of(context, chunk)
    wanted = None if turn is None else project_calls.changed(known, chunk)
    return project_calls.Calls(context, chunk, wanted, turn or set(), known)


def _readable(record):
    return not isinstance(record, InvalidRecord)


def contact_people(context, users_read):
    """People of customers, contacts and client users, as dicts; and the kinds of them ("contact", "user") of
    which Zoho showed all. `users_read`: the list of users was read in this run.
    """
    people, complete, pages = [], {"contact", "user"} if users_read else {"contact"}, 0
    try:
        for page in context.client.stream(api.contacts()):
            pages = page.number
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
    except Throttled:
        if not budget.is_too_long(context, pages):
            raise
        complete.discard("contact")
    if not people:  # an empty list proves nothing: a portal in trouble sends one, too
        complete.discard("contact")
    seen_users = context.seen("users")  # the module's counts come at the end of the run only
    if not seen_users:
        complete.discard("user")
    users = context.ledger("users").filter(outcome=EXCLUDED, reason="client_user")
    for pk, source in users.values_list("pk", "source"):
        person = (source or {}).get("record")
        if person and (pk in seen_users or not users_read):
            people.append({**person, "phone": "", "mobile": "", "kind": "user"})
    return people, complete


def read_entity(context, entity, keep_going):
    """Read, judge and write one entity, page by page, in the rounds that the run's plan asks for."""
    if not rounds.is_whole(context, entity.module) and not _read_restored(context, entity, keep_going):
        return False
    while True:
        try:
            for name, listings in rounds.of(context, entity):
                with Behind(context):
                    ended = _read_round(context, entity, name, listings, keep_going)
                if not ended:
                    return False
            break
        except rounds.REFUSALS as error:
            if isinstance(error, brake.Braked) or not rounds.refused(context, entity, error):
                raise
    return brake.release(context, entity, lambda held: _write_held(context, entity, held), keep_going)


def _read_restored(context, entity, keep_going):
    """Ask for what came out of the bin, one by one."""
    if entity.module == "timesheets" or context.modules[entity.module].cursor.get("restored"):
        return True
    custom = context.custom_types(entity.module)
    for row in rounds.restored(context, entity.module):
        try:
            raw = api.record(context.client, entity.module, row.zoho_id, row.project_zoho_id)
        except rounds.REFUSALS:
            continue
        raw.setdefault("project", {"id": row.project_zoho_id})
        write_page(context, entity, [raw], custom, None)
        if not keep_going():
            return False
    with context.page(entity.module, {"restored": True}):
        pass
    return True


def _read_round(context, entity, name, listings, keep_going):
    part, custom = context.modules[entity.module], context.custom_types(entity.module)
    reading = rounds.reading_of(context, entity.module)
    gathered, since, place = [], time.monotonic(), None
    skipped = Skipped(context, part, listings)
    stream = _stream(context, listings, part.cursor.get(name, {}), skipped.note, keep_going, entity.wanted)
    try:
        for index, page in stream:
            page.enough = plan.enough(reading, page.listing, page)
            gathered += page.raws
            place = _after(index, page)
            going = keep_going()
            few = len(gathered) < RECORDS_AT_ONCE and time.monotonic() - since < GATHERING_SECONDS
            if few and (going or context.client.under_way):
                continue
            ready, gathered, since = gathered, [], time.monotonic()
            write_page(context, entity, ready, custom, {name: place, **skipped.cursor})
            del ready  # not kept while the next ones are gathered
            place = None
            if not going and not context.client.under_way:
                return False
    except ZohoError:
        if place is not None:  # what was read before the trouble need not be asked for again
            write_page(context, entity, gathered, custom, {name: place, **skipped.cursor})
        raise
    finally:
        stream.close()
    skipped.demand_one()
    rest = {name: place} if place is not None else {}
    write_page(context, entity, gathered, custom, rest | skipped.cursor | rounds.ended(part, name))
    return True


def _write_held(context, entity, held):
    raws = [stored(value) for value in held.raws]
    write_page(context, entity, raws, context.custom_types(entity.module), {}, held)


class Skipped:
    """Projects whose own listing is refused while others are read: in the bin (404), hidden (403), or answered with
    errors again and again, however often the run was started.

    They are left out of this module's sweep. A scope that is missing, or a refusal everywhere, is the module's trouble.
    """

    def __init__(self, context, part, listings):
        self.context = context
        self.projects = dict(part.cursor.get("skipped", {}))
        self.asked = {project for listing in listings if (project := _project_of(listing))}
        self.error = None

    def note(self, listing, error):
        """True when the stream should go on with the next listing."""
        project = _project_of(listing)
        if not project or (isinstance(error, NoAccess) and error.reason == "scope"):
            return False
        if trouble.is_given_up(self.context, error):
            self.projects[project] = TROUBLE
        elif isinstance(error, NoAccess | NotFound):
            self.projects[project] = "hidden" if isinstance(error, NoAccess) else "gone"
        else:
            return False
        self.error = error
        return True

    @property
    def cursor(self):
        """What the checkpoint keeps of it."""
        return {"skipped": dict(self.projects)} if self.projects else {}

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
    # what it looks up and finds is this page's: another may be written at the same time
    entity = copy(entity)
    marker = standing.Marker(context, entity.module)
    sieve = standing.Sieve(context, entity, marker, raws) if held is None else None
    if sieve is not None and context.behind.wait_for(sieve.asked):
        sieve = standing.Sieve(context, entity, marker, raws)
    if sieve is not None:
        if (
            entity.wanted is not None and raws
        ):  # the next pages are decoded whole while most of their records are read
            entity.wanted.whole = 2 * len(sieve.rest) > len(raws)
        raws = sieve.rest
    found = keyed_with_raws(entity.module, records.parse_page(entity.parse, whole(raws), custom), raws)
    found = {
        key: (record, raw)
        for key, (record, raw) in found.items()
        if not _readable(record) or not entity.skips(record)
    }
    context.behind.wait_for(found)
    wanted = [key for key in found if sieve is None or key in sieve.known or key not in sieve.asked]
    known = known_rows(context, entity.module, wanted)
    holder = brake.Holder(context, entity, held is not None)

    def judged():
        page = Page(context, entity, known, marker, sieve)
        entity.prepare([record for record, _ in found.values() if _readable(record)])
        if hasattr(entity, "load_billed"):
            entity.load_billed(known.values())
        for key, (record, raw) in found.items():
            row = known.get(key)
            verdict = entity.verdict(record, row)
            source = entity.source(record, verdict) if _readable(record) else None
            page.settle(key, record, verdict, source, holder, raw)
        entity.judged()
        return page

    if context.behind.is_usable and not known and held is None:
        try:
            page = judged()
        except NeedsTransaction:
            pass
        else:
            # as they are now: the next ones are on their way while this page is written
            requests = context.requests()
            keys = {*found, *(sieve.asked if sieve is not None else ())}
            context.seen(entity.module)  # read here and now, not by two threads
            context.behind.start(entity.module, keys, lambda: _write(context, entity, page, cursor, requests))
            return
    context.behind.finish()
    try:
        with context.page(entity.module, cursor) as part:
            page = judged()
            page.write()
            holder.keep()
            if held is not None:
                held.delete()
            page.count_on(part)
    except BaseException:
        context.rolled_back(entity.module)
        raise
    _count_rows(context, entity, page)


def _write(context, entity, page, cursor, requests):
    """Write a judged page that only adds, with its checkpoint; in the writer's thread."""
    with context.page(entity.module, cursor, requests=requests) as part:
        page.write()
        page.count_on(part)
    _count_rows(context, entity, page)


def _count_rows(context, entity, page):
    if context.growth.added(entity.module, len(page.new)):
        statistics.refresh()
