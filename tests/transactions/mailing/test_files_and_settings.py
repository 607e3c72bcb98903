"""Receipts, the logo, and Settings → Documents."""

import io
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from tests.factories import CustomerFactory, MembershipFactory, StaffUserFactory
from tests.transactions.factories import ExpenseFactory, InvoiceFactory
from transactions import files, numbers
from transactions.errors import TransactionRefused
from transactions.mailing import texts
from transactions.models import ExpenseReceipt, MailTemplate, PaperSettings, Tax
from transactions.printing.from_documents import printed
from transactions.printing.typeset import pdf_of

BACKEND = "django.contrib.auth.backends.ModelBackend"
pytestmark = pytest.mark.django_db


def picture(kind, size=(20, 10)):
    out = io.BytesIO()
    Image.new("RGB", size, "#336699").save(out, kind)
    return out.getvalue()


def archive(*names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name in names:
            packed.writestr(name, "<x/>")
    return out.getvalue()


OLD = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)
GOOD = {
    "a.gif": picture("GIF"),
    "a.PNG": picture("PNG"),
    "a.jpg": picture("JPEG"),
    "a.jpeg": picture("JPEG"),
    "a.bmp": picture("BMP"),
    "a.pdf": b"%PDF-1.7\n1 0 obj",
    "a.docx": archive("[Content_Types].xml", "word/document.xml"),
    "a.xlsx": archive("[Content_Types].xml", "xl/workbook.xml"),
    "a.doc": OLD + "WordDocument".encode("utf-16-le"),
    "a.xls": OLD + "Workbook".encode("utf-16-le"),
}


@pytest.mark.parametrize("name", GOOD)
def test_each_allowed_type_is_taken(name):
    assert files.checked_type(name, GOOD[name])


BAD = [
    b"",
    b"<html><script>alert(1)</script>",
    b"MZ\x90\x00 this is a program",
    b"just text",
    b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
    archive("anything.txt"),
]


@pytest.mark.parametrize("extension", files.TYPES)
def test_a_file_that_is_not_what_it_says_is_refused(extension):
    for content in [
        *BAD,
        *(GOOD[name] for name in GOOD if files.TYPES[name[2:].lower()] != files.TYPES[extension]),
    ]:
        with pytest.raises(TransactionRefused):
            files.checked_type(f"receipt.{extension}", content)


@pytest.mark.parametrize("name", ["a.html", "a.svg", "a.exe", "a", "a.pdf.js", ".pdf.", "a.docm"])
def test_other_types_are_refused_whatever_is_inside(name):
    with pytest.raises(TransactionRefused, match="of no allowed type"):
        files.checked_type(name, GOOD["a.pdf"])


def receipt(expense, name="bill.pdf", content=GOOD["a.pdf"]):
    with files.stored("receipts", SimpleUploadedFile(name, content)) as file:
        return ExpenseReceipt.objects.create(expense=expense, **file.fields())


def kept(row):
    return files.path_of("receipts", row.stored_name)


def test_a_receipt_is_kept_privately_and_handed_out_as_a_download(clerk, organization):
    row = receipt(ExpenseFactory(organization=organization), "..\\..\\évil\u202efdp.pdf")
    assert row.name == "évilfdp.pdf"
    assert kept(row).stat().st_mode & 0o777 == 0o600
    answer = clerk.get(reverse("expense_receipt", args=[row.pk]))
    assert b"".join(answer.streaming_content) == GOOD["a.pdf"]
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


def test_receipts_of_others_do_not_exist(client, organization):
    theirs = receipt(ExpenseFactory(organization=organization))
    employee = MembershipFactory(organization=organization, role="employee")
    person = StaffUserFactory(organization=organization, membership=employee)
    own = receipt(ExpenseFactory(organization=organization, employee=person))
    client.force_login(employee.user, backend=BACKEND)
    answer = client.get(reverse("expense_receipt", args=[own.pk]))
    assert b"".join(answer.streaming_content) == GOOD["a.pdf"]
    assert client.get(reverse("expense_receipt", args=[theirs.pk])).status_code == 404


def test_a_file_goes_with_its_owner_and_never_stays_behind_a_failure(
    organization, django_capture_on_commit_callbacks
):
    expense = ExpenseFactory(organization=organization)
    row = receipt(expense)
    with django_capture_on_commit_callbacks(execute=True):
        expense.delete()
    assert not kept(row).exists()
    before = set(Path(files.folder_of("receipts")).iterdir())
    upload = SimpleUploadedFile("a.pdf", GOOD["a.pdf"])
    with pytest.raises(RuntimeError), files.stored("receipts", upload):
        raise RuntimeError
    assert set(Path(files.folder_of("receipts")).iterdir()) == before


def test_ten_megabytes_are_the_most():
    upload = SimpleUploadedFile("a.pdf", GOOD["a.pdf"] + bytes(files.LARGEST))
    with pytest.raises(TransactionRefused, match="more than 10 MB"), files.stored("receipts", upload):
        pass


def look(clerk, **changes):
    values = {"form": "look", "accent": "#1d4f91", "paper": "a4", "reply_to": "", "link_days": "30"}
    return clerk.post(reverse("document_settings"), values | changes, follow=True)


