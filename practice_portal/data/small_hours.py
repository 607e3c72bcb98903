"""Time logs of the first portal: every combination that matters, then a few hundred ordinary ones."""

import random

from . import small_fields
from . import small_people as who
from .defaults import ABSENT, complete
from .small_work import BUSY, MEMBERS, issue_id, project_id, task_id

APPROVALS = {
    "Approved": {"status": "Approved", "name": "Ines Roth", "email": "ines.roth@lindenwerk.example.test"},
    "Pending": {"status": "Pending"},
    "Rejected": {"status": "Rejected", "name": "Ines Roth", "email": "ines.roth@lindenwerk.example.test"},
    "": ABSENT,
}
NOTES = (
    "",
    "<div>Flow &amp; pressure table</div>",
    "Call with the site",
    "<p>Two visits</p><p>Spare part &lt;B7&gt;</p>",
    "ניקוי מסננים",
    "Lift blocked 🚧",
    "Wrote it up;\nsent it out",
)


def log_id(number):
    """Id of a log of the first portal."""
    return f"219300000000{120_000 + number:06d}"


def fill(portal, days, seed):
    """All logs."""
    number = 0

    def add(given, ago, **more):
        nonlocal number
        number += 1
        given = {
            "id": log_id(number),
            "date": days.ago(ago),
            "created_time": days.stamp(ago, 17),
            **given,
            **more,
        }
        data = complete(portal, "logs", given, days.stamp(ago, 17, 2))
        for key in [k for k, v in data.items() if v is None]:
            del data[key]
        if data.get("approval", {}).get("status") == "Approved":
            data["last_modified_time"] = more.get("last_modified_time") or days.stamp(ago, 18, 40)
        return portal.tables["logs"].add(data, log_id(number))

    # every billing x approval state for each kind
    kinds = (
        {"item_id": task_id(1, 2)},
        {"item_id": issue_id(1, 1), "type": "issue"},
        {"project_id": project_id(1), "type": "general", "log_name": "Harbour meeting &amp; minutes"},
    )
    ago = 30
    for kind in kinds:
        for billing in ("Billable", "Non Billable"):
            for approval in APPROVALS.values():
                ago += 1
                add(
                    kind,
                    ago,
                    billing_status=billing,
                    approval=approval,
                    owner_id=who.OLA,
                    hours="01:30",
                    notes=NOTES[ago % len(NOTES)],
                )
    _odd(portal, days, add)
    _ordinary(days, add, random.Random(seed))


def _odd(portal, days, add):
    """Single logs of which each has its own reason to be here."""
    task = {"item_id": task_id(1, 3)}
    add(task, 12, invoice_id=f"{portal.prefix}130004", owner_id=who.INES, hours="03:15")
    add(task, 40, last_modified_time=days.stamp(0, 0, 5), owner_id=who.YUSUF, notes="Corrected today")
    add(task, -5, owner_id=who.OLA, notes="Booked ahead")
    add(
        task,
        50,
        owner={"zpuid": who.REMOVED["zpuid"], "name": who.REMOVED["name"], "email": who.REMOVED["email"]},
    )
    add(task, 51, owner_id=who.GONE)
    add(task, 52, owner_id=who.NOMAIL)
    add(task, 53, owner_id=who.PORT_JO, notes="By a person of the customer")
    add(task, 54, hours="3", owner_id=who.OLA)
    add(task, 55, hours="3:00", owner_id=who.OLA)
    add(task, 56, hours="24:00", owner_id=who.OLA)
    add(task, 57, billing_status="Non-billable", owner_id=who.OLA)
    add(task, 58, owner_id=who.OLA, start_time="10:15 AM", end_time="12:00 PM", hours="01:45")
    add(task, 59, owner_id=who.OLA, **small_fields.values(portal, "timelogs", days, (who.OLA, who.ADA)))
    add(task, 61, owner_id=who.OLA, notes="", log_notes="<div>Only in log_notes</div>")
    # cannot be read
    add(task, 62, hours="00:00", owner_id=who.OLA)
    add(task, 63, hours="25:10", owner_id=who.OLA)
    add(task, 64, owner_id=who.OLA, hours="many")
    add(task, 65, owner_id=who.OLA).data.pop("id")
    add(task, 66, owner_id=who.OLA, date="1899-12-30")
    add(task, 67).data.pop("owner")
    # their parents are not fetched, or are gone
    add({"item_id": task_id(1, 11)}, 20, owner_id=who.OLA, notes="Its task has no name")
    add({"item_id": f"{portal.prefix}089998", "project_id": project_id(1)}, 21, owner_id=who.OLA)
    add({"item_id": issue_id(1, 8), "type": "issue"}, 22, owner_id=who.OLA)
    add({"item_id": task_id(1, 15)}, 23, owner_id=who.OLA, notes="Its task is in the bin")
    for number in (8, 10, 11, 14, 17, 9, 6, 7):
        add({"item_id": task_id(number, 1)}, 24, owner_id=who.ADA, hours="02:00")
        add({"item_id": task_id(number, 2)}, 25, owner_id=who.ADA, billing_status="Non Billable")


def _ordinary(days, add, dice):
    """Working days: 270 task logs in project 1, fewer elsewhere, some issues and general hours."""
    for project, count in ((1, 270), *((p, 26) for p in BUSY[1:])):
        people = [p for p in MEMBERS[project] if p not in {who.PORT_JO, who.NORD_EVA, who.GONE}]
        for i in range(count):
            roll = dice.random()
            given = {"item_id": task_id(project, dice.randint(1, 8))}
            if i % 9 == 7 and project != 1:
                given = {"item_id": issue_id(project, dice.randint(1, 4)), "type": "issue"}
            elif i % 9 == 8 and project != 1:
                given = {"project_id": project_id(project), "type": "general", "log_name": "Coordination"}
            state = "Approved" if roll < 0.85 else "Pending" if roll < 0.95 else "Rejected"
            add(
                given,
                1 + i * 150 // count,
                owner_id=dice.choice(people),
                approval=APPROVALS[state],
                hours=f"{dice.randint(0, 7):02d}:{dice.choice((15, 30, 45))}",
                notes=dice.choice(NOTES),
                billing_status="Billable" if dice.random() < 0.88 else "Non Billable",
            )
