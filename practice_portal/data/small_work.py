"""Projects, phases, task lists, tasks and issues of the first portal, and the whole second portal."""

from . import small_fields
from . import small_people as who
from .defaults import ABSENT, complete, none_phase


def project_id(number):
    """Id of a project of the first portal."""
    return f"219300000000{41_000 + number:06d}"


def task_id(project, number):
    """Id of a task of the first portal: `number` counts from 1 within the project."""
    return f"219300000000{81_000 + project * 20 + number:06d}"


def issue_id(project, number):
    """Id of an issue of the first portal."""
    return f"219300000000{91_000 + project * 10 + number:06d}"


def _list_id(project, number):
    return f"219300000000{61_000 + project * 10 + number:06d}"


def _phase_id(project, number):
    return f"219300000000{71_000 + project * 10 + number:06d}"


EUR = {"currency": "EUR", "tracking_method": "project_hours", "budget_hours": "400:00"}
UNASSIGNED = {"name": "Unassigned User"}

#: number, name, clients as (id, is_primary, days ago; None leaves the key out), what differs
PROJECTS = (
    (
        1,
        "Harbour crane retrofit",
        ((who.SOUND, True, 300), (who.NORDKAI, False, 120)),
        {
            "budget_info": EUR
            | {"cost_per_hour": {"amount": "95.00", "currency_code": "EUR", "formatted_amount": "€95.00"}},
            "description": "<div>New drives for crane 2 &amp; 3.<br>Night work only.</div>",
        },
    ),
    (2, "Claims desk &amp; hotline", ((who.NORDKAI, True, 250),), {"budget_info": EUR}),
    (3, "Store rollout, north", ((who.TWIN_A, True, 240),), {}),
    (4, "Cold chain audit", ((who.TWIN_B, True, 230),), {}),
    (5, 'Menu boards 🌮 "Primavera"', ((who.ALMA, True, 200),), {"is_public_project": True}),
    (6, "Old ferry terminal", ((who.SOUND, True, 390),), {"project_type": "archived"}),
    (7, "Finished survey", ((who.NORDKAI, True, 380),), {"closed": True}),
    (8, "Internal tooling", (), {}),
    (9, "Template: inspection", (), {"project_type": "template"}),
    (10, "Shared quay study", ((who.SOUND, None, None), (who.ALMA, None, None)), {}),
    (11, "Nameless customer's depot", ((who.BLANK, True, 90),), {}),
    (
        12,
        "Prairie signal upgrade",
        ((who.DOLLAR, True, 160),),
        {"budget_info": {"currency": "USD", "tracking_method": "based_on_project_hours"}},
    ),
    (13, "מערכת ניווט לנמל", ((who.SHALOM, True, 150),), {}),
    (14, "", ((who.ALMA, True, 80),), {}),
    (15, "Project of the year 1", ((who.ALMA, True, 80),), {"start_date": "0001-01-01"}),
    (16, "Breakwater lights", ((who.NORDKAI, None, 60), (who.SOUND, None, 70)), {}),
    (17, "Cancelled pilot", ((who.SOUND, True, 180),), {}),
    (18, "Lighthouse records", ((who.OVERSIZE, True, 100),), {"owner": UNASSIGNED}),
)
MEMBERS = {
    1: (who.ADA, who.INES, who.OLA, who.YUSUF, who.PORT_JO),
    2: (who.INES, who.MEI, who.NORD_EVA),
    3: (who.OLA, who.SAM),
    4: (who.YUSUF, who.NOMAIL),
    5: (who.MEI, who.SAM, who.LENA),
    8: (who.ADA, who.LENA),
    12: (who.OLA, who.INES),
    13: (who.YUSUF, who.GONE),
}
#: Projects with the full set of lists, phases, tasks and issues.
BUSY = (1, 2, 3, 4, 5, 12, 13)
TASK_NAMES = (
    "Kick-off",
    "Size the pump",
    "Site visit",
    "Order parts",
    "Wiring plan",
    "Fit &amp; align",
    "Test run",
    "Hand-over",
)
ISSUE_NAMES = ("Leak at fitting 4", "Label says &quot;left&quot;", "Sensor drifts", "Door does not close")


def fill(portal, days):
    """All of the first portal that is work to be done."""
    small_fields.fill(portal)
    for number, name, clients, more in PROJECTS:
        _project(portal, days, number, name, clients, more)
    for number in BUSY:
        _busy(portal, days, number)
    for number in (6, 7, 8, 9, 10, 11, 14, 17):
        _plain(portal, days, number)
    _odd(portal, days)


