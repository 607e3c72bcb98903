"""The closed list of reasons: why a record did not come in, or came in with a remark, and what to do."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """`code` is stored with the record; the rest is what people read."""

    code: str
    title: str
    why: str
    remedy: str


_CURRENCY = (
    "Check if the primary customer already exists here with a different currency, and try changing the "
    "currency if necessary."
)

REASONS = {
    reason.code: reason
    for reason in (
        Reason(
            "no_primary_customer",
            "No primary customer",
            "The project is not associated with a primary customer in Zoho Projects.",
            "Open the project in Zoho Projects and associate it with its primary customer.",
        ),
        Reason(
            "primary_customer_unclear",
            "Primary customer unclear",
            "The project has several customers and Zoho Projects does not say which one is primary.",
            "Mark one customer of the project as primary in Zoho Projects.",
        ),
        Reason(
            "currency_mismatch",
            "Customer exists with another currency",
            "A customer of this name exists here in another currency than in Zoho Projects.",
            _CURRENCY,
        ),
        Reason(
            "customer_not_fetched",
            "Primary customer could not be read",
            "The record of the project's primary customer cannot be read from Zoho Projects.",
            "Open the customer in Zoho Projects, correct its record and check that your profile may see it.",
        ),
        Reason(
            "customer_locked",
            "Customer kept, hours were billed",
            "The primary customer changed in Zoho Projects after hours or documents were billed here.",
            "Set the former primary customer again in Zoho Projects, or bill the rest in a project of its own.",
        ),
        Reason("template", "Project template", "Templates are not projects.", "Nothing to do."),
        Reason(
            "project_not_fetched",
            "Its project could not be fetched",
            "The related project was not synced.",
            "Ensure that the related project is associated with a primary customer. " + _CURRENCY,
        ),
        Reason(
            "task_not_fetched",
            "Its task could not be fetched",
            "The timesheet belongs to a task that was not synced.",
            "Resolve the problem of the task first; the timesheet then follows by itself.",
        ),
        Reason(
            "bug_not_fetched",
            "Its bug could not be fetched",
            "The timesheet belongs to a bug that was not synced.",
            "Resolve the problem of the bug first; the timesheet then follows by itself.",
        ),
        Reason(
            "not_billable",
            "Not billable",
            "Only billable timesheets are fetched.",
            "Mark the timesheet as billable in Zoho Projects if it is to be invoiced.",
        ),
        Reason(
            "not_approved",
            "Not approved",
            "Only approved timesheets are fetched; this one is not approved in Zoho Projects yet.",
            "Approve the timesheet in Zoho Projects.",
        ),
        Reason(
            "changed_after_billing",
            "Changed after it was billed",
            "The timesheet changed in Zoho Projects after it was billed here; the billed copy was kept.",
            "Compare the two. Correct the bill with a credit, or void it and bill again.",
        ),
        Reason(
            "deleted_after_billing",
            "Deleted after it was billed",
            "The timesheet was deleted in Zoho Projects after it was billed here; entry and bill were kept.",
            "If the bill is wrong, correct it with a credit.",
        ),
        Reason(
            "deleted_at_source",
            "Deleted in Zoho Projects",
            "The record no longer exists in Zoho Projects.",
            "Nothing to do. Restored there, it returns here.",
        ),
        Reason(
            "invalid_record",
            "Record cannot be read",
            "A field of the record is missing or holds a value that cannot be right.",
            "Correct the field named in the details in Zoho Projects.",
        ),
        Reason(
            "portal_limit_reached",
            "Portal access limit reached",
            "The limit of portal access is used up; the person was synced without portal access.",
            "Raise the limit or withdraw someone's access, then give this person access.",
        ),
        Reason(
            "client_user",
            "A customer's person",
            "People of a customer are never staff; they become contact persons of their customer.",
            "Nothing to do.",
        ),
        Reason(
            "no_synced_work",
            "No synced work",
            "The person is unknown here, owns no synced timesheet and is not brought by automatic users sync.",
            "Enable Automatic Users Sync, or create the person here with the same e-mail address.",
        ),
        Reason(
            "not_primary_customer",
            "Not a primary customer",
            "The customer is not the primary customer of any fetched project.",
            "Make it the primary customer of a project in Zoho Projects if it is to be billed.",
        ),
    )
}

# The headings of the error summary, per module.
HEADINGS = {
    "customers": "Customers could not be fetched.",
    "users": "Users could not be fetched.",
    "projects": "Projects could not be fetched.",
    "milestones": "Milestones could not be fetched.",
    "task_lists": "Task lists could not be fetched.",
    "tasks": "Tasks could not be fetched.",
    "bugs": "Bugs could not be fetched.",
    "timesheets": "Timesheets could not be fetched.",
}

# Why it happened and how to resolve it, per heading, as the specification's troubleshooting table has it.
HELP: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "projects": (
        ("The projects were not associated with the primary customer.",),
        (
            "Ensure that the projects created in Zoho Projects are associated with the primary customer.",
            _CURRENCY,
        ),
    ),
    "timesheets": (
        (
            "The timesheets will not be fetched if they are not Billable, if they are not approved in Zoho "
            "Projects yet, or if they belong to projects that are not associated with a primary customer.",
            "The timesheet’s related tasks or projects could not be fetched.",
        ),
        (
            "Ensure that the timesheets are billable, approved, and associated with projects that have a primary "
            "customer.",
        ),
    ),
    "tasks": (
        ("The task’s related projects could not be fetched.",),
        (
            "Ensure that the related projects are associated with the primary customer.",
            "Verify whether the primary customer already exists here with a different currency, and try changing "
            "it if necessary.",
        ),
    ),
}
