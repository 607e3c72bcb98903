"""The PDF as a reader gets it: its text, its pages, its bytes."""

import io
import re
from decimal import Decimal

import pytest
from PIL import Image
from pypdf import PdfReader

from tests.transactions.printing.papers import CUSTOMER, SENDER, line, paper
from transactions.printing.paper import Party
from transactions.printing.typeset import pdf_of
from transactions.printing.words import WORDS


def pages_of(pdf):
    """The text of each page, with every run of blanks as one."""
    return [re.sub(r"[\s\u200b]+", " ", page.extract_text()) for page in PdfReader(io.BytesIO(pdf)).pages]


def text_of(pdf):
    return " ".join(pages_of(pdf))


GOLDEN = [
    "Invoice",
    "Bill to Harbour & Sons Ltd. 5 Quay Road Bristol BS1 4RB",
    "From Invented Works GmbH Musterstraße 12 10115 Berlin Tax number: DE000000000 bill@invented.example",
    "Number INV-000042 Date 24 Nov 2026 Due date 24 Dec 2026 Reference PO 4711",
    "Website relaunch Due date: 24 Dec 2026 Amount due €1,542.43",
    "Description Quantity Rate Discount Tax Amount (EUR)",
    "Website relaunch Design, November 2026 12.5 h 90.00 VAT 19 % 1,125.00",
    "Support retainer VAT 19 % 300.00",
    "Workshop 3 h 120.00 10 % VAT 7 % 324.00",
    "Subtotal €1,749.00 VAT 19 % (€1,425.00) €270.75 VAT 7 % (€324.00) €22.68 Total €2,042.43 Paid -€500.00 "
    "Amount due €1,542.43",
    "Notes Thank you. See you in spring.",
    "Terms Payable within 30 days.",
    "Page 1 of 2",
    "Time sheet Invoice INV-000042",
    "24 Nov 2026 Ada Invented Design Check-out 7:05 637.50",
    "Total 12:30 €1,125.00",
    "Page 2 of 2",
]


def test_an_invoice_reads_from_top_to_bottom_as_it_should():
    text, position = text_of(pdf_of(paper())), 0
    for part in GOLDEN:
        assert part in text, f"{part!r} is missing in {text!r}"
        if not part.startswith("Page"):  # the footer's place in the text is the library's choice
            position = text.find(part, position)
            assert position >= 0, f"{part!r} stands too early"


def test_the_same_document_gives_the_same_bytes_and_its_own_date():
    first = pdf_of(paper())
    assert first == pdf_of(paper())
    assert PdfReader(io.BytesIO(first)).metadata.creation_date.date() == paper().date


def test_five_hundred_lines_repeat_the_head_on_every_page_and_lose_nothing():
    lines = tuple(line(f"Piece of work {n}.", "1", "90", "90") for n in range(500))
    pages = pages_of(pdf_of(paper(lines=lines, entries=())))
    assert len(pages) > 10
    text = " ".join(pages)
    assert all(f"Piece of work {n}." in text for n in range(500))
    assert all("Description Quantity Rate Amount (EUR)" in page for page in pages[:-1])
    assert all(f"Page {n} of {len(pages)}" in page for n, page in enumerate(pages, 1))


@pytest.mark.parametrize("language", sorted(WORDS))
def test_every_language_has_its_words_and_formats(language):
    words = WORDS[language]
    text = text_of(pdf_of(paper(language=language)))
    if language != "ar":  # shaped letters come back in another order
        for name in ("invoice", "bill_to", "quantity", "total", "balance", "time_sheet"):
            assert words[name].replace("’", "'") in text.replace("’", "'"), name
    assert words["missing_font"] not in text


def test_formats_follow_the_language():
    german = text_of(pdf_of(paper(language="de")))
    assert "1.542,43 €" in german
    assert "24.11.2026" in german
    unknown = text_of(pdf_of(paper(language="xx-nonsense")))
    assert "Amount due €1,542.43" in unknown


@pytest.mark.parametrize(
    ("currency", "amount", "printed"),
    [("JPY", "1234567", "JP¥1,234,567"), ("KWD", "1234.567", "KWD1,234.567"), ("USD", "0.10", "US$0.10")],
)
def test_amounts_have_the_decimals_of_their_currency(currency, amount, printed):
    value = Decimal(amount)
    text = text_of(pdf_of(paper(currency=currency, balance=value, total=value)))
    assert f"Amount due {printed}" in text.replace("KWD 1", "KWD1")  # its blank is not always read back