def _project(portal, days, number, name, clients, more):
    given = {
        "id": project_id(number),
        "name": name,
        "start_date": days.ago(400 - number * 15),
        "end_date": days.ago(-60 - number),
        "created_time": days.stamp(400 - number * 15),
        "owner_id": (who.ADA, who.INES, who.OLA)[number % 3],
        "key": f"LW-{number}",
        **more,
    }
    if number == 1:
        given |= small_fields.values(portal, "projects", days, (who.INES, who.OLA))
    project = complete(portal, "projects", given, days.stamp(30))
    project["modified_time"] = days.stamp(30 + number)
    portal.tables["projects"].add(project)
    if project["project_type"] == "template":
        portal.template_ids.add(project["id"])
    links = []
    for client, primary, added in clients:
        link = {"id": client}
        if primary is not None:
            link["is_primary"] = primary
        if added is not None:
            link["added_time"] = days.stamp(added)
        links.append(link)
    portal.project_clients[project["id"]] = links
    portal.project_users[project["id"]] = list(MEMBERS.get(number, (who.ADA,)))


def _add(portal, entity, given, stamp):
    return portal.tables[entity].add(complete(portal, entity, given, stamp))


def _busy(portal, days, number):
    """Two phases, three lists, eight tasks (two of them subtasks), four issues."""
    project = project_id(number)
    for i, name in enumerate(("Design", "Build &amp; commission"), 1):
        given = {
            "id": _phase_id(number, i),
            "name": name,
            "project_id": project,
            "closed": i == 1 and number == 2,
            "start_date": days.ago(200 - 80 * i),
            "end_date": days.ago(100 - 80 * i),
        }
        if number == 1 and i == 1:
            given["custom_fields"] = small_fields.values(portal, "milestones", days, (who.ADA, who.OLA))
        _add(portal, "milestones", given, days.stamp(210))
    for i, name in enumerate(("Hydraulics", "Electrics", "General"), 1):
        _add(
            portal,
            "tasklists",
            {
                "id": _list_id(number, i),
                "name": name,
                "project_id": project,
                "flag": "external" if i == 2 else "internal",
                "milestone_id": _phase_id(number, i) if i < 3 else None,
                "status": "completed" if number == 2 and i == 1 else "active",
            },
            days.stamp(205),
        )
    people = MEMBERS.get(number, (who.ADA,))
    for i, name in enumerate(TASK_NAMES, 1):
        given = {
            "id": task_id(number, i),
            "name": name,
            "project_id": project,
            "tasklist_id": _list_id(number, i % 3 + 1),
            "milestone_id": _phase_id(number, i % 3 + 1) if i % 3 < 2 else None,
            "closed": i == 1,
            "priority": ("none", "low", "medium", "high")[i % 4],
            "work": f"{4 * i:02d}:30",
            "owner_id": people[i % len(people)] if i != 4 else None,
            "start_date": days.stamp(150 - 10 * i, 8),
            "end_date": days.stamp(140 - 10 * i, 16),
            "created_time": days.stamp(190 - i),
            "billing_type": ("billable", "billable", "non_billable", "none")[i % 4],
            "prefix": f"LW{number}-T{i}",
        }
        if i in (6, 7):  # a chain: 5 above 6 above 7
            given["parent_id"] = task_id(number, i - 1)
        if i == 2:
            given["description"] = "<div>Check <b>pressure</b> &amp; flow.<br/>Then write it down.</div>"
            given["completion_percentage"] = 40
        if number == 1 and i == 2:
            given |= small_fields.values(portal, "tasks", days, (who.ADA, who.INES))
        _add(portal, "tasks", given, days.stamp(180))
    for i, name in enumerate(ISSUE_NAMES, 1):
        key = issue_id(number, i)
        given = {
            "id": key,
            "name": name,
            "project_id": project,
            "closed": i == 3,
            "prefix": f"LW{number}-I{i}",
            "assignee_id": people[i % len(people)] if i != 2 else None,
            "reporter_id": people[-1],
            "flag": "External" if i % 2 else "Internal",
            "due_date": days.stamp(20 - i, 16),
            "severity": {
                "id": f"{portal.prefix}00071{i}",
                "name": ("Minor", "Major", "Critical", "Minor")[i - 1],
            },
            "created_time": days.stamp(100 - i),
        }
        if number == 1 and i == 1:
            given |= small_fields.values(portal, "issues", days, (who.YUSUF, who.OLA))
        _add(portal, "issues", given, days.stamp(90))
        portal.descriptions[key] = f"<p>Seen on site, part {i}.</p><p>Photo &lt;{i}&gt; in the folder.</p>"


