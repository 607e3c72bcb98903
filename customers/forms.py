"""Forms of customers and their contact persons. What follows Zoho Projects rests, with the reason beside it."""

from django import forms

from customers.models import ContactPerson, Customer
from customers.rules import locked_fields
from organizations.forms import with_look

WIDGETS = {"billing_street": forms.Textarea(attrs={"rows": 2}), "notes": forms.Textarea(attrs={"rows": 3})}


class CustomerForm(forms.ModelForm):
    """A customer, new or stored."""

    email = forms.EmailField(label="E-mail for invoices", required=False, max_length=254)

    class Meta:
        model = Customer
        fields = [
            "display_name",
            "company_name",
            "currency",
            "email",
            "phone",
            "website",
            "billing_street",
            "billing_postal_code",
            "billing_city",
            "billing_state",
            "billing_country",
            "notes",
        ]
        widgets = WIDGETS
        labels = {"display_name": "Name"}
        help_texts = {
            "currency": "Three letters, such as EUR. Fixed once there are documents.",
            "website": "",
        }

    def __init__(self, *args, organization, **kwargs):
        super().__init__(*args, **kwargs)
        self.instance.organization = organization
        if self.instance.pk is None:
            self.fields["currency"].initial = organization.base_currency
        for name, reason in locked_fields(self.instance).items():
            if field := self.fields.get(name):
                field.disabled, field.help_text = True, reason
        with_look(self)

    def clean_website(self):
        """Only web addresses: what is shown as a link must not run anything."""
        value = self.cleaned_data["website"].strip()
        if value and ":" in value.split("/", 1)[0] and not value.lower().startswith(("http://", "https://")):
            raise forms.ValidationError("Write a web address such as https://company.example.")
        return value


class ContactForm(forms.ModelForm):
    """A contact person of a customer."""

    email = forms.EmailField(label="E-mail", required=False, max_length=254)

    class Meta:
        model = ContactPerson
        fields = ["first_name", "last_name", "email", "phone", "mobile", "is_primary"]
        labels = {"is_primary": "Primary contact"}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        with_look(self)

    def clean(self):
        """A name or an address; each address once per customer."""
        cleaned = super().clean()
        if not any(cleaned.get(name) for name in ("first_name", "last_name", "email")):
            self.add_error("last_name", "Write a name or an e-mail address.")
        others = ContactPerson.objects.filter(customer=self.instance.customer).exclude(
            pk=self.instance.pk or 0
        )
        if cleaned.get("email") and others.filter(email__iexact=cleaned["email"]).exists():
            self.add_error("email", "Another contact person of this customer has this address.")
        return cleaned
