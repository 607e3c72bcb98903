"""What the entities of a portal are called, and where their facts stand in a record.

The change stamp has another key in nearly every entity (Zoho Projects API V3, recorded bodies).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Spec:
    """One entity: container key, key of the change stamp, module word in the bin, keys that may be absent."""

    name: str
    container: str
    stamp: str
    bin_module: str = ""
    optional: tuple = ()


SPECS = {
    spec.name: spec
    for spec in (
        Spec(
            "projects",
            "projects",
            "modified_time",
            "projects",
            (
                "description",
                "start_date",
                "end_date",
                "completed_time",
                "budget_info",
                "business_hours_id",
                "tags",
            ),
        ),
        Spec(
            "users",
            "users",
            "modified_time",
            "",
            (
                "zuid",
                "email",
                "is_client_user",
                "client_company_id",
                "client_company_name",
                "last_accessed_on",
                "budget",
            ),
        ),
        Spec(
            "clients",
            "clients",
            "last_modified_time",
            "",
            (
                "email",
                "phone",
                "website",
                "address",
                "city",
                "state",
                "country",
                "zip_code",
                "currency_code",
                "crm_account",
            ),
        ),
        Spec("contacts", "contacts", "last_modified_time", "", ("email", "phone", "mobile", "designation")),
        Spec("tasklists", "tasklists", "last_updated_time", "tasklists", ("sequence", "meta_info")),
        Spec(
            "tasks",
            "tasks",
            "last_modified_time",
            "tasks",
            (
                "description",
                "start_date",
                "end_date",
                "completed_on",
                "parental_info",
                "duration",
                "log_hours",
                "tags",
            ),
        ),
        Spec("milestones", "milestones", "last_modified_time", "milestones", ("tags",)),
        Spec(
            "issues",
            "issues",
            "last_updated_time",
            "issues",
            ("severity", "classification", "release_milestone", "affected_milestone", "assignee", "due_date"),
        ),
        Spec(
            "logs",
            "time_logs",
            "last_modified_time",
            "",
            ("module_detail", "log_name", "start_time", "end_time", "approval", "notes", "invoice_id"),
        ),
    )
}

#: Words under which the control interface also takes an entity.
ALIASES = {
    "phases": "milestones",
    "bugs": "issues",
    "timelogs": "logs",
    "timesheets": "logs",
    "task_lists": "tasklists",
    "customers": "clients",
}
