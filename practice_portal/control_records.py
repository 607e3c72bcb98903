"""Changes of records through the control interface: add, change, delete, trash, restore, clients, users.

A change sets the record's change stamp, as in Zoho; a new time log leaves its task's stamp alone.
"""

from .data.defaults import complete
from .data.specs import ALIASES, SPECS

REFERENCES = {"projects": "project", "tasklists": "tasklist", "milestones": "milestone"}


def entity_name(word):
    """Our name of an entity (`bugs` -> `issues`, `timelogs` -> `logs`). Raises KeyError."""
    name = ALIASES.get(word, word)
    if name not in SPECS:
        raise KeyError(f"unknown entity: {word}")
    return name


def change_records(state, portal_key, word, body):
    """Carry out one action or a list of them; returns `{"id", "record"}` or `{"results": [...]}`."""
    from .control import portal_by

    portal = portal_by(state, portal_key)
    if isinstance(body, list):
        return {"results": [change_records(state, portal_key, word, one) for one in body]}
    if word == "project_clients":
        links = [dict(link) for link in body["clients"]]
        portal.project_clients[body["project_id"]] = links
        return {"project_id": body["project_id"], "clients": links}
    if word == "project_users":
        portal.project_users[body["project_id"]] = [str(u) for u in body["users"]]
        return {"project_id": body["project_id"], "users": body["users"]}
    entity = entity_name(word)
    actions = {"add": _add, "change": _change, "delete": _delete, "trash": _trash, "restore": _restore}
    action = body.get("action", "change")
    if action not in actions:
        raise KeyError(f"unknown action: {action}")
    return actions[action](state, portal, entity, body)


def _add(state, portal, entity, body):
    """`record` holds any keys of the API and the short ones of data/defaults.py; `raw` adds it as it is."""
    given, when = dict(body.get("record", {})), state.clock.stamp()
    data = given if body.get("raw") else complete(portal, entity, given, when)
    record = portal.tables[entity].add(data, body.get("key", ""))
    if entity == "projects":
        portal.deleted_ids.discard(record.key)
        if data.get("project_type") == "template":
            portal.template_ids.add(record.key)
        portal.project_clients.setdefault(record.key, [dict(c) for c in body.get("clients", [])])
        portal.project_users.setdefault(record.key, list(body.get("users", [])))
    return {"id": record.key, "record": data}


def _change(state, portal, entity, body):
    """`set` {key or dotted.path: value}, `unset` [keys]; `touch: false` leaves the change stamp alone."""
    record = _found(portal, entity, body)
    for path, value in body.get("set", {}).items():
        place = record.data
        *above, last = path.split(".")
        for key in above:
            place = place.setdefault(key, {})
        place[last] = value
    for path in body.get("unset", []):
        place = record.data
        *above, last = path.split(".")
        for key in above:
            place = place.get(key, {})
        place.pop(last, None)
    if body.get("touch", True) and SPECS[entity].stamp not in body.get("set", {}):
        record.data[SPECS[entity].stamp] = state.clock.stamp()
    record.touched()
    if "name" in body.get("set", {}):
        _rename(portal, entity, record)
    if entity == "projects" and "project_type" in body.get("set", {}):
        (
            portal.template_ids.add
            if record.data["project_type"] == "template"
            else portal.template_ids.discard
        )(record.key)
    return {"id": record.key, "record": record.data}


def _delete(state, portal, entity, body):
    """Gone without a trace in the bin, and what hangs on it with it."""
    record = _found(portal, entity, body)
    portal.delete(entity, record.key)
    return {"id": record.key}


def _trash(state, portal, entity, body):
    """Into the bin; children of a project and logs of a task or issue vanish with it."""
    record = _found(portal, entity, body)
    owner = portal.card["owner"]
    portal.trash(entity, record.key, state.clock.stamp(), {"zpuid": owner["zpuid"], "name": owner["name"]})
    return {"id": record.key}


def _restore(state, portal, entity, body):
    """Out of the bin again."""
    record = _found(portal, entity, body)
    portal.restore(entity, record.key)
    return {"id": record.key}


def _found(portal, entity, body):
    key = str(body.get("id", ""))
    try:
        return portal.tables[entity].take(key)
    except KeyError:
        raise KeyError(f"no {entity} with id {key}") from None


def _rename(portal, entity, record):
    """Stored records that name this one follow its new name; its own stamps only."""
    if entity not in REFERENCES:
        return
    key, name = REFERENCES[entity], record.data["name"]
    for table in portal.tables.values():
        for other in table.records.values():
            named = other.data.get(key)
            if isinstance(named, dict) and str(named.get("id")) == record.key:
                other.data[key] = named | {"name": name}
                other.touched()
