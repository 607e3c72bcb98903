"""How one customer is billed: the language of its documents and e-mails, when invoices are due, which tax."""

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render

from customers.models import Customer
from organizations.forms import with_look
from transactions import preferences
from transactions.mailing.settings_forms import LANGUAGES
from transactions.models import CustomerBilling, Tax
from transactions.screens.access import billing, ours


class CustomerBillingForm(forms.ModelForm):
    """Empty fields mean the organization's defaults, which are named."""

    language = forms.ChoiceField(required=False, help_text="Of documents and e-mails.")

    class Meta:
        model = CustomerBilling
        fields = ["language", "payment_terms", "tax"]
        labels = {"payment_terms": "Invoices are due after (days)"}

    def __init__(self, *args, organization, **kwargs):
        super().__init__(*args, **kwargs)
        general = preferences.of(organization)
        names = dict(LANGUAGES)
        kept = self.instance.language
        others = [(kept, kept)] if kept and kept not in names else []
        usual = names.get(general.language, general.language)
        self.fields["language"].choices = [("", f"As usual ({usual})"), *LANGUAGES, *others]
        self.fields["payment_terms"].help_text = f"Empty: as usual ({general.payment_terms})."
        self.fields["tax"].queryset = Tax.objects.filter(organization=organization, is_active=True)
        self.fields["tax"].empty_label = f"As usual ({general.tax or 'none'})"
        with_look(self)


@billing
def customer_billing(request, pk):
    """See and change it; drafts and documents that exist stay as they are."""
    customer = ours(request, Customer.objects.select_related("organization"), pk)
    data = request.POST if request.method == "POST" else None
    form = CustomerBillingForm(
        data, instance=preferences.billing_of(customer), organization=customer.organization
    )
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "It was saved, for new documents.")
        return redirect("customer", customer.pk)
    return render(request, "transactions/customer_billing.html", {"customer": customer, "form": form})
