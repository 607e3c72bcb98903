"""Problems counted for the error summary: by module and cause, with what they block and the hours at stake."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, QuerySet, Sum

from integrations.dashboard.runs import hours_words
from integrations.models import Connection, Module, SyncedRecord
from integrations.problems import holding, ignored_causes
from integrations.sync.reasons import REASONS, Reason

Outcome = SyncedRecord.Outcome
WAITING = ("project_not_fetched", "task_not_fetched", "bug_not_fetched")
PARENTS = (Module.CUSTOMERS, Module.PROJECTS, Module.TASKS, Module.BUGS)
PLACES = {"failed": "causes", "excluded": "excluded", "deleted": "deleted", "synced": "remarks"}
MOST_PARENTS = 2000
REMARK = Reason(
    "", "Synced with a remark", "The record came in; something about it deserves a look.", "See the detail."
)
Counted = dict[tuple[str, str, str], dict[str, int]]


def reason_of(code: str) -> Reason:
    """The reason for a code; an unknown one shows its code."""
    if not code:
        return REMARK
    return REASONS.get(code) or Reason(
        code, code, "No explanation is known for this reason.", "See the detail."
    )


def counted(connection: Connection) -> Counted:
    """{(module, outcome, reason): number and minutes} of all that is not simply synced.

    Read from an index alone, so it is quick with a million rows; synced rows with a remark have an index of their own.
    """
    rows = connection.synced_records.filter(module__in=Module.values)
    groups: list[QuerySet[Any, Any]] = [
        rows.filter(outcome__in=[Outcome.FAILED, Outcome.EXCLUDED, Outcome.DELETED]),
        rows.filter(has_remark__isnull=False),
    ]
    found: Counted = {}
    for group in groups:
        values = group.values_list("module", "outcome", "reason").order_by()
        for module, outcome, reason, number, minutes in values.annotate(Count("id"), Sum("minutes")):
            found[module, outcome, reason] = {"number": number, "minutes": minutes or 0}
    return found


def ignored_counts(connection: Connection) -> dict[tuple[str, str], dict[str, int]]:
    """{(module, reason): number and minutes} of single records that are ignored (not of causes ignored whole)."""
    rows = holding(connection).filter(record__isnull=False).values_list("module", "reason").order_by()
    return {
        (module, reason): {"number": number, "minutes": minutes or 0}
        for module, reason, number, minutes in rows.annotate(Count("id"), Sum("record__minutes"))
    }


def blocked_under(connection: Connection, zoho_ids: Iterable[str]) -> dict[str, dict[str, int]]:
    """{Zoho id of a parent: number and minutes of the records that wait for it}; customers count their projects'."""
    rows = connection.synced_records.filter(blocked_by__in=list(zoho_ids), outcome=Outcome.FAILED).order_by()
    found = {
        parent: {"number": number, "minutes": minutes or 0}
        for parent, number, minutes in rows.values_list("blocked_by").annotate(Count("id"), Sum("minutes"))
    }
    projects = dict(rows.filter(module=Module.PROJECTS).values_list("zoho_id", "blocked_by")[:MOST_PARENTS])
    if projects:
        for project, below in blocked_under(connection, projects).items():
            for name, value in below.items():
                found[projects[project]][name] += value
    return found


def blocked_by_cause(connection: Connection) -> dict[tuple[str, str], dict[str, int]]:
    """{(module, reason): number and minutes of what waits for records that fail for it}; {} with too many parents."""
    waiting = connection.synced_records.filter(blocked_by__isnull=False, outcome=Outcome.FAILED).order_by()
    ids = list(waiting.values_list("blocked_by", flat=True).distinct()[: MOST_PARENTS + 1])
    if not ids or len(ids) > MOST_PARENTS:
        return {}
    parents = connection.synced_records.filter(
        module__in=PARENTS, zoho_id__in=ids, outcome=Outcome.FAILED, blocked_by=None
    )
    below = blocked_under(connection, ids)
    found: dict[tuple[str, str], dict[str, int]] = {}
    for module, zoho_id, reason in parents.values_list("module", "zoho_id", "reason"):
        group = found.setdefault((module, reason), {"number": 0, "minutes": 0})
        for name in group:
            group[name] += below.get(zoho_id, {}).get(name, 0)
    return found


def summary_of(connection: Connection) -> dict[str, Any]:
    """What the error summary shows: modules with their causes, and totals."""
    everything, single = counted(connection), ignored_counts(connection)
    whole, blocked = ignored_causes(connection), blocked_by_cause(connection)
    modules, totals = [], {"failed": 0, "waiting": 0, "ignored": 0, "minutes": 0}
    for module in Module:
        part: dict[str, Any] = {"module": module, "causes": [], "excluded": [], "remarks": [], "deleted": []}
        part["ignored"] = part["failed"] = 0
        for (known, outcome, code), count in everything.items():
            if known != module:
                continue
            number, minutes = count["number"], count["minutes"]
            if outcome == Outcome.FAILED:
                away = single.get((module, code), {"number": 0, "minutes": 0})
                if (module, code) in whole:
                    away = count
                part["ignored"] += away["number"]
                number, minutes = number - away["number"], minutes - away["minutes"]
                if not number:
                    continue
                part["failed"] += number
                totals["minutes"] += minutes
                totals["waiting"] += number if code in WAITING else 0
            below = blocked.get((module, code), {}) if outcome == Outcome.FAILED else {}
            row = {
                "reason": reason_of(code),
                "number": number,
                "hours": hours_words(minutes),
                "waits": code in WAITING,
                "blocks": below.get("number", 0),
                "blocked_hours": hours_words(below.get("minutes", 0)),
                "weight": (code not in WAITING, below.get("minutes", 0) + minutes, number),
            }
            part[PLACES[outcome]].append(row)
        for name in ("causes", "excluded", "remarks", "deleted"):
            part[name].sort(key=lambda row: row["weight"], reverse=True)
        totals["failed"] += part["failed"]
        totals["ignored"] += part["ignored"]
        if any(part[name] for name in ("causes", "excluded", "remarks", "deleted", "ignored")):
            modules.append(part)
    modules.sort(key=lambda part: not part["failed"])
    return {"modules": modules, "totals": totals, "hours": hours_words(totals["minutes"])}
