"""How the source of a billed hour differs from the hour as it was billed, in words and figures."""

from integrations.sync.ledger import SYNCED
from transactions.drift import Finding

DELETED = Finding("deleted", None, None, "The timesheet was deleted in Zoho Projects.")
CAUSES = {
    "not_billable": ("not_billable", "It is not billable in Zoho Projects any more."),
    "not_approved": ("not_approved", "Its approval was withdrawn in Zoho Projects."),
}


def of_record(record, verdict, entry, links):
    """The Finding for a billed hour's record, or None when it is as billed.

    `links`: (project, task or bug, person) ids of the hour; `verdict`: what the record would be if it were not billed.
    """
    if verdict.reason in CAUSES:
        cause, words = CAUSES[verdict.reason]
        return Finding(cause, None, None, words)
    words = []
    if record.minutes != entry.minutes:
        words.append(f"{_clock(entry.minutes)} → {_clock(record.minutes)} h")
    if record.date != entry.date:
        words.append(f"{entry.date} → {record.date}")
    if verdict.outcome != SYNCED:
        words.append("its task, bug or project could not be fetched")
    else:
        for name, was, now in zip(("project", "task or bug", "person"), links, verdict.links, strict=True):
            if was != now:
                words.append(f"another {name}")
    if record.notes != entry.notes:
        words.append("other notes")
    if record.title != entry.title:
        words.append("another title")
    if not words:
        return None
    return Finding("changed", record.minutes, record.date, ", ".join(words), _values(record, verdict))


def _values(record, verdict):
    """The hour's columns as the source has them; what it hangs on only where all of that is here."""
    found = {
        "title": record.title,
        "date": record.date,
        "minutes": record.minutes,
        "notes": record.notes,
        "cost_rate": record.cost_rate,
    }
    if verdict.outcome == SYNCED:
        project, item, staff_user = verdict.links
        found |= {
            "project_id": project,
            "staff_user_id": staff_user,
            "kind": record.kind,
            "task_id": item if record.kind == "task" else None,
            "bug_id": item if record.kind == "bug" else None,
        }
    return found


def _clock(minutes):
    return f"{minutes // 60}:{minutes % 60:02d}"
