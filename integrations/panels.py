"""What the integration adds to pages and rules of the apps below: where a row comes from, and what that fixes."""

from integrations.models import Connection, Module, SyncedRecord
from organizations.panels import Origin, register

LABEL = "from Zoho Projects"
_THERE = "Comes from Zoho Projects. Change it there; it arrives here with the next sync."
_WHILE = {
    Connection.Status.DISABLED: " The integration is disabled at present: enable it, or delete it to edit here.",
    Connection.Status.NEEDS_RECONNECT: " The integration has to be connected again before it can arrive.",
}
# Fields that follow the source whatever it says; those further below only where the source gives a value.
_FOLLOWING = {
    Module.PROJECTS: (
        "customer",
        "name",
        "code",
        "description",
        "status",
        "manager",
        "start_date",
        "end_date",
        "currency",
    ),
    Module.MILESTONES: ("project", "name", "start_date", "end_date", "status"),
    Module.TASK_LISTS: ("project", "milestone", "name", "status"),
    Module.TASKS: (
        "project",
        "task_list",
        "parent",
        "name",
        "description",
        "status",
        "priority",
        "is_billable",
        "budget_hours",
        "start_date",
        "due_date",
        "percent_complete",
    ),
    Module.BUGS: ("project", "name", "description", "status", "severity", "reporter", "assignee", "due_date"),
    Module.TIMESHEETS: (
        "project",
        "staff_user",
        "kind",
        "task",
        "bug",
        "title",
        "date",
        "minutes",
        "is_billable",
        "notes",
        "cost_rate",
    ),
    Module.CUSTOMERS: ("display_name", "company_name"),
}
_WHERE_GIVEN = {
    Module.PROJECTS: {
        "billing_method": "billing_method",
        "rate": "rate",
        "budget_type": "budget_type",
        "budget_amount": "budget_amount",
        "budget_hours": "budget_hours",
    },
    Module.CUSTOMERS: {
        "email": "email",
        "phone": "phone",
        "website": "website",
        "address": "billing_street",
        "city": "billing_city",
        "state": "billing_state",
        "zip_code": "billing_postal_code",
        "country": "billing_country",
    },
}
_BILLING_METHODS = ("fixed_cost", "project_hours", "task_hours", "staff_hours")


def register_all():
    """Called once when the app is ready."""
    from integrations.radar import stakes  # its screen needs every app, this file only the tables

    register("origins", origins)
    register("radar.stakes", stakes)


def origins(module, ids):
    """[{our id: Origin}] of rows that a connection (deleted ones do not count) keeps up to date. One query."""
    rows = (
        SyncedRecord.objects.filter(module=module, object_id__in=ids, connection__is_deleted=False)
        .select_related("connection")
        .only(
            "module",
            "zoho_id",
            "project_zoho_id",
            "object_id",
            "outcome",
            "source",
            "connection__status",
            "connection__web_url",
            "connection__portal_id",
            "connection__last_synced_at",
        )
    )
    return [{row.object_id: _origin(row) for row in rows}]


def _origin(row):
    connection = row.connection
    reason = _THERE + _WHILE.get(connection.status, "")
    locked = dict.fromkeys(_FOLLOWING.get(row.module, ()), reason)
    record = (row.source or {}).get("record") or {}
    for theirs, ours in _WHERE_GIVEN.get(row.module, {}).items():
        value = record.get(theirs)
        if value not in (None, "") and (theirs != "billing_method" or value in _BILLING_METHODS):
            locked[ours] = reason
    remark = "Deleted in Zoho Projects." if row.outcome == SyncedRecord.Outcome.DELETED else ""
    if (
        remark and row.module == Module.CUSTOMERS
    ):  # a customer outlives its record there, and is ours from then on
        remark = "Deleted in Zoho Projects. The customer stays here, can be edited and is updated no more."
        locked, reason = {}, ""
    if row.outcome == SyncedRecord.Outcome.FAILED:
        remark = "Not updated at present: Zoho Projects gives this record in a form that cannot come in."
    return Origin(LABEL, zoho_url(connection, row), connection.last_synced_at, reason, remark, locked)


def zoho_url(connection, row):
    """Zoho's page of the project (the record's own, or the one it belongs to); '' where it is unknown."""
    project = row.zoho_id if row.module == Module.PROJECTS else row.project_zoho_id
    if not connection.web_url or not project.isdigit():
        return ""
    return f"{connection.web_url}/portal/{connection.portal_id}#zp/projects/{project}"
