"""Forms of sign-in and of Settings."""

from zoneinfo import available_timezones

from babel import Locale
from babel.numbers import list_currencies
from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.db import transaction

from organizations.models import CustomField, Organization
from organizations.money import known_currency
from organizations.rules import base_currency_refusal, locked_organization


def with_look(form):
    """Give a form's fields the classes of the style sheet; returns the form."""
    for field in form.fields.values():
        widget = field.widget
        if isinstance(widget, forms.CheckboxInput):
            widget.attrs.setdefault("class", "form-check-input")
        elif isinstance(widget, forms.Select):
            widget.attrs.setdefault("class", "form-select")
        else:
            widget.attrs.setdefault("class", "form-control")
    return form


class SignInForm(AuthenticationForm):
    """E-mail and password. Letter case does not matter, neither for finding nor for locking out."""

    error_messages = {
        "invalid_login": "This e-mail address and password do not match. Check both and try again.",
        "inactive": "This account is switched off. Ask an administrator of your organization.",
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "E-mail"
        self.fields["username"].widget.attrs.update(autocomplete="username", inputmode="email")
        with_look(self)

    def clean_username(self):
        """One spelling per address, so that wrong passwords are counted together."""
        return self.cleaned_data["username"].strip().lower()


class CustomFieldForm(forms.ModelForm):
    """A custom field. Module, key and data type are fixed once it exists: values are stored under them."""

    choices = forms.CharField(
        label="Options",
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="For pick lists: one option per line.",
    )
    fixed = ("module", "key", "data_type")

    class Meta:
        model = CustomField
        fields = ["module", "label", "key", "data_type"]
        help_texts = {"key": "Letters, digits, - and _. It cannot be changed later."}

    def __init__(self, *args, organization, **kwargs):
        super().__init__(*args, **kwargs)
        self.instance.organization = organization
        if self.instance.pk:
            for name in self.fixed:
                self.fields[name].disabled = True
            self.fields["choices"].initial = "\n".join(self.instance.options or [])
        with_look(self)

    def clean(self):
        """Pick lists need options; no other type has any."""
        cleaned = super().clean()
        lines = [line.strip() for line in cleaned.get("choices", "").splitlines()]
        options = list(dict.fromkeys(line for line in lines if line))
        takes_options = cleaned.get("data_type") in ("picklist", "multi_picklist")
        if takes_options and not options:
            self.add_error("choices", "A pick list needs at least one option; write one per line.")
        if options and not takes_options:
            self.add_error(
                "choices", "Only pick lists have options. Empty this field or choose another type."
            )
        self.instance.options = options
        key, module = cleaned.get("key"), cleaned.get("module")
        if (
            not self.instance.pk
            and CustomField.objects.filter(
                organization=self.instance.organization, module=module, key=key
            ).exists()
        ):
            self.add_error("key", "Another custom field of this module has this key. Choose another.")
        return cleaned


class OrganizationForm(forms.ModelForm):
    """What Settings → Organization changes; the rules are those of the model."""

    class Meta:
        model = Organization
        fields = [
            "name",
            "address",
            "tax_number",
            "base_currency",
            "time_zone",
            "employee_portal_limit",
            "project_creation_restricted",
        ]
        labels = {
            "employee_portal_limit": "Seats with portal access",
            "project_creation_restricted": "Restrict project creation",
        }
        help_texts = {
            "time_zone": "Dates and times on screen follow it.",
        }
        widgets = {"address": forms.Textarea(attrs={"rows": 5, "autocomplete": "street-address"})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        organization, names = self.instance, Locale("en").currencies
        known = {code for code in list_currencies() if known_currency(code)}
        currencies = sorted(known | {organization.base_currency})
        zones = sorted(available_timezones() | {organization.time_zone})
        self.fields["base_currency"] = forms.ChoiceField(
            label="Base currency",
            choices=[(code, f"{code} · {names.get(code, code)}") for code in currencies],
        )
        self.fields["time_zone"] = forms.ChoiceField(
            label="Time zone",
            choices=[(zone, zone) for zone in zones],
            help_text=self.fields["time_zone"].help_text,
        )
        if refusal := base_currency_refusal(organization):
            self.fields["base_currency"].disabled = True
            self.fields["base_currency"].help_text = refusal
        self.fields["employee_portal_limit"].widget.attrs["min"] = 0
        with_look(self)

    def save(self, commit=True):
        """Store only what was changed here, so that two administrators at once do not undo each other."""
        with transaction.atomic():
            stored = locked_organization(self.instance.pk)
            for name in self.changed_data:
                setattr(stored, name, getattr(self.instance, name))
            stored.full_clean()
            stored.save(update_fields=self.changed_data)
        return stored
