"""People with their rates, and tasks, of one project."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from organizations import deleting, panels
from organizations.activity import record
from organizations.current import current_membership, edits_money, role_required
from organizations.once import new_token, use_up
from timetracking import project_rules
from timetracking.forms import AddPersonForm, PersonRatesForm, TaskForm
from timetracking.models import ProjectStaff, Task
from timetracking.project_views import own_project

NO_GRANT = "Setting rates is not granted to you. Ask an administrator."


def _tab(project, tab):
    response = redirect("project", project.pk)
    response["Location"] += f"?tab={tab}"
    return response


def _draw(request, form, project, title, tab, **context):
    context |= {"form": form, "project": project, "title": title, "tab": tab, "once": new_token()}
    return render(request, "timetracking/project_part_form.html", context)


@role_required("admin", "staff")
def person_rates(request, pk, person_pk):
    """Set rate, cost rate and budget hours of a person in a project, wherever the project comes from."""
    project = own_project(request, pk)
    row = get_object_or_404(ProjectStaff.objects.select_related("staff_user"), pk=person_pk, project=project)
    if not edits_money(current_membership(request)):
        messages.error(request, NO_GRANT)
        return _tab(project, "people")
    form = PersonRatesForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, f"The rates of {row.staff_user.name} were saved.")
        return _tab(project, "people")
    return _draw(request, form, project, row.staff_user.name, "people")


@role_required("admin", "staff")
def person_add(request, pk):
    """Let somebody work on a project of one's own."""
    project = own_project(request, pk)
    if refusal := project_rules.people_refusal(project):
        messages.error(request, refusal)
        return _tab(project, "people")
    form = AddPersonForm(request.POST or None, project=project)
    if request.method == "POST" and form.is_valid():
        person = form.cleaned_data["staff_user"]
        ProjectStaff.objects.get_or_create(project=project, staff_user=person)
        messages.success(request, f"{person.name} works on this project now.")
        return _tab(project, "people")
    return _draw(request, form, project, "Add a person", "people")


@role_required("admin", "staff")
@require_POST
def person_remove(request, pk, person_pk):
    """Take somebody off a project of one's own, unless they logged time on it."""
    project = own_project(request, pk)
    row = get_object_or_404(ProjectStaff.objects.select_related("staff_user"), pk=person_pk, project=project)
    if refusal := project_rules.removal_refusal(row):
        messages.error(request, refusal)
    else:
        row.delete()
        messages.success(request, f"{row.staff_user.name} does not work on this project any more.")
    return _tab(project, "people")


@role_required("admin", "staff")
def task_edit(request, pk, task_pk=None):
    """A new task in a project of one's own, or a change of one; only its rate where it comes from Zoho Projects."""
    project, membership = own_project(request, pk), current_membership(request)
    task = get_object_or_404(Task, pk=task_pk, project=project) if task_pk else None
    if task is None and (refusal := project_rules.task_creation_refusal(project)):
        messages.error(request, refusal)
        return _tab(project, "tasks")
    origin = panels.origin("tasks", task_pk) if task else None
    form = TaskForm(
        request.POST or None,
        instance=task or Task(project=project),
        membership=membership,
        locked=origin.locked if origin else None,
    )
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            if not use_up(request):
                return _tab(project, "tasks")
            form.save()
        messages.success(request, f"The task {form.instance.name} was saved.")
        return _tab(project, "tasks")
    return _draw(request, form, project, task.name if task else "New task", "tasks", task=task)


@role_required("admin", "staff")
@require_POST
def task_delete(request, pk, task_pk):
    """Delete a task of one's own on which nobody logged time."""
    project = own_project(request, pk)
    task = get_object_or_404(Task, pk=task_pk, project=project)
    if refusal := project_rules.task_delete_refusal(task):
        messages.error(request, refusal)
        return _tab(project, "tasks")
    try:
        deleting.delete(task)
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    else:
        record(project, request.user, f"Deleted the task {task.name}.")
        messages.success(request, f"The task {task.name} was deleted.")
    return _tab(project, "tasks")
