"""Projects: the list, a project's page, and what is done with a project of one's own."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from organizations import deleting, panels
from organizations.activity import record
from organizations.current import current_membership, current_organization, member_required, role_required
from organizations.once import new_token, use_up
from organizations.paging import keyset_page
from timetracking import entry_rules, project_rules, selectors
from timetracking.forms import ProjectForm
from timetracking.models import Project, ProjectStaff, Task
from timetracking.project_page import overview
from timetracking.rules import project_creation_refusal
from timetracking.tabs import TABS, tab_context


@member_required
def project_list(request):
    """Projects with search, filter, sorting and pages, each with where it comes from."""
    membership, params = current_membership(request), request.GET.dict()
    order = selectors.PROJECT_ORDERS.get(params.get("sort"), selectors.PROJECT_ORDERS["name"])
    rows = selectors.filtered_projects(membership, params)
    page = keyset_page(
        rows.select_related("customer", "manager").defer("description"), order, params, count_from=rows
    )
    origins = panels.origins("projects", [row.pk for row in page.rows])
    for row in page.rows:
        row.origin = origins.get(row.pk)
    return render(
        request,
        "timetracking/project_list.html",
        {"page": page, "params": params, "refusal": project_creation_refusal(membership.organization)},
    )


@member_required
def project_detail(request, pk):
    """One project, by tabs; 404 outside the organization and for people who do not work on it."""
    membership = current_membership(request)
    rows = selectors.visible_projects(membership).select_related("customer", "manager")
    project = get_object_or_404(rows, pk=pk)
    params = request.GET.dict()
    extra = panels.collect("project.tabs", membership, project)
    tabs = [*TABS[:-1], *((tab.key, tab.label) for tab in extra), TABS[-1]]
    tab = params.get("tab") if params.get("tab") in dict(tabs) else "overview"
    origin = panels.origin("projects", project.pk)
    context = {"project": project, "tab": tab, "tabs": tabs, "params": params, "origin": origin}
    context |= _header(membership, project, origin)
    of_others = next((item for item in extra if item.key == tab), None)
    if of_others:
        context |= {"extra": of_others, **of_others.context(request, project)}
    elif tab == "overview":
        context |= overview(request, membership, project)
    else:
        context |= tab_context(tab, project, membership, params)
    return render(request, "timetracking/project_detail.html", context)


def _header(membership, project, origin):
    actions = panels.collect("project.actions", membership, project)
    menus = {}
    for action in actions:
        if action.menu:
            menus.setdefault(action.menu, []).append(action)
    can_log = not origin and project.status == "active" and not entry_rules.logging_refusal(membership)
    return {
        "actions": [action for action in actions if not action.menu],
        "bill_url": next((action.url for action in actions if action.key == "create_invoice"), ""),
        "menus": list(menus.items()),
        "log_url": f"{reverse('entry_new')}?project={project.pk}" if can_log else "",
    }


@role_required("admin", "staff")
def project_new(request):
    """Create a project here, unless projects come from Zoho Projects only."""
    refusal = project_creation_refusal(current_organization(request))
    form = ProjectForm(request.POST or None, membership=current_membership(request))
    if request.method == "POST" and not refusal and form.is_valid():
        with transaction.atomic():
            if not use_up(request):
                messages.info(request, "This project was created already.")
                return redirect("projects")
            project = form.save()
            record(project, request.user, "Created the project.")
        messages.success(request, f"The project {project.name} was created.")
        return redirect("project", project.pk)
    return _form(request, form, refusal=refusal, status=403 if refusal else 200)


def _form(request, form, refusal="", status=200, **context):
    context |= {"form": form, "refusal": refusal, "once": new_token()}
    return render(request, "timetracking/project_form.html", context, status=status)


def own_project(request, pk):
    """A project of the current organization; 404 otherwise."""
    rows = Project.objects.filter(organization=current_organization(request))
    return get_object_or_404(rows.select_related("customer"), pk=pk)


@role_required("admin", "staff")
def project_edit(request, pk):
    """Change a project. What follows Zoho Projects, or is fixed by documents, rests with the reason beside it."""
    project = own_project(request, pk)
    form = ProjectForm(request.POST or None, instance=project, membership=current_membership(request))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, f"The project {project.name} was saved.")
        return redirect("project", project.pk)
    return _form(request, form, project=project, origin=panels.origin("projects", pk))


@role_required("admin", "staff")
@require_POST
def project_status(request, pk):
    """Make a project inactive, or active again."""
    project = own_project(request, pk)
    if refusal := project_rules.locked_fields(project).get("status"):
        messages.error(request, refusal)
        return redirect("project", pk)
    wanted = request.POST.get("status")
    if wanted in Project.Status.values and wanted != project.status:
        project.status = wanted
        project.save(update_fields=["status"])
        messages.success(request, f"The project is {project.get_status_display().lower()} now.")
    return redirect("project", pk)


@role_required("admin", "staff")
def project_clone(request, pk):
    """Ask for a name, then copy a project with its tasks, people and rates; hours and documents stay behind."""
    source = own_project(request, pk)
    refusal = project_creation_refusal(current_organization(request))
    name, problem = request.POST.get("name", f"{source.name} (copy)").strip().replace("\0", ""), ""
    if request.method == "POST" and not refusal:
        if not 1 <= len(name) <= 1000:
            problem = "Write a name of at most 1,000 characters."
        else:
            with transaction.atomic():
                if not use_up(request):
                    messages.info(request, "This copy was made already.")
                    return redirect("projects")
                copy = clone(source, name, request.user)
            messages.success(request, f"The project {copy.name} was created as a copy.")
            return redirect("project", copy.pk)
    return render(
        request,
        "timetracking/project_clone.html",
        {"project": source, "name": name, "problem": problem, "refusal": refusal, "once": new_token()},
        status=403 if refusal else 200,
    )


def clone(source, name, user):
    """A new project like `source`: customer, billing, budgets, people with rates, tasks with their tree."""
    copy = Project.objects.get(pk=source.pk)
    copy.pk, copy.name, copy.status, copy._state.adding = None, name, Project.Status.ACTIVE, True
    copy.currency = source.customer.currency
    copy.save()
    people = ProjectStaff.objects.filter(project=source)
    ProjectStaff.objects.bulk_create(
        [
            ProjectStaff(
                project=copy,
                staff_user_id=row.staff_user_id,
                rate=row.rate,
                cost_rate=row.cost_rate,
                budget_hours=row.budget_hours,
            )
            for row in people
        ]
    )
    tasks = list(Task.objects.filter(project=source).order_by("pk"))
    new = {}
    for task in tasks:
        new[task.pk] = Task(
            project=copy,
            name=task.name,
            description=task.description,
            priority=task.priority,
            is_billable=task.is_billable,
            rate=task.rate,
            budget_hours=task.budget_hours,
        )
    Task.objects.bulk_create(new.values())
    children = [task for task in tasks if task.parent_id in new]
    for task in children:
        new[task.pk].parent = new[task.parent_id]
    Task.objects.bulk_update([new[task.pk] for task in children], ["parent"], batch_size=500)
    record(copy, user, f"Copied from {source.name}.")
    return copy


@role_required("admin", "staff")
def project_delete(request, pk):
    """Ask, then delete a project on which nothing hangs."""
    project = own_project(request, pk)
    refusal = project_rules.delete_refusal(project)
    if request.method == "POST" and not refusal:
        try:
            deleting.delete(project)
        except ValidationError as refused:
            refusal = " ".join(refused.messages)
        else:
            messages.success(request, f"The project {project.name} was deleted.")
            return redirect("projects")
    return render(
        request,
        "timetracking/project_delete.html",
        {"project": project, "refusal": refusal},
        status=409 if refusal and request.method == "POST" else 200,
    )