def test_a_logo_is_written_anew_shown_to_members_and_printed(clerk, client, organization, customer):
    answer = look(clerk, logo_file=SimpleUploadedFile("logo.webp", picture("WEBP", (3000, 900))))
    assert "The look of documents was saved." in answer.content.decode()
    first = PaperSettings.objects.get().logo
    shown = clerk.get(reverse("document_logo"))
    stored = Image.open(io.BytesIO(b"".join(shown.streaming_content)))
    assert (stored.format, max(stored.size)) == ("PNG", 1200)
    with_logo = pdf_of(printed(InvoiceFactory(organization=organization, customer=customer)))
    assert b"/Image" in with_logo
    other = MembershipFactory(role="admin")
    client.logout()
    client.force_login(other.user, backend=BACKEND)
    assert client.get(reverse("document_logo")).status_code == 404
    assert first


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        (
            "x.svg",
            b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
            "This is no picture that can be read",
        ),
        ("x.png", b"<html>", "This is no picture that can be read"),
        ("x.png", picture("PNG")[:40], "This is no picture that can be read"),
        ("x.gif", picture("GIF"), "This is no picture that can be read"),
        ("x.png", picture("PNG", (8000, 3000)), "8000 × 3000 pixels"),
        ("x.png", picture("PNG") + bytes(2_200_000), "more than 2 MB"),
    ],
)
def test_a_bad_logo_says_why_and_keeps_the_old_one(clerk, name, content, sentence):
    look(clerk, logo_file=SimpleUploadedFile("a.png", picture("PNG")))
    before = PaperSettings.objects.get().logo
    answer = look(clerk, logo_file=SimpleUploadedFile(name, content))
    assert sentence in answer.content.decode()
    assert PaperSettings.objects.get().logo == before


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"accent": "#ffff00"}, "too light to be read"),
        ({"accent": "red"}, "Give a colour such as #1d4f91."),
        ({"link_days": "0"}, "greater than or equal to 1"),
        ({"reply_to": "nobody"}, "valid email address"),
        ({"paper": "a9"}, "Select a valid choice"),
    ],
)
def test_wrong_looks_are_refused(clerk, changes, sentence):
    assert sentence in look(clerk, **changes).content.decode()
    assert not PaperSettings.objects.exists()


def test_defaults_numbers_taxes_and_texts_are_edited(clerk, organization):
    page = clerk.get(reverse("document_settings")).content.decode()
    assert "Invoices: INV-000001 is next" in page
    clerk.post(reverse("tax_new"), {"name": "VAT", "rate": "19", "is_active": "on"})
    tax = Tax.objects.get()
    double = clerk.post(reverse("tax_new"), {"name": "vat", "rate": "7"})
    assert "Another tax has this name." in double.content.decode()
    for wrong in ("101", "-1", "NaN", "1e2", "7.12345"):
        assert clerk.post(reverse("tax_new"), {"name": "Other", "rate": wrong}).status_code == 200
    assert Tax.objects.count() == 1
    clerk.post(
        reverse("number_series", args=["invoice"]), {"text": "2026-", "digits": "4", "next_number": "17"}
    )
    assert str(numbers.series_of(organization, "invoice")) == "Invoices: 2026-0017 is next"
    bad = clerk.post(
        reverse("number_series", args=["invoice"]), {"text": "a b", "digits": "4", "next_number": "1"}
    )
    assert "letters, digits and / _ . - only" in bad.content.decode()
    text = reverse("mail_text", args=["reminder"])
    wrong = clerk.post(text, {"subject": "Hi", "body": "Dear {custmer}"})
    assert "{custmer} is no placeholder" in wrong.content.decode()
    clerk.post(text, {"subject": "Hi {number}", "body": "Dear {customer}"})
    assert texts.template_for(organization, "reminder", "de") == ("Hi {number}", "Dear {customer}")
    assert (
        "anbei" not in clerk.get(f"{text}?language=de").content.decode()
    )  # the own one is offered to begin with
    clerk.post(f"{text}?language=de", {"subject": "Hallo {number}", "body": "Guten Tag"})
    assert texts.template_for(organization, "reminder", "de") == ("Hallo {number}", "Guten Tag")
    assert texts.template_for(organization, "reminder", "nl") == ("Hi {number}", "Dear {customer}")
    assert "own text: every language, German" in clerk.get(reverse("document_settings")).content.decode()
    assert clerk.get(f"{text}?language=tlh").status_code == 404
    assert clerk.get(reverse("mail_text", args=["answer"])).status_code == 404
    clerk.post(text, {"standard": "1"})
    clerk.post(f"{text}?language=de", {"standard": "1"})
    assert not MailTemplate.objects.exists()
    billing = {
        "form": "billing", "rounding": "up", "rounding_minutes": "15", "payment_terms": "30",
        "quote_valid_days": "10", "language": "de", "tax": tax.pk, "invoice_terms": "Soon.",
    }  # fmt: skip
    clerk.post(reverse("document_settings"), billing)
    preferences = organization.billing_preferences
    assert (preferences.language, preferences.payment_terms, preferences.tax) == ("de", 30, tax)
    foreign = Tax.objects.create(organization=CustomerFactory().organization, name="Foreign", rate=5)
    clerk.post(reverse("document_settings"), billing | {"tax": foreign.pk})
    for name in ("payment_terms", "quote_valid_days"):  # drafts take no more, so their defaults don't either
        page = clerk.post(reverse("document_settings"), billing | {name: "3651"}).content.decode()
        assert "At most 3,650 days are possible." in page
    page = clerk.post(
        reverse("document_settings"), billing | {"invoice_terms": "x" * 20_001}
    ).content.decode()
    assert "at most 20000 characters" in page
    preferences.refresh_from_db()
    assert (preferences.tax, preferences.payment_terms) == (tax, 30)
