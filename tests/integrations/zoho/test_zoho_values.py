"""Every reader takes any JSON value without an error, and gives back what was written in a clean spelling."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.zoho import values

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_no_value_makes_a_reader_raise(value):
    """A reader answers None or '' for what it cannot read."""
    for reader in (values.text_id, values.name, values.word, values.label, values.shown):
        assert isinstance(reader(value), str)
    for reader in (
        values.boolean,
        values.duration,
        values.day,
        values.timestamp,
        values.money,
        values.percent,
    ):
        reader(value)
    values.calendar_day(value, "Europe/Berlin")
    assert isinstance(values.mapping(value), dict)
    assert values.content_key("tasks", value) == values.content_key("tasks", value)


@given(st.integers(min_value=1, max_value=10**19 - 1))
def test_ids_are_the_same_text_from_numbers_and_texts(number):
    """An id above 2^53 keeps every digit."""
    assert (
        values.text_id(number) == values.text_id(str(number)) == values.text_id(f" {number} ") == str(number)
    )


@pytest.mark.parametrize(
    "bad", [None, "", "abc", "-1", -1, 0, 1.0, 6.486e18, True, "12.0", "١٢٣", {}, [1], "1 2"]
)
def test_what_is_no_id_is_empty(bad):
    """Floats are refused too: their last digits are gone."""
    assert values.text_id(bad) == ""


@given(st.integers(0, 500), st.integers(0, 59))
def test_durations_in_hours_and_minutes(hours, minutes):
    """Hours can exceed 24; padding does not matter."""
    total = hours * 60 + minutes
    assert values.duration(f"{hours:02d}:{minutes:02d}") == total
    assert values.duration(f" {hours}:{minutes} ") == total


@given(st.decimals(min_value=0, max_value=1000, places=2))
def test_decimal_hours_are_rounded_to_the_minute(hours):
    """Text and number forms agree."""
    expected = int(hours * 60 + Decimal("0.5"))
    assert values.duration(str(hours)) == expected
    assert values.duration(float(hours)) == expected


@pytest.mark.parametrize(
    ("raw", "minutes"),
    [("130:45", 7845), ("3", 180), ("3:00", 180), (4.5, 270), (3, 180), ("0:00", 0), ("24:00", 1440)],
)
def test_durations_as_zoho_writes_them(raw, minutes):
    """The forms that the API reference lists."""
    assert values.duration(raw) == minutes


@pytest.mark.parametrize(
    "bad", ["-0:30", "1:75", "1h30", "", "  ", "1:2:3", "١:٣٠", "1e3", True, None, "1,5", -2]
)
def test_what_is_no_duration_is_refused(bad):
    """A negative or misspelt duration is never guessed."""
    assert values.duration(bad) is None


@given(st.dates())
def test_days_survive_whatever_follows_them(day):
    """The calendar day is never shifted by a zone."""
    assert values.day(day.isoformat()) == day
    assert values.day(f"{day.isoformat()}T23:59:59.000-12:00") == day


@pytest.mark.parametrize(
    "bad", ["02-30-2025", "2025-02-30", "03-04-2025", "20250304", "2025-W10-1", "", "2025-03-04x"]
)
def test_what_is_no_day_is_refused(bad):
    """Month-first dates are not guessed."""
    assert values.day(bad) is None


def test_plausible_years():
    """1970 to five years ahead."""
    year = datetime.now(UTC).year
    assert values.plausible(date(1970, 1, 1))
    assert values.plausible(date(year + 5, 12, 31))
    assert not values.plausible(date(1969, 12, 31))
    assert not values.plausible(date(year + 6, 1, 1))


zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2090, 1, 1), timezones=zones))
def test_timestamps_are_the_same_instant_in_utc(moment):
    """Offsets are honoured; the answer is always UTC."""
    read = values.timestamp(moment.isoformat())
    assert read == moment
    assert read.utcoffset() == timedelta(0)


def test_timestamps_as_zoho_writes_them():
    """Milliseconds and Z, the old epoch form, and no zone at all."""
    expected = datetime(2026, 3, 30, 7, 58, 19, 896000, UTC)
    assert values.timestamp("2026-03-30T07:58:19.896Z") == expected
    assert values.timestamp("2026-03-30T13:28:19.896+0530") == expected
    assert values.timestamp(1774857499896) == expected
    assert values.timestamp("2026-03-30T07:58:19.896") == expected


@pytest.mark.parametrize(
    "bad", ["0001-01-01T00:00:00+14:00", "2026-03-30T07:58:19+25:00", 0, -5, "yesterday", 2.5]
)
def test_what_is_no_timestamp_is_refused(bad):
    """No overflow, no seconds taken for milliseconds."""
    assert values.timestamp(bad) is None


def test_the_day_of_a_timestamp_depends_on_an_iana_zone_only():
    """An abbreviation such as PST says too little to shift a day."""
    assert values.calendar_day("2026-03-02T23:30:00.000Z", "Europe/Berlin") == date(2026, 3, 3)
    assert values.calendar_day("2026-03-02T23:30:00.000Z", "PST") == date(2026, 3, 2)
    assert values.calendar_day("2026-03-02", "Europe/Berlin") == date(2026, 3, 2)


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=4))
def test_money_is_exact(amount):
    """Text, object and Decimal agree to the last digit."""
    text = format(amount, "f")
    assert values.money(text) == amount
    assert values.money({"amount": text, "currency_code": "EUR"}) == amount


@pytest.mark.parametrize(
    "bad", ["NaN", "Infinity", "1e400", "1,234.56", "₹1", "١٢", "1_000", float("inf"), float("nan"), True, {}]
)
def test_what_is_no_money_is_refused(bad):
    """Neither locale forms nor exponents nor infinities."""
    assert values.money(bad) is None


def test_money_has_no_negative_zero():
    """-0.00 is 0.00."""
    assert str(values.money("-0.00")) == "0.00"


@pytest.mark.parametrize(
    ("raw", "percent"), [(40, 40), ("40", 40), ("70%", 70), (99.6, 100), ("100", 100), (0, 0)]
)
def test_percentages(raw, percent):
    """Numbers, texts, and the older form with a sign."""
    assert values.percent(raw) == percent


@pytest.mark.parametrize("bad", ["170%", -1, "x", None, True])
def test_what_is_no_percentage_is_refused(bad):
    """Outside 0 to 100 counts as unreadable."""
    assert values.percent(bad) is None


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("  Port of Sund ", "Port of Sund"),
        ("Hale &amp; Sons", "Hale & Sons"),
        ("A &amp;amp; B", "A &amp; B"),
        ("R&notes", "R&notes"),
        ("a\0b", "ab"),
        ("two\r\nlines", "two lines"),
        ("\u200b\u200b", ""),
        ("&nbsp;", ""),
        ("\ud800x", "\ufffdx"),
        ("👩‍🔧 crew", "👩‍🔧 crew"),
        ("שלום", "שלום"),
        (7, "7"),
        (None, ""),
        (["x"], ""),
    ],
)
def test_names(raw, expected):
    """Entities once, no NUL, one line, trimmed, otherwise whole."""
    assert values.name(raw) == expected


@given(st.text(min_size=1, max_size=3000))
def test_names_can_be_stored_and_are_never_cut(text):
    """No NUL, no lone surrogate, and at most white space and entities are gone."""
    name = values.name(text)
    name.encode("utf-8")
    assert "\0" not in name
    assert "\n" not in name
    if text.isprintable() and "&" not in text:
        assert name == text.strip()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (True, True),
        ("true", True),
        ("Yes", True),
        (1, True),
        ("0", False),
        ("no", False),
        (2, None),
        ("billable", None),
        (None, None),
    ],
)
def test_booleans(raw, expected):
    """The usual words; everything else is no answer."""
    assert values.boolean(raw) is expected
