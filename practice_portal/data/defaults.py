"""Full records out of a few given keys: used by the invented data and by the control interface alike.

Beside the keys of the API these short ones are understood: `project_id`, `tasklist_id`, `milestone_id`,
`parent_id`, `item_id`, `owner_id`, `assignee_id`, `reporter_id` (zpuids), `client_id`, `hours` ("1:30").
"""

from copy import deepcopy

OPEN = {"projects": ("211", "Active"), "tasks": ("511", "Open"), "issues": ("701", "Open")}
CLOSED = {"projects": ("219", "Completed"), "tasks": ("519", "Closed"), "issues": ("709", "Closed")}


def user_ref(user, *keys):
    """A user as other records name them (`zuid`, `zpuid`, `name`, `email`, ...); `keys` limits them."""
    keys = keys or ("zuid", "zpuid", "name", "email", "first_name", "last_name", "full_name")
    return {k: user[k] for k in keys if k in user}


def status(portal, entity, closed=False):
    """A status object of projects, tasks or issues."""
    number, name = (CLOSED if closed else OPEN)[entity]
    return {
        "id": f"{portal.prefix}000{number}",
        "name": name,
        "color": "color_turquoise",
        "color_hexcode": "#8A8A8A" if closed else "#2AC3C0",
        "is_closed_type": closed,
    }


def none_phase(portal):
    """The phase named None, which stands for "no phase"; its id ends in 000000000073."""
    return {"id": f"{portal.prefix[:-6]}000000000073", "name": "None"}


def name_ref(portal, entity, key):
    """`{id, name}` of a record, in the bin or not; the name is empty when it is unknown."""
    data = portal.tables[entity].peek(key)
    return {"id": key, "name": (data or {}).get("name", "")}


def person(portal, zpuid, *keys):
    """A user reference by zpuid; an unknown one only carries the zpuid."""
    user = portal.user(zpuid)
    return user_ref(user, *keys) if user else {"zpuid": zpuid, "name": f"User {zpuid[-4:]}"}


def complete(portal, entity, given, when):
    """The full record of `entity`; `when` is the stamp for created and modified times not given."""
    # own copies: what is changed in one record later must not change the others, nor the next portal's
    given = {key: value if value is ABSENT else deepcopy(value) for key, value in given.items()}
    data = globals()[f"_{entity}"](portal, given, when)
    data.update({k: v for k, v in given.items() if v is not ABSENT})
    for key in [k for k, v in given.items() if v is ABSENT]:
        data.pop(key, None)
    return data


#: Given as a value: leave this key out.
ABSENT = object()


def _id(portal, given):
    return str(given.pop("id", None) or portal.new_id())


def _owner(portal):
    return portal.card["owner"]["zpuid"]


def _projects(portal, given, when):
    key = _id(portal, given)
    closed = given.pop("closed", False)
    owner = person(portal, given.pop("owner_id", _owner(portal)))
    group = (
        portal.groups[0]
        if portal.groups
        else {"id": f"{portal.prefix}000301", "name": "General", "type": "public"}
    )
    return {
        "id": key,
        "key": f"{portal.name[:2].upper()}-{int(key[-6:]) % 10_000}",
        "name": "New project",
        "project_type": "active",
        "status": status(portal, "projects", closed),
        "owner": owner,
        "is_public_project": False,
        "is_strict_project": False,
        "is_rollup_project": False,
        "is_completed": closed,
        "percent_complete": 100 if closed else 0,
        "tasks": {"open_count": 0, "closed_count": 0},
        "issues": {"open_count": 0, "closed_count": 0},
        "milestones": {"open_count": 0, "closed_count": 0},
        "project_group": group,
        "layout": {
            "id": f"{portal.prefix}000401",
            "name": "Standard Layout",
            "is_default": True,
            "type": "project",
        },
        "created_by": owner,
        "updated_by": owner,
        "created_time": when,
        "modified_time": given.get("created_time", when),
    }


def _users(portal, given, when):
    key = str(given.pop("zpuid", None) or _id(portal, given))
    first, last = given.get("first_name", "New"), given.get("last_name", "Person")
    name = given.get("name", f"{first} {last}")
    client = given.pop("client_id", None)
    user = {
        "zuid": 610_000_000 + int(key[-6:]),
        "zpuid": key,
        "name": name,
        "full_name": name,
        "first_name": first,
        "last_name": last,
        "email": f"{first}.{last}@example.test".lower(),
        "is_active": True,
        "status": "active",
        "role": {"id": f"{portal.prefix}008022", "name": "Employee"},
        "portal_profile": {"id": f"{portal.prefix}008013", "name": "Employee"},
        "user_type": "portal",
        "added_time": when,
    }
    if client:
        user |= {
            "role": {"id": f"{portal.prefix}008030", "name": "Client"},
            "portal_profile": {"id": f"{portal.prefix}008019", "name": "Client"},
            "user_type": "client",
            "is_client_user": True,
            "client_company_id": client,
            "client_company_name": name_ref(portal, "clients", client)["name"],
        }
    return user


def _clients(portal, given, when):
    return {
        "id": _id(portal, given),
        "name": "New customer",
        "created_time": when,
        "last_modified_time": given.get("created_time", when),
    }


def _contacts(portal, given, when):
    client = given.pop("client_id", "")
    first, last = given.get("first_name", "New"), given.get("last_name", "Contact")
    return {
        "id": _id(portal, given),
        "first_name": first,
        "last_name": last,
        "name": f"{first} {last}",
        "client_id": client,
        "client_name": name_ref(portal, "clients", client)["name"],
        "created_time": when,
        "last_modified_time": given.get("created_time", when),
    }


