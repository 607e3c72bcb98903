"""Tasks and people of a project."""

from typing import Any

from django.db import transaction

from api import guards, sums
from api.building import context_of, list_parameters, listed, operation, out, router
from api.crud import body
from api.errors import RULE, Refused, no_row
from api.forms import filled_form
from api.listing import Listing
from api.resources import invoices, users
from api.resources.projects import (
    RESOURCE,
    _text,
    add_person,
    change_rates,
    shown_person,
    shown_task,
)
from api.values import path_id
from organizations import deleting, panels
from organizations.activity import record
from timetracking import people, project_rules
from timetracking.forms import TaskForm
from timetracking.models import ProjectStaff, StaffUser, Task, TimeEntry

MISSING_TASK, MISSING_PERSON = "Task does not exist", "User does not exist"
NAMES = {
    "name": "task_name", "description": "description", "is_billable": "is_billable", "rate": "rate",
    "budget_hours": "budget_hours", "status": "status",
}  # fmt: skip
TASK_IN = body(
    "TaskIn",
    with_ids=False,
    task_name=str,
    description=str,
    rate=Any,
    budget_hours=Any,
    is_billable=bool,
    status=str,
)
TASK = out(
    "Task", task_id=str, project_id=str, project_name=str, task_name=str,
    customer_id=str, customer_name=str, currency_id=str, log_time=str,
    description=str, rate=float | None, budget_hours=str,
    status=str, is_billable=bool, total_hours=str, billed_hours=str, un_billed_hours=str, non_billable_hours=str,
)  # fmt: skip
PERSON = out(
    "ProjectUser", user_id=str, project_id=str, user_name=str, email=str, user_role=str, status=str,
    is_current_user=bool, rate=float | None, cost_rate=float | None, budget_hours=str,
)  # fmt: skip
RATES = {"rate": Any, "cost_rate": Any, "budget_hours": Any}
PERSON_IN = body("ProjectUserIn", with_ids=False, user_id=str, users=list[dict[str, Any]], **RATES)
INVITED = body(
    "ProjectInvitation", required=("user_name", "email"), with_ids=False, user_name=str, email=str, user_role=str,
    **RATES,
)  # fmt: skip
PERSON_RATES = body("ProjectUserRates", with_ids=False, **RATES)
TASKS = Listing(
    filters={"task_name": ("name", "text"), "rate": ("rate", "number")},
    by={
        "Status.All": None,
        "Status.Active": lambda rows, call: rows.filter(status="open"),
        "Status.Inactive": lambda rows, call: rows.filter(status="closed"),
    },
    sorts={"task_name": "name", "created_time": "pk"},
    search=("name",),
)
PEOPLE = Listing(
    by={"Status.All": None}, sorts={"user_name": "staff_user__name"}, search=("staff_user__name",)
)


def _list_tasks(call, project_id):
    project = RESOURCE.found(call, project_id)
    minutes = {}

    def page(rows, found):
        minutes.update(sums.minutes_by(TimeEntry.objects.all(), "task_id", [task.pk for task in found]))
        return found, {}

    return listed(
        call, project.tasks.all(), TASKS, lambda task: shown_task(call, task, minutes.get(task.pk)), "Tasks",
        lambda rows: rows.select_related("project__customer"), extra=page,
    )  # fmt: skip


def _task(call, project_id, task_id):
    project, pk = RESOURCE.found(call, project_id), path_id(task_id)
    task = project.tasks.filter(pk=pk).first() if pk is not None else None
    if task is None:
        raise no_row(MISSING_TASK)
    return task


def _shown_task(call, task):
    task.refresh_from_db()
    return shown_task(call, task, sums.minutes_by(TimeEntry.objects.all(), "task_id", [task.pk]).get(task.pk))


def _get_task(call, project_id, task_id):
    return "success", _shown_task(call, _task(call, project_id, task_id))


def _save_task(call, task, values):
    guards.work(call)
    origin = panels.origin("tasks", task.pk) if task.pk else None
    found = {field: values[name] for field, name in NAMES.items() if name in values}
    for name in ("rate", "budget_hours"):
        if name in found:
            found[name] = _text(found[name])
    if found.get("status") in ("active", "inactive"):
        found["status"] = {"active": "open", "inactive": "closed"}[found["status"]]
    refusals = {"cannot be negative": (20004, "Please ensure that the amount is not negative")}

    def make(data, instance):
        locked = origin.locked if origin else None
        return TaskForm(data, instance=instance, membership=call.membership, locked=locked)

    return filled_form(make, task, found, NAMES, refusals).save()


def _new_task(call, project_id, values):
    project = RESOURCE.found(call, project_id)
    guards.work(call)
    if refusal := project_rules.task_creation_refusal(project):
        raise Refused(400, RULE, refusal)
    return "The task has been added.", _shown_task(call, _save_task(call, Task(project=project), values))


def _change_task(call, project_id, task_id, values):
    task = _save_task(call, _task(call, project_id, task_id), values)
    return "The task information has been updated.", _shown_task(call, task)


