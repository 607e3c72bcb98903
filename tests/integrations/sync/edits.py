"""Random changes of the practice portal, as people make them: each takes (dice, portal, control), says what it did."""


def some(dice, portal, entity, trashed=False, **where):
    """The id of a stored record, in the bin or not; None when there is none."""
    table = portal.tables[entity]
    keys = [
        key
        for key, record in sorted(table.records.items())
        if bool(record.trashed) == trashed
        and "id" in (record.data if entity != "users" else {"id": 1})
        and all(record.data.get(name) == value for name, value in where.items())
    ]
    return dice.choice(keys) if keys else None


def change(control, entity, key, **values):
    """Set values of a record."""
    if key is not None:
        control.change(entity, {"action": "change", "id": key, "set": values})
    return entity, key, values


def rename(dice, portal, control):
    """A new name, now and then an empty one that cannot be read."""
    entity = dice.choice(("projects", "clients", "milestones", "tasklists", "tasks", "issues", "users"))
    name = dice.choice(("Renamed &amp; moved", "Meridian Foods", f"Name {dice.randint(1, 99)}"))
    if entity not in ("users", "clients") and dice.random() < 0.15:
        name = ""
    names = {"name": name} | ({"full_name": name} if entity == "users" else {})
    return change(control, entity, some(dice, portal, entity), **names)


def judge_log(dice, portal, control):
    """Approval given or withdrawn, billable or not."""
    key = some(dice, portal, "logs")
    if dice.random() < 0.6:
        status = dice.choice(("Approved", "Approved", "Pending", "Rejected"))
        return change(control, "logs", key, approval={"status": status})
    return change(control, "logs", key, billing_status=dice.choice(("Billable", "Non Billable")))


def correct_log(dice, portal, control):
    """Other hours, day, notes; now and then nonsense."""
    key = some(dice, portal, "logs")
    value = dice.choice(
        (
            {"log_hour": f"{dice.randint(0, 9):02d}:30"},
            {"log_hour": dice.choice(("00:00", "26:00", "soon"))},
            {"notes": "<div>Corrected &amp; checked</div>"},
            {"invoice_id": "219300000000130099"},
        )
    )
    return change(control, "logs", key, **value)


def other_owner(dice, portal, control):
    """Somebody else worked."""
    user = some(dice, portal, "users")
    data = portal.tables["users"].records[user].data
    owner = {name: data[name] for name in ("zpuid", "name", "email") if name in data}
    return change(control, "logs", some(dice, portal, "logs"), owner=owner)


def new_log(dice, portal, control):
    """An hour on an existing task."""
    task, user = some(dice, portal, "tasks"), some(dice, portal, "users")
    record = {
        "item_id": task,
        "project_id": portal.tables["tasks"].records[task].data["project"]["id"],
        "owner_id": user,
        "hours": "01:15",
        "billing_status": "Billable",
        "approval": {"status": "Approved"},
    }
    return "new log", control.change("logs", {"action": "add", "record": record})["results"][0]["id"]


def delete_log(dice, portal, control):
    """Gone without a trace."""
    key = some(dice, portal, "logs")
    control.change("logs", {"action": "delete", "id": key})
    return "delete log", key


def trash(dice, portal, control):
    """Into the bin."""
    entity = dice.choice(("projects", "milestones", "tasklists", "tasks", "issues"))
    key = some(dice, portal, entity)
    control.change(entity, {"action": "trash", "id": key})
    return "trash", entity, key


def restore(dice, portal, control):
    """Out of the bin again."""
    entity = dice.choice(("projects", "milestones", "tasklists", "tasks", "issues"))
    key = some(dice, portal, entity, trashed=True)
    if key:
        control.change(entity, {"action": "restore", "id": key})
    return "restore", entity, key


def new_task(dice, portal, control):
    """A task, at times below another one."""
    above = some(dice, portal, "tasks")
    project = portal.tables["tasks"].records[above].data["project"]["id"]
    record = {"name": "Added", "project_id": project} | ({"parent_id": above} if dice.random() < 0.5 else {})
    return "new task", control.change("tasks", {"action": "add", "record": record})["results"][0]["id"], above


def move_task(dice, portal, control):
    """Into another list."""
    task_list = some(dice, portal, "tasklists")
    return change(control, "tasks", some(dice, portal, "tasks"), tasklist={"id": task_list, "name": "moved"})


def change_customer(dice, portal, control):
    """Another primary customer, or none."""
    project, client = some(dice, portal, "projects"), some(dice, portal, "clients")
    clients = [] if dice.random() < 0.3 else [{"id": client, "is_primary": True}]
    control.post("records/1/project_clients", {"project_id": project, "clients": clients})
    return "customer of", project, clients


def change_members(dice, portal, control):
    """Other people in a project."""
    project = some(dice, portal, "projects")
    users = sorted({some(dice, portal, "users") for _ in range(3)})
    control.post("records/1/project_users", {"project_id": project, "users": users})
    return "members of", project, users


def activity(dice, portal, control):
    """A person leaves or returns."""
    active = dice.random() < 0.5
    values = {"is_active": active, "status": "active" if active else "inactive"}
    return change(control, "users", some(dice, portal, "users"), **values)


def close_project(dice, portal, control):
    """Archived or active again."""
    kind = dice.choice(("archived", "active"))
    key = some(dice, portal, "projects", project_type="active" if kind == "archived" else "archived")
    return change(control, "projects", key, project_type=kind)


EDITS = (
    *(rename, judge_log, judge_log, correct_log, other_owner, new_log, delete_log, trash, restore),
    *(new_task, move_task, change_customer, change_members, activity, close_project),
)
