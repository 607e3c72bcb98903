"""Projects, the work planned in them, the people who do it and the hours they log."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower

from organizations.history import recorded
from organizations.invitations import is_pending
from organizations.money import ExactDecimalField, amount_field, rate_field
from timetracking.rules import person_problems, project_creation_refusal, project_problems


def hours_field(**kwargs):
    """Planned hours: two decimals."""
    return ExactDecimalField(max_digits=12, decimal_places=2, null=True, blank=True, **kwargs)


class Openness(models.TextChoices):
    OPEN = "open", "Open"
    CLOSED = "closed", "Closed"


class StaffUser(models.Model):
    """A person who works, with or without a login."""

    class Role(models.TextChoices):
        ADMIN = "admin", "Administrator"
        STAFF = "staff", "Staff"
        TIMESHEET_STAFF = "timesheet_staff", "Timesheet staff"
        EMPLOYEE_SUBMITTER = "employee_submitter", "Employee submitter"

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        INACTIVE = "inactive", "Inactive"

    organization = models.ForeignKey("organizations.Organization", models.PROTECT, related_name="staff_users")
    name = models.CharField(max_length=1000)
    email = models.CharField(max_length=254, blank=True)
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.STAFF)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    has_portal_access = models.BooleanField(default=False)
    cost_rate = rate_field(
        null=True,
        blank=True,
        help_text="What an hour costs you, in the organization's base currency.",
    )
    membership = models.ForeignKey(
        "organizations.Membership", models.SET_NULL, null=True, blank=True, related_name="staff_users"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "organization", Lower("email"), condition=~models.Q(email=""), name="staff_email_once_ci"
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="staff_has_name"),
        ]
        indexes = [models.Index(fields=["organization", "name", "id"], name="staff_list")]

    def __str__(self):
        return self.name

    def clean(self):
        """What must hold whoever saves the person by a form."""
        if problems := person_problems(self):
            raise ValidationError(problems)

    @property
    def is_invited(self):
        """True while an invitation waits to be taken up."""
        return self.membership is not None and is_pending(self.membership)

    @property
    def is_switched_off(self):
        """True for somebody with a login here that does not work now."""
        return self.membership is not None and not self.membership.is_active and not self.is_invited


class Project(models.Model):
    """Work for one customer, in the customer's currency."""

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        INACTIVE = "inactive", "Inactive"

    class BillingMethod(models.TextChoices):
        FIXED_COST = "fixed_cost", "Fixed cost"
        PROJECT_HOURS = "project_hours", "Based on project hours"
        TASK_HOURS = "task_hours", "Based on task hours"
        STAFF_HOURS = "staff_hours", "Based on staff hours"

    organization = models.ForeignKey("organizations.Organization", models.PROTECT, related_name="projects")
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="projects")
    name = models.CharField(max_length=1000)
    code = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    billing_method = models.CharField(
        max_length=20, choices=BillingMethod.choices, default=BillingMethod.PROJECT_HOURS
    )
    rate = rate_field(
        null=True,
        blank=True,
        help_text="Per hour, in the project's currency; at fixed cost, the price of the whole project.",
    )
    budget_type = models.CharField(max_length=50, blank=True)
    budget_amount = amount_field(null=True, blank=True)
    budget_hours = hours_field()
    currency = models.CharField(max_length=3)
    manager = models.ForeignKey(
        StaffUser, models.SET_NULL, null=True, blank=True, related_name="managed_projects"
    )
    start_date = models.DateField(null=True, blank=True)
    end_date = models.DateField(null=True, blank=True)
    custom_fields = models.JSONField(default=dict, blank=True)

    history = recorded(excluded_fields=["custom_fields", "description"])

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(name=""), name="project_has_name")]
        indexes = [
            models.Index(fields=["organization", "name", "id"], name="project_list"),
            models.Index(fields=["customer", "name", "id"], name="project_by_customer"),
        ]

    def clean(self):
        """Nobody creates projects by hand where they come from Zoho Projects only; values have to make sense."""
        if (
            self.pk is None
            and self.organization_id
            and (refusal := project_creation_refusal(self.organization))
        ):
            raise ValidationError(refusal)
        if problems := project_problems(self):
            raise ValidationError(
                [f"{name.replace('_', ' ').capitalize()}: {text}" for name, text in problems.items()]
            )

    def __str__(self):
        return self.name


class ProjectStaff(models.Model):
    """A person who works on a project (a Project Staff User)."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="staff")
    staff_user = models.ForeignKey(StaffUser, models.CASCADE, related_name="project_staff")
    rate = rate_field(null=True, blank=True)
    cost_rate = rate_field(null=True, blank=True)
    budget_hours = hours_field()

    history = recorded()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "staff_user"], name="project_staff_once")]

    def __str__(self):
        return f"{self.staff_user} on {self.project}"


class Milestone(models.Model):
    """A phase of a project."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="milestones")
    name = models.CharField(max_length=1000)
    start_date = models.DateField(null=True, blank=True)
    end_date = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=Openness.choices, default=Openness.OPEN)

    def __str__(self):
        return self.name


