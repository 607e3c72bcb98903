"""Projects."""

from typing import Any

from api import debts, guards, sums
from api.building import operation, out, router
from api.crud import Resource, body
from api.errors import BAD_VALUE, RULE, UNKNOWN_ROW, Refused
from api.forms import filled_form
from api.listing import Listing
from api.values import hours, id_of, id_text
from customers.models import Customer
from organizations import deleting, panels
from organizations.activity import record
from timetracking import project_rules, selectors
from timetracking.forms import PersonRatesForm, ProjectForm
from timetracking.models import Project, ProjectStaff, StaffUser, TimeEntry
from timetracking.project_views import clone
from timetracking.rules import project_creation_refusal
from transactions.models import Expense

MOST_TASKS = 200  # of a project's own node; /projects/{id}/tasks has them all
MISSING = "Project does not exists"
METHODS = {
    "fixed_cost_for_project": "fixed_cost", "based_on_project_hours": "project_hours",
    "based_on_task_hours": "task_hours", "based_on_staff_hours": "staff_hours",
}  # fmt: skip
OUTSIDE = {ours: theirs for theirs, ours in METHODS.items()}
NAMES = {
    "name": "project_name", "code": "project_code", "description": "description", "customer": "customer_id",
    "billing_method": "billing_type", "rate": "rate", "budget_type": "budget_type",
    "budget_hours": "budget_hours", "budget_amount": "budget_amount", "start_date": "start_date",
    "end_date": "end_date",
}  # fmt: skip
NOT_KEPT = ("currency_id", "currency_code", "cost_budget_amount", "show_in_dashboard", "tasks", "template_id")
FIELDS = {
    "project_name": str, "project_code": str, "description": str, "customer_id": str, "billing_type": str,
    "rate": Any, "budget_type": str, "budget_hours": Any, "budget_amount": Any, "start_date": str,
    "end_date": str, "user_id": str,
    "users": list[dict[str, Any]],
}  # fmt: skip
PROJECT_IN = body("ProjectIn", not_kept=NOT_KEPT, **FIELDS)
CLONE = body("ProjectClone", required=("project_name",), not_kept=NOT_KEPT, with_ids=False, **FIELDS)
HOURS = ("total_hours", "billable_hours", "billed_hours", "un_billed_hours", "non_billable_hours")
PROJECT = out(
    "Project", project_id=str, project_name=str, project_code=str, customer_id=str, customer_name=str,
    currency_id=str, currency_code=str, description=str, status=str, billing_type=str, rate=float | None,
    budget_type=str, budget_hours=str, budget_amount=float | None, start_date=str, end_date=str,
    is_from_zoho_projects=bool, custom_fields=list[dict[str, str]], users=list[dict[str, Any]],
    tasks=list[dict[str, Any]], created_time=str, **dict.fromkeys(HOURS, str),
)  # fmt: skip


PERSON = (
    "user_id", "project_id", "user_name", "email", "user_role", "status", "is_current_user", "budget_hours",
)  # fmt: skip


def shown_person(call, row, minutes=None):
    """Somebody who works on a project."""
    data = {
        "user_id": str(row.staff_user_id),
        "project_id": str(row.project_id),
        "user_name": row.staff_user.name,
        "email": row.staff_user.email,
        "user_role": {"timesheet_staff": "timesheetstaff"}.get(row.staff_user.role, row.staff_user.role),
        "status": row.staff_user.status,
        "is_current_user": row.staff_user.membership_id == call.membership.pk,
        "budget_hours": id_text(row.budget_hours),
    }
    if guards.sees_rates(call):
        data |= {"rate": row.rate, "cost_rate": row.cost_rate}
    return data


def shown_task(call, task, minutes=None):
    """A task of a project."""
    minutes = minutes or {}
    data = {
        "task_id": str(task.pk),
        "project_id": str(task.project_id),
        "project_name": task.project.name,
        "customer_id": str(task.project.customer_id),
        "customer_name": task.project.customer.display_name,
        "currency_id": task.project.currency,
        "task_name": task.name,
        "description": task.description,
        "status": task.status,
        "is_billable": task.is_billable,
        "budget_hours": id_text(task.budget_hours),
        "log_time": hours(minutes.get("total")),
        "total_hours": hours(minutes.get("total")),
        "billed_hours": hours(minutes.get("billed")),
        "un_billed_hours": hours(minutes.get("un_billed")),
        "non_billable_hours": hours(minutes.get("non_billable")),
    }
    if guards.sees_rates(call):
        data["rate"] = task.rate
    return data


