"""The forms of Settings → Documents."""

import re

from django import forms
from django.core.validators import MaxLengthValidator

from organizations.forms import with_look
from transactions.errors import TransactionRefused
from transactions.mailing import texts
from transactions.models import BillingPreferences, MailTemplate, NumberSeries, PaperSettings, Tax
from transactions.printing.words import WORDS, parsed

LONGEST_TEXT = 20_000  # of notes and terms, as on a document
LEAST_CONTRAST = 4.5  # WCAG 2.2 AA, of text on white
LANGUAGES = [(code, parsed(code).get_display_name("en") or code) for code in WORDS]
LANGUAGES += [("en-GB", "English (United Kingdom)"), ("de-CH", "German (Switzerland)")]


def contrast_on_white(colour):
    """The contrast ratio of "#rrggbb" on white, 1 to 21."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


class LookForm(forms.ModelForm):
    """Logo, colour, paper, and where answers go."""

    logo_file = forms.FileField(
        label="Logo",
        required=False,
        help_text="PNG, JPEG or WebP, at most 2 MB. It is printed up to 16 mm high.",
    )
    remove_logo = forms.BooleanField(label="Remove the logo", required=False)

    class Meta:
        model = PaperSettings
        fields = ["accent", "paper", "reply_to", "link_days"]
        widgets = {"accent": forms.TextInput(attrs={"type": "color"})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance.logo:
            del self.fields["remove_logo"]
        with_look(self)
        self.fields["accent"].widget.attrs["class"] = "form-control form-control-color"

    def clean_accent(self):
        """Dark enough to be read on paper."""
        colour = self.cleaned_data["accent"].lower()
        if not re.fullmatch(r"#[0-9a-f]{6}", colour):
            return colour  # the model's own sentence follows
        if contrast_on_white(colour) < LEAST_CONTRAST:
            raise forms.ValidationError("This colour is too light to be read on white. Choose a darker one.")
        return colour


class BillingForm(forms.ModelForm):
    """The defaults that new documents begin with."""

    language = forms.ChoiceField(choices=LANGUAGES, help_text="Of documents and e-mails.")

    class Meta:
        model = BillingPreferences
        fields = [
            "rounding",
            "rounding_minutes",
            "payment_terms",
            "quote_valid_days",
            "language",
            "tax",
            "tax_inclusive",
            "invoice_notes",
            "invoice_terms",
            "quote_notes",
            "quote_terms",
        ]
        labels = {
            "rounding": "Durations are rounded",
            "rounding_minutes": "Step",
            "tax_inclusive": "Rates contain the tax",
            "quote_valid_days": "Quotes are valid for",
            "payment_terms": "Invoices are due after",
        }
        help_texts = {"quote_valid_days": "Days.", "payment_terms": "Days."}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.language not in dict(LANGUAGES):
            self.fields["language"].choices = [(self.instance.language, self.instance.language), *LANGUAGES]
        own = Tax.objects.filter(organization=self.instance.organization, is_active=True)
        self.fields["tax"].queryset = own
        for name in ("invoice_notes", "invoice_terms", "quote_notes", "quote_terms"):
            self.fields[name].widget.attrs["rows"] = 3
            self.fields[name].validators.append(MaxLengthValidator(LONGEST_TEXT))
        with_look(self)


class SeriesForm(forms.Form):
    """Prefix, digits and the next number of one kind of document."""

    text = forms.CharField(
        label="Prefix", required=False, max_length=20, help_text="Letters, digits and / _ . -"
    )
    digits = forms.IntegerField(min_value=1, max_value=12)
    next_number = forms.IntegerField(min_value=1, max_value=2_000_000_000)

    def __init__(self, *args, series: NumberSeries, **kwargs):
        given = {"text": series.prefix, "digits": series.digits, "next_number": series.next_number}
        kwargs["initial"] = given
        super().__init__(*args, **kwargs)
        with_look(self)


class TaxForm(forms.ModelForm):
    """A tax. Documents keep a copy of name and rate, so a change concerns new lines only."""

    class Meta:
        model = Tax
        fields = ["name", "rate", "is_active"]
        labels = {"is_active": "Offered on new lines", "rate": "Percent"}

    def __init__(self, *args, organization, **kwargs):
        super().__init__(*args, **kwargs)
        self.instance.organization = organization
        with_look(self)

    def clean_rate(self):
        """0 to 100."""
        rate = self.cleaned_data["rate"]
        if rate is not None and not 0 <= rate <= 100:
            raise forms.ValidationError("A tax has 0 to 100 percent.")
        return rate

    def clean_name(self):
        """Once per organization, regardless of letter case."""
        name = " ".join(self.cleaned_data["name"].split())
        others = Tax.objects.filter(organization=self.instance.organization, name__iexact=name)
        if others.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("Another tax has this name.")
        return name


class TextForm(forms.ModelForm):
    """The organization's own text of one kind of e-mail."""

    class Meta:
        model = MailTemplate
        fields = ["subject", "body"]
        widgets = {"body": forms.Textarea(attrs={"rows": 14})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        with_look(self)

    def clean_subject(self):
        """One line, known placeholders."""
        subject = self.cleaned_data["subject"]
        if any(ord(character) < 32 for character in subject):
            raise forms.ValidationError("The subject must be a single line.")
        return self._known(subject)

    def clean_body(self):
        """Known placeholders."""
        return self._known(self.cleaned_data["body"])

    @staticmethod
    def _known(text):
        try:
            texts.refuse_unknown(text, "")
        except TransactionRefused as error:
            raise forms.ValidationError(error.sentence) from None
        return text
