"""The integration with Zoho Projects: its connection, runs, records with their outcome, errors and settings."""

from typing import Any

from api import guards
from api.building import context_of, list_parameters, listed, operation, out, router
from api.crud import body
from api.errors import RULE, Refused, bad_value, no_row
from api.listing import Listing
from api.resources import integration_settings
from api.resources.integration_parts import MISSING, connection_of, ruled
from api.values import moment, path_id
from integrations import lifecycle, problems
from integrations.models import Module, SyncedRecord, SyncRun
from integrations.sync.reasons import REASONS

COUNTS = ("seen", "created", "updated", "unchanged", "excluded", "failed", "deleted")
CONNECTION = out(
    "Connection", connection_id=str, status=str, portal_id=str, portal_name=str, data_center=str,
    last_synced_time=str, next_run_time=str, interval_minutes=int, active_run_id=str, failing=dict[str, int],
)  # fmt: skip
RUN = out(
    "Run", run_id=str, connection_id=str, trigger=str, status=str, message=str, queued_time=str, started_time=str,
    finished_time=str, project_ids=list[str], counts=dict[str, int], modules=list[dict[str, Any]],
)  # fmt: skip
RECORD = out(
    "SyncedRecord", record_id=str, connection_id=str, module=str, zoho_id=str, name=str, project_zoho_id=str,
    object_id=str, outcome=str, reason=str, reason_title=str, what_to_do=str, detail=str, minutes=int | None,
    first_seen_time=str,
)  # fmt: skip
RETRY = body("RetryIn", with_ids=False, record_ids=list[str], module=str, reason=str)
RUNS = Listing(
    filters={"status": ("status", "text"), "trigger": ("trigger", "text")},
    by={"Status.All": None}
    | {
        f"Status.{name.title()}": lambda rows, call, name=name: rows.filter(status=name)
        for name in SyncRun.Status.values
    },
    sorts={"run_id": "pk"},
    descending=True,
)
RECORDS = Listing(
    filters={
        "module": ("module", "text"), "reason": ("reason", "text"), "zoho_id": ("zoho_id", "text"),
        "project_zoho_id": ("project_zoho_id", "text"), "name": ("name", "text"),
    },
    by={"Status.All": None} | {
        f"Status.{name.title()}": lambda rows, call, name=name: rows.filter(outcome=name)
        for name in SyncedRecord.Outcome.values
    },
    sorts={"record_id": "pk"},
    search=("name", "zoho_id"),
)  # fmt: skip


def _shown(call, row):
    active = row.runs.filter(status__in=SyncRun.ACTIVE).first()
    return {
        "connection_id": str(row.pk),
        "status": row.status,
        "portal_id": row.portal_id,
        "portal_name": row.portal_name,
        "data_center": row.data_center,
        "last_synced_time": moment(row.last_synced_at, call.organization),
        "next_run_time": moment(row.next_run_at, call.organization),
        "interval_minutes": row.interval_minutes,
        "active_run_id": str(active.pk) if active else "",
        "failing": {name: problems.failing(row, name).count() for name in Module.values},
    }


def _connections(call):
    guards.admin(call)
    row = lifecycle.live_connection(call.organization)
    context = context_of()
    return "success", [_shown(call, row)] if row else [], context


def _get(call, pk):
    return "success", _shown(call, connection_of(call, pk))


def _shown_run(call, run):
    parts = list(run.module_runs.all())
    return {
        "run_id": str(run.pk),
        "connection_id": str(run.connection_id),
        "trigger": run.trigger,
        "status": run.status,
        "message": run.message,
        "queued_time": moment(run.queued_at, call.organization),
        "started_time": moment(run.started_at, call.organization),
        "finished_time": moment(run.finished_at, call.organization),
        "project_ids": run.hinted,
        "counts": {name: sum(getattr(part, name) for part in parts) for name in COUNTS},
        "modules": [
            {"module": part.module, "status": part.status, "message": part.message}
            | {name: getattr(part, name) for name in COUNTS}
            for part in parts
        ],
    }


