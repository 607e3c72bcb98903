"""What is asked of projects one by one, their customers and members, and of which projects in a run.

These are the dearest requests of a sync: two for each project. A run that reads changes asks new and changed projects,
and a few of the others in turn.
"""

from integrations.sync import marks, plan, rounds, trouble
from integrations.sync.ledger import DELETED, FAILED, SYNCED
from integrations.zoho import api, records
from integrations.zoho.entities import users as user_parser
from integrations.zoho.errors import (
    BadAnswer,
    InvalidRecord,
    NoAccess,
    NotFound,
    Temporary,
    Throttled,
    WrongAddress,
)


def _readable(record):
    return not isinstance(record, InvalidRecord)


def turn_of(context):
    """Projects that are asked for their customers although they did not change; None: all are asked for everything.

    Those without a usable customer come first, then, in turn over some runs, all others: a customer may be put on
    a project or taken away without a trace on the project.
    """
    reading = rounds.reading_of(context, "projects")
    if reading.get("ask", "all") == "all":
        return None
    part, most = context.modules["projects"], reading.get("turn", plan.TURN_MOST)
    if "ask ids" not in part.cursor:
        mark = marks.of(context.connection).get("projects")
        facts = dict(mark.facts) if mark else {}
        rows = context.ledger("projects").exclude(reason="invalid_record")
        failing = _after_last(rows.filter(outcome=FAILED), facts, "asked_after", most)
        others = rows.filter(outcome=SYNCED)
        others = _after_last(others, facts, "others_asked_after", most - len(failing))
        with context.page("projects", {"ask ids": failing + others, "facts": facts}):
            pass
    return set(part.cursor["ask ids"])


def _after_last(rows, facts, name, most):
    """Up to `most` Zoho ids behind the last one that was asked for, which stands in facts[name]; then from the top."""
    if most <= 0:
        return []
    ids, last = sorted(rows.values_list("zoho_id", flat=True)), facts.get(name, "")
    turn = ([key for key in ids if key > last] + [key for key in ids if key <= last])[:most]
    if turn:
        facts[name] = turn[-1]
    return turn


def known_of(context, chunk):
    """{Zoho id: ledger row} of the readable projects of a chunk."""
    rows = context.ledger("projects").filter(zoho_id__in=[record.id for record in chunk if _readable(record)])
    return {row.zoho_id: row for row in rows}


def changed(known, chunk):
    """Ids of those projects that are new, back, or were changed at the source since they were last read."""
    found = set()
    for record in chunk:
        row = known.get(record.id) if _readable(record) else None
        if _readable(record) and (
            row is None
            or row.outcome == DELETED
            or row.reason == "invalid_record"
            or "primary" not in (row.source or {})
            or record.modified_at is None
            or row.source_modified_at != record.modified_at
        ):
            found.add(record.id)
    return found


class Calls:
    """The calls of the projects on a part of a page.

    `wanted`: ids of the projects to ask about (None: all); `turn`: of those asked for their customers alone, and for
    their members when the customer is another than in `known`. What is not asked stays as it was last read.
    """

    def __init__(self, context, chunk, wanted, turn, known):
        self.context, self.chunk, self.known = context, chunk, known
        asked = [record.id for record in chunk if _readable(record) and not record.is_template]
        both = {key for key in asked if wanted is None or key in wanted}
        self.turn = [key for key in asked if key in turn and key not in both]
        self.found = {}
        for key in asked:
            if key in both:
                self.found[key] = {"clients": [], "users": set(), "open": 2}
            elif key in turn:
                self.found[key] = {"clients": [], "users": None, "open": 1}

    def listings(self):
        """What will be asked for in any case; yields nothing of what turned out to be out of scope until then."""
        for key, what in self._asked():
            if what not in self.context.out_of_scope:
                yield from _listings(key, what)

    def answers(self):
        """What the calls say, until Zoho asks for a pause or fails: (list of dicts, error or None)."""
        stopped = None
        try:
            self._read(self._asked())
            moved = [key for key in self.turn if self._has_moved(key)]
            for key in moved:
                self.found[key] |= {"users": set(), "open": 1}
            self._read([(key, "users") for key in moved])
        except (Temporary, Throttled) as error:  # what the others said is kept
            stopped = error
        extras = []
        for record in self.chunk:
            if not _readable(record) or record.is_template:
                extras.append({"primary": "", "members": []})
            elif record.id not in self.found:
                extras.append({})
            elif self.found[record.id]["open"]:
                break
            else:
                project = self.found[record.id]
                extras.append(_primary(project["clients"]) | _members(project["users"]))
        return extras, stopped

    def _asked(self):
        """(project, what) of all calls, in the order of the chunk: where a pause comes, the first ones are complete."""
        for key, project in self.found.items():
            yield key, "clients"
            if project["users"] is not None:
                yield key, "users"

    def _has_moved(self, key):
        primary = _primary(self.found[key]["clients"]).get("primary")
        return primary is not None and primary != (self.known[key].source or {}).get("primary")

    def _still_asked(self, asked):
        for key, what in asked:
            if what in self.context.out_of_scope:
                self.found[key]["open"] -= 1
                self.found[key][what] = None
            else:
                yield from _listings(key, what)

    def _read(self, asked):
        for page in self.context.client.stream(self._still_asked(asked), on_error=self._note):
            what, project = self._of(page.listing)
            if what == "clients":
                project["clients"] += api.clients_in(page)
            else:
                parsed = records.parse_page(user_parser.parse, page.raws)
                project["users"].update(person.id for person in parsed if _readable(person))
            if page.is_last:
                project["open"] -= 1

    def _of(self, listing):
        what, key = listing.tag if listing.tag.__class__ is tuple else ("users", listing.tag)
        return what, self.found[key]

    def _note(self, listing, error):
        if trouble.is_given_up(self.context, error):
            label = self.context.modules["projects"].get_module_display()
            trouble.tell(self.context, "projects", f"{label}: {error.message} What was known was kept.")
        elif not isinstance(error, NoAccess | NotFound | WrongAddress | BadAnswer):
            return False
        what, project = self._of(listing)
        project["open"] -= 1
        project[what] = None  # so that what was known stays
        if isinstance(error, NoAccess) and error.reason == "scope":
            self.context.out_of_scope.add(what)  # no other project is asked for it
        return True


def _listings(key, what):
    return (api.clients_of if what == "clients" else api.project_users)(key)


def _primary(clients):
    """Who the primary customer is; {} when that could not be read."""
    if clients is None:
        return {}
    primary = api.primary_of([client for client in clients if _readable(client)])
    if primary is None or primary == "unclear":
        return {"primary": primary or "", "primary_crm": False}
    return {"primary": primary.id, "primary_crm": primary.crm}


def _members(people):
    return {} if people is None else {"members": sorted(people)}
