"""Admin pages of time tracking."""

import copy
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from organizations.admin_base import InOrganization, InOrganizationInline, OneOrganizationForm, ReadOnly
from organizations.models import Membership
from organizations.panels import origin
from timetracking import entries
from timetracking.entry_rules import locked_entries
from timetracking.models import Bug, Milestone, Project, ProjectStaff, StaffUser, Task, TaskList, TimeEntry
from timetracking.people import save_person
from timetracking.project_rules import (
    delete_refusal,
    locked_fields,
    people_refusal,
    removal_refusal,
    task_creation_refusal,
    task_delete_refusal,
)
from timetracking.saved_filters import SavedFilter


class ProjectStaffInline(InOrganizationInline):
    """People are added here where that is possible; changed and taken off one by one, on the pages of their own."""

    model = ProjectStaff
    raw_id_fields = ["staff_user"]
    can_delete = False

    def has_add_permission(self, request, obj=None):
        return super().has_add_permission(request, obj) and not (obj and people_refusal(obj))

    def has_change_permission(self, request, obj=None):
        return False


@admin.register(Project)
class ProjectAdmin(InOrganization):
    list_display = ["name", "customer", "billing_method", "currency", "status"]
    list_filter = ["status", "billing_method"]
    list_select_related = ["customer"]
    search_fields = ["name", "code", "customer__display_name"]
    raw_id_fields = ["customer", "manager"]
    inlines = [ProjectStaffInline]
    actions = None  # one by one, so that each is asked whether it may go

    def get_readonly_fields(self, request, obj=None):
        """What follows Zoho Projects or is fixed by documents rests here, too; a currency is its customer's."""
        return ["organization", *locked_fields(obj)] if obj else ["currency"]

    def save_model(self, request, obj, form, change):
        if not change or "customer" in form.changed_data:
            obj.currency = obj.customer.currency
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and not (obj and delete_refusal(obj))


class StaffUserAdminForm(OneOrganizationForm):
    """Saves through the service of people, so that its refusals show on the form."""

    def _post_clean(self):
        """Try the whole change, and take it back: what is refused is refused before anything is saved."""
        super()._post_clean()
        if self.errors:
            return
        try:
            with transaction.atomic():
                save_person(copy.copy(self.instance), self.changed_data)
                transaction.set_rollback(True)
        except ValidationError as refused:
            self.add_error(None, refused)


@admin.register(StaffUser)
class StaffUserAdmin(InOrganization):
    form = StaffUserAdminForm
    list_display = ["name", "email", "role", "status", "has_portal_access"]
    list_filter = ["role", "status", "has_portal_access"]
    search_fields = ["name", "email"]
    raw_id_fields = ["membership"]

    def get_readonly_fields(self, request, obj=None):
        """A person stays in their organization."""
        return ["organization"] if obj else []

    def save_model(self, request, obj, form, change):
        """As every other entrance: membership, seats and projects follow."""
        save_person(obj, form.changed_data)


class OfProject(InOrganization):
    """Parts of a project; those that follow Zoho Projects rest. `synced_as`: their module there."""

    organization_path = "project__organization"
    synced_as = ""

    def get_readonly_fields(self, request, obj=None):
        found = origin(self.synced_as, obj.pk) if obj and self.synced_as else None
        return list(found.locked) if found else []

    def has_delete_permission(self, request, obj=None):
        allowed = super().has_delete_permission(request, obj)
        return allowed and not (obj and self.synced_as and origin(self.synced_as, obj.pk))

    list_select_related = ["project"]
    list_filter = ["status"]
    search_fields = ["name", "project__name"]


class PartForm(OneOrganizationForm):
    """Asks the project whether a new part can be added."""

    @staticmethod
    def refusal(project):
        """Why the project takes no more of them, '' when it does."""
        raise NotImplementedError

    def clean(self):
        cleaned = super().clean()
        project = cleaned.get("project") if self.instance.pk is None else None
        if project is not None and (refusal := self.refusal(project)):
            raise ValidationError(refusal)
        return cleaned


class ProjectStaffForm(PartForm):
    refusal = staticmethod(people_refusal)