def _plain(portal, days, number):
    """One list, two tasks, one issue; also for projects that will not be fetched."""
    project = project_id(number)
    _add(
        portal,
        "tasklists",
        {"id": _list_id(number, 1), "name": "General", "project_id": project},
        days.stamp(200),
    )
    for i in (1, 2):
        _add(
            portal,
            "tasks",
            {
                "id": task_id(number, i),
                "name": TASK_NAMES[i],
                "project_id": project,
                "tasklist_id": _list_id(number, 1),
                "owner_id": who.ADA,
                "prefix": f"LW{number}-T{i}",
            },
            days.stamp(190),
        )
    _add(
        portal,
        "issues",
        {"id": issue_id(number, 1), "name": ISSUE_NAMES[0], "project_id": project},
        days.stamp(90),
    )
    if number in (7, 8):
        _add(
            portal,
            "milestones",
            {"id": _phase_id(number, 1), "name": "Only phase", "project_id": project, "closed": number == 7},
            days.stamp(200),
        )


def _odd(portal, days):
    """The None phase, unreadable and deleted records, links into nothing."""
    when = days.stamp(60)
    first = project_id(1)
    _add(portal, "milestones", {"id": none_phase(portal)["id"], "name": "None", "project_id": first}, when)
    _add(
        portal,
        "milestones",
        {"id": _phase_id(1, 3), "name": "Thrown away", "project_id": first, "isTrashed": "1"},
        when,
    )
    _add(
        portal,
        "milestones",
        {
            "id": _phase_id(1, 4),
            "name": "Absurd phase",
            "project_id": first,
            "start_date": "2999-01-01",
            "end_date": "2999-02-01",
        },
        when,
    )
    _add(portal, "tasklists", {"id": _list_id(1, 4), "name": "", "project_id": first}, when)
    odd = (
        ({"name": ""}, 11),
        ({"name": "Parent is gone", "parent_id": f"{portal.prefix}089999"}, 12),
        (
            {
                "name": "List and phase unknown",
                "tasklist_id": _list_id(1, 4),
                "milestone_id": f"{portal.prefix}079999",
            },
            13,
        ),
        ({"name": 'مهمة الفحص 🔧 &amp; "quotes"'}, 14),
        ({"name": "Deleted by mistake"}, 15),
        ({"name": "No id at all", "id": ABSENT}, 16),
    )
    for given, number in odd:
        data = complete(
            portal,
            "tasks",
            {
                "id": task_id(1, number),
                "tasklist_id": _list_id(1, 1),
                "project_id": first,
                "owner_id": who.OLA,
            }
            | {k: v for k, v in given.items() if v is not ABSENT},
            when,
        )
        if given.get("id") is ABSENT:
            del data["id"]
        portal.tables["tasks"].add(data, task_id(1, number))
    _add(portal, "issues", {"id": issue_id(1, 8), "name": "", "project_id": first}, when)
    _add(
        portal,
        "issues",
        {"id": issue_id(1, 9), "name": "Reported by nobody", "project_id": first, "reporter": UNASSIGNED},
        when,
    )
    ada = {"zpuid": who.ADA, "name": "Ada Winter"}
    portal.trash("tasks", task_id(1, 15), days.stamp(3), ada)
    portal.trash("projects", project_id(17), days.stamp(5), ada)


def fill_second(portal, days, accounts):
    """The second portal: one project, a few records; the first account is an employee there."""
    first, second = accounts.values()
    prefix, when = portal.prefix, days.stamp(90)
    add = lambda entity, given: _add(portal, entity, given, when)  # noqa: E731
    add(
        "users",
        {
            "zpuid": f"{prefix}012001",
            "first_name": second["first_name"],
            "last_name": second["last_name"],
            "email": second["email"],
            "zuid": second["zuid"],
        },
    )
    add(
        "users",
        {
            "zpuid": f"{prefix}012002",
            "first_name": first["first_name"],
            "last_name": first["last_name"],
            "email": first["email"],
            "zuid": first["zuid"],
        },
    )
    add("clients", {"id": f"{prefix}050001", "name": "Gull Island Radio", "currency_code": "GBP"})
    add(
        "projects",
        {"id": f"{prefix}041001", "name": "Jingles", "start_date": days.ago(80), "end_date": days.ago(-30)},
    )
    portal.project_clients[f"{prefix}041001"] = [
        {"id": f"{prefix}050001", "is_primary": True, "added_time": when}
    ]
    portal.project_users[f"{prefix}041001"] = [f"{prefix}012001", f"{prefix}012002"]
    add("tasklists", {"id": f"{prefix}061001", "name": "General", "project_id": f"{prefix}041001"})
    for i in (1, 2):
        add(
            "tasks",
            {
                "id": f"{prefix}08100{i}",
                "name": f"Take {i}",
                "project_id": f"{prefix}041001",
                "tasklist_id": f"{prefix}061001",
                "owner_id": f"{prefix}012002",
            },
        )
        add(
            "logs",
            {
                "id": f"{prefix}12000{i}",
                "item_id": f"{prefix}08100{i}",
                "owner_id": f"{prefix}012002",
                "date": days.ago(10 + i),
                "hours": "02:30",
            },
        )