def _delete_task(call, project_id, task_id):
    task = _task(call, project_id, task_id)
    guards.work(call)
    if refusal := project_rules.task_delete_refusal(task):
        raise Refused(400, RULE, refusal)
    project, name = task.project, task.name
    deleting.delete(task)
    record(project, call.user, f"Deleted the task {name}.")
    return "The task has been deleted.", None


def _people(call, project_id):
    project = RESOURCE.found(call, project_id)
    guards.work(call)
    return listed(
        call, project.staff.all(), PEOPLE, lambda row: shown_person(call, row), "Users",
        lambda rows: rows.select_related("staff_user"),
    )  # fmt: skip


def _person(call, project_id, user_id):
    project, pk = RESOURCE.found(call, project_id), path_id(user_id)
    guards.work(call)
    rows = ProjectStaff.objects.select_related("staff_user", "project").filter(project=project)
    row = rows.filter(staff_user_id=pk).first() if pk is not None else None
    if row is None:
        raise no_row(MISSING_PERSON)
    return row


def _get_person(call, project_id, user_id):
    return "success", shown_person(call, _person(call, project_id, user_id))


def _add_people(call, project_id, values):
    guards.work(call)
    project = RESOURCE.found(call, project_id)
    several = values.pop("users", None)
    found = [add_person(call, project, item, f"users.{n}.") for n, item in enumerate(several or ())]
    if values or not found:
        found.append(add_person(call, project, values))
    ids = [row.pk for row in found]
    rows = ProjectStaff.objects.filter(pk__in=ids).select_related("staff_user")
    context = context_of()
    text = "Users added" if several else "The staff has been added."
    return text, [shown_person(call, row) for row in rows], context


def _invite(call, project_id, values):
    """Make a person (or take the one with this address), invite them to sign in, and let them work on the project."""
    guards.admin(call)
    project = RESOURCE.found(call, project_id)
    if refusal := project_rules.people_refusal(project):
        raise Refused(400, RULE, refusal)
    rates = {name: values.pop(name) for name in RATES if name in values}
    with transaction.atomic():
        known = StaffUser.objects.filter(organization=call.organization, email__iexact=values["email"])
        person = known.first() or users.save_person(
            call,
            StaffUser(),
            {
                "name": values["user_name"],
                "email": values["email"],
                "user_role": values.get("user_role") or "staff",
            },
        )
        row = add_person(call, project, {"user_id": str(person.pk), **rates})
        if not people.invitation_refusal(person):
            people.invite(person, call.user, on_commit=True)
            record(person, call.user, f"Invited at {person.email}")
    return "The staff has been added.", shown_person(call, row)


def _change_person(call, project_id, user_id, values):
    row = change_rates(call, _person(call, project_id, user_id), values)
    return "The staff information has been updated.", shown_person(call, row)


def _remove_person(call, project_id, user_id):
    row = _person(call, project_id, user_id)
    if refusal := project_rules.removal_refusal(row):
        raise Refused(400, RULE, refusal)
    row.delete()
    return "The staff has been removed.", None


def _invoices(call, project_id):
    project = RESOURCE.found(call, project_id)
    return invoices.list_of(call, project)


def make_router():
    """Addresses below /projects/{id}."""
    made, module = router("Projects"), {"module": "projects"}
    task = module | {"node": "task", "kind": TASK}
    one, root = "/projects/{project_id}/tasks/{task_id}", "/projects/{project_id}/tasks"
    operation(made, "get", root, _list_tasks, verb="READ", name="list_tasks", node="tasks", kind=TASK, many=True,
              alias="task", query=list_parameters(TASKS), **module)  # fmt: skip
    operation(
        made, "post", root, _new_task, verb="CREATE", name="create_task", body=TASK_IN, status=201, **task
    )
    operation(made, "get", one, _get_task, verb="READ", name="get_task", **task)
    operation(made, "put", one, _change_task, verb="UPDATE", name="update_task", body=TASK_IN, **task)
    operation(made, "delete", one, _delete_task, verb="DELETE", name="delete_task", **module)
    person = module | {"node": "user", "kind": PERSON}
    one, root = "/projects/{project_id}/users/{user_id}", "/projects/{project_id}/users"
    operation(made, "get", root, _people, verb="READ", name="list_project_users", node="users", kind=PERSON,
              many=True, query=list_parameters(PEOPLE), **module)  # fmt: skip
    operation(made, "post", root, _add_people, verb="CREATE", name="add_project_users", body=PERSON_IN,
              status=201, node="users", kind=PERSON, many=True, **module)  # fmt: skip
    operation(made, "post", f"{root}/invite", _invite, verb="CREATE", name="invite_project_user", body=INVITED,
              **person)  # fmt: skip
    operation(made, "get", one, _get_person, verb="READ", name="get_project_user", **person)
    operation(made, "put", one, _change_person, verb="UPDATE", name="update_project_user", body=PERSON_RATES,
              **person)  # fmt: skip
    operation(made, "delete", one, _remove_person, verb="DELETE", name="remove_project_user", **module)
    operation(made, "get", "/projects/{project_id}/invoices", _invoices, module="invoices", verb="READ",
              name="list_project_invoices", node="invoices", kind=invoices.INVOICE, many=True,
              query=list_parameters(invoices.LISTING))  # fmt: skip
    return made