@admin.register(ProjectStaff)
class ProjectStaffAdmin(OfProject):
    form = ProjectStaffForm
    actions = None  # one by one, so that each is asked whether it may go

    def get_readonly_fields(self, request, obj=None):
        """Somebody else is another row."""
        return ["project", "staff_user"] if obj else []

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and not (obj and removal_refusal(obj))

    list_display = ["staff_user", "project", "rate", "cost_rate"]
    list_filter = ["staff_user__role"]
    list_select_related = ["project", "staff_user"]
    search_fields = ["staff_user__name", "project__name"]
    raw_id_fields = ["project", "staff_user"]


@admin.register(Milestone)
class MilestoneAdmin(OfProject):
    synced_as = "milestones"
    list_display = ["name", "project", "start_date", "end_date", "status"]
    raw_id_fields = ["project"]


@admin.register(TaskList)
class TaskListAdmin(OfProject):
    synced_as = "task_lists"
    list_display = ["name", "project", "milestone", "status"]
    list_select_related = ["project", "milestone"]
    raw_id_fields = ["project", "milestone"]


class TaskForm(PartForm):
    refusal = staticmethod(task_creation_refusal)


@admin.register(Task)
class TaskAdmin(OfProject):
    form = TaskForm
    synced_as = "tasks"
    actions = None  # one by one, so that each is asked whether it may go

    def get_readonly_fields(self, request, obj=None):
        """A task stays in its project, with its hours."""
        return ["project", *super().get_readonly_fields(request, obj)] if obj else []

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and not (obj and task_delete_refusal(obj))

    list_display = ["name", "project", "status", "due_date", "percent_complete"]
    list_filter = ["status", "is_billable"]
    raw_id_fields = ["project", "task_list", "parent"]


@admin.register(Bug)
class BugAdmin(OfProject):
    synced_as = "bugs"
    list_display = ["name", "project", "severity", "status", "due_date"]
    raw_id_fields = ["project", "reporter", "assignee"]


class TimeEntryForm(OneOrganizationForm):
    """Saves through the service of hours as the member that the visitor is, so that its refusals show on the form."""

    user: Any = None

    def _post_clean(self):
        """Try the whole change, and take it back: what is refused is refused before anything is saved."""
        super()._post_clean()
        if self.errors:
            return
        try:
            with transaction.atomic():
                self.stored(copy.copy(self.instance))
                transaction.set_rollback(True)
        except ValidationError as refused:
            self.add_error(None, " ".join(refused.messages))

    def stored(self, entry):
        """Save it by every rule. ValidationError with the reasons."""
        organization = entry.project.organization_id
        member = Membership.objects.filter(user=self.user, organization=organization, is_active=True).first()
        if member is None:
            raise ValidationError("You are no member of the project's organization.")
        if "is_billable" not in self.changed_data:
            entries.as_it_stands(entry)
        return entries.save_entry(member, entry)


@admin.register(TimeEntry)
class TimeEntryAdmin(InOrganization):
    form = TimeEntryForm
    list_display = ["date", "project", "staff_user", "kind", "minutes", "billing_status"]
    list_filter = ["billing_status", "kind", "is_billable"]
    list_select_related = ["project", "staff_user"]
    search_fields = ["project__name", "staff_user__name", "title"]
    raw_id_fields = ["project", "staff_user", "task", "bug"]

    actions = None  # one by one, so that each is asked whether it may go
    readonly_fields = ["billing_status"]  # follows the documents, and "billable"

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.user = request.user
        return form

    def save_model(self, request, obj, form, change):
        """Asked once more with the row held: somebody may have billed it since the page was opened."""
        try:
            form.stored(obj)
        except ValidationError as refused:
            raise PermissionDenied(" ".join(refused.messages)) from None

    def has_change_permission(self, request, obj=None):
        """An hour that is invoiced, or comes from Zoho Projects, is not changed behind their backs."""
        return super().has_change_permission(request, obj) and not (obj and locked_entries([obj]))

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and not (obj and locked_entries([obj]))


@admin.register(SavedFilter)
class SavedFilterAdmin(ReadOnly):
    list_display = ["name", "membership"]
    list_filter = ["membership__role"]
    list_select_related = ["membership__user", "membership__organization"]
    search_fields = ["name"]
