"""The form for a project made here."""

from django import forms

from customers.models import Customer
from organizations.forms import with_look
from timetracking.models import Project, StaffUser


class ProjectForm(forms.ModelForm):
    """A new project. Its currency is its customer's."""

    class Meta:
        model = Project
        fields = [
            "customer",
            "name",
            "code",
            "description",
            "billing_method",
            "rate",
            "budget_hours",
            "manager",
            "start_date",
            "end_date",
        ]
        widgets = {
            "start_date": forms.DateInput(attrs={"type": "date"}),
            "end_date": forms.DateInput(attrs={"type": "date"}),
            "description": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts = {
            "rate": "Per hour (or for the whole project at fixed cost), in the customer's currency."
        }

    def __init__(self, *args, organization, **kwargs):
        super().__init__(*args, **kwargs)
        self.organization = organization
        self.instance.organization = organization
        self.fields["customer"].queryset = Customer.objects.filter(
            organization=organization, is_active=True
        ).order_by("display_name", "id")
        self.fields["manager"].queryset = StaffUser.objects.filter(organization=organization).order_by(
            "name", "id"
        )
        for name in ("rate", "budget_hours"):
            self.fields[name].min_value = 0
            self.fields[name].widget.attrs["min"] = 0
        with_look(self)

    def clean(self):
        """Refuse negative money and an end before the start; the model refuses where creation is restricted."""
        cleaned = super().clean()
        for name in ("rate", "budget_hours"):
            if (cleaned.get(name) or 0) < 0:
                self.add_error(name, "This cannot be negative.")
        start, end = cleaned.get("start_date"), cleaned.get("end_date")
        if start and end and end < start:
            self.add_error("end_date", "The end is before the start. Correct one of the two days.")
        if customer := cleaned.get("customer"):
            self.instance.currency = customer.currency
        return cleaned
