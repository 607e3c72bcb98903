"""The form for a person."""

from django import forms

from organizations.forms import with_look
from organizations.models import Membership
from timetracking.models import StaffUser
from timetracking.people import save_person


class PersonForm(forms.ModelForm):
    """A new or a known person; the rules are those of the model and of `timetracking.people`."""

    class Meta:
        model = StaffUser
        fields = ["name", "email", "role", "cost_rate", "has_portal_access"]
        labels = {"email": "E-mail", "cost_rate": "Cost per hour", "has_portal_access": "Portal access"}
        widgets = {"email": forms.EmailInput(), "name": forms.TextInput()}

    def __init__(self, *args, organization, **kwargs):
        super().__init__(*args, **kwargs)
        person = self.instance
        person.organization = organization
        self.fields["email"].help_text = "A person without an address cannot be invited."
        self.fields[
            "cost_rate"
        ].help_text = f"In {organization.base_currency}. People themselves do not see it."
        self.fields["cost_rate"].widget.attrs["min"] = 0
        if person.pk is None:
            self.initial["role"] = StaffUser.Role.EMPLOYEE_SUBMITTER
            self.fields[
                "email"
            ].help_text += (
                " Somebody in Zoho Projects with the same address is joined to their projects at once."
            )
        else:
            del self.fields["has_portal_access"]  # a switch of its own on the person's page
            if person.membership_id:
                self.fields["email"].disabled = True
                self.fields["email"].help_text = "This person signs in with it."
        with_look(self)

    def save(self, commit=True):
        """Store through the service; raises ValidationError when a seat or the last administrator forbids it."""
        return save_person(self.instance, self.changed_data)


class GrantsForm(forms.ModelForm):
    """What a member with the role staff may do with documents."""

    class Meta:
        model = Membership
        fields = ["can_view", "can_bill", "can_send", "can_delete"]
        labels = {
            "can_view": "View: quotes, invoices, expenses and their amounts",
            "can_bill": "Bill: make and change quotes, invoices and expenses",
            "can_send": "Send: issue documents and send them to customers",
            "can_delete": "Delete: delete, void, credit and write off",
        }
        help_texts = dict.fromkeys(fields, "")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        with_look(self)

    def clean(self):
        """Who does not see documents can do nothing with them."""
        cleaned = super().clean()
        if not cleaned.get("can_view") and any(
            cleaned.get(name) for name in ("can_bill", "can_send", "can_delete")
        ):
            raise forms.ValidationError(
                "Who may not view documents cannot bill, send or delete. Tick View, too."
            )
        return cleaned

    def save(self, commit=True):
        """Store only what was changed here."""
        if self.changed_data:
            self.instance.save(update_fields=self.changed_data)
        return self.instance
