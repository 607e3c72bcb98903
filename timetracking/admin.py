"""Admin pages of time tracking."""

import copy

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction

from organizations.admin_base import InOrganization, InOrganizationInline, OneOrganizationForm
from timetracking.models import Bug, Milestone, Project, ProjectStaff, StaffUser, Task, TaskList, TimeEntry
from timetracking.people import save_person


class ProjectStaffInline(InOrganizationInline):
    model = ProjectStaff
    raw_id_fields = ["staff_user"]


@admin.register(Project)
class ProjectAdmin(InOrganization):
    list_display = ["name", "customer", "billing_method", "currency", "status"]
    list_filter = ["status", "billing_method"]
    list_select_related = ["customer"]
    search_fields = ["name", "code", "customer__display_name"]
    raw_id_fields = ["customer", "manager"]
    inlines = [ProjectStaffInline]


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
    organization_path = "project__organization"
    list_select_related = ["project"]
    list_filter = ["status"]
    search_fields = ["name", "project__name"]


@admin.register(ProjectStaff)
class ProjectStaffAdmin(OfProject):
    list_display = ["staff_user", "project", "rate", "cost_rate"]
    list_filter = ["staff_user__role"]
    list_select_related = ["project", "staff_user"]
    search_fields = ["staff_user__name", "project__name"]
    raw_id_fields = ["project", "staff_user"]


@admin.register(Milestone)
class MilestoneAdmin(OfProject):
    list_display = ["name", "project", "start_date", "end_date", "status"]
    raw_id_fields = ["project"]


@admin.register(TaskList)
class TaskListAdmin(OfProject):
    list_display = ["name", "project", "milestone", "status"]
    list_select_related = ["project", "milestone"]
    raw_id_fields = ["project", "milestone"]


@admin.register(Task)
class TaskAdmin(OfProject):
    list_display = ["name", "project", "status", "due_date", "percent_complete"]
    list_filter = ["status", "is_billable"]
    raw_id_fields = ["project", "task_list", "parent"]


@admin.register(Bug)
class BugAdmin(OfProject):
    list_display = ["name", "project", "severity", "status", "due_date"]
    raw_id_fields = ["project", "reporter", "assignee"]


@admin.register(TimeEntry)
class TimeEntryAdmin(InOrganization):
    list_display = ["date", "project", "staff_user", "kind", "minutes", "billing_status"]
    list_filter = ["billing_status", "kind", "is_billable"]
    list_select_related = ["project", "staff_user"]
    search_fields = ["project__name", "staff_user__name", "title"]
    raw_id_fields = ["project", "staff_user", "task", "bug"]

    def has_change_permission(self, request, obj=None):
        """An hour that stands on a live invoice is not changed behind the invoice's back."""
        return super().has_change_permission(request, obj) and (
            obj is None or not obj.billings.filter(released_at=None).exists()
        )
