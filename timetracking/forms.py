"""Forms of projects, their people and their tasks. What follows Zoho Projects rests, with the reason beside it."""

from django import forms

from customers.models import Customer
from organizations.current import edits_money, sees_money
from organizations.forms import with_look
from timetracking import project_rules
from timetracking.models import Project, ProjectStaff, StaffUser, Task
from timetracking.rules import BUDGET_TYPES

MONEY = ("billing_method", "rate", "budget_type", "budget_amount")
NO_GRANT = "Setting prices is not granted to you. Ask an administrator."
NEGATIVE = "This cannot be negative."
DAY = {"type": "date"}


def rest(form, reasons):
    """Disable the fields named in `reasons` and say why beside them; disabled fields keep their stored value."""
    for name, reason in reasons.items():
        if field := form.fields.get(name):
            field.disabled, field.help_text = True, reason


class NotNegative:
    """Refuses negative numbers in the fields named in `positive`."""

    positive = ()

    def clean(self):
        cleaned = super().clean()
        for name in self.positive:
            if name in self.fields and (cleaned.get(name) or 0) < 0:
                self.add_error(name, NEGATIVE)
        return cleaned


class ProjectForm(NotNegative, forms.ModelForm):
    """A project, new or stored. Its currency is its customer's."""

    positive = ("rate", "budget_amount", "budget_hours")
    budget_type = forms.ChoiceField(label="Budget", choices=BUDGET_TYPES, required=False)

    class Meta:
        model = Project
        fields = [
            "customer",
            "name",
            "code",
            "description",
            "billing_method",
            "rate",
            "budget_type",
            "budget_amount",
            "budget_hours",
            "manager",
            "start_date",
            "end_date",
        ]
        widgets = {
            "start_date": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
            "end_date": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
            "description": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts = {
            "rate": "Per hour (or for the whole project at fixed cost), in the customer's currency."
        }

    def __init__(self, *args, membership, **kwargs):
        super().__init__(*args, **kwargs)
        organization = membership.organization
        self.instance.organization = organization
        customers = Customer.objects.filter(organization=organization)
        active = customers.filter(is_active=True) | customers.filter(pk=self.instance.customer_id or 0)
        self.fields["customer"].queryset = active.order_by("display_name", "id")
        people = StaffUser.objects.filter(organization=organization)
        self.fields["manager"].queryset = people.order_by("name", "id")
        stored = self.instance.budget_type
        if stored and stored not in dict(BUDGET_TYPES):  # Zoho Projects has words of its own
            self.fields["budget_type"].choices = [*BUDGET_TYPES, (stored, stored)]
        if not sees_money(membership):
            for name in MONEY:
                del self.fields[name]
        elif not edits_money(membership):
            rest(self, dict.fromkeys(MONEY, NO_GRANT))
        rest(self, project_rules.locked_fields(self.instance))
        with_look(self)

    def clean(self):
        """Refuse what cannot be right; the model's own rules follow."""
        cleaned = super().clean()
        start, end = cleaned.get("start_date"), cleaned.get("end_date")
        if start and end and end < start:
            self.add_error("end_date", "The end is before the start. Correct one of the two days.")
        if customer := cleaned.get("customer"):
            self.instance.currency = customer.currency
        return cleaned


class PersonRatesForm(NotNegative, forms.ModelForm):
    """What a person of a project costs and is charged for."""

    positive = ("rate", "cost_rate", "budget_hours")

    class Meta:
        model = ProjectStaff
        fields = ["rate", "cost_rate", "budget_hours"]
        help_texts = {
            "rate": "Per hour, in the project's currency; used when the project bills by staff hours.",
            "cost_rate": "What an hour costs you, in the project's currency.",
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        with_look(self)


class AddPersonForm(forms.Form):
    """Somebody who is to work on a project of one's own."""

    staff_user = forms.ModelChoiceField(label="Person", queryset=StaffUser.objects.none())

    def __init__(self, *args, project, **kwargs):
        super().__init__(*args, **kwargs)
        rows = StaffUser.objects.filter(organization_id=project.organization_id, status="active")
        self.fields["staff_user"].queryset = rows.exclude(project_staff__project=project).order_by(
            "name", "id"
        )
        with_look(self)


class TaskForm(NotNegative, forms.ModelForm):
    """A task: all of it in projects of one's own, only its rate where it comes from Zoho Projects."""

    positive = ("rate", "budget_hours")

    class Meta:
        model = Task
        fields = ["name", "description", "is_billable", "rate", "budget_hours", "due_date", "status"]
        widgets = {
            "due_date": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
            "description": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts = {
            "rate": "Per hour, in the project's currency; used when the project bills by task hours."
        }

    def __init__(self, *args, membership, locked=None, **kwargs):
        super().__init__(*args, **kwargs)
        if not sees_money(membership):
            del self.fields["rate"]
        elif not edits_money(membership):
            rest(self, {"rate": NO_GRANT})
        rest(self, locked or {})
        with_look(self)