def _shown(call, row, full):
    data = {
        "project_id": str(row.pk),
        "project_name": row.name,
        "project_code": row.code,
        "customer_id": str(row.customer_id),
        "customer_name": row.customer.display_name,
        "currency_id": row.currency,
        "currency_code": row.currency,
        "description": row.description,
        "status": row.status,
        "billing_type": OUTSIDE[row.billing_method],
        "budget_type": row.budget_type,
        "budget_hours": id_text(row.budget_hours),
        "start_date": id_text(row.start_date),
        "end_date": id_text(row.end_date),
    }
    if guards.sees_rates(call):
        data |= {"rate": row.rate, "budget_amount": row.budget_amount}
    minutes = getattr(row, "api_minutes", None)
    if minutes is None:
        minutes = sums.of_projects([row.pk]).get(row.pk, {})
    for name in HOURS:
        data[name] = hours(minutes.get(name.removesuffix("_hours")))
    made = getattr(row, "api_made", None)
    if made is None:
        made = debts.times(Project, [row.pk], call.organization)[row.pk]["created_time"]
    data["created_time"] = made
    data["is_from_zoho_projects"] = (
        panels.origin("projects", row.pk) is not None if full else row.api_is_theirs
    )
    if full:
        tasks = list(row.tasks.select_related("project__customer").order_by("pk")[:MOST_TASKS])
        spent = sums.minutes_by(TimeEntry.objects.all(), "task_id", [task.pk for task in tasks])
        data["tasks"] = [shown_task(call, task, spent.get(task.pk)) for task in tasks]
        data["users"] = [shown_person(call, person) for person in row.staff.select_related("staff_user")]
    return data


def _rows(call):
    return selectors.visible_projects(call.membership)


def _with_all(rows):
    return rows.select_related("customer")


def _page(call, rows, found):
    """What the rows of a page need, asked once for all of them."""
    ids = [row.pk for row in found]
    minutes, theirs = sums.of_projects(ids), panels.origins("projects", ids)
    times = debts.times(Project, ids, call.organization)
    for row in found:
        row.api_made = times[row.pk]["created_time"]
        row.api_minutes, row.api_is_theirs = minutes.get(row.pk, {}), row.pk in theirs
    return found, {}


def _save(call, row, values):
    guards.work(call)
    people = values.pop("users", None)
    first = values.pop("user_id", None)
    is_new = row.pk is None
    if is_new and (refusal := project_creation_refusal(call.organization)):
        raise Refused(400, RULE, refusal)
    found = {field: values[name] for field, name in NAMES.items() if name in values}
    if "billing_method" in found:
        method = found["billing_method"] or ""
        found["billing_method"] = METHODS.get(method, method)
        if found["billing_method"] not in OUTSIDE:
            raise Refused(400, BAD_VALUE, f"billing_type is one of {', '.join(METHODS)}.", "billing_type")
    if "customer" in found:
        pk = id_of(found["customer"], "customer_id")
        if not Customer.objects.filter(organization=call.organization, pk=pk or 0).exists():
            raise Refused(400, UNKNOWN_ROW, "Contact does not exist", "customer_id")
        found["customer"] = pk
    for name in ("rate", "budget_hours", "budget_amount"):
        if found.get(name) is not None:
            found[name] = format(found[name], "f") if hasattr(found[name], "as_tuple") else str(found[name])
    refusals = {"cannot be negative": (20004, "Please ensure that the amount is not negative")}

    def make(data, instance):
        return ProjectForm(data, instance=instance, membership=call.membership)

    form = filled_form(make, row, found, NAMES, refusals)
    row = form.save()
    if is_new:
        record(row, call.user, "Created the project.")
    for position, person in enumerate([*([{"user_id": first}] if first else []), *(people or ())]):
        add_person(call, row, person, f"users.{position}.")
    return row


