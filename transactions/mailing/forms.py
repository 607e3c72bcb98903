"""The form "Send" and what a customer answers to a quote."""

import re

from django import forms

from organizations.forms import with_look
from transactions.errors import TransactionRefused
from transactions.mailing import outbox, texts


class SendForm(forms.Form):
    """To whom, what it says, what goes along."""

    recipients = forms.MultipleChoiceField(
        label="To", required=False, widget=forms.CheckboxSelectMultiple(), help_text="Contact persons."
    )
    others = forms.CharField(
        label="Other addresses", required=False, max_length=2000, help_text="Separated by commas."
    )
    cc = forms.CharField(label="Copy to", required=False, max_length=2000, help_text="Separated by commas.")
    subject = forms.CharField(max_length=300)
    body = forms.CharField(label="Message", max_length=20000, widget=forms.Textarea(attrs={"rows": 12}))
    attach_pdf = forms.BooleanField(label="Attach the PDF", required=False, initial=True)
    allow_zero = forms.BooleanField(label="Yes, the total is meant to be 0", required=False)

    def __init__(self, *args, document, purpose, **kwargs):
        super().__init__(*args, **kwargs)
        self.document = document
        contacts = outbox.contacts_of(document.customer)
        self.fields["recipients"].choices = contacts
        if not contacts:
            del self.fields["recipients"]
            self.fields["others"].label = "To"
        else:
            self.fields["recipients"].initial = outbox.default_recipients(document.customer)
        subject, body = texts.template_for(document.organization, purpose, document.language)
        self.fields["subject"].initial, self.fields["body"].initial = subject, body
        if not document.is_draft or document.total != 0:
            del self.fields["allow_zero"]
        with_look(self)
        if contacts:
            self.fields["recipients"].widget.attrs["class"] = "form-check-input"

    def clean_subject(self):
        return self._checked("subject")

    def clean_body(self):
        return self._checked("body")

    def _checked(self, name):
        text = self.cleaned_data[name]
        try:
            texts.refuse_unknown(text, name)
        except TransactionRefused as error:
            raise forms.ValidationError(error.sentence) from None
        return text

    def clean_others(self):
        return self._addresses("others")

    def clean_cc(self):
        return self._addresses("cc")

    def _addresses(self, name):
        try:
            return outbox.check_addresses(re.split(r"[,;]", self.cleaned_data[name]), name)
        except TransactionRefused as error:
            raise forms.ValidationError(error.sentence) from None

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not cleaned.get("recipients") and not cleaned.get("others"):
            at = "recipients" if "recipients" in self.fields else "others"
            self.add_error(at, f"{self.document.customer} needs at least one e-mail address to send to.")
        return cleaned

    def values(self):
        """What `outbox.send` takes."""
        data = self.cleaned_data
        return {
            "to": [*data.get("recipients", []), *data["others"]],
            "cc": data["cc"],
            "subject": data["subject"],
            "body": data["body"],
            "attach_pdf": data["attach_pdf"],
            "allow_zero": data.get("allow_zero", False),
        }


class DecisionForm(forms.Form):
    """A customer's answer to a quote."""

    name = forms.CharField(max_length=120)
    comment = forms.CharField(max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args, words, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["name"].label, self.fields["comment"].label = words["your_name"], words["comment"]
        with_look(self)
