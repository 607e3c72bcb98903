"""One call to the API while it is being answered."""

from dataclasses import dataclass, field

from ..messages import not_found


@dataclass
class Call:
    """The request with everything the gate found out: portal, account, path arguments."""

    state: object
    request: object
    account: str
    portal: object = None
    args: tuple = ()
    headers: dict = field(default_factory=dict)
    module: str = ""

    @property
    def params(self):
        """Query parameters."""
        return self.request.params

    @property
    def switches(self):
        """The switches in force."""
        return self.state.switches

    def table(self, entity):
        """The portal's table of an entity."""
        return self.portal.tables[entity]

    def record(self, entity, key, project_id=None):
        """The Record with this id, of this project when one is named. Raises 404."""
        record = self.table(entity).get(key)
        if record is None or (project_id and record.project_id != project_id):
            raise not_found(self.request)
        return record

    def project(self, key):
        """The project's Record. Raises 404, also for one in the bin or not visible to a demoted account."""
        record = self.record("projects", key)
        if self.switches.demoted and not self.is_mine(key):
            raise not_found(self.request)
        return record

    def is_mine(self, project_id):
        """True when the account is a member of the project."""
        me = self.portal.person_of(self.account)
        return bool(me) and me["zpuid"] in self.portal.project_users.get(project_id, ())