def add_person(call, project, values, path=""):
    """Let somebody work on a project of one's own, with rates; returns the ProjectStaff."""
    if refusal := project_rules.people_refusal(project):
        raise Refused(400, RULE, refusal)
    if not isinstance(values, dict) or set(values) - {"rate", "cost_rate", *PERSON}:
        raise Refused(400, BAD_VALUE, f"Invalid value passed for {path or 'users'}", path)
    pk = id_of(values.get("user_id"), f"{path}user_id")
    person = StaffUser.objects.filter(organization=call.organization, pk=pk or 0, status="active").first()
    if person is None:
        raise Refused(400, UNKNOWN_ROW, "User does not exist", f"{path}user_id")
    row, _ = ProjectStaff.objects.get_or_create(project=project, staff_user=person)
    return change_rates(call, row, values, path)


def change_rates(call, row, values, path=""):
    """Set rate, cost rate and budget hours of somebody in a project."""
    names = {name: path + name for name in ("rate", "cost_rate", "budget_hours")}
    found = {name: _text(values[name]) for name in names if name in values}
    if not found:
        return row
    guards.rates(call)
    refusals = {"cannot be negative": (20004, "Please ensure that the amount is not negative")}
    form = filled_form(lambda data, it: PersonRatesForm(data, instance=it), row, found, names, refusals)
    return form.save()


def _text(value):
    if value is None:
        return None
    return format(value, "f") if hasattr(value, "as_tuple") else str(value)


def _delete(call, row):
    guards.work(call)
    if refusal := project_rules.delete_refusal(row):
        if Expense.objects.filter(project=row).exists():
            text = "Expense has been recorded for this project. Hence, it cannot be deleted"
            raise Refused(400, 20077, text, "", refusal)
        raise Refused(400, RULE, refusal)
    deleting.delete(row)


RESOURCE = Resource(
    path="projects", node="project", nodes="projects", module="projects", id_name="project_id", missing=MISSING,
    out=PROJECT, rows=_rows, with_all=_with_all, shown=_shown, delete=_delete, more=_page,
    create=lambda call, values: _save(call, Project(organization=call.organization), values),
    update=_save, create_body=PROJECT_IN, update_body=PROJECT_IN, not_kept=NOT_KEPT,
    texts={
        "created": "The project has been created.",
        "updated": "The project information has been updated.",
        "deleted": "The project has been deleted.",
    },
    listing=Listing(
        filters={
            "project_name": ("name", "text"), "project_code": ("code", "text"), "customer_id": ("customer_id", "id"),
            "customer_name": ("customer__display_name", "text"), "start_date": ("start_date", "date"),
            "end_date": ("end_date", "date"),
        },
        by={
            "Status.All": None,
            "Status.Active": lambda rows, call: rows.filter(status="active"),
            "Status.Inactive": lambda rows, call: rows.filter(status="inactive"),
        },
        sorts={
            "project_name": "name", "customer_name": "customer__display_name", "rate": "rate",
            "created_time": "pk",
        },
        search=("name", "code", "customer__display_name"),
    ),
)  # fmt: skip


def _status(wanted):
    def work(call, row):
        guards.work(call)
        if row.status == wanted:
            return
        if refusal := project_rules.locked_fields(row).get("status"):
            raise Refused(400, RULE, refusal, "status")
        row.status = wanted
        row.save(update_fields=["status"])

    return work


CHANGED_IN_CLONE = ("description", "billing_type", "rate", "budget_type", "budget_hours", "budget_amount")


def _clone(call, pk, values):
    guards.work(call)
    source = RESOURCE.found(call, pk)
    if refusal := project_creation_refusal(call.organization):
        raise Refused(400, RULE, refusal)
    name = " ".join(values["project_name"].split())
    if not 1 <= len(name) <= 1000:
        raise Refused(400, BAD_VALUE, "project_name has 1 to 1,000 characters.", "project_name")
    copy = clone(source, name, call.user)
    others = {key: value for key, value in values.items() if key in CHANGED_IN_CLONE and value not in ("", 0)}
    if others:
        copy = _save(call, copy, others)
    return "Project has been cloned successfully.", RESOURCE.anew(call, copy)


def make_router():
    """Projects themselves; what they contain has files of its own."""
    made = router("Projects")
    RESOURCE.add_to(made)
    text = "The selected Projects have been marked as {}."
    RESOURCE.action(made, "active", _status("active"), text.format("active"))
    RESOURCE.action(made, "inactive", _status("inactive"), text.format("inactive"))
    operation(made, "post", "/projects/{project_id}/clone", _clone, module="projects", verb="CREATE",
              name="project_clone", body=CLONE, node="project", kind=PROJECT, status=201)  # fmt: skip
    return made