class TaskList(models.Model):
    """Groups tasks, within a milestone or outside any."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="task_lists")
    milestone = models.ForeignKey(
        Milestone, models.SET_NULL, null=True, blank=True, related_name="task_lists"
    )
    name = models.CharField(max_length=1000)
    status = models.CharField(max_length=10, choices=Openness.choices, default=Openness.OPEN)

    def __str__(self):
        return self.name


class Task(models.Model):
    """A piece of planned work; may have subtasks."""

    # its index is the list page's, below
    project = models.ForeignKey(Project, models.CASCADE, related_name="tasks", db_index=False)
    task_list = models.ForeignKey(TaskList, models.SET_NULL, null=True, blank=True, related_name="tasks")
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="subtasks")
    name = models.CharField(max_length=1000)
    description = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=Openness.choices, default=Openness.OPEN)
    priority = models.CharField(max_length=100, blank=True)
    is_billable = models.BooleanField(default=True)
    rate = rate_field(null=True, blank=True)
    budget_hours = hours_field()
    start_date = models.DateField(null=True, blank=True)
    due_date = models.DateField(null=True, blank=True)
    percent_complete = models.PositiveSmallIntegerField(default=0)
    custom_fields = models.JSONField(default=dict, blank=True)

    history = recorded(excluded_fields=["custom_fields", "description"])

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(percent_complete__lte=100), name="task_percent_within_100"
            )
        ]
        indexes = [models.Index(fields=["project", "name", "id"], name="task_list_page")]

    def __str__(self):
        return self.name


class Bug(models.Model):
    """A defect reported in a project."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="bugs")
    name = models.CharField(max_length=1000)
    description = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=Openness.choices, default=Openness.OPEN)
    severity = models.CharField(max_length=200, blank=True)
    reporter = models.ForeignKey(
        StaffUser, models.SET_NULL, null=True, blank=True, related_name="reported_bugs"
    )
    assignee = models.ForeignKey(
        StaffUser, models.SET_NULL, null=True, blank=True, related_name="assigned_bugs"
    )
    due_date = models.DateField(null=True, blank=True)
    custom_fields = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = [models.Index(fields=["project", "name", "id"], name="bug_list_page")]

    def __str__(self):
        return self.name


class TimeEntry(models.Model):
    """Minutes somebody worked on a task, on a bug, or on a project in general, on one calendar day."""

    class Kind(models.TextChoices):
        TASK = "task", "Task"
        BUG = "bug", "Bug"
        GENERAL = "general", "General"

    class BillingStatus(models.TextChoices):
        UNBILLED = "unbilled", "Unbilled"
        INVOICED = "invoiced", "Invoiced"
        NON_BILLABLE = "non_billable", "Non-billable"

    # No indexes of their own: the composite ones below begin with each of them.
    organization = models.ForeignKey(
        "organizations.Organization", models.PROTECT, related_name="time_entries", db_index=False
    )
    project = models.ForeignKey(Project, models.PROTECT, related_name="time_entries", db_index=False)
    staff_user = models.ForeignKey(StaffUser, models.PROTECT, related_name="time_entries", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    task = models.ForeignKey(Task, models.PROTECT, null=True, blank=True, related_name="time_entries")
    bug = models.ForeignKey(Bug, models.PROTECT, null=True, blank=True, related_name="time_entries")
    title = models.CharField(max_length=1000, blank=True)
    date = models.DateField()
    minutes = models.PositiveIntegerField()
    is_billable = models.BooleanField(default=True)
    billing_status = models.CharField(
        max_length=12, choices=BillingStatus.choices, default=BillingStatus.UNBILLED
    )
    notes = models.TextField(blank=True)
    cost_rate = rate_field(null=True, blank=True)
    custom_fields = models.JSONField(default=dict, blank=True)
    timer_started_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="While a timer runs; until then nothing of it is billed.",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(minutes__gt=0) | models.Q(timer_started_at__isnull=False),
                name="time_entry_minutes_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(timer_started_at=None) | models.Q(billing_status="non_billable"),
                name="time_entry_timed_is_not_billed",
            ),
            models.UniqueConstraint(
                fields=["staff_user"],
                condition=models.Q(timer_started_at__isnull=False),
                name="one_timer_per_person",
            ),
            models.CheckConstraint(
                condition=(
                    models.Q(kind="task", task__isnull=False, bug__isnull=True)
                    | models.Q(kind="bug", task__isnull=True, bug__isnull=False)
                    | models.Q(kind="general", task__isnull=True, bug__isnull=True)
                ),
                name="time_entry_item_fits_kind",
            ),
            models.CheckConstraint(
                condition=models.Q(billing_status__in=["unbilled", "invoiced", "non_billable"]),
                name="time_entry_billing_status_known",
            ),
        ]
        indexes = [
            # Each serves one filter of the list, in the order of the list, so that a page is found, not sorted. What
            # stands behind the id answers for further filters without a look at the rows.
            models.Index(fields=["organization", "-date", "-id"], name="time_entry_list"),
            models.Index(
                fields=["project", "-date", "-id", "kind", "billing_status", "organization"],
                name="time_entry_by_project",
            ),
            models.Index(
                fields=["staff_user", "-date", "-id", "kind", "billing_status", "organization"],
                name="time_entry_by_person",
            ),
            models.Index(fields=["organization", "kind", "-date", "-id"], name="time_entry_by_kind"),
            models.Index(
                fields=["organization", "billing_status", "-date", "-id", "kind"], name="time_entry_by_state"
            ),
            # Sums of unbilled hours are read from this one alone.
            models.Index(
                fields=["project", "billing_status", "staff_user", "task", "date", "minutes"],
                name="time_entry_sums",
            ),
        ]

    def __str__(self):
        return f"{self.date}: {self.minutes} min"


from timetracking.saved_filters import SavedFilter  # noqa: E402, F401  (a table with a file of its own)