def test_rates_and_quantities_are_never_rounded():
    text = text_of(pdf_of(paper(lines=(line("Work", "0.33333333", "72.125", "24.04"),))))
    assert "0.33333333 h 72.125 24.04" in text


@pytest.mark.parametrize(
    "words",
    [
        "株式会社サンプル 東京",
        "شركة المثال للتجارة",
        "שלום חברה",
        "Ελληνικά Русский",
        "ไทย हिन्दी",
        "Party 🎉 👩‍👩‍👧 ✓ ☎",
    ],
)
def test_any_script_is_printed_with_a_font_that_has_it(words):
    text = text_of(pdf_of(paper(customer=Party(words), notes=words)))
    assert "boxes" not in text  # the remark about missing characters; the archive format refuses them


def test_characters_that_no_font_has_are_said_and_do_not_stop_the_document():
    text = text_of(pdf_of(paper(notes="Seal: 𓀀")))
    assert "Some characters of this document are in no installed font" in text
    assert "Amount due €1,542.43" in text


HOSTILE = '#panic("x") *bold* $x$ <b>&amp;</b> @ref `raw` #import "/etc/passwd" \\ // comment'


def test_what_people_write_is_text_and_never_markup():
    hostile = Party(HOSTILE, HOSTILE)
    text = text_of(pdf_of(paper(notes=HOSTILE, terms="= Heading\n- list", customer=hostile, number="#1")))
    assert HOSTILE.replace("  ", " ") in text
    assert "= Heading - list" in text


def test_broken_characters_and_direction_overrides_are_taken_out():
    text = text_of(pdf_of(paper(notes="a\x00b\u202ec \ud800 d")))
    assert "abc ? d" in text


@pytest.mark.parametrize("word", ["N" * 200, "A long name with many words " * 7])
def test_two_hundred_characters_wrap_inside_the_page(word):
    changes = {"customer": Party(word, word), "subject": word, "lines": (line(word, "1", "90", "90"),)}
    pdf = pdf_of(paper(number=word[:50], sender=Party(word, word), **changes))
    width = float(PdfReader(io.BytesIO(pdf)).pages[0].mediabox.width)
    ends = []

    def visit(text, cm, tm, font, size):
        if text.strip():
            ends.append(tm[4])

    for page in PdfReader(io.BytesIO(pdf)).pages:
        page.extract_text(visitor_text=visit)
    assert max(ends) < width - 30
    assert text_of(pdf).replace(" ", "").count(word.replace(" ", "")) >= 3


@pytest.mark.parametrize(("stamp", "word"), [("draft", "DRAFT"), ("void", "VOID"), ("paid", "PAID")])
def test_the_state_is_stamped(stamp, word):
    assert word in text_of(pdf_of(paper(stamp=stamp)))
    assert word not in text_of(pdf_of(paper()))


def test_quotes_and_credit_notes_have_their_own_words():
    quote = text_of(
        pdf_of(paper(kind="quote", due_date=None, valid_until=paper().date, balance=None, paid=None))
    )
    assert "Quote for Harbour & Sons Ltd." in quote
    assert "Valid until 24 Nov 2026" in quote
    assert "Amount due" not in quote
    credit = text_of(pdf_of(paper(kind="credit_note", corrects="INV-000041", balance=None, paid=None)))
    assert "For invoice INV-000041" in credit


def test_prices_with_tax_and_a_discount_say_so():
    text = text_of(
        pdf_of(
            paper(
                prices_include_tax=True,
                discount=Decimal(50),
                discount_percent=Decimal(5),
                shipping=Decimal(10),
                adjustment=Decimal("-0.43"),
            )
        )
    )
    assert "Discount (5 %) -€50.00 Shipping €10.00 Adjustment -€0.43 Total" in text
    assert "Includes VAT 19 %" in text
    assert "Prices include tax." in text


def test_a_logo_stands_instead_of_the_big_name(tmp_path):
    path = tmp_path / "abc.png"
    Image.new("RGBA", (300, 100), "#1d4f91").save(path)
    pdf = pdf_of(paper(logo=path))
    assert len(PdfReader(io.BytesIO(pdf)).pages[0].images) == 1
    assert text_of(pdf).count(SENDER.name) < text_of(pdf_of(paper())).count(SENDER.name)


def test_a_document_without_address_lines_or_taxes_is_whole():
    bare = paper(
        customer=Party(CUSTOMER.name),
        sender=Party("X"),
        lines=(),
        taxes=(),
        entries=(),
        notes="",
        terms="",
        paid=None,
    )
    assert "Amount due €1,542.43" in text_of(pdf_of(bare))