def _phase(portal, given):
    phase = given.pop("milestone_id", None)
    return name_ref(portal, "milestones", phase) if phase else none_phase(portal)


def _tasklists(portal, given, when):
    return {
        "id": _id(portal, given),
        "name": "General",
        "project": name_ref(portal, "projects", given.pop("project_id", "")),
        "milestone": _phase(portal, given),
        "flag": "internal",
        "status": "active",
        "sequence": {"milestone_sequence": 1, "project_sequence": 1},
        "created_time": when,
        "last_updated_time": given.get("created_time", when),
    }


def _milestones(portal, given, when):
    closed = given.pop("closed", False)
    owner = person(portal, given.pop("owner_id", _owner(portal)), "zuid", "zpuid", "name", "email")
    return {
        "id": _id(portal, given),
        "name": "New phase",
        "start_date": when[:10],
        "end_date": when[:10],
        "flag": "internal",
        "owner": owner | {"is_client_user": False},
        "addedby": owner | {"is_client_user": False},
        "status": {
            "statusId": f"{portal.prefix}000601",
            "statusName": "Completed" if closed else "Active",
            "statusColorHexCode": "#08AEEA",
            "closed": closed,
        },
        "status_type": "closed" if closed else "open",
        "completion_percent": 100 if closed else 0,
        "is_completed": closed,
        "isTrashed": "0",
        "sequence": "1",
        "project": name_ref(portal, "projects", given.pop("project_id", "")),
        "created_time": when,
        "last_modified_time": given.get("created_time", when),
        "custom_fields": {},
    }


def _tasks(portal, given, when):
    key, parent = _id(portal, given), given.pop("parent_id", None)
    closed = given.pop("closed", False)
    project = name_ref(portal, "projects", given.pop("project_id", ""))
    lists = given.pop("tasklist_id", None)
    work = given.pop("work", "08:00")
    owner_id = given.pop("owner_id", None)
    owners = (
        [
            person(portal, owner_id, "zpuid", "name", "email", "first_name", "last_name")
            | {"work_values": work}
        ]
        if owner_id
        else [{"name": "Unassigned User"}]
    )
    owner = person(portal, _owner(portal), "zuid", "zpuid", "name", "email")
    task = {
        "id": key,
        "prefix": f"T{int(key[-6:]) % 10_000}",
        "name": "New task",
        "project": project,
        "tasklist": name_ref(portal, "tasklists", lists) if lists else {"id": "", "name": "General"},
        "milestone": _phase(portal, given),
        "status": status(portal, "tasks", closed),
        "priority": "none",
        "completion_percentage": 100 if closed else 0,
        "is_completed": closed,
        "depth": 0,
        "association_info": {"has_subtasks": False},
        "owners_and_work": {
            "work_type": "standard",
            "unit": "hours",
            "total_work": work,
            "copy_task_duration": False,
            "owners": owners,
        },
        "billing_type": "billable",
        "created_by": owner,
        "updated_by": owner,
        "created_time": when,
        "last_modified_time": given.get("created_time", when),
    }
    if parent:
        above = portal.tables["tasks"].peek(parent) or {}
        task |= {"parental_info": {"parent_task_id": parent}, "depth": above.get("depth", 0) + 1}
        if parent in portal.tables["tasks"].records:
            above["association_info"] = {"has_subtasks": True}
            portal.tables["tasks"].records[parent].touched()
    return task


def _issues(portal, given, when):
    key, closed = _id(portal, given), given.pop("closed", False)
    assignee = given.pop("assignee_id", None)
    issue = {
        "id": key,
        "prefix": f"I{int(key[-6:]) % 10_000}",
        "name": "New issue",
        "project": name_ref(portal, "projects", given.pop("project_id", "")),
        "status": status(portal, "issues", closed),
        "assignee": person(portal, assignee, "zpuid", "name", "email")
        if assignee
        else {"name": "Unassigned User"},
        "reporter": person(portal, given.pop("reporter_id", _owner(portal)), "zpuid", "name", "email"),
        "flag": "Internal",
        "created_time": when,
        "last_updated_time": given.get("created_time", when),
    }
    return issue


def _logs(portal, given, when):
    kind = given.get("type", "task" if given.get("item_id") else "general")
    item, owner = given.pop("item_id", None), given.pop("owner_id", None) or _owner(portal)
    project = given.pop("project_id", "")
    log = {"id": _id(portal, given), "date": when[:10], "type": kind}
    if item:
        entity = "issues" if kind == "issue" else "tasks"
        named = name_ref(portal, entity, item)
        data = portal.tables[entity].peek(item) or {}
        project = project or data.get("project", {}).get("id", "")
        log["module_detail"] = named | {
            "prefix": data.get("prefix", ""),
            "type": "bug" if kind == "issue" else "task",
        }
    elif kind == "general":
        log["log_name"] = "General work"
    who = person(portal, owner, "zpuid", "name", "email")
    notes = given.get("notes", "")
    return log | {
        "project": name_ref(portal, "projects", project),
        "owner": who,
        "added_by": {k: v for k, v in who.items() if k != "zpuid"},
        "log_hour": given.pop("hours", "01:00"),
        "billing_status": "Billable",
        "approval": {
            "status": "Approved",
            "name": portal.card["owner"]["name"],
            "email": portal.card["owner"]["email"],
        },
        "notes": notes,
        "log_notes": notes,
        "created_time": when,
        "last_modified_time": given.get("created_time", when),
    }
