"""Admin pages of time tracking."""

from django.contrib import admin
from django.core.exceptions import ValidationError

from organizations.admin_base import InOrganization, InOrganizationInline, OneOrganizationForm
from timetracking.models import Bug, Milestone, Project, ProjectStaff, StaffUser, Task, TaskList, TimeEntry
from timetracking.rules import project_creation_refusal


class ProjectAdminForm(OneOrganizationForm):
    """Asks the same rule as the product's own form."""

    def clean(self):
        cleaned = super().clean()
        organization = cleaned.get("organization")
        if self.instance.pk is None and organization and (refusal := project_creation_refusal(organization)):
            raise ValidationError(refusal)
        return cleaned


class ProjectStaffInline(InOrganizationInline):
    model = ProjectStaff
    raw_id_fields = ["staff_user"]


@admin.register(Project)
class ProjectAdmin(InOrganization):
    form = ProjectAdminForm
    list_display = ["name", "customer", "billing_method", "currency", "status"]
    list_filter = ["status", "billing_method"]
    list_select_related = ["customer"]
    search_fields = ["name", "code", "customer__display_name"]
    raw_id_fields = ["customer", "manager"]
    inlines = [ProjectStaffInline]


@admin.register(StaffUser)
class StaffUserAdmin(InOrganization):
    list_display = ["name", "email", "role", "status", "has_portal_access"]
    list_filter = ["role", "status", "has_portal_access"]
    search_fields = ["name", "email"]
    raw_id_fields = ["membership"]


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
        return super().has_change_permission(request, obj) and not hasattr(obj, "billed")