def _runs(call):
    rows = connection_of(call).runs.all()
    return listed(
        call, rows, RUNS, lambda run: _shown_run(call, run), "Runs",
        lambda found: found.prefetch_related("module_runs"),
    )  # fmt: skip


def _run(call, text):
    pk = path_id(text)
    run = connection_of(call).runs.filter(pk=pk).first() if pk is not None else None
    if run is None:
        raise no_row(MISSING["run"])
    return run


def _get_run(call, run_id):
    return "success", _shown_run(call, _run(call, run_id))


def _start(call):
    run = ruled(lifecycle.start_run, connection_of(call), call.user)
    return "The sync has been started.", _shown_run(call, run)


def _stop(call, run_id):
    run = _run(call, run_id)
    if not run.is_active:
        raise Refused(400, RULE, "This sync is over, so there is nothing to stop.")
    ruled(lifecycle.stop_run, connection_of(call), call.user)
    return "The sync has been stopped.", None


def _shown_record(call, row):
    reason = REASONS.get(row.reason)
    return {
        "record_id": str(row.pk),
        "connection_id": str(row.connection_id),
        "module": row.module,
        "zoho_id": row.zoho_id,
        "name": row.name,
        "project_zoho_id": row.project_zoho_id,
        "object_id": str(row.object_id or ""),
        "outcome": row.outcome,
        "reason": row.reason,
        "reason_title": reason.title if reason else "",
        "what_to_do": reason.remedy if reason else "",
        "detail": row.detail,
        "minutes": row.minutes,
        "first_seen_time": moment(row.first_seen_at, call.organization),
    }


def _records(call):
    rows = connection_of(call).synced_records.all()
    return listed(call, rows, RECORDS, lambda row: _shown_record(call, row), "Records")


def _get_record(call, text):
    pk = path_id(text)
    row = connection_of(call).synced_records.filter(pk=pk).first() if pk is not None else None
    if row is None:
        raise no_row(MISSING["record"])
    return "success", _shown_record(call, row)


def _retry(call, values):
    connection = connection_of(call)
    ids = values.get("record_ids")
    if ids:
        run = ruled(problems.retry_records, connection, call.user, ids)
    elif values.get("module") and values.get("reason"):
        run = ruled(problems.retry_cause, connection, call.user, values["module"], values["reason"])
    else:
        raise bad_value("record_ids", "Name record_ids, or module and reason.")
    return "These records are read again.", _shown_run(call, run)


def make_router():
    """/integrations/…"""
    made, module = router("Integration"), {"module": "integrations"}
    root = "/integrations"
    run, record = {"node": "run", "kind": RUN, **module}, {"node": "record", "kind": RECORD, **module}
    operation(made, "get", f"{root}/connections", _connections, verb="READ", name="list_connections",
              node="connections", kind=CONNECTION, many=True, **module)  # fmt: skip
    operation(made, "get", f"{root}/connections/{{connection_id}}", _get, verb="READ", name="get_connection",
              node="connection", kind=CONNECTION, **module)  # fmt: skip
    operation(made, "get", f"{root}/runs", _runs, verb="READ", name="list_runs", node="runs", kind=RUN, many=True,
              query=list_parameters(RUNS), **module)  # fmt: skip
    operation(made, "post", f"{root}/runs", _start, verb="CREATE", name="start_run", status=201, **run)
    operation(made, "get", f"{root}/runs/{{run_id}}", _get_run, verb="READ", name="get_run", **run)
    operation(made, "post", f"{root}/runs/{{run_id}}/stop", _stop, verb="UPDATE", name="stop_run", **module)
    operation(made, "get", f"{root}/records", _records, verb="READ", name="list_records", node="records",
              kind=RECORD, many=True, query=list_parameters(RECORDS), **module)  # fmt: skip
    operation(
        made, "get", f"{root}/records/{{record_id}}", _get_record, verb="READ", name="get_record", **record
    )
    operation(made, "post", f"{root}/retry", _retry, verb="CREATE", name="retry_records", body=RETRY, status=201,
              **run)  # fmt: skip
    integration_settings.add_to(made, root, module)
    return made
