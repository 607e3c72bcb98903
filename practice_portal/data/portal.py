"""One portal: its tables, who may see it, which client belongs to which project, what is in the bin."""

from .specs import SPECS
from .table import Table


class Portal:
    """A portal and its records."""

    def __init__(self, number, card, prefix, profiles):
        self.number = number
        #: What `/portals` tells, without the profile of the caller.
        self.card = card
        self.id = card["id"]
        self.name = card["portal_name"]
        #: First digits of the ids of this portal.
        self.prefix = prefix
        #: Account's e-mail to permission profile; others do not see the portal.
        self.profiles = profiles
        self.tables = {entity: Table(self, entity) for entity in SPECS}
        self.fields = {}
        self.groups = []
        #: project id -> [{"id", "is_primary", "added_time"}], in the order of adding
        self.project_clients = {}
        #: project id -> zpuids
        self.project_users = {}
        #: issue id -> description (HTML), which listings never hold
        self.descriptions = {}
        self.template_ids = set()
        self.deleted_ids = set()
        self._trashed_by_switch = []
        self._number = 0

    def new_id(self):
        """A fresh id, from a block of numbers that the invented data leaves free."""
        self._number += 1
        return f"{self.prefix}{900_000 + self._number:06d}"

    def is_hidden(self, project_id):
        """True when the project is in the bin or was deleted."""
        if project_id in self.deleted_ids:
            return True
        project = self.tables["projects"].records.get(project_id)
        return bool(project and project.trashed)

    def hidden_ids(self):
        """Ids of projects whose records stand in no portal-wide listing: those in the bin, and templates."""
        bin_ = {r.key for r in self.tables["projects"].records.values() if r.trashed}
        return frozenset(bin_ | self.template_ids | self.deleted_ids)

    def user(self, zpuid):
        """The user record's data, or None."""
        record = self.tables["users"].records.get(zpuid)
        return record.data if record else None

    def person_of(self, email):
        """The user data of an account in this portal, or None."""
        for record in self.tables["users"].records.values():
            if record.data.get("email", "").lower() == email.lower():
                return record.data
        return None

    def delete(self, entity, key):
        """Remove a record for good: with a task or issue its logs, with a project all. KeyError."""
        self.tables[entity].drop(key)
        if entity in {"tasks", "issues"}:
            kind, logs = ("task", "issue")[entity == "issues"], self.tables["logs"].records
            for log in [
                k
                for k, r in logs.items()
                if r.data.get("type") == kind and str((r.data.get("module_detail") or {}).get("id")) == key
            ]:
                del logs[log]
            self._follow(entity, key, True)
        elif entity == "projects":
            self.deleted_ids.add(key)
            for table in self.tables.values():
                for child in [k for k, r in table.records.items() if r.project_id == key]:
                    del table.records[child]

    def trash(self, entity, key, when, who=None):
        """Move a record into the bin. KeyError if unknown, ValueError where there is no bin for it."""
        table = self.tables[entity]
        if not table.spec.bin_module:
            raise ValueError(f"{entity} do not go to the bin")
        record = table.take(key)
        record.trashed = {"deleted_by": who, "deleted_time": when}
        self._follow(entity, key, True)

    def restore(self, entity, key):
        """Take a record out of the bin. KeyError if unknown."""
        self.tables[entity].take(key).trashed = None
        self._follow(entity, key, False)

    def _follow(self, entity, key, gone):
        """Generated logs vanish and return with their task or issue."""
        if entity in {"tasks", "issues"} and self.tables["logs"].base:
            self.tables["logs"].base.hide_item(entity, key, gone)

    def bin(self):
        """Records in the bin, latest first, as `/bin` shows them."""
        out = []
        for entity, spec in SPECS.items():
            for record in self.tables[entity].records.values():
                if not record.trashed:
                    continue
                entry = {"id": record.key, "name": record.data.get("name", ""), "module": spec.bin_module}
                if record.data.get("project"):
                    entry["project"] = record.data["project"]
                if record.trashed.get("deleted_by"):
                    entry["deleted_by"] = record.trashed["deleted_by"]
                out.append(entry | {"deleted_time": record.trashed["deleted_time"]})
        return sorted(out, key=lambda e: e["deleted_time"], reverse=True)

    def trash_by_switch(self, value, clock):
        """Put the named projects into the bin (true: the first active one) and take the earlier ones out."""
        projects = self.tables["projects"]
        for key in self._trashed_by_switch:
            if key in projects.records:
                self.restore("projects", key)
        self._trashed_by_switch = []
        if value is True:
            active = [
                r.key
                for r in projects.records.values()
                if not r.trashed and r.data.get("project_type") == "active"
            ]
            keys = active[:1] if self.number == 1 else []
        else:
            keys = [str(v) for v in (value if isinstance(value, list) else [value])] if value else []
        for key in keys:
            if key in projects.records:
                self.trash("projects", key, clock.stamp())
                self._trashed_by_switch.append(key)
