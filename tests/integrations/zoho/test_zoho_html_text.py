"""Notes and descriptions become plain text in one pass, whatever they hold."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.zoho.html_text import html_to_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<div>Flow &amp; pressure table</div>", "Flow & pressure table"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("a<br>b<BR/>c", "a\nb\nc"),
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("<ul><li>x</li><li>y</li></ul>", "x\ny"),
        ("<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
        ("&lt;b&gt;bold&lt;/b&gt;", "<b>bold</b>"),
        ("<div>&amp;lt;</div>", "&lt;"),
        ("3 < 4 and 5 > 2", "3 < 4 and 5 > 2"),
        ("<script>alert(1)</script>ok", "ok"),
        ("<style>p{}</style><!-- no --><p>yes</p>", "yes"),
        ("<a href=\"x>y\" title='>'>link</a>", "link"),
        ('<img src=x onerror="alert(1)">after', "after"),
        ("first\r\nsecond\rthird", "first\nsecond\nthird"),
        ("a\0b", "ab"),
        ("x&nbsp;y", "x y"),
        ("<div>unclosed", "unclosed"),
        ("dangling <b", "dangling <b"),
        ("", ""),
        (None, ""),
        (5, "5"),
    ],
)
def test_markup_goes_and_line_breaks_stay(html, text):
    """Entities are decoded once, and what only looks like markup afterwards stays text."""
    assert html_to_text(html) == text


@given(st.text(alphabet="<>/!-&;\"' \nabdivbrscript=#0x\0\ud800", max_size=300))
def test_any_text_is_read_without_an_error(text):
    """The result can be stored: no NUL, no lone surrogate, no white space around it."""
    result = html_to_text(text)
    result.encode("utf-8")
    assert "\0" not in result
    assert result == result.strip()


@given(
    st.text(alphabet=st.characters(blacklist_characters="<&\0\r\xa0", blacklist_categories=["Cs", "Cc", "Z"]))
)
def test_text_without_markup_is_kept(text):
    """Nothing is taken from plain words."""
    assert html_to_text(text) == text
    assert html_to_text(f"<div>{text}</div>") == text


@given(st.text(max_size=200))
def test_escaped_text_comes_back(text):
    """What was escaped into HTML is what is read out of it."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert html_to_text(f"<p>{escaped}</p>") == html_to_text(escaped)


@pytest.mark.parametrize(
    "piece", ["<", "<a ", '<a "', "<a '\"", "<!--", "<script>", "<div>", "&amp", "\n \n", "<!-- -->"]
)
def test_hostile_text_costs_no_more_than_its_length(piece):
    """A megabyte of unfinished markup is read at once."""
    started = time.process_time()
    html_to_text(piece * (1_000_000 // len(piece)))
    assert time.process_time() - started < 3
